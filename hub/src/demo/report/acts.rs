//! What went down and across, act by act, as the stores show it.

use crate::demo::acts::Told;
use crate::demo::say::say;

/// Says all acts; answers whether each came out as it should.
pub(super) fn say_all<'a>(acts: impl Iterator<Item = &'a Told>) -> bool {
    say("\n下行与横向 · down and across:");
    let mut same = true;
    for Told { title, lines, wrong } in acts {
        say(&format!("· {title}"));
        for line in lines {
            say(&format!("  {}", line.replace('\n', "\n  ")));
        }
        for problem in wrong {
            same = false;
            say(&format!("≠ {title}: {problem}"));
        }
    }
    same
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_act_that_is_wrong_makes_all_of_it_wrong() {
        let told = |wrong: &[&str]| Told {
            title: "甲 · one".into(),
            lines: vec!["一\n二".into()],
            wrong: wrong.iter().map(|&one| one.to_owned()).collect(),
        };
        let (right, wrong) = (told(&[]), told(&["1 here, 2 there"]));
        assert!(say_all([&right, &right].into_iter()));
        assert!(!say_all([&right, &wrong, &right].into_iter()));
    }
}
