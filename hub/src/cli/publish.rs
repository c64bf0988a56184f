//! `publish`: what the city says to all platforms at once (广播): code lists, calendars, succession
//! of regions, bulletins, reference items, templates. Every platform copies it; a code list binds
//! from its day on, at the commands of each branch and at the gate.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use prost::Message as _;
use sanheyi_exchange_spec::calendar::date_of;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::cli::Answer;
use sanheyi_node::cli::oversight::AsOf;
use sanheyi_proto::standard::v1::{
    CodeList, DocumentTemplate, ReferenceItem, RegionSuccession, WorkingCalendar,
};
use serde::Serialize;
use serde_json::Value;

use super::oversight::{City, body_of, draft_of, json_of};
use super::{Listing, desk};

pub(super) const HELP: &str = "\
例 · Examples:
  sanheyi-hub publish code-list power_kind.json --dry-run    将改变什么、对谁、自哪天起 · what would change, for whom, from which day
  sanheyi-hub publish code-list power_kind.json
  sanheyi-hub publish calendar 2027.json
  sanheyi-hub publish bulletin TB-2010-04.json
正文为 JSON，字段见数据字典，同 standard json · the body is JSON by the data dictionary, as `standard json` writes it
JSON: dataset, record, revision (null: nothing was written), after, from, platforms, changes [field, before, after]";

#[derive(Debug, Subcommand)]
pub(crate) enum PublishCommand {
    /// 代码表 · A code list
    CodeList(PublishArgs),
    /// 工作日历 · The working calendar of a year
    Calendar(PublishArgs),
    /// 区划沿革 · The succession of a region
    RegionSuccession(PublishArgs),
    /// 通报 · A bulletin
    Bulletin(PublishArgs),
    /// 参考事项 · A reference item
    ReferenceItem(PublishArgs),
    /// 文书模板 · A template of documents
    Template(PublishArgs),
}

/// What is published.
#[derive(Clone, Debug, Args)]
pub(crate) struct PublishArgs {
    #[command(flatten)]
    listing: Listing,
    /// 正文 JSON 文件 · The body as JSON
    file: PathBuf,
    /// 只显示将改变什么 · Only show what would change
    #[arg(long)]
    dry_run: bool,
}

/// What was or would be published; these are the keys of `--json`.
#[derive(Debug, Serialize)]
struct Published {
    dataset: &'static str,
    record: String,
    /// Its revision; null where nothing was written.
    revision: Option<u64>,
    /// The revision that it comes after; 0 where the record is new.
    after: u64,
    /// The day from which it holds.
    from: Option<String>,
    /// Who hears of it.
    platforms: Vec<String>,
    /// What is different from what stands now.
    changes: Vec<Change>,
}

/// A field that changes.
#[derive(Debug, Serialize)]
struct Change {
    field: String,
    before: Option<Value>,
    after: Option<Value>,
}

pub(crate) async fn publish(command: PublishCommand) -> anyhow::Result<Answer> {
    let (dataset, args) = match command {
        PublishCommand::CodeList(args) => ("codes.code_list", args),
        PublishCommand::Calendar(args) => ("codes.working_calendar", args),
        PublishCommand::RegionSuccession(args) => ("codes.region_succession", args),
        PublishCommand::Bulletin(args) => ("exchange.bulletin", args),
        PublishCommand::ReferenceItem(args) => ("catalogue.reference_item", args),
        PublishCommand::Template(args) => ("catalogue.document_template", args),
    };
    let body = body_of(dataset, &args.file)?;
    let city = City::open(&args.listing.at, AsOf::default().instant()).await?;
    let foreseen = foresee(&city, dataset, &body).await;
    let now = city.now;
    let mut published = city.closed(foreseen).await?;
    let draft = draft_of(dataset, body, now)?;
    published.record.clone_from(&draft.record);
    if !args.dry_run {
        let appended = desk::hand_in(&args.listing.at, vec![draft]).await?;
        published.revision = appended.first().map(|one| one.revision);
    }
    Answer::report(&published, args.listing.json, text)
}

/// What would change, for whom, from which day.
async fn foresee(city: &City, dataset: &'static str, body: &[u8]) -> anyhow::Result<Published> {
    let known = sanheyi_proto::dataset(dataset).context(dataset)?;
    let mut record = String::new();
    known.record.name(body, &mut record);
    let store = city.database.of(&city.config.hub);
    let head = store.record_head(dataset, &record).await?;
    let before = match &head {
        None => None,
        Some(head) => {
            let entry = store.entry_get(head.place.journal, head.place.sequence).await?;
            entry.and_then(|entry| entry.body)
        }
    };
    let before = before.map(|body| json_of(dataset, &body)).transpose()?;
    Ok(Published {
        dataset,
        record,
        revision: None,
        after: head.map_or(0, |head| head.revision),
        from: from_day(dataset, body)?,
        platforms: city.platforms.iter().map(|row| row.platform.to_string()).collect(),
        changes: changes(before.as_ref(), &json_of(dataset, body)?),
    })
}

/// The day from which it holds, where it says one.
fn from_day(dataset: &str, body: &[u8]) -> anyhow::Result<Option<String>> {
    let day = |micros: i64| date_of(Timestamp::from_micros(micros)).to_string();
    let from = match dataset {
        "codes.code_list" => CodeList::decode(body)?.valid_from,
        "codes.region_succession" => RegionSuccession::decode(body)?.changed_on,
        "codes.working_calendar" => format!("{:04}-01-01", WorkingCalendar::decode(body)?.year),
        "catalogue.reference_item" => day(ReferenceItem::decode(body)?.valid_from),
        "catalogue.document_template" => day(DocumentTemplate::decode(body)?.valid_from),
        _ => String::new(),
    };
    Ok((!from.is_empty()).then_some(from))
}

/// Top-level fields that differ; of lists of things with a code or a day, the things.
fn changes(before: Option<&Value>, after: &Value) -> Vec<Change> {
    let empty = serde_json::Map::new();
    let before = before.and_then(Value::as_object).unwrap_or(&empty);
    let after = after.as_object().unwrap_or(&empty);
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let mut changes = Vec::new();
    for name in names {
        let (was, is) = (before.get(name), after.get(name));
        match (was, is) {
            (was, is) if was == is => {}
            (Some(Value::Array(was)), Some(Value::Array(is))) => items(name, was, is, &mut changes),
            (was, is) => {
                let (before, after) = (was.cloned(), is.cloned());
                changes.push(Change { field: name.clone(), before, after });
            }
        }
    }
    changes
}

/// Items of a list that are gone, changed or new, each named by its code or day, else its place.
fn items(name: &str, was: &[Value], is: &[Value], out: &mut Vec<Change>) {
    let key = |at: usize, item: &Value| {
        let named = item.get("code").or_else(|| item.get("day")).and_then(Value::as_str);
        format!("{name}[{}]", named.map_or_else(|| at.to_string(), str::to_owned))
    };
    let keyed = |list: &[Value]| -> Vec<(String, Value)> {
        list.iter().enumerate().map(|(at, item)| (key(at, item), item.clone())).collect()
    };
    let (was, is) = (keyed(was), keyed(is));
    let find = |list: &[(String, Value)], field: &str| {
        list.iter().find(|(key, _)| key == field).map(|(_, item)| item.clone())
    };
    for (field, before) in &was {
        let after = find(&is, field);
        if after.as_ref() != Some(before) {
            out.push(Change { field: field.clone(), before: Some(before.clone()), after });
        }
    }
    for (field, after) in &is {
        if find(&was, field).is_none() {
            let (field, after) = (field.clone(), Some(after.clone()));
            out.push(Change { field, before: None, after });
        }
    }
}

fn text(published: &Published) -> String {
    let Published { dataset, record, revision, after, from, platforms, changes } = published;
    let from = from.as_deref().unwrap_or("即日起 at once");
    let mut text = match revision {
        Some(revision) => format!(
            "已发布 {dataset} {record} 第 {revision} 版，自 {from} · published as revision {revision}, from {from}\n"
        ),
        None => format!(
            "试发布，未写入 · nothing was written: {dataset} {record}，现为第 {after} 版 · stands at revision {after}\n生效 · from: {from}\n"
        ),
    };
    text.push_str(&format!(
        "对象 · for: 全部 {} 个平台 · all {} platforms: {}\n",
        platforms.len(),
        platforms.len(),
        platforms.join(" ")
    ));
    if changes.is_empty() {
        text.push_str("与现行内容相同 · the same as what stands now\n");
    }
    let shown = |value: &Option<Value>| match value {
        None => "—".to_owned(),
        Some(value) => value.to_string(),
    };
    for Change { field, before, after } in changes {
        text.push_str(&format!("  {field}: {} → {}\n", shown(before), shown(after)));
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_changes_is_named_item_by_item() {
        let before = json!({"id": "a", "entries": [{"code": "1", "titleZh": "甲"}, {"code": "2"}]});
        let after = json!({"id": "a", "validFrom": "2011-01-01",
            "entries": [{"code": "1", "titleZh": "乙"}, {"code": "3"}]});
        let found = changes(Some(&before), &after);
        let fields: Vec<_> = found.iter().map(|one| one.field.as_str()).collect();
        assert_eq!(fields, ["entries[1]", "entries[2]", "entries[3]", "validFrom"]);
        assert!(found[1].after.is_none() && found[2].before.is_none());
        assert!(changes(Some(&after), &after).is_empty());
        assert_eq!(changes(None, &after).len(), 3, "all of it is new");
    }
}
