//! A node is backed up while it writes: one encrypted file, which only the private key opens. What
//! comes out of it goes on where the hub lets it, and loses nothing that the hub had.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sanheyi_exchange_spec::note::Note;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::backup::manifest::{Kind, Manifest};
use sanheyi_node::backup::{
    BackupError, BackupFacts, Backups, Drill, Drilled, Expected, Grounds, IDENTITY_FILE,
    Identities, Made, OfNode, Pace, Restored, Subject, Wish, drill, facts, findings, make, settle,
};
use sanheyi_node::config::NodeConfig;
use sanheyi_node::process::clock::Clock as _;
use sanheyi_node::process::entropy::SeededEntropy;
use sanheyi_tests::files::TestFile;
use sanheyi_tests::fixtures::{handling_on, new_complaints, next_complaint};
use sanheyi_tests::patience::until;
use sanheyi_tests::world::{NodeMachine, World, assert_converged, id, journal_of};

fn subject(world: &World, node: &NodeMachine) -> Subject {
    let clock = Arc::clone(&world.clock);
    OfNode::subject(&node.config(), node.store().database().clone(), clock).unwrap()
}

async fn back_up(world: &World, node: &NodeMachine) -> Result<Made, BackupError> {
    make(&OfNode, &subject(world, node), &Wish::default(), &mut |_, _, _| {}).await
}

/// The private key of a node's backups.
fn identity(folder: &Path) -> Identities {
    Identities::read(&folder.join(IDENTITY_FILE)).unwrap()
}

fn grounds(world: &World, file: &Path, opens: &Path, name: &str) -> Grounds {
    Grounds {
        file: file.to_owned(),
        identities: identity(opens),
        expected: Expected { platform: Some(id("jintan")), key: None },
        folder: world.folder(name),
        by: "cli:1000".to_owned(),
        clock: Arc::clone(&world.clock) as _,
        entropy: Arc::new(SeededEntropy::new(77)),
    }
}

async fn restore(world: &World, file: &Path, name: &str) -> Result<Restored, BackupError> {
    let opens = world.folder("jintan");
    settle(&grounds(world, file, &opens, name), &mut |_, _, _| {}).await
}

async fn drilled(world: &World, node: &NodeMachine, file: &Path) -> Drilled {
    let (file, identities) = (file.to_owned(), identity(node.folder()));
    let wish = Drill { file, identities, compare: true };
    drill(&OfNode, &subject(world, node), &wish, &mut |_, _, _| {}).await.unwrap()
}

/// A node whose backup is older than what the hub has, and whose machine is lost.
async fn lost_machine(world: &mut World) -> PathBuf {
    let mut node = world.node("jintan").await;
    node.submit(new_complaints(1..101)).await;
    let mut link = node.settle().await;
    let made = back_up(world, &node).await.unwrap();
    node.submit(new_complaints(101..151)).await;
    assert!(link.settle(node.store()).await, "they go up in the same epoch");
    node.kill().await;
    made.file
}

#[tokio::test]
async fn while_it_writes_what_is_backed_up_is_the_beginning_of_what_it_has() {
    let mut world = World::new(700, &["jintan"]).await;
    let node = world.node("jintan").await;
    node.submit(new_complaints(1..21)).await;
    drop(node.settle().await);
    let writing = async {
        for batch in 1..31 {
            node.submit(new_complaints(batch * 100..batch * 100 + 20)).await;
        }
    };
    let (made, ()) = tokio::join!(back_up(&world, &node), writing);
    let made = made.unwrap();
    assert!(made.entries >= 20 && made.bytes > 0, "{made:?}");
    node.submit(new_complaints(9000..9003)).await;

    let found = drilled(&world, &node, &made.file).await;
    assert!(found.held, "{found:?}");
    assert!(found.since >= 3, "what was written since is newer: {found:?}");
    assert_eq!(found.entries, made.entries);
    let rows = node.store().backup_list(10).await.unwrap();
    assert!(rows[0].is_good() && rows[0].verified == world.clock.now(), "{rows:?}");
    assert_eq!(rows[0].entries, made.entries);
    let _link = node.settle().await;
    assert_converged(&world, &node).await;
}

#[tokio::test]
async fn an_idle_restored_machine_is_let_go_on_and_gets_back_what_the_hub_has() {
    let mut world = World::new(701, &["jintan"]).await;
    let file = lost_machine(&mut world).await;
    let restored = restore(&world, &file, "restored").await.unwrap();
    assert_eq!((restored.own[0].size, restored.own[0].acknowledged), (100, Some(100)));
    assert_eq!(restored.manifest.kind, Kind::Node);
    let folder = world.folder("restored");
    let mut node = world.node_at(&folder).await;
    let shown = node.store().greeting_get(journal_of(&node).await.number).await.unwrap().holds;
    assert_eq!(shown[0], restored.epoch, "`status` shows the epoch that was drawn");
    node.dial_on().await;
    until("it is held until then", async || node.link_row().await.phase == "held:identity_held")
        .await;
    node.close().await;
    node.open().await;
    world.readmit(&node).await;
    let _link = node.settle().await;
    assert_eq!(journal_of(&node).await.head.size, 150);
    assert_converged(&world, &node).await;
}

#[tokio::test]
async fn renewed_certificates_and_attached_files_come_back_and_are_used() {
    let mut world = World::new(709, &["jintan"]).await;
    let mut node = world.node("jintan").await;
    let (first, file) = (node.serial(), TestFile::pdf(710, 700 * 1024));
    file.shelve(node.store()).await;
    node.submit(vec![file.named_by(1)]).await;
    drop(node.settle().await);
    // With two certificates behind it: the configured one, and one that followed.
    world.clock.advance(Duration::from_secs(641 * 86_400));
    node.keep_identity().await.unwrap();
    let renewed = node.serial();
    assert_ne!(renewed, first);
    let made = back_up(&world, &node).await.unwrap();
    node.kill().await;
    std::fs::remove_dir_all(world.folder("jintan").join("data")).unwrap();

    restore(&world, &made.file, "restored").await.unwrap();
    let folder = world.folder("restored");
    let node = world.node_at(&folder).await;
    assert_eq!(node.serial(), renewed, "it shows the certificate that counts");
    assert!(file.is_in(node.store()).await, "every byte of the file is here");
    world.readmit(&node).await;
    let _link = node.settle().await;
    assert_converged(&world, &node).await;
}

#[tokio::test]
async fn what_was_written_on_it_meanwhile_is_appended_again_or_kept_as_a_conflict() {
    let mut world = World::new(702, &["jintan"]).await;
    let mut node = world.node("jintan").await;
    let first = node.submit(new_complaints(1..101)).await;
    let mut link = node.settle().await;
    let file = back_up(&world, &node).await.unwrap().file;
    // The lost machine revised the second complaint, and the hub has it.
    node.submit(vec![next_complaint(2, &first[1], "改过")]).await;
    assert!(link.settle(node.store()).await, "it goes up in the same epoch");
    node.kill().await;

    restore(&world, &file, "restored").await.unwrap();
    let folder = world.folder("restored");
    let node = world.node_at(&folder).await;
    let mut own = node.submit(new_complaints(500..511)).await;
    own.extend(node.submit(vec![handling_on(1, 1, &first[0])]).await);
    node.submit(vec![next_complaint(2, &first[1], "另改")]).await;
    world.readmit(&node).await;
    let _link = node.settle().await;
    assert_converged(&world, &node).await;
    let row = journal_of(&node).await;
    assert_eq!(row.head.size, 101 + 11 + 1 + 1, "eleven, one, and a conflict behind the hub's 101");
    for (sequence, own) in (101..).zip(own) {
        let there = node.store().entry_get(row.number, sequence).await.unwrap().unwrap();
        assert_eq!(there.digest, own.digest, "entry {sequence} is the one that was written");
    }
    let (counts, _) = node.store().receipt_counts(row.number).await.unwrap();
    assert_eq!(counts.quarantined, 1, "the conflict waits for a person");
}

#[tokio::test]
async fn two_machines_are_told_apart_and_the_one_that_is_named_goes_on() {
    let mut world = World::new(703, &["jintan"]).await;
    let mut old = world.node("jintan").await;
    old.submit(new_complaints(1..11)).await;
    drop(old.settle().await);
    let file = back_up(&world, &old).await.unwrap().file;
    restore(&world, &file, "restored").await.unwrap();
    let folder = world.folder("restored");
    let restored = world.node_at(&folder).await;
    world.readmit(&restored).await;
    drop(restored.settle().await);
    old.dial_on().await;
    until("the old one is held", async || old.link_row().await.phase == "held:identity_held").await;
    assert_converged(&world, &restored).await;
}

#[tokio::test]
async fn what_is_damaged_cut_off_or_somebody_elses_is_refused_and_nothing_remains() {
    let mut world = World::new(704, &["jintan", "wujin"]).await;
    let node = world.node("jintan").await;
    node.submit(new_complaints(1..31)).await;
    drop(node.settle().await);
    let file = back_up(&world, &node).await.unwrap().file;
    let bytes = std::fs::read(&file).unwrap();
    let changed = world.folder("changed.sanheyi-backup");
    let refused = async |bytes: &[u8]| {
        std::fs::write(&changed, bytes).unwrap();
        let refused = restore(&world, &changed, "restored").await.unwrap_err();
        let left = std::fs::read_dir(world.folder("restored")).unwrap().count();
        assert_eq!(left, 0, "nothing remains: {refused}");
        refused.to_string()
    };
    for at in [0, 200, bytes.len() / 2, bytes.len() - 1] {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1;
        let said = refused(&flipped).await;
        assert!(said.contains("已损坏") || said.contains("打不开"), "byte {at}: {said}");
    }
    for length in [0, 100, bytes.len() / 2, bytes.len() - 1] {
        let said = refused(&bytes[..length]).await;
        assert!(said.contains("damaged, cut off or no backup"), "{length} bytes: {said}");
    }
    let theirs = world.folder("wujin");
    let wrong = settle(&grounds(&world, &file, &theirs, "restored"), &mut |_, _, _| {}).await;
    assert!(matches!(wrong, Err(BackupError::WrongIdentity(_))), "{wrong:?}");
    let mut other = grounds(&world, &file, node.folder(), "restored");
    other.expected.platform = Some(id("wujin"));
    let wrong = settle(&other, &mut |_, _, _| {}).await.unwrap_err().to_string();
    assert!(wrong.contains("node jintan") && wrong.contains("node wujin"), "{wrong}");
    std::fs::write(world.folder("restored").join("something"), "here").unwrap();
    let full = restore(&world, &file, "restored").await.unwrap_err();
    assert!(matches!(full, BackupError::NotEmpty(_)), "{full}");
    assert!(world.folder("restored").join("something").exists());
}

#[tokio::test]
async fn its_secrets_stand_in_it_encrypted_and_it_is_for_its_owner() {
    let mut world = World::new(705, &["jintan"]).await;
    let node = world.node("jintan").await;
    node.submit(new_complaints(1..3)).await;
    let made = back_up(&world, &node).await.unwrap();
    let bytes = std::fs::read(&made.file).unwrap();
    let mode = std::fs::metadata(&made.file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let hex = std::fs::read_to_string(node.folder().join("signing.key")).unwrap();
    let seed: Vec<u8> = (0..32)
        .map(|at| u8::from_str_radix(&hex.trim()[at * 2..at * 2 + 2], 16).unwrap())
        .collect();
    let tls = std::fs::read_to_string(node.folder().join("node.key")).unwrap();
    let line = tls.lines().nth(1).unwrap().as_bytes().to_vec();
    for secret in [hex.trim().as_bytes(), &seed, &line, b"jintan", b"signing.key", b"SQLite"] {
        let found = bytes.windows(secret.len()).any(|window| window == secret);
        assert!(!found, "{}", String::from_utf8_lossy(secret));
    }
    // They are there all the same, and the private key of backups is not.
    restore(&world, &made.file, "restored").await.unwrap();
    let folder = world.folder("restored");
    let there = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    assert_eq!(there("signing.key"), hex);
    assert_eq!(there("node.key"), tls);
    assert!(!folder.join(IDENTITY_FILE).exists());
    assert!(!folder.join(".restoring").exists());
    // Nothing of the copy is left in the data folder.
    let left = std::fs::read_dir(node.config().data.join("backup.part")).unwrap();
    let left: Vec<_> = left.map(|item| item.unwrap().file_name()).collect();
    assert_eq!(left, ["lock"]);
}

#[tokio::test]
async fn a_full_disk_leaves_no_half_file_and_is_told() {
    let mut world = World::new(706, &["jintan"]).await;
    let node = world.node("jintan").await;
    node.submit(new_complaints(1..101)).await;
    let mut full = subject(&world, &node);
    full.settings.pace = Pace { room: Some(4096), ..Pace::default() };
    let refused =
        make(&OfNode, &full, &Wish::default(), &mut |_, _, _| {}).await.unwrap_err().to_string();
    assert!(refused.contains("检查磁盘空间"), "{refused}");
    let left = std::fs::read_dir(&full.settings.folder).unwrap().count();
    assert_eq!(left, 0, "no half file");
    let known = async || -> BackupFacts {
        let (config, started) = (node.config(), Timestamp::default());
        facts(node.store(), &config.backup, &config.file, started).await.unwrap()
    };
    let found = findings(&known().await, Timestamp::default());
    assert_eq!(found[0].name, "backup.failed", "{found:?}");
    world.clock.advance(Duration::from_secs(1));
    back_up(&world, &node).await.unwrap();
    let names: Vec<_> =
        findings(&known().await, world.clock.now()).iter().map(|one| one.name).collect();
    assert_eq!(names, ["backup.identity_here"], "a good one ends it; the key lies here still");
}

#[tokio::test]
async fn every_night_one_is_made_by_itself_and_old_ones_go() {
    let mut world = World::new(707, &["jintan"]).await;
    let node = world.node("jintan").await;
    node.submit(new_complaints(1..3)).await;
    let backups = Backups::new(OfNode, subject(&world, &node));
    let first = backups.tick().await.unwrap().unwrap().unwrap();
    assert!(first.entries > 0, "a new store has its first backup at once");
    assert!(backups.tick().await.unwrap().is_none(), "and the next one at night");
    let mut made = 0;
    for _hour in 0..24 * 12 {
        world.clock.advance(Duration::from_secs(3600));
        let done = backups.tick().await.unwrap();
        made += u32::from(done.is_some_and(|done| done.is_ok()));
    }
    assert_eq!(made, 12, "twelve nights, twelve backups");
    let mut rows = node.store().backup_list(100).await.unwrap();
    rows.pop();
    let hours: Vec<_> =
        rows.iter().map(|row| (row.at.as_micros() / 3_600_000_000 + 8).rem_euclid(24)).collect();
    assert!(
        hours.iter().all(|hour| *hour == 3),
        "at the first look after half past two: {hours:?}"
    );
    let there = std::fs::read_dir(subject(&world, &node).settings.folder).unwrap().count();
    assert!((7..=10).contains(&there), "seven days, and the ends of weeks and months: {there}");
    // Without anybody who could open one, none is tried.
    let mut nobody = subject(&world, &node);
    nobody.settings.recipients.clear();
    world.clock.advance(Duration::from_secs(48 * 3600));
    assert!(Backups::new(OfNode, nobody.clone()).tick().await.unwrap().is_none());
    let refused = make(&OfNode, &nobody, &Wish::default(), &mut |_, _, _| {}).await.unwrap_err();
    assert!(refused.to_string().contains("recipients"), "{refused}");
}

#[tokio::test]
async fn a_drill_leaves_a_report_that_its_platform_has_signed() {
    let mut world = World::new(708, &["jintan"]).await;
    let node = world.node("jintan").await;
    node.submit(new_complaints(1..41)).await;
    drop(node.settle().await);
    let made = back_up(&world, &node).await.unwrap();
    let found = drilled(&world, &node, &made.file).await;
    let report = found.report.clone().unwrap();
    assert_eq!(report.parent().unwrap(), node.folder().join("drills"));
    let note = std::fs::read_to_string(&report).unwrap();
    let (note, key) = (Note::parse(&note).unwrap(), node.parts().key.verifying());
    note.verify("jintan", &key).unwrap();
    for due in ["sanheyi-drill/v1\n", "\noutcome held\n", "\nzh ", "演练恢复 jintan", "\nen On "]
    {
        assert!(note.text().contains(due), "{due:?}: {}", note.text());
    }
    assert!(note.text().contains(&format!("\nentries {}\n", made.entries)), "{}", note.text());

    // One that does not hold is reported, too.
    let mut bytes = std::fs::read(&made.file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&made.file, bytes).unwrap();
    let found = drilled(&world, &node, &made.file).await;
    assert!(!found.held && found.report.as_ref() != Some(&report), "{found:?}");
    let note = std::fs::read_to_string(found.report.unwrap()).unwrap();
    Note::parse(&note).unwrap().verify("jintan", &key).unwrap();
    assert!(note.contains("\noutcome failed\n") && note.contains("FAILED"), "{note}");
    assert!(!node.config().data.join("drill.part/restored").exists());
    assert!(Manifest::parse(&note).is_err(), "a report is no manifest");
}

#[tokio::test]
async fn certificate_and_key_of_the_pages_come_back_from_wherever_they_lay() {
    let mut world = World::new(719, &["jintan"]).await;
    let (folder, elsewhere) = (world.folder("jintan"), world.folder("elsewhere"));
    std::fs::create_dir_all(&elsewhere).unwrap();
    let at = |name: &str| elsewhere.join(name).display().to_string();
    std::fs::copy(folder.join("node.pem"), at("site.pem")).unwrap();
    std::fs::copy(folder.join("node.key"), at("site.key")).unwrap();
    let config = std::fs::read_to_string(folder.join("node.toml")).unwrap();
    let pages =
        format!("[pages]\ncertificate = {:?}\nkey = {:?}\n", at("site.pem"), at("site.key"));
    let config = match config.contains("\n[pages]\n") {
        true => config.replace("[pages]\n", &pages),
        false => format!("{config}\n{pages}"),
    };
    std::fs::write(folder.join("node.toml"), config).unwrap();
    let node = world.node("jintan").await;
    let made = back_up(&world, &node).await.unwrap();
    let key = std::fs::read(at("site.key")).unwrap();
    std::fs::remove_dir_all(&elsewhere).unwrap();

    restore(&world, &made.file, "restored").await.unwrap();
    let restored = world.folder("restored");
    let config = NodeConfig::load(&restored.join("node.toml")).unwrap();
    let tls = config.pages.tls.unwrap();
    assert!(tls.certificate.starts_with(&restored) && tls.certificate.is_file(), "{tls:?}");
    assert_eq!(std::fs::read(&tls.key).unwrap(), key);
    assert_eq!(std::fs::metadata(&tls.key).unwrap().permissions().mode() & 0o777, 0o600);
}
