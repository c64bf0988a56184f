//! Bodies from standard input: as JSON, as everybody may see them, and what is wrong with them.

use std::io::Read as _;

use anyhow::bail;
use clap::Args;
use sanheyi_exchange_spec::dictionary::json::{Unknown, from_json, to_json};
use sanheyi_exchange_spec::dictionary::{Dictionary, public};
use sanheyi_exchange_spec::gate::{Findings, check_body};
use sanheyi_exchange_spec::limits::BODY_BYTES;
use sanheyi_proto::Violations;
use serde::Serialize;

use super::{Ends, Given};
use crate::cli::records::ShownReason;
use crate::cli::{Answer, DIFFERENT};

/// Most bytes of a JSON document: a body of the largest size, each character written as an escape.
pub(super) const JSON_BYTES: usize = 6 * BODY_BYTES;

/// Which way.
#[derive(Clone, Debug, Args)]
pub struct JsonArgs {
    /// 数据集 · The dataset, for example case.step
    #[arg(value_name = "DATASET")]
    pub dataset: String,
    /// 由 JSON 转为正文 · From JSON to a body
    #[arg(long)]
    pub reverse: bool,
    /// 舍弃本版标准不认识的内容，默认拒绝 · Drop what this version does not know, instead of refusing
    #[arg(long)]
    pub drop_unknown: bool,
}

/// What to show.
#[derive(Clone, Debug, Args)]
pub struct PublicArgs {
    /// 数据集 · The dataset, for example case.case
    #[arg(value_name = "DATASET")]
    pub dataset: String,
    /// 输出 JSON，默认为正文 · Print JSON instead of a body
    #[arg(long)]
    pub json: bool,
}

/// What to hold against the standard.
#[derive(Clone, Debug, Args)]
pub struct CheckArgs {
    /// 数据集 · The dataset, for example case.step
    #[arg(value_name = "DATASET")]
    pub dataset: String,
    /// 记录编号，默认由正文得出 · The record's id, else as the body gives it
    #[arg(long, value_name = "ID")]
    pub record: Option<String>,
    /// 输出 JSON · Print one JSON document
    #[arg(long)]
    pub json: bool,
}

/// What a check found; these are the keys of `--json`.
#[derive(Clone, Debug, Serialize)]
pub struct CheckReport {
    /// The dataset.
    pub dataset: &'static str,
    /// The record's id, as it was given or as the body gives it; null where neither says.
    pub record: Option<String>,
    /// Whether a branch would take it: no reason is an error.
    pub good: bool,
    /// Whether there are more reasons than are shown.
    pub left_off: bool,
    /// What is wrong, and what its author should know.
    pub reasons: Vec<ShownReason>,
}

pub(super) fn json(
    dictionary: &Dictionary,
    args: &JsonArgs,
    mut ends: Ends<'_>,
) -> anyhow::Result<Given> {
    let dataset = dictionary.dataset(&args.dataset)?;
    let unknown = if args.drop_unknown { Unknown::Drop } else { Unknown::Refuse };
    if !args.reverse {
        let text = to_json(dataset, &taken(&mut ends, BODY_BYTES)?, unknown)?;
        return Ok(Given::Answer(Answer::ok(text + "\n")));
    }
    unseen(&ends)?;
    let Ok(text) = String::from_utf8(taken(&mut ends, JSON_BYTES)?) else {
        bail!("标准输入不是 UTF-8 文本 · standard input is not text of UTF-8");
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    Ok(Given::Bytes(from_json(dataset, text, unknown)?))
}

pub(super) fn public(
    dictionary: &Dictionary,
    args: &PublicArgs,
    mut ends: Ends<'_>,
) -> anyhow::Result<Given> {
    let dataset = dictionary.dataset(&args.dataset)?;
    if args.json {
        let text = public::project_json(dataset, &taken(&mut ends, BODY_BYTES)?)?;
        return Ok(Given::Answer(Answer::ok(text + "\n")));
    }
    unseen(&ends)?;
    Ok(Given::Bytes(public::project(dataset, &taken(&mut ends, BODY_BYTES)?)?))
}

pub(super) fn check(
    dictionary: &Dictionary,
    args: &CheckArgs,
    mut ends: Ends<'_>,
) -> anyhow::Result<Given> {
    let dataset = dictionary.dataset(&args.dataset)?.info;
    let body = taken(&mut ends, BODY_BYTES)?;
    let mut own = String::new();
    let named = dataset.record.name(&body, &mut own);
    let record = args.record.clone().or(named.then_some(own));
    let (mut violations, mut findings) = (Violations::new(), Findings::default());
    let name = record.as_deref().unwrap_or_default();
    check_body(dataset, name, &body, &mut violations, &mut findings);
    let good = !findings.has_error();
    let reasons = findings.into_reasons().into_iter().map(|found| ShownReason {
        field: found.field,
        rule: found.rule,
        level: found.level.en(),
        zh: found.zh,
        en: found.en,
    });
    let report = CheckReport {
        dataset: dataset.name,
        good,
        left_off: violations.left_off(),
        reasons: reasons.collect(),
        record,
    };
    let answer = Answer::report(&report, args.json, text)?;
    let code = if report.good { answer.code } else { DIFFERENT };
    Ok(Given::Answer(Answer { code, ..answer }))
}

fn text(report: &CheckReport) -> String {
    let mut text = String::new();
    for ShownReason { field, rule, zh, en, .. } in &report.reasons {
        let place = if field.is_empty() { "正文 body" } else { field };
        text.push_str(&format!("{place} [{rule}] {zh}\n  {en}\n"));
    }
    if report.left_off {
        text.push_str("其余未列 · there is more\n");
    }
    text.push_str(match report.good {
        true => "单看此条记录，合乎标准 · by itself it meets the standard\n",
        false => "不合标准 · it does not meet the standard\n",
    });
    text
}

/// All of standard input, up to a bound.
fn taken(ends: &mut Ends<'_>, most: usize) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let bound = u64::try_from(most)?.saturating_add(1);
    ends.input.take(bound).read_to_end(&mut bytes)?;
    if bytes.len() > most {
        bail!("标准输入超过 {most} 字节 · standard input is longer than {most} bytes");
    }
    Ok(bytes)
}

/// Bytes are no text: a terminal would take some of them for commands.
fn unseen(ends: &Ends<'_>) -> anyhow::Result<()> {
    if ends.terminal {
        bail!(
            "输出是二进制正文，不宜显示在终端；请用 > FILE 写入文件或用 | 接下一命令 · the output is a binary body, not for a terminal: send it to a file with > FILE, or through a pipe"
        );
    }
    Ok(())
}
