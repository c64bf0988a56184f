//! The program under test: hub and node in one, as the installed programs are, for tests and
//! benches that start parties as processes of their own.

fn main() -> std::process::ExitCode {
    sanheyi_hub::cli::main()
}
