//! The operator's guide: its commands run as they stand there, against real programs, and every
//! command and option that is named in it exists, in Chinese and in English alike.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use sanheyi_tests::patience::{until, within};
use sanheyi_tests::ports;
use tokio::process::{Child, Command};

use crate::federation::{PROGRAM, command};

const ZH: &str = include_str!("../../deploy/guide.zh.md");
const EN: &str = include_str!("../../deploy/guide.en.md");
/// Files of `deploy/` that start the programs, too.
const UNITS: [&str; 3] = [
    include_str!("../../deploy/systemd/sanheyi-hub.service"),
    include_str!("../../deploy/systemd/sanheyi-node.service"),
    include_str!("../../deploy/container/compose.yaml"),
];

/// A block of commands: how it is to be done, and what it says.
type Block = (String, String);

fn blocks(guide: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut open: Option<Block> = None;
    for line in guide.lines() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(_), Some(_)) => found.extend(open.take()),
            (Some(mark), None) => open = Some((mark.to_owned(), String::new())),
            (None, Some((_, text))) => text.extend([line, "\n"]),
            (None, None) => {}
        }
    }
    found
}

#[test]
fn both_languages_have_the_same_commands_and_every_block_is_marked() {
    let known = ["sh set", "sh run", "sh start", "sh wait", "sh root", "sh show"];
    assert_eq!(blocks(ZH), blocks(EN));
    for (mark, text) in blocks(ZH) {
        assert!(known.contains(&mark.as_str()), "`{mark}` is no mark:\n{text}");
    }
    let chapters = |guide: &str| guide.lines().filter(|line| line.starts_with("## ")).count();
    assert_eq!(chapters(ZH), chapters(EN));
}

#[test]
fn every_alert_has_its_entry() {
    for guide in [ZH, EN] {
        let entries: Vec<_> = guide.lines().filter_map(|line| line.strip_prefix("### ")).collect();
        let alerts = sanheyi_exchange_spec::health::ALERTS.iter();
        let names: Vec<_> = alerts.map(|alert| format!("`{}`", alert.name)).collect();
        let mut sorted = names.clone();
        sorted.sort();
        assert_eq!(entries, sorted);
    }
}

/// The command lines of the two programs in a text: words, the program first.
fn command_lines(text: &str) -> Vec<Vec<String>> {
    let joined = text.replace("\\\n", " ").replace(['[', ']', '`', '"'], " ").replace(", ", " ");
    let mut lines = Vec::new();
    // Accounts and units are called as the programs are.
    let called = |line: &&str| {
        !["useradd", "install", "systemctl"].iter().any(|other| line.starts_with(other))
    };
    for line in joined.lines().filter(called) {
        let words = line.split(' ').filter(|word| !word.is_empty());
        let words = words.skip_while(|word| !word.contains("sanheyi-hub") || word.contains('.'));
        let mut words: Vec<_> = words.map(str::to_owned).collect();
        if words.is_empty() {
            let node = line.split(' ').filter(|word| !word.is_empty());
            words = node
                .skip_while(|word| !word.contains("sanheyi-node") || word.contains('.'))
                .map(str::to_owned)
                .collect();
        }
        let program = words.first().map(|word| word.rsplit('/').next().unwrap_or(word).to_owned());
        if let Some(program) =
            program.filter(|word| word == "sanheyi-hub" || word == "sanheyi-node")
        {
            words[0] = program;
            lines.push(words);
        }
    }
    lines
}

/// What `--help` says of a command, or nothing where there is no such command.
async fn help(
    words: &[String],
    known: &mut BTreeMap<Vec<String>, Option<String>>,
) -> Option<String> {
    if let Some(said) = known.get(words) {
        return said.clone();
    }
    let mut args: Vec<&str> = words.iter().map(String::as_str).collect();
    match args[0] {
        "sanheyi-node" => args[0] = "node",
        _ => drop(args.remove(0)),
    }
    args.push("--help");
    let Output { status, stdout, .. } = command(&args).await;
    let said = status.success().then(|| String::from_utf8(stdout).unwrap());
    known.insert(words.to_vec(), said.clone());
    said
}

/// Whether a help has a subcommand of that name.
fn has_command(help: &str, name: &str) -> bool {
    let mut lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    lines.by_ref().take_while(|line| !line.is_empty()).any(|line| {
        let mut words = line.split_whitespace();
        words.next() == Some(name)
    })
}

#[tokio::test]
async fn every_command_and_option_that_is_named_exists() {
    let mut known = BTreeMap::new();
    let mut missing = Vec::new();
    let mut lines: Vec<_> = blocks(EN).iter().flat_map(|(_, text)| command_lines(text)).collect();
    assert!(lines.len() > 40, "the guide is read: {}", lines.len());
    for unit in UNITS {
        let starts = unit.lines().filter(|line| {
            let at = line.trim_start();
            ["ExecStart=", "command:", "test:"].iter().any(|key| at.starts_with(key))
        });
        let found: Vec<_> = starts.flat_map(command_lines).collect();
        assert!(!found.is_empty(), "a unit starts a program:\n{unit}");
        lines.extend(found);
    }
    for words in lines {
        let mut path = vec![words[0].clone()];
        let mut said = help(&path, &mut known).await.expect("the program");
        for word in &words[1..] {
            if !has_command(&said, word) {
                break;
            }
            path.push(word.clone());
            said = help(&path, &mut known).await.expect("a command that is listed");
        }
        let named = words.get(path.len()).filter(|word| !word.starts_with("--"));
        let takes = said.lines().any(|line| line == "Commands:") && !said.contains("[OPTIONS]\n");
        if let Some(word) = named.filter(|_| takes) {
            missing.push(format!("{} has no command {word}", path.join(" ")));
        }
        for option in words.iter().filter(|word| word.starts_with("--")) {
            let is = |word: &str| word.trim_end_matches(',') == option;
            if !said.split_whitespace().any(is) {
                missing.push(format!("{} has no option {option}", path.join(" ")));
            }
        }
    }
    missing.dedup();
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

/// Where the guide's commands are carried out.
struct Ground {
    folder: tempfile::TempDir,
    values: BTreeMap<String, String>,
    running: Vec<(String, Child)>,
}

impl Ground {
    /// The guide's variables, with values for this machine.
    fn new(set: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let listen = ports::free().to_string();
        let mut values = BTreeMap::new();
        for line in set.lines() {
            let (name, usual) = line.split_once('=').unwrap();
            let own = match name {
                "HUB" | "NODE" | "KEYS" => at(&name.to_lowercase()),
                "NAME" => "127.0.0.1".to_owned(),
                "LISTEN" | "ADDRESS" => listen.clone(),
                "HUB_PROBES" | "NODE_PROBES" => ports::free().to_string(),
                _ => panic!("the test has no value for {name} (usually {usual})"),
            };
            values.insert(name.to_owned(), own);
        }
        fs::create_dir(folder.path().join("bin")).unwrap();
        for (name, args) in [("sanheyi-hub", ""), ("sanheyi-node", "node")] {
            let path = folder.path().join("bin").join(name);
            fs::write(&path, format!("#!/bin/sh\nexec '{PROGRAM}' {args} \"$@\"\n")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        Self { folder, values, running: Vec::new() }
    }

    fn shell(&self, text: &str) -> Command {
        let path = format!("{}:{}", self.folder.path().join("bin").display(), env!("PATH"));
        let mut shell = Command::new("bash");
        shell.args(["-euo", "pipefail", "-c", text]).current_dir(self.folder.path());
        shell.envs(&self.values).env("PATH", path).stdin(Stdio::null()).kill_on_drop(true);
        shell
    }

    async fn run(&self, text: &str) -> Output {
        within(text, self.shell(text).output()).await.unwrap()
    }

    /// Probes are where the variables say, and pages nowhere: other tests have their ports, too.
    fn move_ports(&self) {
        for (file, probes, usual) in [
            (self.file("HUB", "hub.toml"), "HUB_PROBES", "7481"),
            (self.file("NODE", "node.toml"), "NODE_PROBES", "7480"),
        ] {
            let Ok(text) = fs::read_to_string(&file) else { continue };
            let moved = |line: &str| match line.strip_prefix("# listen = ") {
                Some(at) if at.contains(usual) => format!("listen = \"{}\"\n", self.values[probes]),
                Some(_) => "listen = \"\"\n".to_owned(),
                None => format!("{line}\n"),
            };
            // Nor is how full this machine's disk is any of the guide's business.
            let moved = text.lines().map(moved).collect::<String>();
            fs::write(&file, moved.replace("free_percent = ", "free_percent = 0 # ")).unwrap();
        }
    }

    fn file(&self, folder: &str, name: &str) -> PathBuf {
        Path::new(&self.values[folder]).join(name)
    }

    fn start(&mut self, text: &str) {
        let log = self.folder.path().join(format!("{}.log", self.running.len()));
        let log = fs::File::create(log).unwrap();
        let mut shell = self.shell(&format!("exec {text}"));
        let child = shell.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        self.running.push((text.to_owned(), child));
    }

    /// The last one that was started stops first.
    async fn stop(&mut self) {
        while let Some((text, mut child)) = self.running.pop() {
            let id = child.id().unwrap_or_else(|| panic!("{text} has ended by itself")).to_string();
            assert!(Command::new("kill").args(["-TERM", &id]).status().await.unwrap().success());
            let status = within("it stops", child.wait()).await.unwrap();
            assert!(status.success(), "{text}: {status}");
        }
    }

    fn logs(&self) -> String {
        let read = |number: usize| {
            fs::read_to_string(self.folder.path().join(format!("{number}.log"))).unwrap_or_default()
        };
        (0..self.running.len()).map(read).collect()
    }
}

#[tokio::test]
async fn the_commands_run_in_their_order() {
    let blocks = blocks(ZH);
    let (_, set) = blocks.iter().find(|(mark, _)| mark == "sh set").expect("the variables");
    let mut ground = Ground::new(set);
    for (mark, text) in &blocks {
        match mark.as_str() {
            "sh run" => {
                let Output { status, stdout, stderr } = ground.run(text).await;
                let said = [stdout, stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
                assert!(status.success(), "{text}\n{status}\n{said}\n{}", ground.logs());
            }
            "sh start" => {
                ground.move_ports();
                ground.start(text.trim());
            }
            "sh wait" => {
                until(text, async || ground.run(text).await.status.success()).await;
            }
            _ => {}
        }
    }
    ground.stop().await;
}
