//! Why a carry file is refused: where, by which rule, and what to do.

use thiserror::Error;

use super::Kind;
use crate::ids::PlatformId;
use crate::limits::{CARRY_BYTES, MESSAGE_BYTES};
use crate::note::NoteError;

/// Why a carry file is refused. Nothing of it was taken in.
#[derive(Debug, Error)]
pub enum CarryError {
    /// The file cannot be read or written.
    #[error("无法读写摆渡文件 · the carry file cannot be read or written")]
    Io(#[from] std::io::Error),
    /// It does not begin as carry files do.
    #[error(
        "不是摆渡文件：开头不是 SHYC1，请核对所选文件 · not a carry file: it does not begin with SHYC1; check which file was chosen"
    )]
    Magic,
    /// Larger than the bound.
    #[error(
        "摆渡文件超过 {CARRY_BYTES} 字节，请用 --bytes 分成若干文件 · the carry file has more than {CARRY_BYTES} bytes: export with --bytes in several"
    )]
    TooLong,
    /// It ends before it is whole.
    #[error(
        "摆渡文件在第 {0} 字节处中断，复制不完整，请重新复制 · the carry file ends at byte {0} before it is whole: copy it again"
    )]
    Truncated(u64),
    /// An item is larger than the bound, or its length is malformed.
    #[error(
        "第 {at} 字节处的项长度不合规（至多 {MESSAGE_BYTES} 字节），文件已损坏，请重新复制 · the length of the item at byte {at} is malformed or above {MESSAGE_BYTES}: the file is damaged, copy it again"
    )]
    Length {
        /// Where the item begins.
        at: u64,
    },
    /// An item cannot be read.
    #[error(
        "第 {at} 字节处的项无法识别：{problem}；文件已损坏，或由更新版本写成，请重新复制或升级本软件 · the item at byte {at} is not understood: {problem}; the file is damaged or of a later version: copy it again, or upgrade"
    )]
    Item {
        /// Where the item begins.
        at: u64,
        /// What is wrong.
        problem: String,
    },
    /// The manifest is no signed note.
    #[error(
        "摆渡文件末尾的清单不合规，文件已损坏，请重新复制 · the manifest at the end of the carry file is refused: the file is damaged, copy it again"
    )]
    Note(#[from] NoteError),
    /// A line of the manifest is missing or malformed.
    #[error(
        "摆渡文件清单的 {0} 行缺失或不合规，请重新导出 · the manifest's line of {0} is missing or malformed: export again"
    )]
    Line(&'static str),
    /// The manifest does not fit the bytes before it.
    #[error(
        "摆渡文件的内容与其清单不符：写成之后被改动过，请重新复制；若仍不符，请重新导出并查明原因 · the carry file is not what its manifest says: it was changed after it was written; copy it again, and if that does not help, export again and find out why"
    )]
    Changed,
    /// It is for somebody else.
    #[error(
        "这份摆渡文件是给 {to} 的，本平台是 {own}，请送往 {to} · this carry file is for {to} and this is {own}: carry it to {to}"
    )]
    Recipient {
        /// Whom it is for.
        to: PlatformId,
        /// Who reads it.
        own: PlatformId,
    },
    /// It goes the other way.
    #[error(
        "这份摆渡文件的方向是 {found}，此处应为 {due}（up：分节点至市级；down：市级至分节点） · this carry file goes {found}, here one is due that goes {due} (up: branch to hub, down: hub to branch)"
    )]
    Direction {
        /// Which way it goes.
        found: Kind,
        /// Which way it should go.
        due: Kind,
    },
    /// It was not signed by the platform that it names.
    #[error(
        "摆渡文件自称由 {0} 写成，但没有 {0} 的有效签名，不予采用；请核对来源 · the carry file says that {0} wrote it and has no good signature of {0}: find out where it comes from"
    )]
    Writer(PlatformId),
}
