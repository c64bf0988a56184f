//! Every exception is one that was meant, by name: of the foreign vendor's faulty records each by
//! the rule that it breaks, of our branches the cases that were opened on a suspended item.

use sanheyi_exchange_spec::gate::Standing;
use sanheyi_exchange_spec::receipt::Exception;

use super::rows::{Row, Rules, Seat};
use crate::demo::acts::codes;
use crate::demo::faults::Due;
use crate::demo::foreign::Answered;
use crate::demo::refused::Refused;
use crate::demo::say::say;
use crate::demo::writer::Ledger;
use crate::demo::year::UNAWARE;

/// The rule by which our own years are warned.
const UNAWARE_OF: &str = "power.not_in_force";

/// Every faulty record was answered by the rule that it broke, and what waited was judged when that
/// had come for which it waited.
pub(super) fn answered(answered: &Answered) -> bool {
    say("\n外来厂商的问题记录 · the foreign vendor's faulty records:");
    answered.exceptions.iter().for_each(say_exception);
    for change in &answered.later {
        let Exception { sequence, dataset, record, standing, .. } = &change.verdict;
        let (before, now) = (change.replaced, *standing);
        say(&format!(
            "  #{sequence} {dataset} {record} · {}后改判{}\n      {}, later {}",
            before.zh(),
            now.zh(),
            before.en(),
            now.en()
        ));
    }
    let rule = |one: &Exception| {
        (one.standing, one.reasons.iter().map(|reason| reason.rule.clone()).collect::<Vec<_>>())
    };
    let found: Vec<_> = answered.exceptions.iter().map(rule).collect();
    let due: Vec<_> =
        answered.expected.iter().map(|due| (due.standing, vec![due.rule.to_owned()])).collect();
    let changed: Vec<_> =
        answered.later.iter().map(|change| (change.replaced, change.verdict.standing)).collect();
    let waited = answered.expected.iter().filter_map(|due| Some((due.standing, due.later?)));
    let as_due = found == due && changed == waited.collect::<Vec<_>>();
    if !as_due {
        say(&format!("≠ {due:?} were expected, {found:?} found, later {changed:?}"));
    }
    as_due
}

fn say_exception(exception: &Exception) {
    for reason in &exception.reasons {
        let warned = exception.standing == Standing::Accepted;
        say(&format!(
            "  #{} {} {} · {}{}\n      [{}] {}\n      {}",
            exception.sequence,
            exception.dataset,
            exception.record,
            exception.standing.zh(),
            if warned { "并提示" } else { "" },
            format!("{} {}", reason.field, reason.rule).trim_start(),
            reason.zh,
            reason.en
        ));
    }
}

/// Every faulty record was refused where it was handed in, by the rule that it broke.
pub(super) fn refused(refused: &Refused) -> bool {
    let Refused { title, expected, rules, appended } = refused;
    let tried = expected.len();
    if refused.as_due() {
        say(&format!(
            "{title}：其中 {tried} 条单凭自身即可判明的，收件时即被拒收，依据同样的规则，无一写入\n  its branch refused those {tried} of which a record tells by itself as they were handed\n  in, by the same rules; none was written"
        ));
    } else {
        say(&format!(
            "≠ {title}: {tried} faulty records break {expected:?}, were refused by {rules:?}, {appended} appended"
        ));
    }
    refused.as_due()
}

/// What stands as an exception of a platform of ours: the warnings that are meant, and what was
/// written with a code that had ended meanwhile.
fn of_our_own(row: &Row, written: &[Ledger]) -> Rules {
    let mut rules =
        Rules::from([((Standing::Accepted, UNAWARE_OF.to_owned()), u64::from(UNAWARE))]);
    let ledger = written.iter().find(|ledger| ledger.platform == row.platform);
    let late = ledger.map_or(0, |ledger| ledger.ended.written);
    if late > 0 {
        rules.insert((Standing::Quarantined, codes::RULE.to_owned()), late);
    }
    rules
}

/// Nothing stands as an exception, and nothing is pending, but what is meant to.
pub(super) fn as_designed(rows: &[Row], written: &[Ledger], answered: &Answered) -> bool {
    let mut foreign = Rules::new();
    for Due { standing, rule, later, .. } in &answered.expected {
        if later.is_none() {
            *foreign.entry((*standing, (*rule).to_owned())).or_default() += 1;
        }
    }
    let mut same = true;
    for row in rows {
        let own = of_our_own(row, written);
        let expected = if row.seat == Seat::Foreign { &foreign } else { &own };
        let count = |standing| -> u64 {
            let of = expected.iter().filter(|((one, _), _)| *one == standing);
            of.map(|(_, count)| count).sum()
        };
        let counted = [row.counts.warned, row.counts.quarantined, row.counts.pending];
        let due = [Standing::Accepted, Standing::Quarantined, Standing::Pending].map(count);
        // One letter tells of all that are judged together.
        let later = row.later > 0;
        if row.rules != *expected || counted != due || later && row.seat != Seat::Foreign {
            same = false;
            say(&format!("≠ {}: {:?} ({counted:?}), expected {expected:?}", row.title, row.rules));
        }
    }
    if same {
        say(&format!(
            "每个自有平台仅有 {UNAWARE} 件提示：在挂起的事项上开办的办件；除外来厂商有意为之、断线一方沿用已停代码外，\n      无一隔离，无一待判\n  each platform of ours has just {UNAWARE} warnings: the cases opened on an item that was\n  suspended; but for what the foreign vendor meant, and the code that had ended for one\n  that was cut off, nothing is quarantined or pending"
        ));
    }
    same
}
