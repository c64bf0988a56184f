//! The federation as a schematic map, drawn on the server: every stop is a link whose name says in
//! words what its line shows.

use maud::{Markup, html};
use sanheyi_exchange_spec::error::Code;
use sanheyi_exchange_spec::health::LinkState;
use sanheyi_node::cli::table::grouped;
use sanheyi_node::web::lang::Lang;

use super::ground::{Placed, Plan, Point, Side, plan};
use crate::web::federation::{Federation, Stand, Stop};
use crate::web::platforms::in_state;

/// Thinnest line, in units of the map.
const THIN: f64 = 3.0;
/// Thickest line: two of them side by side still do not touch.
const THICK: f64 = 12.0;
/// Pixels of a unit where there is room: names are then as large as other text.
const SCALE: f64 = 1.15;
/// From the middle of a stop to its name.
const AWAY: f64 = 18.0;

/// Every stand with a look of its own, the ordinary one first.
pub const LOOKS: [Stand; 8] = [
    Stand::Link(LinkState::Live),
    Stand::Hosted,
    Stand::Link(LinkState::Behind),
    Stand::Link(LinkState::Offline),
    Stand::Link(LinkState::Never),
    Stand::Link(LinkState::Stuck),
    Stand::Link(LinkState::Held(Code::IdentityHeld)),
    Stand::Link(LinkState::Full),
];

/// The map with its legend.
pub fn map(lang: Lang, federation: &Federation) -> Markup {
    let asked = federation
        .stops
        .iter()
        .map(|stop| (stop.platform.as_str(), stop.regions.iter().map(String::as_str).collect()));
    let plan = plan(asked);
    let [west, north, width, height] = plan.frame;
    let placed = || federation.stops.iter().zip(&plan.stops);
    html! {
        svg.map role="group" viewBox=(format!("{west} {north} {width} {height}"))
            width=(width * SCALE) height=(height * SCALE)
            aria-label=(lang.t("联邦示意图：中心为市级平台，每站为一个平台", "Map of the federation: the hub in the middle, a stop for each platform")) {
            // Lines lie below all stops and names.
            g aria-hidden="true" {
                @for (stop, at) in placed() { (line(&plan, stop, at)) }
            }
            a href="/health" aria-label=(hub_name(lang, federation)) {
                circle.hub cx=(plan.hub.x) cy=(plan.hub.y) r="23" {}
                text.inner x=(plan.hub.x) y=(plan.hub.y + 6.0) text-anchor="middle" { (lang.t("市", "Hub")) }
            }
            @for (stop, at) in placed() { (station(lang, stop, at)) }
        }
        (legend(lang, federation))
    }
}

fn hub_name(lang: Lang, federation: &Federation) -> String {
    format!("{} {}", lang.t("市级平台", "The hub"), federation.hub)
}

/// What a line shows, in words.
pub fn said(lang: Lang, stop: &Stop) -> String {
    let (title, state) = (stop.title(lang), stop.stand.title(lang));
    let mut said = match lang {
        Lang::Zh => format!("{title}：{state}"),
        Lang::En => format!("{title}: {state}"),
    };
    let (behind, recent) = (grouped(stop.behind), grouped(stop.recent));
    match (lang, stop.behind > 0) {
        (_, false) => {}
        (Lang::Zh, true) => said.push_str(&format!("，差 {behind} 条")),
        (Lang::En, true) => said.push_str(&format!(", {behind} entries behind")),
    }
    match lang {
        Lang::Zh => said.push_str(&format!("，近五分钟 {recent} 条")),
        Lang::En => said.push_str(&format!(", {recent} entries in five minutes")),
    }
    said
}

/// How thick the line of so many entries is: ten times as many are one step thicker.
fn weight(recent: u64) -> f64 {
    let digits = if recent == 0 { 0 } else { recent.ilog10() + 1 };
    (THIN + 1.8 * f64::from(digits)).min(THICK)
}

fn line(plan: &Plan, stop: &Stop, placed: &Placed) -> Markup {
    let mut points = format!("{} {}", plan.hub.x, plan.hub.y);
    for Point { x, y } in placed.bend.iter().chain([&placed.at]) {
        points.push_str(&format!(" {x} {y}"));
    }
    let stand = stop.stand;
    html! {
        polyline class=(format!("line {} {}", stand.tone().class(), stand.as_str())) points=(points)
            stroke-width=(format!("{:.1}", weight(stop.recent))) {}
    }
}

fn station(lang: Lang, stop: &Stop, placed: &Placed) -> Markup {
    let Point { x, y } = placed.at;
    let tone = stop.stand.tone().class();
    let (side, anchor, dx, dy) = match placed.label {
        Side::North => ("n", "middle", 0.0, -AWAY - 20.0),
        Side::South => ("s", "middle", 0.0, AWAY + 10.0),
        Side::East => ("e", "start", AWAY, -2.0),
        Side::West => ("w", "end", -AWAY, -2.0),
    };
    let (left, top) = (x + dx, y + dy);
    html! {
        a href=(stop.path()) aria-label=(said(lang, stop)) data-state=(stop.stand.as_str()) {
            title { (said(lang, stop)) }
            @if stop.stand == Stand::Hosted {
                rect class={ "stop " (tone) } x=(x - 9.0) y=(y - 9.0) width="18" height="18" rx="2" {}
            } @else {
                circle class={ "stop " (tone) } cx=(x) cy=(y) r="10" {}
            }
            text class=(side) x=(left) y=(top) text-anchor=(anchor) { (stop.title(lang)) }
            text class={ "quiet " (tone) } x=(left) y=(top) dy="1.3em" text-anchor=(anchor) { (under(lang, stop)) }
        }
    }
}

/// What stands below a name: the state, and how many entries are missing.
fn under(lang: Lang, stop: &Stop) -> String {
    let state = plain(lang, stop.stand);
    match stop.behind {
        0 => state.to_owned(),
        behind => format!("{state} {}", grouped(behind)),
    }
}

/// What the lines mean, with how many there are of each; each opens those.
fn legend(lang: Lang, federation: &Federation) -> Markup {
    let count = |look: Stand| {
        federation.stops.iter().filter(|stop| stop.stand.as_str() == look.as_str()).count()
    };
    html! {
        ul.legend {
            @for look in LOOKS {
                @let count = count(look);
                @if count > 0 || look == LOOKS[0] {
                    li {
                        svg.map viewBox="0 0 44 14" width="44" height="14" aria-hidden="true" {
                            polyline class=(format!("line {} {}", look.tone().class(), look.as_str())) points="4 7 40 7" stroke-width="5" {}
                        }
                        a href=(in_state(look.as_str())) {
                            (plain(lang, look)) " " span.count { (count) }
                        }
                    }
                }
            }
            li.quiet { (lang.t("线越粗，近五分钟条目越多", "the thicker a line, the more entries in the last five minutes")) }
        }
    }
}

/// A stand without the code of why it is held.
pub fn plain(lang: Lang, stand: Stand) -> &'static str {
    match stand {
        Stand::Link(state) => lang.t(state.zh(), state.en()),
        Stand::Hosted => lang.t("托管", "hosted"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::planted::{federation, stop};

    #[test]
    fn every_state_has_a_line_a_class_and_words_of_its_own() {
        let federation = federation();
        for lang in [Lang::Zh, Lang::En] {
            let drawn = map(lang, &federation).into_string();
            for stop in &federation.stops {
                let class = format!("line {} {}", stop.stand.tone().class(), stop.stand.as_str());
                assert!(drawn.contains(&class), "{class}");
                let name = format!("aria-label=\"{}\"", said(lang, stop));
                assert!(drawn.contains(&name), "{name}");
                assert!(drawn.contains(&format!("href=\"/platforms/{}\"", stop.platform)));
            }
        }
        let mut words: Vec<_> = LOOKS.iter().map(|look| plain(Lang::Zh, *look)).collect();
        words.sort();
        words.dedup();
        assert_eq!(words.len(), LOOKS.len());
    }

    #[test]
    fn the_name_of_a_stop_says_its_state_and_how_far_behind_it_is() {
        let stop =
            Stop { behind: 12_345, recent: 7, ..stop("jintan", Stand::Link(LinkState::Stuck)) };
        assert_eq!(said(Lang::Zh, &stop), "平台 jintan：停滞，差 12,345 条，近五分钟 7 条");
        assert_eq!(
            said(Lang::En, &stop),
            "Platform jintan: stuck, 12,345 entries behind, 7 entries in five minutes"
        );
    }

    #[test]
    fn more_traffic_never_makes_a_thinner_line_and_none_still_shows() {
        let weights: Vec<_> = [0, 1, 9, 10, 1000, 1_000_000, u64::MAX].map(weight).to_vec();
        assert!(weights.is_sorted());
        assert_eq!((weights[0], weights[6]), (THIN, THICK));
        assert!(weights[3] > weights[2]);
    }
}
