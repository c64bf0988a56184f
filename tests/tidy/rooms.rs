//! The map and the house agree: every room is named in ARCHITECTURE.md, and every path named there
//! exists.

use std::collections::BTreeSet;

use crate::tree::Tree;
use crate::{assert_clean, assert_trips};

const MAP: &str = "ARCHITECTURE.md";
const HOUSES: [&str; 4] = ["proto/src/", "exchange-spec/src/", "node/src/", "hub/src/"];
const FOLDERS: [&str; 6] = ["proto/", "exchange-spec/", "node/", "hub/", "tests/", "deploy/"];
/// Files of a `src` folder that are no rooms.
const DOORSTEPS: [&str; 4] = ["lib", "main", "bin", "tests"];

/// The rooms: top-level modules, as `node/src/store`.
fn rooms(tree: &Tree) -> BTreeSet<String> {
    let mut rooms = BTreeSet::new();
    for path in tree.paths() {
        for house in HOUSES {
            let Some(inside) = path.strip_prefix(house) else { continue };
            let name = inside.split('/').next().unwrap_or(inside).trim_end_matches(".rs");
            if !DOORSTEPS.contains(&name) && path.ends_with(".rs") {
                rooms.insert(format!("{house}{name}"));
            }
        }
    }
    rooms
}

/// What stands in backticks outside fenced blocks, with line numbers.
fn quoted(map: &str) -> Vec<(usize, &str)> {
    let mut fenced = false;
    let mut found = Vec::new();
    for (index, line) in map.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            found.extend(line.split('`').skip(1).step_by(2).map(|text| (index + 1, text)));
        }
    }
    found
}

fn findings(tree: &Tree) -> Vec<String> {
    let Some(map) = tree.text(MAP) else { return vec![format!("{MAP}:1: missing: draw the map")] };
    let quoted = quoted(map);
    let named = |room: &str| {
        quoted.iter().any(|(_, text)| {
            let after = text.strip_prefix(room).and_then(|rest| rest.chars().next());
            *text == room || matches!(after, Some('/' | '.' | ':'))
        })
    };
    let mut findings: Vec<String> = rooms(tree)
        .iter()
        .filter(|room| !named(room))
        .map(|room| format!("{MAP}:1: the room `{room}` is not on the map: say what it knows"))
        .collect();
    for (at, text) in quoted {
        let is_path = FOLDERS.iter().any(|folder| text.starts_with(folder));
        // A pattern counts as far as it is plain; a place inside a file ends the path.
        let plain = text.split(['*', '{', '<', ':', '#', ' ']).next().unwrap_or(text);
        let whole = plain == text || !text[plain.len()..].starts_with(['*', '{', '<']);
        let stands =
            if whole { tree.has(plain) } else { tree.paths().any(|path| path.starts_with(plain)) };
        if is_path && !stands {
            findings.push(format!("{MAP}:{at}: `{text}` does not exist: correct the map"));
        }
    }
    findings
}

#[test]
fn the_map_and_the_house_agree() {
    assert_clean(&findings(&Tree::of_repository()));
}

#[test]
fn an_unnamed_room_and_a_vanished_path_are_found() {
    let map = "`node/src/store/` keeps; `proto/a/*.proto` says.\n```text\nhub/src/x.rs `\n```\n";
    let house = [(MAP, map), ("node/src/store/case.rs", ""), ("proto/a/b.proto", "")];
    assert_clean(&findings(&Tree::of(&house)));

    let unnamed = [house[0], house[1], house[2], ("node/src/lib.rs", ""), ("hub/src/web.rs", "")];
    assert_trips(&findings(&Tree::of(&unnamed)), "`hub/src/web` is not on the map");

    let vanished = [house[0], house[1]];
    assert_trips(&findings(&Tree::of(&vanished)), "ARCHITECTURE.md:1: `proto/a/*.proto`");
    assert_trips(&findings(&Tree::of(&[])), "missing");
}
