//! The program that process tests start and kill: the hub's command line, which carries the node's.

fn main() -> std::process::ExitCode {
    sanheyi_hub::cli::main()
}
