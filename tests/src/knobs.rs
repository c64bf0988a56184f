//! The knobs of the tests: what a person may turn by the environment. Without any of them every
//! run is the same run.
//!
//! | variable | what | default |
//! |---|---|---|
//! | `SANHEYI_SEED` | where chance begins: a number, decimal or `0x` and hex | [`SEED`] |
//! | `SANHEYI_KILLS` | how often the process tests kill a node or a hub | [`KILLS`] |
//! | `SANHEYI_FILE_MIB` | MiB of the file that the process tests send | [`FILE_MIB`] |
//! | `SANHEYI_STORE` | the store of the hubs of worlds: `sqlite` or `postgres` | `sqlite` |
//! | `SANHEYI_SHOTS` | a folder for pictures of every page that is looked at | none are taken |

/// Where chance begins unless told otherwise.
pub const SEED: u64 = 0x5348_5931;

/// The seed of this run: `SANHEYI_SEED`, or [`SEED`].
///
/// # Panics
/// If the variable is there and is no number.
pub fn seed() -> u64 {
    #[expect(clippy::disallowed_methods, reason = "this file is the door of the tests' knobs")]
    let Ok(text) = std::env::var("SANHEYI_SEED") else { return SEED };
    number(&text).expect("SANHEYI_SEED must be a number, decimal or 0x and hex")
}

/// What a bench was asked on its command line, without the program's name.
pub fn arguments() -> impl Iterator<Item = String> {
    std::env::args().skip(1)
}

/// This very program: a bench may need a second process of itself.
///
/// # Errors
/// If the system does not say where it lies.
pub fn program() -> std::io::Result<std::path::PathBuf> {
    std::env::current_exe()
}

/// A program that lies in a folder where programs are looked for.
pub fn installed(name: &str) -> Option<std::path::PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "this file is the door of the tests' knobs")]
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|program| program.is_file())
}

/// How often processes are killed unless told otherwise.
pub const KILLS: u64 = 6;

/// How often the process tests kill: `SANHEYI_KILLS`, or [`KILLS`].
///
/// # Panics
/// If the variable is there and is no number.
pub fn kills() -> u64 {
    #[expect(clippy::disallowed_methods, reason = "this file is the door of the tests' knobs")]
    let Ok(text) = std::env::var("SANHEYI_KILLS") else { return KILLS };
    number(&text).expect("SANHEYI_KILLS must be a number, decimal or 0x and hex")
}

/// MiB of the file that is sent unless told otherwise.
pub const FILE_MIB: usize = 64;

/// How many MiB the file has that the process tests send: `SANHEYI_FILE_MIB`, or [`FILE_MIB`].
///
/// # Panics
/// If the variable is there and is no number.
pub fn file_mebibytes() -> usize {
    #[expect(clippy::disallowed_methods, reason = "this file is the door of the tests' knobs")]
    let Ok(text) = std::env::var("SANHEYI_FILE_MIB") else { return FILE_MIB };
    let given = number(&text).and_then(|given| usize::try_from(given).ok());
    given.expect("SANHEYI_FILE_MIB must be a number")
}

/// Where a hub has its store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// In a file of its own.
    Sqlite,
    /// In a PostgreSQL that is thrown away afterwards.
    Postgres,
}

/// Where hubs have their stores: `SANHEYI_STORE`, or SQLite.
///
/// # Panics
/// If the variable is there and names neither.
pub fn ground() -> Ground {
    #[expect(clippy::disallowed_methods, reason = "this file is the door of the tests' knobs")]
    match std::env::var("SANHEYI_STORE").as_deref() {
        Err(_) | Ok("sqlite") => Ground::Sqlite,
        Ok("postgres") => Ground::Postgres,
        Ok(other) => panic!("SANHEYI_STORE must be sqlite or postgres, not {other}"),
    }
}

/// Where pictures of pages are put: `SANHEYI_SHOTS`, if anybody wants them.
pub fn shots() -> Option<std::path::PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "this file is the door of the tests' knobs")]
    std::env::var_os("SANHEYI_SHOTS").map(std::path::PathBuf::from)
}

fn number(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_decimal_or_hex() {
        assert_eq!((number("17"), number("0x11")), (Some(17), Some(17)));
        assert_eq!((number("x"), number("0xg"), number("-1")), (None, None, None));
    }
}
