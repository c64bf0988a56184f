//! `attach`: a file that an entry of the hub's own will name, put on the hub's shelf.

use std::path::PathBuf;

use clap::Args;
use sanheyi_node::cli::Answer;
use sanheyi_node::cli::attach::store_at;

use super::At;
use crate::config::DESK;

/// What `attach --help` ends with.
pub(crate) const HELP: &str = "\
例 · Examples:
  sanheyi-hub attach 督办通知.pdf        入库并打印附件字段 · store it, print what an order says of it

市级平台须在运行；收到引用该附件的条目的平台会自动取回。
The hub must run; whoever is given an entry that names the file fetches it by itself.";

/// Which file.
#[derive(Clone, Debug, Args)]
pub(crate) struct AttachArgs {
    /// 要入库的文件 · The file to store
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// 文件类型，缺省按文件名后缀 · Its type; else as the ending of its name says
    #[arg(long, value_name = "TYPE/SUBTYPE")]
    media_type: Option<String>,
    /// 记录中所写的名称，缺省为文件名 · Its name in the record; else that of the file
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Whose hub it is.
    #[command(flatten)]
    at: At,
}

pub(crate) async fn attach(args: &AttachArgs) -> anyhow::Result<Answer> {
    let desk = args.at.load()?.data.join(DESK);
    store_at(&desk, &args.file, args.media_type.as_deref(), args.name.as_deref()).await
}
