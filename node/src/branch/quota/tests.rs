//! The bucket by itself, with a clock that is told; and a branch that has one.

use sanheyi_exchange_spec::limits::SUBMIT_DRAFTS;
use sanheyi_exchange_spec::time::Timestamp;

use super::*;
use crate::branch::SubmitError;
use crate::tests::{Home, MORNING, draft};

const LONGEST: Duration = Duration::from_secs(10);

fn bucket(rate: u64) -> Bucket {
    Bucket::new(rate)
}

fn after(millis: i64) -> Timestamp {
    MORNING.plus_micros(millis * 1000)
}

/// Wait in milliseconds.
fn take(bucket: &mut Bucket, records: usize, now: Timestamp) -> Result<u128, u128> {
    let taken = bucket.take(records as u64, now, LONGEST);
    taken.map(|wait| wait.as_millis()).map_err(|wait| wait.as_millis())
}

#[test]
fn one_seconds_worth_goes_at_once_and_the_rest_at_the_rate() {
    let mut bucket = bucket(100);
    assert_eq!(take(&mut bucket, 100, MORNING), Ok(0));
    assert_eq!(
        [1, 1, 2].map(|records| take(&mut bucket, records, MORNING)),
        [Ok(10), Ok(20), Ok(40)]
    );
    // What was not used in a second is gone: there is no more than one second's worth.
    assert_eq!(take(&mut bucket, 100, after(60_000)), Ok(0));
    assert_eq!(take(&mut bucket, 1, after(60_000)), Ok(10));
    assert_eq!(take(&mut bucket, 50, after(60_510)), Ok(0));
}

#[test]
fn over_any_time_no_more_goes_than_the_quota_and_one_burst() {
    for (rate, sizes) in [(7, &[1, 2, 3][..]), (100, &[1, 250, 40]), (5000, &[4096, 1])] {
        let mut bucket = bucket(rate);
        let (mut gone, mut last) = (0, 0);
        for (step, &records) in (0..2000_u64).zip(sizes.iter().cycle()) {
            let now = after(i64::try_from(step).unwrap() * 20);
            let Ok(wait) = take(&mut bucket, records, now) else { continue };
            let at = u128::from(step) * 20 + wait;
            assert!(at >= last, "turns come in order");
            last = at;
            gone += records as u64;
            let largest = (*sizes.iter().max().unwrap() as u64).max(rate);
            let bound = u128::from(rate) * (at + 1) / 1000 + u128::from(rate.max(largest)) + 1;
            assert!(u128::from(gone) <= bound, "{gone} records in {at} ms at {rate} a second");
        }
        assert!(gone > 0);
    }
}

#[test]
fn the_largest_submission_goes_under_the_smallest_quota_and_is_paid_back() {
    let mut bucket = bucket(1);
    assert_eq!(take(&mut bucket, SUBMIT_DRAFTS, MORNING), Ok(0));
    let debt = SUBMIT_DRAFTS as u128 * 1000;
    assert_eq!(take(&mut bucket, 1, MORNING), Err(debt));
    // Nothing was taken by what was refused.
    assert_eq!(take(&mut bucket, 1, MORNING), Err(debt));
    assert_eq!(take(&mut bucket, 1, after(i64::try_from(debt).unwrap())), Ok(0));
}

#[test]
fn nobody_waits_longer_than_the_bound() {
    let mut bucket = bucket(10);
    assert_eq!(take(&mut bucket, 110, MORNING), Ok(0));
    assert_eq!(take(&mut bucket, 0, MORNING), Ok(0));
    // The bucket is full again after 11 s, and has one token after 10.1 s.
    assert_eq!(take(&mut bucket, 1, MORNING), Err(10_100));
    assert_eq!(take(&mut bucket, 1, after(100)), Ok(10_000));
}

#[test]
fn a_clock_that_is_set_back_lets_nobody_wait_for_it() {
    let mut bucket = bucket(10);
    assert_eq!(take(&mut bucket, 10, after(86_400_000)), Ok(0));
    assert_eq!(take(&mut bucket, 1, MORNING), Ok(100));
}

#[test]
fn no_quota_is_no_limit() {
    let mut bucket = bucket(0);
    assert!((0..100).all(|_| take(&mut bucket, SUBMIT_DRAFTS, MORNING) == Ok(0)));
}

#[tokio::test]
async fn a_submission_over_quota_waits_and_one_too_far_off_is_refused_and_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::open(dir.path(), 1).await;
    home.branch.set_quota(20);
    home.submit((0..20).map(|n| draft(&format!("A{n}"))).collect()).await;
    // The clock stands: this one has 50 ms to wait, and goes in the end.
    home.submit(vec![draft("B")]).await;
    home.branch.set_quota(10);
    home.submit((0..120).map(|n| draft(&format!("C{n}"))).collect()).await;
    assert_eq!(home.journal().await.head.size, 141);
    let refused = home.branch.submit(vec![draft("D")]).await.unwrap_err();
    assert!(matches!(refused, SubmitError::OverQuota(wait) if wait > QUOTA_WAIT), "{refused}");
    assert_eq!(home.journal().await.head.size, 141);
    // Another quota holds at once.
    home.branch.set_quota(0);
    home.submit(vec![draft("D")]).await;
    assert_eq!(home.journal().await.head.size, 142);
}

#[tokio::test]
async fn so_many_may_wait_and_no_more() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::open(dir.path(), 1).await;
    home.branch.set_quota(1000);
    home.submit((0..1000).map(|n| draft(&format!("A{n}"))).collect()).await;
    let all = (0..=QUOTA_WAITING).map(|n| home.branch.submit(vec![draft(&format!("B{n}"))]));
    let done = futures_util::future::join_all(all).await;
    let refused: Vec<_> = done.into_iter().filter_map(Result::err).collect();
    assert!(matches!(refused[..], [SubmitError::OverQuota(_)]), "{refused:?}");
    assert_eq!(home.journal().await.head.size, 1000 + QUOTA_WAITING as u64);
}
