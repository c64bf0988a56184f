//! Whoever is asked for help gets one file that says how everything stands, and in it nothing of
//! what people wrote, who they are, or what opens anything.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use prost::Message as _;
use sanheyi_exchange_spec::health::{Finding, alerts};
use sanheyi_node::bundle::MANIFEST;
use sanheyi_node::bundle::hidden::HIDDEN;
use sanheyi_node::process::clock::SystemClock;
use sanheyi_node::process::entropy::SeededEntropy;
use sanheyi_node::store::{ChangeRow, HeardRow, Store};
use sanheyi_proto::standard::v1::{Applicant, ApplicantType, Case, PaperType};
use sanheyi_tests::fixtures::{
    CASE, MORNING, POWER, case, case_no, complaint_no, draft, item_no, new_item,
};
use sanheyi_tests::world::{NodeMachine, World, id, told};
use serde_json::Value;

use crate::commands::{hub, node, try_hub, try_node};
use crate::late_list::{RULE, quarantined};

const OPERATOR: &str = "zhangxiuying";
const PASSWORD: &str = "correct-horse-battery-staple";
const PERSON: &str = "陈桂英";
const IDENTITY_NUMBER: &str = "320481198001010018";
const PHONE: &str = "13812345678";
const ADDRESS: &str = "203.0.113.77";
/// What bodies say that the fixtures write.
const BODIES: [&str; 6] = ["王小明", "82880000", "李建国", "东门大街", "拒载", "长途客运"];

type Files = BTreeMap<String, Vec<u8>>;

/// The files of a bundle, by the public tools' formats.
fn unpacked(path: &Path) -> Files {
    let bytes = zstd::decode_all(fs::File::open(path).unwrap()).unwrap();
    let mut archive = tar::Archive::new(bytes.as_slice());
    let mut files = Files::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().file_name().unwrap().to_str().unwrap().to_owned();
        let mut bytes = Vec::new();
        std::io::copy(&mut entry, &mut bytes).unwrap();
        files.insert(name, bytes);
    }
    files
}

fn document(files: &Files, name: &str) -> Value {
    serde_json::from_slice(&files[name]).unwrap()
}

/// A case of a person, as a district writes it.
fn case_of_a_person() -> Case {
    let applicant = Applicant {
        r#type: ApplicantType::Person.into(),
        name: PERSON.into(),
        paper_type: PaperType::CitizenCard.into(),
        paper_number: IDENTITY_NUMBER.into(),
        phone: PHONE.into(),
        address: "金坛市东门大街 2 号".into(),
        ..Applicant::default()
    };
    Case { applicant: Some(applicant), ..case(1) }
}

/// Rows and files as carelessness leaves them: a number in an alert, a name in an audit, an address
/// of a peer, notes beside the configuration.
async fn plant(store: &Store, peer: &str, config: &Path) {
    let beat = HeardRow {
        peer: id(peer),
        instance: "planted".into(),
        connected: false,
        since: MORNING,
        heard: MORNING,
        address: format!("{ADDRESS}:4711"),
        serial: "00c0ffee".into(),
        beat: None,
    };
    let what = format!("{} {PHONE}", complaint_no(1));
    let alert = Finding::new(&alerts::LINK_STUCK, complaint_no(2), what.as_str(), what.as_str());
    let who = format!("web:{OPERATOR}");
    let entropy = SeededEntropy::new(1);
    let changed = |what, subject: &str| {
        ChangeRow::done(&SystemClock, &entropy, who.as_str(), what, subject).with(PERSON)
    };
    let mut tx = store.begin("bundle_test").await.unwrap();
    tx.heard_put(store, &[beat]);
    tx.alert_replace(store, "planted", &[alert]);
    tx.change_add(store, &changed("operator.add", OPERATOR)).await.unwrap();
    tx.change_add(store, &changed("platform.note", peer)).await.unwrap();
    tx.commit().await.unwrap();
    let folder = config.parent().unwrap();
    fs::write(folder.join(format!("{PERSON}.pdf")), PERSON).unwrap();
    let password = folder.join(format!("{OPERATOR}.password"));
    fs::write(&password, PASSWORD).unwrap();
    fs::set_permissions(&password, fs::Permissions::from_mode(0o600)).unwrap();
    let text = fs::read_to_string(config).unwrap();
    fs::write(config, format!("# 联系人 {PERSON} {PHONE}\n{text}")).unwrap();
}

/// Lines of every key under a folder.
fn keys(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            keys(&path, found);
        } else if name.ends_with(".key") || name == "key.pem" {
            let text = fs::read_to_string(&path).unwrap();
            found.extend(text.lines().filter(|line| line.len() > 20).map(str::to_owned));
        }
    }
}

/// Nothing of it is in any file of the bundle.
fn assert_absent(files: &Files, secrets: &[String]) {
    for secret in secrets {
        assert!(secret.len() > 4, "{secret:?} would be found by chance");
        for (name, bytes) in files {
            let found = bytes.windows(secret.len()).any(|some| some == secret.as_bytes());
            assert!(!found, "{name} has {secret}");
        }
    }
}

/// What a stranger who helps wants to know is there.
fn assert_useful(files: &Files, peer: &str) {
    let names: Vec<_> = files.keys().map(String::as_str).collect();
    let manifest = document(files, MANIFEST);
    assert_eq!(manifest["missing"], Value::Array(Vec::new()));
    let contents = manifest["contents"].as_array().unwrap();
    let mut said: Vec<_> = contents.iter().map(|one| one["name"].as_str().unwrap()).collect();
    said.push(MANIFEST);
    said.sort_unstable();
    assert_eq!(said, names, "the manifest names what is there");
    assert_eq!(names.len(), 12, "{names:?}");
    assert!(contents.iter().all(|one| one["why_zh"] != "" && one["why_en"] != ""));
    let platforms = document(files, "quarantine.json");
    let rules = platforms.as_array().unwrap().iter();
    let mut rules = rules.flat_map(|one| one["rules"].as_array().unwrap());
    assert!(rules.any(|one| one["rule"] == RULE && one["entries"] == 5), "{platforms}");
    let journals = document(files, "journals.json");
    assert!(journals.as_array().unwrap().iter().any(|one| one["quarantined"] == 5), "{journals}");
    let steps = document(files, "migrations.json");
    assert_eq!(steps["absent"], Value::Array(Vec::new()), "{steps}");
    assert!(steps["applied"].as_array().unwrap().iter().all(|one| one["title"].is_string()));
    let changes = document(files, "changes.json");
    let find = |what: &str| changes.as_array().unwrap().iter().find(|one| one["what"] == what);
    let (added, noted) = (find("operator.add").unwrap(), find("platform.note").unwrap());
    assert_eq!((&added["platform"], &noted["platform"]), (&Value::Null, &Value::from(peer)));
    assert_eq!(added["who"], noted["who"], "the same person has the same number");
    assert!(noted["who"].as_str().unwrap().starts_with("web:#"));
    let health = document(files, "health.json");
    assert!(health["heard"].as_array().unwrap().iter().any(|one| one["instance"] == "planted"));
    let alerts = health["alerts"].as_array().unwrap().iter();
    let alert = alerts.clone().find(|one| one["instance"] == "planted").unwrap();
    assert_eq!((&alert["name"], &alert["subject"]), (&"link.stuck".into(), &HIDDEN.into()));
    assert!(document(files, "doctor.json")["checks"].as_array().unwrap().len() > 5);
    assert!(document(files, "status.json")["hub"].is_string());
    assert!(document(files, "host.json")["disk"]["total_bytes"].as_u64() > Some(0));
    let config = String::from_utf8(files["configuration.toml"].clone()).unwrap();
    assert!(config.contains("[keys]") && config.contains("signing.key"), "{config}");
    let listed = document(files, "files.json").to_string();
    assert!(listed.contains("signing.key") && listed.contains("other-"), "{listed}");
}

async fn operator(world: &World, wujin: &NodeMachine) {
    let file = world.folder("password");
    fs::write(&file, PASSWORD).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let file = file.display().to_string();
    let add = ["operator", "add", OPERATOR, "--role", "admin", "--password-file", &file];
    hub(world, &add).await;
    node(wujin, &add).await;
}

#[tokio::test]
async fn and_says_how_a_node_and_a_hub_stand() {
    let mut world = World::new(970, &["wujin"]).await;
    let (wujin, _) = quarantined(&mut world, 3, 2).await;
    wujin.submit(vec![new_item(POWER)]).await;
    let body = case_of_a_person().encode_to_vec();
    wujin.submit(vec![draft(CASE, &case_no(1), body)]).await;
    told(&world, &wujin).await;
    operator(&world, &wujin).await;
    let token = world.token("xinbei", false).await.reveal();
    let own = world.hub.store(&world.setup().hub);
    let (of_hub, of_node) = (world.hub.folder().join("hub.toml"), wujin.folder().join("node.toml"));
    plant(&own, "wujin", &of_hub).await;
    plant(wujin.store(), &world.setup().hub.to_string(), &of_node).await;
    assert!(
        wujin.store().record_head(CASE, &case_no(1)).await.unwrap().is_some(),
        "the case is stored"
    );

    let mut secrets: Vec<_> = BODIES.iter().map(|&one| one.to_owned()).collect();
    secrets
        .extend([OPERATOR, PASSWORD, PERSON, IDENTITY_NUMBER, PHONE, ADDRESS].map(str::to_owned));
    secrets.extend((1..=5).map(complaint_no).chain([case_no(1), item_no(POWER), token.clone()]));
    // Its parts say as much as the whole.
    secrets.extend(token.split(['.', '-', '_']).filter(|part| part.len() > 12).map(str::to_owned));
    keys(&world.hub.folder(), &mut secrets);
    keys(wujin.folder(), &mut secrets);
    assert!(secrets.len() > 20, "keys are among them: {}", secrets.len());

    let out = [world.folder("hub.tar.zst"), world.folder("node.tar.zst")];
    let paths = out.each_ref().map(|path| path.display().to_string());
    let said = hub(&world, &["support-bundle", "--out", &paths[0]]).await;
    assert_eq!(said["manifest"]["contents"].as_array().unwrap().len(), 11, "{said}");
    node(&wujin, &["support-bundle", "--out", &paths[1]]).await;
    for (path, peer) in out.iter().zip(["wujin", world.setup().hub.as_str()]) {
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
        let files = unpacked(path);
        assert_useful(&files, peer);
        assert_absent(&files, &secrets);
    }

    let before = out.each_ref().map(|path| fs::read(path).unwrap());
    let again = try_hub(&world, &["support-bundle", "--quick", "--out", &paths[0]]).await;
    assert!(again.unwrap_err().contains("--out"));
    let again = try_node(&wujin, &["support-bundle", "--quick", "--out", &paths[1]]).await;
    assert!(again.unwrap_err().contains("--out"));
    assert_eq!(out.each_ref().map(|path| fs::read(path).unwrap()), before, "never overwritten");
}

#[tokio::test]
async fn and_is_made_where_the_configuration_is_wrong() {
    let mut world = World::new(971, &["wujin"]).await;
    let wujin = world.node("wujin").await;
    let config = wujin.folder().join("node.toml");
    let right = fs::read_to_string(&config).unwrap();
    let wrong = right.replace("platform = \"wujin\"", &format!("platform = \"{PERSON}\""));
    assert_ne!(right, wrong);
    fs::write(&config, wrong).unwrap();
    let out = world.folder("node.tar.zst");
    let args = ["sanheyi-node", "support-bundle", "--json", "--config"].map(str::to_owned);
    let paths = [config.display().to_string(), "--out".into(), out.display().to_string()];
    let answer = sanheyi_node::cli::answer(args.into_iter().chain(paths)).await.unwrap();
    assert_eq!(answer.code, 0);
    let files = unpacked(&out);
    let missing = document(&files, MANIFEST)["missing"].as_array().unwrap().len();
    assert_eq!((missing, files.len()), (7, 5), "{:?}", files.keys());
    let doctor = document(&files, "doctor.json");
    assert_eq!(doctor["findings"][0]["name"], "config.invalid");
    assert_eq!(doctor["findings"][0]["subject"], "platform");
    let files: Files = files.into_iter().filter(|(name, _)| name == "doctor.json").collect();
    assert_absent(&files, &[PERSON.to_owned()]);
}
