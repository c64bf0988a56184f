//! How an entry is handled, for everything that can be known of it.

use super::*;

#[test]
fn what_is_settled_stays_so_whatever_was_asked() {
    for returned in [false, true] {
        for released in [false, true] {
            let known = |later| Known { released, later, returned };
            assert_eq!(handling(&known(Some(Operation::Put))), Handling::Corrected);
            assert_eq!(handling(&known(Some(Operation::Withdraw))), Handling::Withdrawn);
        }
        let released = Known { released: true, later: None, returned };
        assert_eq!(handling(&released), Handling::Corrected, "a later verdict accepted it");
    }
    assert_eq!(handling(&Known { returned: true, ..Known::default() }), Handling::Returned);
    assert_eq!(handling(&Known::default()), Handling::Open);
}

#[test]
fn every_way_is_counted_once_and_read_by_its_word() {
    let mut tally = Tally::default();
    for one in Handling::ALL {
        tally.count(one);
        assert_eq!(tally.of(one), 1);
        assert_eq!(Handling::parse(one.en()), Some(one));
    }
    assert_eq!(tally.total(), 4);
    tally += tally;
    assert_eq!((tally.total(), tally.open, tally.withdrawn), (8, 2, 2));
    assert_eq!(Handling::parse("待处理"), None, "commands take the English word");
    let settled: Vec<_> = Handling::ALL.into_iter().filter(|one| one.is_settled()).collect();
    assert_eq!(settled, [Handling::Corrected, Handling::Withdrawn]);
}
