//! One look at a page that is open: at the width of a desk and of a phone, held against axe, and
//! kept as pictures for whoever wants to see it.
//!
//! With `SANHEYI_SHOTS` naming a folder each look leaves `program-page-language-width.png` there,
//! in a folder with the name of its story; what is looked at in the dark ends in `-dark.png`.

use sanheyi_tests::browser::Tab;
use sanheyi_tests::knobs::shots;

/// The two widths at which pages are looked at, with a height: a desk's, and a phone's.
pub(crate) const SIZES: [(u32, u32); 2] = [(1280, 900), (390, 844)];
/// Names the first box that scrolls and is narrower than the table in it: nobody looks there.
const CUT: &str = "[...document.querySelectorAll('.scroll')].find(one => \
                   one.scrollWidth > one.clientWidth + 1)?.ariaLabel";
/// Longest name of a picture, without its end: addresses with filters are long.
const LONGEST: usize = 120;

/// What is wrong with the page that is open, at both widths. `program`: `hub` or `node`.
pub(crate) async fn faults(tab: &Tab, axe: &str, program: &str) -> Vec<String> {
    let dark = tab.eval("matchMedia('(prefers-color-scheme: dark)').matches").await == true;
    let (place, scheme) = (tab.place().await, if dark { "-dark" } else { "" });
    let mut faults = Vec::new();
    for (width, height) in SIZES {
        tab.size(width, height).await;
        let found = tab.violations(axe).await;
        faults.extend(found.iter().map(|one| format!("{place} at {width}{scheme}: {one:?}")));
        if tab.is_too_wide().await {
            faults.push(format!("{place} is wider than {width}"));
        }
        if let Some(cut) = tab.eval(CUT).await.as_str() {
            faults.push(format!("{place} at {width}: a table is cut off: {cut}"));
        }
        keep(tab, program, &place, &format!("{width}{scheme}")).await;
    }
    tab.size(SIZES[0].0, SIZES[0].1).await;
    faults
}

/// The same for those who prefer the dark; the page is light again afterwards.
pub(crate) async fn faults_in_the_dark(tab: &Tab, axe: &str, program: &str) -> Vec<String> {
    tab.prefers("dark").await;
    let found = faults(tab, axe, program).await;
    tab.prefers("light").await;
    found
}

/// A picture of the whole page, if anybody wants one.
async fn keep(tab: &Tab, program: &str, place: &str, width: &str) {
    let Some(folder) = shots() else { return };
    let story = std::thread::current().name().unwrap_or("story").replace("::", "-");
    let folder = folder.join(story);
    std::fs::create_dir_all(&folder).unwrap();
    let lang = tab.eval("document.documentElement.lang.slice(0, 2)").await;
    let place = page(place);
    let name = format!("{program}-{place}-{}-{width}.png", lang.as_str().unwrap());
    tab.screenshot(&folder.join(name)).await;
}

/// The name of a page, of its address without the language.
fn page(place: &str) -> String {
    let (path, query) = place.split_once('?').unwrap_or((place, ""));
    let query = query.split('&').filter(|one| !one.starts_with("lang="));
    let words = path.split('/').chain(query).filter(|word| !word.is_empty());
    let plain = |sign: char| if sign.is_ascii_alphanumeric() { sign } else { '_' };
    let words: Vec<String> = words.map(|word| word.chars().map(plain).collect()).collect();
    match words.is_empty() {
        true => "first".to_owned(),
        false => words.join("-").chars().take(LONGEST).collect(),
    }
}

#[test]
fn a_picture_has_the_name_of_its_page() {
    assert_eq!(page("/?lang=zh"), "first");
    assert_eq!(page("/records/a.b/1?lang=en&state=open"), "records-a_b-1-state_open");
}
