//! The program `sanheyi-hub`; see [`sanheyi_hub::cli`].

fn main() -> std::process::ExitCode {
    sanheyi_hub::cli::main()
}
