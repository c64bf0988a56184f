//! What a district does in the year 2010: it says who works there and what they may do, keeps its
//! catalogue, handles cases of both families, looks after itself, and reports each day.
//!
//! Pure and seeded: the same seed gives the same bytes. Everything in it is invented except for
//! the items and the calendar; see `hub/data/README.md` and the notes in `people.rs`. Roughly 6
//! cases of a hundred need a correction, 3 a special procedure, 4 are refused, 1 is withdrawn, 5
//! have their data mended, and 2 last longer than was promised. What is open on 31 December stays
//! open.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use jiff::civil::Date;
use prost::Message;
use sanheyi_exchange_spec::entry::Operation;
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_proto::standard::v1::{Delivery, DeliveryWay};

use self::activity::Books;
use self::calendar::{Calendar, DAY, DAYS, WorkTime};
use self::chance::Chance;
use self::library::Library;
pub(super) use self::library::course::UNAWARE;
use self::story::Opening;
use self::volume::Volume;
use super::acts::codes::IN_FORCE;

mod activity;
mod calendar;
mod chance;
mod flow;
mod library;
mod numbers;
mod people;
mod staff;
mod story;
mod volume;

/// Most records in a batch.
pub(super) const BATCH: usize = 512;
/// The second of the working day at which a case is opened on an item that is suspended.
const UNAWARE_AT: u32 = 3600;

/// A district (区县) of the demonstration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct District {
    /// Its platform.
    pub platform: PlatformId,
    /// The four digits of its region that stand in organisation codes.
    pub region: &'static str,
    /// Its name in Chinese, as department names begin with it.
    pub title_zh: &'static str,
    /// Its name in English.
    pub title_en: &'static str,
}

/// One state of a record, to be handed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Name of the dataset.
    pub dataset: &'static str,
    /// Id of the record.
    pub record: String,
    /// 1 = the record is new; n replaces n - 1 of the same record.
    pub revision: u64,
    /// Put or withdraw.
    pub operation: Operation,
    /// When it happened.
    pub occurred: Timestamp,
    /// The body, encoded.
    pub body: Bytes,
}

impl Written {
    /// A state of a record, at an instant in microseconds.
    fn new(
        dataset: &'static str,
        record: String,
        (revision, operation): (u64, Operation),
        occurred: i64,
        body: &impl Message,
    ) -> Self {
        let (occurred, body) = (Timestamp::from_micros(occurred), body.encode_to_vec().into());
        Self { dataset, record, revision, operation, occurred, body }
    }

    /// The first state of a record.
    fn first(dataset: &'static str, record: String, at: i64, body: &impl Message) -> Self {
        Self::new(dataset, record, (1, Operation::Put), at, body)
    }
}

impl District {
    /// Code of an organisation of the district, by its letters.
    fn organisation(&self, letters: &str) -> String {
        format!("JS{}00{letters}", self.region)
    }
}

/// A day of the year; on a day off there are no batches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    /// The day.
    pub date: Date,
    /// What happened, in the order of time. No record stands twice in a batch: a batch is appended
    /// whole, and a later revision needs the digest of the earlier one.
    pub batches: Vec<Vec<Written>>,
}

/// How a year is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The seed: another seed, another year.
    pub seed: u64,
    /// Cases that an average district opens on an average working day.
    pub cases_per_day: u32,
}

fn district(
    platform: &str,
    region: &'static str,
    title_zh: &'static str,
    title_en: &'static str,
) -> District {
    let platform = platform.parse().expect("a platform id");
    District { platform, region, title_zh, title_en }
}

/// The three districts with a node of their own.
///
/// # Panics
/// Never: the names are valid platform ids, and a test reads them.
#[must_use]
pub fn districts() -> [District; 3] {
    [
        district("jintan", "0482", "金坛市", "Jintan"),
        district("liyang", "0481", "溧阳市", "Liyang"),
        district("wujin", "0412", "武进区", "Wujin"),
    ]
}

/// The four districts that the hub hosts.
///
/// # Panics
/// Never: the names are valid platform ids, and a test reads them.
#[must_use]
pub fn tenants() -> [District; 4] {
    [
        district("tianning", "0402", "天宁区", "Tianning"),
        district("zhonglou", "0404", "钟楼区", "Zhonglou"),
        district("qishuyan", "0405", "戚墅堰区", "Qishuyan"),
        district("xinbei", "0411", "新北区", "Xinbei"),
    ]
}

/// What stands when the year begins: organisations with their posts and officers, all power items,
/// and what belongs to some of them. Each record once, in its first revision.
#[must_use]
pub fn publication(district: &District) -> Vec<Written> {
    let mut written = staff::records(district);
    written.extend(Library::new().records(district));
    written
}

/// The days of the district from 1 January to 31 December 2010, one after another.
pub fn year(district: &District, plan: &Plan) -> impl Iterator<Item = Day> + Send + use<> {
    let mut chance = Chance::new(plan.seed, district.region);
    let (library, calendar) = (Library::new(), Calendar::new());
    let mut ahead: BTreeMap<u32, Vec<Written>> = BTreeMap::new();
    for (day, written) in library.changes(district, &calendar) {
        ahead.entry(day).or_default().push(written);
    }
    Year {
        volume: Volume::new(district.region, plan.cases_per_day, &library.items, &mut chance),
        district: district.clone(),
        calendar,
        library,
        chance,
        serials: BTreeMap::new(),
        count: 0,
        ahead,
        books: Books::default(),
        next: 0,
        posted: false,
    }
}

/// A year on its way.
struct Year {
    district: District,
    calendar: Calendar,
    library: Library,
    volume: Volume,
    chance: Chance,
    /// The last serial of each organisation.
    serials: BTreeMap<&'static str, u64>,
    /// Cases so far.
    count: u64,
    /// What is going to happen, by the day of the year.
    ahead: BTreeMap<u32, Vec<Written>>,
    books: Books,
    /// The next day, counted from 0.
    next: u32,
    /// Whether something was posted since that is over.
    posted: bool,
}

impl Year {
    /// Opens the cases of a day and tells their stories.
    fn open(&mut self, day: u32, begin: WorkTime) {
        let date = calendar::day_of_year(day);
        let in_force = |position| self.library.on(position, date).is_some();
        let mut openings = self.volume.openings(date, in_force, &mut self.chance);
        openings.extend(self.library.unaware(date, &self.calendar).map(|item| (UNAWARE_AT, item)));
        for (second, position) in openings {
            let exercised = self.library.on(position, date);
            let (version, item) = exercised.unwrap_or((1, &self.library.items[position]));
            let serial = self.serials.entry(item.letters).or_insert(0);
            *serial += 1;
            self.count += 1;
            let opening = Opening {
                district: &self.district,
                calendar: &self.calendar,
                item,
                version,
                unaware: exercised.is_none(),
                at: begin.plus(second),
                serial: *serial,
                count: self.count,
            };
            for (day, written) in story::tell(&opening, &mut self.chance) {
                self.ahead.entry(day).or_default().push(written);
            }
        }
    }

    /// The reports with which a working day closes: of the day and, with the last of a month, of
    /// the catalogue.
    fn close(&mut self, day: u32, begin: WorkTime, events: &[Written]) -> Vec<Written> {
        let date = calendar::day_of_year(day);
        let Some(at) = self.calendar.instant(begin.plus(DAY - 1)) else { return Vec::new() };
        let at = at.as_micros();
        let mut reports = self.books.close((date, calendar::midnight(date)), events, at);
        let next = self.calendar.offset(begin.plus(DAY)).map(calendar::day_of_year);
        if next.is_none_or(|next| next.month() != date.month()) {
            let Self { district, calendar, .. } = self;
            reports.extend(self.library.progress(district, calendar, date, at));
        }
        reports
    }
}

impl Year {
    /// The first document that is delivered once the post is over goes by post, whatever the seed:
    /// nobody has read the new list yet.
    fn post(&mut self, date: Date, events: &mut [Written]) {
        let mut delivered = events.iter_mut().filter(|one| one.dataset == "case.delivery");
        if date < IN_FORCE || self.posted {
            return;
        }
        if let Some(one) = delivered.next()
            && let Ok(mut body) = Delivery::decode(one.body.clone())
        {
            body.way = DeliveryWay::Post.into();
            body.tracking_no = format!("SY{:011}", self.count);
            body.sent_at = Some(body.delivered_at);
            one.body = body.encode_to_vec().into();
            self.posted = true;
        }
    }
}

impl Iterator for Year {
    type Item = Day;

    fn next(&mut self) -> Option<Day> {
        let day = self.next;
        if day == DAYS {
            return None;
        }
        self.next += 1;
        let date = calendar::day_of_year(day);
        let Some(begin) = self.calendar.opens(day) else {
            return Some(Day { date, batches: Vec::new() });
        };
        self.open(day, begin);
        let mut events = self.ahead.remove(&day).unwrap_or_default();
        events.sort_by_key(|written| written.occurred);
        self.post(date, &mut events);
        let reports = self.close(day, begin, &events);
        events.extend(reports);
        Some(Day { date, batches: batches(events) })
    }
}

/// Cuts a day, without changing its order, where a record comes again or a batch is full.
fn batches(events: Vec<Written>) -> Vec<Vec<Written>> {
    let mut batches: Vec<Vec<Written>> = Vec::new();
    let mut seen = BTreeSet::new();
    for written in events {
        let key = (written.dataset, written.record.clone());
        match batches.last_mut() {
            Some(batch) if batch.len() < BATCH && !seen.contains(&key) => batch.push(written),
            _ => {
                seen.clear();
                batches.push(vec![written]);
            }
        }
        seen.insert(key);
    }
    batches
}

#[cfg(test)]
mod tests;
