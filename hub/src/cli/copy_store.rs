//! `copy-store`: the hub's store moves to another database.

use std::io;
use std::path::PathBuf;

use clap::Args;
use sanheyi_node::cli::progress::Progress as Teller;
use sanheyi_node::cli::table::{Align, Table, grouped};
use sanheyi_node::cli::{Answer, DIFFERENT};
use sanheyi_node::process::entropy::OsEntropy;
use sanheyi_node::process::folder;
use sanheyi_node::store::Address;

use super::{At, address};
use crate::app::{lock, signing_key};
use crate::moving::{Move, Moved, Progress, Stage};

/// What `copy-store --help` ends with.
pub(crate) const HELP: &str = "\
例 · Examples:
  sanheyi-hub copy-store --config hub.toml \\
      --to 'postgres://sanheyi@db.example.cn/hub?sslmode=verify-full&sslrootcert=/etc/sanheyi/db-ca.pem'
  sanheyi-hub copy-store --config hub.toml --from data/hub.sqlite --to new.sqlite

先停止市级平台。目标须为空库；中断后再次执行即从中断处继续。结束前逐行比对，并由字节重算每个日志的根；
全部一致后原库即标记为已迁走，不得再运行。口令只从配置的 store.password_file 读取。
Stop the hub first. The target must be empty; a copy that was interrupted goes on when it is run again. At the
end every row is compared and every root computed again from the bytes; only then the old store is marked as
moved, and no hub runs on it again. A password is read from store.password_file of the configuration only.
JSON: from, to, clean, journals [platform, journal, size, root, computed, difference], tables [table, from, to, same]
退出码 · Exit codes: 0 已迁移 · moved; 2 有差异，原库仍有效 · a difference: the old store remains; 1 未完成 · not finished.";

/// What `copy-store` is told.
#[derive(Clone, Debug, Args)]
pub(crate) struct CopyArgs {
    /// 配置文件 · The configuration
    #[arg(long, value_name = "FILE", default_value = "hub.toml")]
    config: PathBuf,
    /// 原库地址，默认取配置 · Where the store lies, if not where the configuration says
    #[arg(long, value_name = "ADDRESS")]
    from: Option<String>,
    /// 目标地址 · Where it shall lie
    #[arg(long, value_name = "ADDRESS")]
    to: String,
    /// 输出 JSON · Print one JSON document
    #[arg(long)]
    json: bool,
}

pub(crate) async fn copy_store(args: CopyArgs) -> anyhow::Result<Answer> {
    let config = At { config: args.config, store: args.from }.load()?;
    let (from, to) = (config.database(), config.with_password(address("--to", &args.to)?));
    folder::private(&config.data)?;
    let _locks = lock(&config.data, &from)?;
    let (hub_key, entropy) = (signing_key(&config.signing)?.verifying(), OsEntropy);
    let moving = Move { from: &from, to: &to, hub: &config.hub, hub_key, entropy: &entropy };
    let mut teller = Teller::new();
    let moved = moving.run(&mut |progress| tell(&mut teller, progress)).await;
    drop(teller);
    let moved = moved?;
    let mut answer = Answer::report(&moved, args.json, text)?;
    if !moved.clean {
        return Ok(Answer { code: DIFFERENT, ..answer });
    }
    if !args.json {
        answer.text.push_str(&next(&to, &args.to)?);
    }
    Ok(answer)
}

/// What is to be changed now: the address as it was given, with all its parameters.
fn next(to: &Address, given: &str) -> io::Result<String> {
    let to = match to.file() {
        Some(path) => std::path::absolute(path)?.display().to_string(),
        None => given.to_owned(),
    };
    Ok(format!("请修改 hub.toml · now in hub.toml:\n[store]\naddress = \"{to}\"\n"))
}

fn text(moved: &Moved) -> String {
    let (left, right) = (Align::Left, Align::Right);
    let mut journals = Table::new(&[
        ("平台 PLATFORM", left),
        ("日志 JOURNAL", left),
        ("条目 ENTRIES", right),
        ("根 ROOT", left),
    ]);
    for one in &moved.journals {
        let sign = if one.difference.is_none() { "=" } else { "≠" };
        let root: String = one.computed.chars().take(16).collect();
        let root = format!("{sign} {root}");
        journals.row([one.platform.clone(), one.journal.clone(), grouped(one.size), root]);
    }
    let mut tables = Table::new(&[
        ("表 TABLE", left),
        ("原库 ROWS", right),
        ("目标 ROWS THERE", right),
        ("", left),
    ]);
    for one in &moved.tables {
        let same = if one.same { "=" } else { "≠" };
        tables.row([one.table.to_owned(), grouped(one.from), grouped(one.to), same.to_owned()]);
    }
    let mut text = format!("{}\n{}\n", journals.render(), tables.render());
    for one in &moved.journals {
        if let Some(difference) = &one.difference {
            text.push_str(&format!("差异 · difference: {}: {difference}\n", one.journal));
        }
    }
    let Moved { from, to, .. } = moved;
    text.push_str(&if moved.clean {
        format!(
            "全部一致，已由 {from} 迁至 {to}；原库不得再运行\nAll agree: moved from {from} to {to}; the old store must not run again\n"
        )
    } else {
        format!(
            "有差异：{from} 仍是有效的库，不要在 {to} 上运行\nDIFFERENCES: {from} remains the store; do not run on {to}\n"
        )
    });
    text
}

fn tell(teller: &mut Teller, progress: &Progress) {
    let Progress { platform, stage, done, total } = progress;
    let what = match stage {
        Stage::Copy => "复制 copy",
        Stage::Compare => "比对 compare",
    };
    teller.tell(&format!("{what} {platform}"), *done, *total);
}
