//! What a person reads who has made a mistake in a configuration.

use serde::Deserialize;

use super::*;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Root {
    listen: String,
    #[serde(default)]
    uplink: Uplink,
    #[serde(default)]
    source: Vec<Source>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Uplink {
    hub: String,
    port: u16,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    #[expect(dead_code, reason = "only read")]
    path: PathBuf,
}

fn refused(text: &str) -> Problems {
    match parse::<Root>(Path::new("node.toml"), text).unwrap_err() {
        ConfigError::Problems(problems) => problems,
        other @ ConfigError::Unreadable { .. } => panic!("{other}"),
    }
}

#[test]
fn a_good_file_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("node.toml");
    fs::write(&path, "listen = ':1'\n[uplink]\nhub = 'h:2'\n[[source]]\npath = 'a'\n").unwrap();
    let root: Root = load(&path).unwrap();
    assert_eq!((root.listen.as_str(), root.uplink.hub.as_str()), (":1", "h:2"));
    assert_eq!((root.uplink.port, root.source.len()), (0, 1));
}

#[test]
fn a_missing_file_is_named() {
    let error = load::<Root>(Path::new("/nowhere/node.toml")).unwrap_err();
    assert!(error.to_string().contains("/nowhere/node.toml"), "{error}");
}

#[test]
fn all_unknown_keys_are_told_at_once_with_place_and_nearest_key() {
    let problems = refused(
        "liste = ':1'\nlisten = ':2'\n[uplink]\nprot = 2\nzzzzzz = 1\n\
         [[source]]\npath = 'a'\npaht = 'b'\n",
    );
    let places: Vec<_> = problems.list().iter().map(|p| p.place.as_str()).collect();
    let remedies: Vec<_> = problems.list().iter().map(|p| p.remedy.en.as_str()).collect();
    assert_eq!(places.len(), 4, "{problems}");
    let text = problems.to_string();
    for expected in [
        "node.toml",
        "line 1, liste",
        "line 4, uplink.prot",
        "line 5, uplink.zzzzzz",
        "line 8, source[0].paht",
        "unknown key `liste`",
        "未知的键“liste”",
    ] {
        assert!(text.contains(expected), "{expected} is not in: {text}");
    }
    assert!(remedies.contains(&"did you mean `listen`?"), "{text}");
    assert!(remedies.contains(&"did you mean `port`?"), "{text}");
    assert!(remedies.contains(&"did you mean `path`?"), "{text}");
    assert!(remedies.contains(&"remove it, or use one of: hub, port"), "{text}");
}

#[test]
fn a_wrong_type_and_a_missing_key_name_place_and_rule() {
    let text = refused("listen = ':1'\n[uplink]\nport = 'x'\n").to_string();
    assert!(text.contains("line 3, uplink.port") && text.contains("expected u16"), "{text}");
    let text = refused("[uplink]\nport = 1\n").to_string();
    assert!(text.contains("missing field `listen`") && text.contains("缺少"), "{text}");
}

#[test]
fn all_syntax_errors_are_told_at_once() {
    let problems = refused("listen = \n[uplink]\nport = = 2\n");
    let text = problems.to_string();
    assert!(text.contains("line 1") && text.contains("line 3"), "{text}");
}

#[test]
fn problems_of_meaning_are_collected_and_printed_together() {
    let mut problems = Problems::new(Path::new("hub.toml"));
    assert!(problems.clone().finish().is_ok());
    problems.add(
        "database.url",
        Said::new("没有密码", "it has no password"),
        Said::new("请补上", "add one"),
    );
    problems.add("listen", Said::new("端口为零", "port zero"), Said::new("改", "change it"));
    let text = problems.finish().unwrap_err().to_string();
    for expected in ["hub.toml", "database.url", "没有密码", "add one", "listen", "port zero"] {
        assert!(text.contains(expected), "{expected} is not in: {text}");
    }
}

#[test]
fn relative_paths_are_relative_to_the_file() {
    let base = Path::new("/etc/sanheyi/node.toml");
    assert_eq!(resolve(base, Path::new("node.key")), Path::new("/etc/sanheyi/node.key"));
    assert_eq!(resolve(base, Path::new("/var/key")), Path::new("/var/key"));
    assert_eq!(resolve(Path::new("node.toml"), Path::new("a")), Path::new("a"));
}
