//! A file (附件) that a record names: put on the node's shelf, carried to the hub in pieces behind
//! its record, and there the same.

use anyhow::Context as _;
use sanheyi_exchange_spec::attachment::Hasher;
use sanheyi_exchange_spec::suite::Digest;
use sanheyi_node::cli::table::grouped;
use sanheyi_node::store::{AttachmentRow, Store};
use sanheyi_proto::standard::v1::Attachment;

use super::command::until;
use super::records::{DOCUMENT, case, document};
use super::stage::Stage;
use super::told::Told;

/// Whose case the file belongs to.
const WHO: &str = "jintan";
/// Where its cases are numbered.
const REGION: &str = "0482";
/// Serial of the case.
const SERIAL: u64 = 903;
/// Length of the file: some pieces, and a part of one.
const BYTES: usize = 3_300_000;

/// Plays it.
pub(super) async fn play(stage: &Stage<'_>) -> anyhow::Result<Told> {
    let mut told = Told::new("附件", "a file behind its record");
    let case = case(REGION, SERIAL);
    stage.submit(WHO, &case, Default::default()).await?;
    let path = stage.federation.setup.folder.join("勘察报告.pdf");
    let bytes = pdf();
    std::fs::write(&path, &bytes)?;
    let shown = path.display().to_string();
    let said = stage.node_says(WHO, &["attach", &shown]).await?;
    let text = |key: &str| said[key].as_str().map(str::to_owned).context("what a record says");
    let file = Attachment {
        name: text("name")?,
        sha256: text("sha256")?,
        bytes: text("bytes")?.parse()?,
        media_type: text("mediaType")?,
    };
    let digest: Digest = file.sha256.parse()?;
    let record = document(&case.record, file);
    stage.submit(WHO, &record, Default::default()).await?;
    for one in [&case, &record] {
        stage.accepted(WHO, one, &mut told).await?;
    }
    let store = stage.at_hub(WHO)?;
    let row = until("the file at the hub", async || {
        Ok(store.attachment_get(&digest).await?.filter(|row| row.whole))
    });
    let row = row.await?;
    let (pieces, there) = recomputed(&store, &row).await?;
    let mut hasher = Hasher::default();
    hasher.update(&bytes);
    let here = hasher.finish();
    told.check(there == here && here == digest, format!("{here} here, {there} at the hub"));
    told.say(format!(
        "{} 勘察报告.pdf，{} 字节 bytes，{pieces} 片 pieces\n  由 {DOCUMENT} {} 引用 names it\n  两端重算的摘要 digests recomputed on both sides: {} = {}",
        stage.member(WHO)?.title,
        grouped(row.file.bytes),
        record.record,
        start(&here),
        start(&there),
    ));
    Ok(told)
}

/// A file that begins as a PDF does and that nothing compresses well.
fn pdf() -> Vec<u8> {
    let mut state = 2010_u32;
    let mut bytes = b"%PDF-1.7\n".to_vec();
    while bytes.len() < BYTES {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        bytes.push((state >> 24) as u8);
    }
    bytes
}

/// How many pieces are there, and what they give.
async fn recomputed(store: &Store, row: &AttachmentRow) -> anyhow::Result<(u64, Digest)> {
    let mut hasher = Hasher::default();
    for number in 0..row.file.pieces() {
        let piece = store.piece_get(&row.file.digest, number).await?;
        hasher.update(&piece.with_context(|| format!("piece {number}"))?);
    }
    Ok((row.file.pieces(), hasher.finish()))
}

fn start(digest: &Digest) -> String {
    let text = digest.to_string();
    format!("{}…", text.get(..12).unwrap_or(&text))
}
