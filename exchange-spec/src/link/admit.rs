//! The admit rule (rule 13): what a store does with the next entries of a journal that somebody
//! else appends. The hub admits what branches push, a branch admits what it pulls; both by this one
//! rule.
//!
//! Admission has two halves: [`admit`] looks at sizes and positions before the bytes are opened,
//! [`bind`] holds the root that the bytes give against the author's signed checkpoint before
//! anything is stored.

use super::{Position, Refusal};
use crate::checkpoint::Checkpoint;
use crate::error::Code;
use crate::ids::{JournalId, PlatformId};
use crate::suite::Digest;

/// The head of a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The journal.
    pub journal: JournalId,
    /// Durable size.
    pub size: u64,
    /// Root at that size.
    pub root: Digest,
    /// Position in force.
    pub position: Position,
    /// Size at which the epoch in force opened.
    pub opened: u64,
    /// Whether the journal was stopped because two histories differed.
    pub stopped: bool,
}

/// What is offered: entries `first..to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Position that the offer carries.
    pub position: Position,
    /// Sequence number of the first entry.
    pub first: u64,
    /// One past the last entry.
    pub to: u64,
}

/// What to do with an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Open, bind and store it: it begins exactly at the durable size.
    Append,
    /// All of it is here already: compare the root at `to`, store nothing, answer the durable size.
    Compare,
    /// It begins before the durable size and ends after it: store nothing, answer the durable size.
    Overlap,
}

/// Decides by sizes and positions.
///
/// # Errors
/// [`Code::EpochStale`] for another position, [`Code::HistoryChanged`] for a stopped journal,
/// [`Code::Gap`] for entries beyond the durable size, [`Code::Malformed`] for an empty offer.
pub fn admit(head: &Head, offer: &Offer) -> Result<Admission, Refusal> {
    let refuse = |code, zh: String, en: String| {
        Err(Refusal::new(code, head.journal.to_string(), zh, en)
            .with_durable(head.size)
            .with_position(head.position))
    };
    if offer.position != head.position {
        return refuse(
            Code::EpochStale,
            "所用纪元或世代不是当前的".into(),
            "the epoch or generation carried is not the one in force".into(),
        );
    }
    if head.stopped {
        return refuse(
            Code::HistoryChanged,
            "该日志因历史不一致已停止接收".into(),
            "the journal is stopped because two histories differ".into(),
        );
    }
    if offer.to <= offer.first {
        return refuse(Code::Malformed, "未包含任何条目".into(), "no entries are offered".into());
    }
    if offer.first > head.size {
        return refuse(
            Code::Gap,
            format!("从序号 {} 开始，但已存到 {}", offer.first, head.size),
            format!("offered from sequence {}, held up to {}", offer.first, head.size),
        );
    }
    Ok(if offer.first == head.size {
        Admission::Append
    } else if offer.to <= head.size {
        Admission::Compare
    } else {
        Admission::Overlap
    })
}

/// Holds the author's checkpoint against what the bytes give: same journal, epoch, size and root.
///
/// # Errors
/// [`Code::HistoryChanged`] with both roots where the sizes agree and the roots do not;
/// [`Code::SignatureInvalid`] where the checkpoint is about something else than the offer.
pub fn bind(head: &Head, checkpoint: &Checkpoint, to: u64, root: &Digest) -> Result<(), Refusal> {
    let about = checkpoint.journal == head.journal
        && checkpoint.epoch == head.position.epoch
        && checkpoint.opened == head.opened
        && checkpoint.size == to;
    if !about {
        return Err(Refusal::new(
            Code::SignatureInvalid,
            head.journal.to_string(),
            "检查点所述的日志、纪元或大小与所送条目不符",
            "the checkpoint is about another journal, epoch or size than the entries offered",
        )
        .with_durable(head.size)
        .with_position(head.position));
    }
    if checkpoint.root == *root {
        return Ok(());
    }
    Err(Refusal::new(
        Code::HistoryChanged,
        format!("{} @{to}", head.journal),
        "条目得出的根与签名的检查点不一致",
        "the entries do not give the root that the checkpoint signs",
    )
    .with_durable(head.size)
    .with_roots(checkpoint.root, *root)
    .with_position(head.position))
}

/// Holds who keeps the key, as the checkpoint says it, against what is registered: the hub itself
/// for a tenant that it hosts, else nobody but the author.
///
/// # Errors
/// [`Code::SignatureInvalid`] if it names another keeper than that, or none where one is due.
pub fn kept_by(checkpoint: &Checkpoint, keeper: Option<&PlatformId>) -> Result<(), Refusal> {
    if checkpoint.keeper.as_ref() == keeper {
        return Ok(());
    }
    let named = |who: Option<&PlatformId>| who.unwrap_or(&checkpoint.journal.author).to_string();
    let (said, due) = (named(checkpoint.keeper.as_ref()), named(keeper));
    Err(Refusal::new(
        Code::SignatureInvalid,
        checkpoint.journal.to_string(),
        format!("检查点写明密钥由 {said} 保管，登记的是由 {due} 保管"),
        format!("the checkpoint says that {said} keeps the key, it is registered that {due} does"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{EpochId, Generation};
    use crate::suite::Suite;
    use crate::time::Timestamp;

    fn head(size: u64) -> Head {
        Head {
            journal: "jintan>changzhou/normal/00000000000000000000000000000001".parse().unwrap(),
            size,
            root: Suite::Intl.empty_root(),
            position: position(1, 1),
            opened: 0,
            stopped: false,
        }
    }

    fn position(generation: u8, epoch: u8) -> Position {
        Position { generation: Generation::new([generation; 16]), epoch: EpochId::new([epoch; 16]) }
    }

    fn offer(first: u64, to: u64) -> Offer {
        Offer { position: position(1, 1), first, to }
    }

    #[test]
    fn only_what_begins_at_the_durable_size_is_appended() {
        assert_eq!(admit(&head(5), &offer(5, 6)), Ok(Admission::Append));
        assert_eq!(admit(&head(5), &offer(3, 5)), Ok(Admission::Compare));
        assert_eq!(admit(&head(5), &offer(3, 6)), Ok(Admission::Overlap));
        let gap = admit(&head(5), &offer(6, 7)).unwrap_err();
        assert_eq!((gap.code, gap.durable), (Code::Gap, Some(5)));
        assert_eq!(admit(&head(5), &offer(5, 5)).unwrap_err().code, Code::Malformed);
    }

    #[test]
    fn an_old_epoch_or_generation_is_refused_whatever_it_offers() {
        for stale in [position(1, 2), position(2, 1)] {
            let refused = admit(&head(5), &Offer { position: stale, ..offer(5, 6) }).unwrap_err();
            assert_eq!(refused.code, Code::EpochStale);
            assert_eq!(refused.position, Some(position(1, 1)));
        }
    }

    #[test]
    fn a_stopped_journal_stays_stopped() {
        let stopped = Head { stopped: true, ..head(5) };
        assert_eq!(admit(&stopped, &offer(5, 6)).unwrap_err().code, Code::HistoryChanged);
    }

    #[test]
    fn who_keeps_the_key_is_said_as_it_is_registered() {
        let hub: PlatformId = "changzhou".parse().unwrap();
        let own = Checkpoint {
            journal: head(0).journal,
            size: 0,
            root: Suite::Intl.empty_root(),
            epoch: EpochId::new([1; 16]),
            opened: 0,
            time: Timestamp::default(),
            keeper: None,
        };
        let kept = Checkpoint { keeper: Some(hub.clone()), ..own.clone() };
        assert_eq!((kept_by(&own, None), kept_by(&kept, Some(&hub))), (Ok(()), Ok(())));
        let other = Checkpoint { keeper: Some("wuxi".parse().unwrap()), ..own.clone() };
        for (checkpoint, due) in [(own, Some(&hub)), (kept, None), (other, Some(&hub))] {
            let refused = kept_by(&checkpoint, due).unwrap_err();
            assert_eq!(refused.code, Code::SignatureInvalid);
        }
    }

    #[test]
    fn a_checkpoint_binds_only_what_it_is_about() {
        let root = Suite::Intl.leaf(b"x");
        let good = Checkpoint {
            journal: head(0).journal,
            size: 1,
            root,
            epoch: EpochId::new([1; 16]),
            opened: 0,
            time: Timestamp::default(),
            keeper: None,
        };
        assert_eq!(bind(&head(0), &good, 1, &root), Ok(()));
        let other = bind(&head(0), &good, 1, &Suite::Intl.empty_root()).unwrap_err();
        assert_eq!(other.code, Code::HistoryChanged);
        assert_eq!(other.roots, Some((root, Suite::Intl.empty_root())));
        let about = [
            Checkpoint { size: 2, ..good.clone() },
            Checkpoint { opened: 1, ..good.clone() },
            Checkpoint { epoch: EpochId::new([2; 16]), ..good },
        ];
        for wrong in about {
            let refused = bind(&head(0), &wrong, 1, &root).unwrap_err();
            assert_eq!(refused.code, Code::SignatureInvalid);
        }
    }
}
