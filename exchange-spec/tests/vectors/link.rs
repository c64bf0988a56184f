//! The Greet chain and admission, step by step, the counterexamples among them. M0 is a machine, M1
//! its clone or its restored backup.

use sanheyi_exchange_spec::grant::Grant;
use sanheyi_exchange_spec::ids::{EpochId, Generation, Incarnation, JournalId};
use sanheyi_exchange_spec::link::Position;
use sanheyi_exchange_spec::link::admit::{Admission, Head, Offer, admit};
use sanheyi_exchange_spec::link::greet::{Claim, Line, Opening, greet};
use sanheyi_exchange_spec::suite::Suite;
use sanheyi_exchange_spec::time::Timestamp;
use serde_json::{Value, json};

use crate::entries::JOURNAL;
use crate::hold;

/// A hub that does nothing but greet.
struct Hub {
    generation: Generation,
    line: Option<Line>,
    steps: Vec<Value>,
}

fn epoch(n: u8) -> EpochId {
    EpochId::new([n; 16])
}

fn claim(holds: &[u8], next: u8) -> Claim {
    Claim {
        journal: JOURNAL.parse().unwrap(),
        holds: holds.iter().map(|n| epoch(*n)).collect(),
        next: epoch(next),
        size: 0,
        root: Suite::Intl.empty_root(),
        last_grant: None,
    }
}

/// A claim that shows a grant of that epoch and serial, given by a store of that generation.
fn showing(claim: Claim, of: u8, serial: u64, generation: u8) -> Claim {
    let grant = Grant {
        journal: claim.journal.clone(),
        epoch: epoch(of),
        serial,
        opened: 0,
        root: claim.root,
        generation: Generation::new([generation; 16]),
        time: Timestamp::default(),
    };
    Claim { last_grant: Some(grant), ..claim }
}

impl Hub {
    fn new(generation: u8) -> Hub {
        Hub { generation: Generation::new([generation; 16]), line: None, steps: Vec::new() }
    }

    /// The store goes back to an earlier line, and has that generation.
    fn restored(&mut self, line: Option<(u8, u64)>, generation: u8) {
        self.generation = Generation::new([generation; 16]);
        let journal: JournalId = JOURNAL.parse().unwrap();
        let root = Suite::Intl.empty_root();
        self.line = line.map(|(in_force, serial)| Line {
            journal,
            epoch: epoch(in_force),
            serial,
            opened: 0,
            size: 0,
            root,
        });
    }

    /// Greets, keeps what was decided, and holds it against what should be.
    #[track_caller]
    fn greet(&mut self, who: &str, claim: &Claim, expected: &str) {
        let before = self.line.as_ref().map(|line| {
            json!({
                "journal": line.journal.to_string(),
                "epoch": line.epoch.to_string(),
                "serial": line.serial,
            })
        });
        let decided = greet(self.line.as_ref(), claim, self.generation);
        let decision = match &decided {
            Ok(Opening::New { serial }) => format!("new {serial}"),
            Ok(Opening::Repeat) => "repeat".to_owned(),
            Err(refusal) => refusal.code.to_string(),
        };
        assert_eq!(decision, expected, "{who}");
        if let Ok(Opening::New { serial }) = decided {
            let (journal, root) = (claim.journal.clone(), claim.root);
            self.line = Some(Line { journal, epoch: claim.next, serial, opened: 0, size: 0, root });
        }
        self.steps.push(json!({
            "who": who,
            "generation": self.generation.to_string(),
            "line": before,
            "journal": claim.journal.to_string(),
            "holds": claim.holds.iter().map(EpochId::to_string).collect::<Vec<_>>(),
            "next": claim.next.to_string(),
            "last_grant": claim.last_grant.as_ref().map(|grant| json!({
                "epoch": grant.epoch.to_string(),
                "serial": grant.serial,
                "generation": grant.generation.to_string(),
            })),
            "decision": decision,
        }));
    }

    fn done(self, name: &str) -> Value {
        json!({"name": name, "steps": self.steps})
    }
}

fn honest() -> Value {
    let mut hub = Hub::new(9);
    hub.greet("M0", &claim(&[0], 1), "new 1");
    hub.greet("M0", &claim(&[1], 2), "new 2");
    hub.greet("M0, whose answer was lost, with the same Greet", &claim(&[1], 2), "repeat");
    hub.greet("M0, restarted before the answer came", &claim(&[1, 2], 3), "new 3");
    hub.greet("M0, whose Greet never arrived, drew anew", &claim(&[3, 4], 5), "new 4");
    hub.greet("the Greet that was late", &claim(&[3], 4), "identity_held");
    hub.done("one machine")
}

fn cloned() -> Value {
    let mut hub = Hub::new(9);
    hub.greet("M0", &claim(&[0], 1), "new 1");
    hub.greet("M1, a silent copy of M0", &claim(&[1], 2), "new 2");
    hub.greet("M0", &claim(&[1], 3), "identity_held");
    let mut fresh = claim(&[0], 4);
    fresh.journal.incarnation = Incarnation::new([2; 16]);
    hub.greet("a fresh machine with the same key", &fresh, "identity_held");
    hub.greet("M1", &claim(&[2], 5), "new 3");
    hub.done("two machines with one key: one goes on")
}

fn hub_restored() -> Value {
    let mut hub = Hub::new(9);
    hub.restored(Some((3, 3)), 10);
    let shown = showing(claim(&[7], 8), 7, 7, 9);
    hub.greet("M0, without its grant", &claim(&[7], 8), "identity_held");
    hub.greet("M0, with the hub's own later grant", &shown, "new 8");
    let older = showing(claim(&[5], 6), 5, 5, 9);
    hub.greet("M1, a backup that holds an older grant", &older, "identity_held");
    hub.restored(None, 11);
    let foreign = showing(claim(&[5], 6), 7, 7, 9);
    hub.greet("a grant of an epoch that is not held", &foreign, "identity_held");
    hub.greet("M0, at a hub that knows nothing of it", &shown, "new 8");
    hub.done("a hub restored from its backup takes a new generation")
}

fn hub_restored_under_two_machines() -> Value {
    let mut hub = Hub::new(9);
    hub.restored(Some((3, 3)), 10);
    let (clone, latest) = (showing(claim(&[5], 6), 5, 5, 9), showing(claim(&[7], 8), 7, 7, 9));
    hub.greet("M1, an old copy of M0, comes first", &clone, "new 6");
    hub.greet("M0, whose grant is later than all the hub gave since", &latest, "new 8");
    let again = showing(claim(&[6], 11), 6, 6, 10);
    hub.greet("M1 again", &again, "identity_held");
    hub.done("a hub restored while two machines claim one identity: the later grant goes on")
}

fn hub_rewound() -> Value {
    let mut hub = Hub::new(9);
    let shown = showing(claim(&[7], 8), 7, 7, 9);
    hub.restored(Some((3, 3)), 9);
    hub.greet("M0, with a later grant of the same generation", &shown, "hub_rewound");
    hub.restored(None, 9);
    hub.greet("M0, with a grant that the hub never gave", &shown, "hub_rewound");
    hub.done("a hub rewound in silence is noticed")
}

fn malformed() -> Value {
    let mut hub = Hub::new(9);
    hub.greet("holds nothing", &claim(&[], 1), "malformed");
    hub.greet("draws the zero id", &claim(&[0], 0), "malformed");
    hub.greet("draws what it holds", &claim(&[0, 1], 1), "malformed");
    hub.greet("holds an id that was never granted", &claim(&[6], 1), "identity_held");
    hub.done("claims that are not well formed")
}

#[test]
fn greets_are_decided_as_in_the_golden_chains() {
    let chains = [
        honest(),
        cloned(),
        hub_restored(),
        hub_restored_under_two_machines(),
        hub_rewound(),
        malformed(),
    ];
    hold("greets", &json!({ "chains": chains }));
}

fn position(generation: u8, of: u8) -> Position {
    Position { generation: Generation::new([generation; 16]), epoch: epoch(of) }
}

#[test]
fn offers_are_decided_as_in_the_golden_table() {
    let mut table = Vec::new();
    for (name, stopped, at, first, to) in [
        ("exactly at the durable size", false, position(9, 1), 5, 6),
        ("again, whole", false, position(9, 1), 3, 5),
        ("across the durable size", false, position(9, 1), 3, 6),
        ("beyond it", false, position(9, 1), 6, 7),
        ("nothing", false, position(9, 1), 5, 5),
        ("of an earlier epoch", false, position(9, 2), 5, 6),
        ("of an earlier generation", false, position(8, 1), 5, 6),
        ("into a stopped journal", true, position(9, 1), 5, 6),
    ] {
        let head = Head {
            journal: JOURNAL.parse().unwrap(),
            size: 5,
            root: Suite::Intl.empty_root(),
            position: position(9, 1),
            opened: 0,
            stopped,
        };
        let decision = match admit(&head, &Offer { position: at, first, to }) {
            Ok(Admission::Append) => "append".to_owned(),
            Ok(Admission::Compare) => "compare".to_owned(),
            Ok(Admission::Overlap) => "overlap".to_owned(),
            Err(refusal) => {
                assert_eq!((refusal.durable, refusal.position), (Some(5), Some(head.position)));
                refusal.code.to_string()
            }
        };
        table.push(json!({
            "name": name,
            "durable": head.size,
            "generation": head.position.generation.to_string(),
            "epoch": head.position.epoch.to_string(),
            "stopped": stopped,
            "offer": {
                "generation": at.generation.to_string(),
                "epoch": at.epoch.to_string(),
                "first": first,
                "to": to,
            },
            "decision": decision,
        }));
    }
    hold("offers", &json!({ "offers": table }));
}
