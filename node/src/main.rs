//! The program `sanheyi-node`; see [`sanheyi_node::cli`].

fn main() -> std::process::ExitCode {
    sanheyi_node::cli::main()
}
