//! That an entry stands in its journal, shown step by step and verified here and now: from the
//! bytes over leaf hash and path to the root, which a checkpoint names and its author has signed.
//! A branch keeps no checkpoints of its own journals: there the root is the one that the hub's
//! receipt names.

use std::collections::BTreeMap;

use axum::extract;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use sanheyi_exchange_spec::checkpoint::Checkpoint;
use sanheyi_exchange_spec::ids::JournalId;
use sanheyi_exchange_spec::merkle::tlog_proof::TlogProof;
use sanheyi_exchange_spec::merkle::{inclusion_proof, inclusion_tiles, verify_inclusion};
use sanheyi_exchange_spec::note::{Note, verifier_key};
use sanheyi_exchange_spec::suite::{Digest, Suite, VerifyingKey};

use super::ground::{Ground, Whole};
use crate::process::said::Said;
use crate::store::{CheckpointRow, JournalRow, ReceiptRow, StoreError, Tiles};
use crate::web::error::WebError;
use crate::web::lang::Lang;
use crate::web::parts::{Tone, counted, number, state};
use crate::web::viewer::Viewer;

/// What was found out about an entry.
pub(super) enum Proved {
    /// Every step holds.
    Yes(Box<Proof>),
    /// Every step holds up to the root that the hub's receipt names.
    Received(Box<Received>),
    /// No checkpoint covers it yet.
    NotYet,
    /// A step does not hold, or its key is not known.
    No(Said),
}

/// A proof that holds, with what it leads to.
pub(super) struct Proof {
    proof: TlogProof,
    checkpoint: Checkpoint,
    key: VerifyingKey,
}

/// A path that leads to the root in a receipt.
pub(super) struct Received {
    path: Path,
    receipt: ReceiptRow,
}

/// The way from an entry to the root of a size.
struct Path {
    index: u64,
    size: u64,
    hashes: Vec<Digest>,
}

/// A checkpoint, if it is signed by a key that is known for its size.
///
/// # Errors
/// With why not.
pub(super) fn held(
    ground: &Ground,
    journal: &JournalId,
    row: &CheckpointRow,
) -> Result<Checkpoint, Said> {
    let key = ground.keys.key_of(&journal.author, journal.lane, row.size);
    let key = key.ok_or_else(|| {
        Said::new("没有作者的公钥，无法核验", "the author's key is not known here")
    })?;
    let refused = |error: &dyn ToString| {
        Said::new("签名无效", format!("the signature does not hold: {}", error.to_string()))
    };
    let checkpoint = Checkpoint::open(&row.note, &key).map_err(|error| refused(&error))?;
    match checkpoint.journal == *journal && checkpoint.size == row.size {
        true => Ok(checkpoint),
        false => Err(Said::new("检查点属于别的日志", "it is a checkpoint of something else")),
    }
}

/// Makes the proof of an entry and verifies it.
///
/// # Errors
/// Of the database.
pub(super) async fn prove(
    ground: &Ground,
    row: &JournalRow,
    sequence: u64,
    whole: &Whole,
) -> Result<Proved, StoreError> {
    let checkpoints = ground.store.checkpoint_list(row.number, sequence, 1).await?;
    let Some(found) = checkpoints.into_iter().next() else {
        return received(ground, row, sequence, whole).await;
    };
    let checkpoint = match held(ground, &row.head.journal, &found) {
        Ok(checkpoint) => checkpoint,
        Err(why) => return Ok(Proved::No(why)),
    };
    let hashes = match hashes(ground, row, sequence, found.size).await? {
        Ok(hashes) => hashes,
        Err(why) => return Ok(Proved::No(why)),
    };
    let extra = Some(whole.header_bytes.clone());
    let proof = TlogProof { extra, index: sequence, hashes, checkpoint: found.note };
    let lane = row.head.journal.lane;
    let key = ground.keys.key_of(&row.head.journal.author, lane, found.size);
    let Some(key) = key else { return Ok(Proved::No(Said::new("没有公钥", "no key"))) };
    // The leaf is hashed anew out of the header's bytes, and the path walked by the functions that
    // every other store uses.
    let leaf = Suite::Intl.leaf(&whole.header_bytes);
    Ok(match proof.verify(Suite::Intl, &leaf, &key) {
        Ok(_) if !body_holds(whole) => Proved::No(other_body()),
        Ok(_) => Proved::Yes(Box::new(Proof { proof, checkpoint, key })),
        Err(error) => Proved::No(Said::new("路径不通向签名的根", error.to_string())),
    })
}

/// Verifies an entry against the root in the receipt over it, if one has come.
async fn received(
    ground: &Ground,
    row: &JournalRow,
    sequence: u64,
    whole: &Whole,
) -> Result<Proved, StoreError> {
    if row.head.journal.author != *ground.store.platform() {
        return Ok(Proved::NotYet);
    }
    let receipt = ground.store.receipt_over(row.number, sequence).await?;
    let Some(receipt) = receipt else { return Ok(Proved::NotYet) };
    let hashes = match hashes(ground, row, sequence, receipt.past).await? {
        Ok(hashes) => hashes,
        Err(why) => return Ok(Proved::No(why)),
    };
    let (leaf, root) = (Suite::Intl.leaf(&whole.header_bytes), &receipt.root);
    let held = verify_inclusion(Suite::Intl, &leaf, sequence, receipt.past, &hashes, root);
    Ok(match held {
        Ok(()) if !body_holds(whole) => Proved::No(other_body()),
        Ok(()) => {
            let path = Path { index: sequence, size: receipt.past, hashes };
            Proved::Received(Box::new(Received { path, receipt }))
        }
        Err(error) => Proved::No(Said::new("路径不通向市级回执中的根", error.to_string())),
    })
}

/// The hashes from an entry to the root of a size; or why there are none.
async fn hashes(
    ground: &Ground,
    row: &JournalRow,
    sequence: u64,
    size: u64,
) -> Result<Result<Vec<Digest>, Said>, StoreError> {
    let tiles = ground.store.tile_get(row.number, &inclusion_tiles(sequence, size)).await?;
    let read = |id| Ok::<_, std::convert::Infallible>(Tiles::get(&tiles, &id).cloned());
    Ok(inclusion_proof(Suite::Intl, sequence, size, read)
        .map_err(|error| Said::new("默克尔树不完整", format!("the tree is not whole: {error}"))))
}

fn other_body() -> Said {
    Said::new("正文与条目头中的摘要不符", "the body is not the one whose digest the header has")
}

/// Whether salt and body have the digest that the header has; nothing can be said of an erased one.
fn body_holds(whole: &Whole) -> bool {
    whole
        .body
        .as_ref()
        .is_none_or(|body| Suite::Intl.body(&body.salt, &body.bytes) == whole.header.body_digest)
}

/// The steps of a proof as they are shown.
pub(super) fn shown(viewer: &Viewer, whole: &Whole, proved: &Proved, download: &str) -> Markup {
    let lang = viewer.lang;
    match proved {
        Proved::NotYet => html! {
            p { (state(Tone::Warn, lang.t("尚无检查点", "no checkpoint yet"))) }
            p.quiet { (lang.t(
                "作者还没有为包含此条目的大小签名；下一个检查点之后即可核验。",
                "Its author has not signed a size that includes this entry yet; after the next checkpoint it can be proved.",
            )) }
        },
        Proved::No(why) => html! {
            p { (state(Tone::Bad, lang.t("核验不通过", "not proved"))) " " (lang.t(&why.zh, &why.en)) }
            p.quiet { (lang.t("请运行 verify 找出差异。", "Run `verify` to find the difference.")) }
        },
        Proved::Yes(proof) => steps(lang, whole, proof, download),
        Proved::Received(received) => by_receipt(lang, whole, received),
    }
}

fn by_receipt(lang: Lang, whole: &Whole, received: &Received) -> Markup {
    let Received { path, receipt } = received;
    html! {
        p #verdict { (state(Tone::Good, lang.t("已核验", "proved"))) " " (lang.t(
            "此条目的路径通向市级回执所载的根。",
            "The path of this entry leads to the root that the hub's receipt names.",
        )) }
        ol.steps {
            (body_step(lang, whole))
            (leaf_step(lang, whole))
            (path_step(lang, whole, path))
            li {
                strong { (lang.t("根", "Root")) }
                p {
                    (lang.t("与市级回执中的根相同，大小 ", "the same as in the hub's receipt, of size "))
                    (number(receipt.past))
                }
                code { (receipt.root) }
            }
        }
        p.quiet { (lang.t(
            "回执是市级来信中的条目，到达时已按市级签名的检查点核验。可单独携带的证明在市级页面下载：作者签名的检查点由市级保存。",
            "The receipt is an entry of the hub's mailbox, and was checked against the hub's signed checkpoint as it came. A proof to take away is at the hub, which keeps the checkpoints that this author has signed.",
        )) }
    }
}

fn steps(lang: Lang, whole: &Whole, proof: &Proof, download: &str) -> Markup {
    let Proof { proof, checkpoint, key } = proof;
    let (index, size, hashes) = (proof.index, checkpoint.size, proof.hashes.clone());
    let path = Path { index, size, hashes };
    html! {
        p #verdict { (state(Tone::Good, lang.t("已核验", "proved"))) " " (lang.t(
            "此条目在日志中的位置由作者签名的检查点证明。",
            "A checkpoint that its author signed proves where this entry stands.",
        )) }
        ol.steps {
            (body_step(lang, whole))
            (leaf_step(lang, whole))
            (path_step(lang, whole, &path))
            li {
                strong { (lang.t("根", "Root")) }
                p {
                    (lang.t("与检查点中的根相同，大小 ", "the same as in the checkpoint of size "))
                    (number(checkpoint.size))
                }
                code { (checkpoint.root) }
            }
            (key_step(lang, proof, checkpoint, key))
        }
        p {
            a.button.second href=(download) download { (lang.t("下载证明", "Download the proof")) } " "
            span.quiet { (lang.t(
                "C2SP tlog-proof 格式，任何实现都能核验。",
                "C2SP tlog-proof: any implementation can check it.",
            )) }
        }
    }
}

fn body_step(lang: Lang, whole: &Whole) -> Markup {
    html! {
        li {
            strong { (lang.t("正文", "Body")) }
            @if whole.body.is_some() {
                p { (lang.t("盐与正文的摘要，等于条目头所载", "digest of salt and body, as the header has it")) }
            } @else {
                p { (lang.t("正文已删除；条目头所载的摘要仍在", "the body was erased; the digest in the header stands")) }
            }
            code { (whole.header.body_digest) }
        }
    }
}

fn leaf_step(lang: Lang, whole: &Whole) -> Markup {
    html! {
        li {
            strong { (lang.t("叶", "Leaf")) }
            p {
                (lang.t("条目头 ", "header of ")) (number(whole.header_bytes.len() as u64))
                (lang.t(" 字节的叶哈希", " bytes, hashed as a leaf"))
            }
            code { (whole.digest) }
        }
    }
}

fn path_step(lang: Lang, whole: &Whole, path: &Path) -> Markup {
    let steps = walked(&whole.digest, path);
    html! {
        li {
            strong { (lang.t("路径", "Path")) }
            p { (counted(lang, path.hashes.len() as u64, "步", "step")) (lang.t("，从叶的相邻者向上", ", from the leaf's neighbour upwards")) }
            @if !steps.is_empty() {
                details {
                    summary { (lang.t("逐步显示", "Show each step")) }
                    ol.path {
                        @for Step { left, sibling, becomes } in &steps {
                            li {
                                span.quiet { (if *left { lang.t("左邻", "left") } else { lang.t("右邻", "right") }) } " " code { (sibling) }
                                " → " code { (becomes) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn key_step(lang: Lang, proof: &TlogProof, checkpoint: &Checkpoint, key: &VerifyingKey) -> Markup {
    let origin = checkpoint.journal.to_string();
    let signed = Note::parse(&proof.checkpoint).is_ok_and(|note| note.verify(&origin, key).is_ok());
    html! {
        li {
            strong { (lang.t("签名", "Signature")) }
            p {
                @if signed { (lang.t("检查点由下列公钥签名", "the checkpoint is signed by this key")) }
                @if let Some(keeper) = &checkpoint.keeper { (lang.t("，由 ", ", which ")) code { (keeper) } (lang.t(" 代管", " keeps")) }
            }
            code { (verifier_key(&origin, key)) }
            details { summary { (lang.t("检查点原文", "The checkpoint as it is")) } pre tabindex="0" { (proof.checkpoint) } }
        }
    }
}

/// A step of the path.
struct Step {
    left: bool,
    sibling: Digest,
    becomes: Digest,
}

/// The hashes on the way up, as RFC 9162 walks it; whether they prove was decided before.
fn walked(leaf: &Digest, path: &Path) -> Vec<Step> {
    let (mut node, mut last) = (path.index, path.size.saturating_sub(1));
    let mut hash = *leaf;
    let mut steps = Vec::new();
    for sibling in &path.hashes {
        let left = node & 1 == 1 || node == last;
        hash = match left {
            true => Suite::Intl.node(sibling, &hash),
            false => Suite::Intl.node(&hash, sibling),
        };
        if left {
            while node != 0 && node & 1 == 0 {
                (node, last) = (node >> 1, last >> 1);
            }
        }
        (node, last) = (node >> 1, last >> 1);
        steps.push(Step { left, sibling: *sibling, becomes: hash });
    }
    steps
}

/// `/entries/{journal}/{sequence}/proof`: the proof as a file.
///
/// # Errors
/// If there is no such entry, or it is not proved.
pub async fn download(
    ground: Ground,
    extract::Path(params): extract::Path<BTreeMap<String, String>>,
) -> Result<Response, WebError> {
    let (row, sequence, whole) = super::entry::find(&ground, &params).await?;
    let Proved::Yes(proof) = prove(&ground, &row, sequence, &whole).await? else {
        return Err(WebError::not_found());
    };
    let name =
        format!("{}-{}-{sequence}.tlog-proof", row.head.journal.author, row.head.journal.lane);
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    Ok((headers, proof.proof.to_string()).into_response())
}

#[cfg(test)]
mod tests {
    use sanheyi_exchange_spec::merkle::Tree;

    use super::*;

    #[test]
    fn the_steps_that_are_shown_lead_to_the_root() {
        for size in 1..40_u8 {
            let leaves: Vec<_> = (0..size).map(|one| Suite::Intl.leaf(&[one])).collect();
            let mut tree = Tree::new(Suite::Intl);
            leaves.iter().for_each(|leaf| tree.push(*leaf));
            let tiles: Tiles = tree.take_changed().into_iter().collect();
            for index in 0..size {
                let read = |id| Ok::<_, ()>(tiles.get(&id).cloned());
                let (at, of) = (u64::from(index), u64::from(size));
                let hashes = inclusion_proof(Suite::Intl, at, of, read).unwrap();
                let path = Path { index: at, size: of, hashes };
                let steps = walked(&leaves[usize::from(index)], &path);
                let root = steps.last().map_or(leaves[usize::from(index)], |step| step.becomes);
                assert_eq!(root, tree.root(), "{index} of {size}");
            }
        }
    }
}
