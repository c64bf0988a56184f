//! Compiles the standard: protobuf files to Rust types, gRPC stubs and generated checks.
//!
//! Nothing has to be installed for it: protox reads the files (no protoc), prost and tonic write
//! the types, and `build/generator.rs` writes the checks out of the rules that stand in the same
//! files.

#[path = "build/generator.rs"]
mod generator;

use std::error::Error;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// The files whose messages become Rust types; what they import is found from here.
const FILES: [&str; 22] = [
    "sanheyi/exchange/v1/attachments.proto",
    "sanheyi/exchange/v1/carry.proto",
    "sanheyi/exchange/v1/enrolment.proto",
    "sanheyi/exchange/v1/entry.proto",
    "sanheyi/exchange/v1/exchange.proto",
    "sanheyi/exchange/v1/heartbeat.proto",
    "sanheyi/exchange/v1/intake.proto",
    "sanheyi/standard/v1/common.proto",
    "sanheyi/standard/v1/codes.proto",
    "sanheyi/standard/v1/organisation.proto",
    "sanheyi/standard/v1/catalogue.proto",
    "sanheyi/standard/v1/flow.proto",
    "sanheyi/standard/v1/guide.proto",
    "sanheyi/standard/v1/benchmark.proto",
    "sanheyi/standard/v1/case.proto",
    "sanheyi/standard/v1/penalty.proto",
    "sanheyi/standard/v1/supervision.proto",
    "sanheyi/standard/v1/activity.proto",
    "sanheyi/standard/v1/custody.proto",
    "sanheyi/standard/v1/exchange.proto",
    "sanheyi/standard/v1/joint.proto",
    "sanheyi/standard/v1/reference.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(told("CARGO_MANIFEST_DIR").ok_or("not run by cargo")?);
    let out = PathBuf::from(told("OUT_DIR").ok_or("not run by cargo")?);
    for watched in ["build.rs", "build", "buf", "sanheyi"] {
        println!("cargo::rerun-if-changed={watched}");
    }

    let mut compiler = protox::Compiler::new([&root])?;
    compiler.include_imports(true).include_source_info(true);
    compiler.open_files(FILES.map(|file| root.join(file)))?;

    write_types(&compiler, &out)?;
    compiler.include_source_info(false);
    fs::write(out.join("descriptors.binpb"), compiler.encode_file_descriptor_set())?;
    let checks = generator::generate(&compiler.descriptor_pool(), "sanheyi.standard.v1")?;
    fs::write(out.join("checks.rs"), checks)?;
    Ok(())
}

/// Types of our two packages; stubs of the services only where the feature `rpc` asks for them.
fn write_types(compiler: &protox::Compiler, out: &Path) -> Result<(), Box<dyn Error>> {
    let mut files = compiler.file_descriptor_set();
    files.file.retain(|file| FILES.contains(&file.name()));
    let rpc = told("CARGO_FEATURE_RPC").is_some();
    tonic_prost_build::configure()
        .out_dir(out)
        .build_client(rpc)
        .build_server(rpc)
        .bytes(".")
        .btree_map(".")
        .compile_fds(files)?;
    Ok(())
}

/// What cargo tells a build script.
#[expect(
    clippy::disallowed_methods,
    reason = "the environment is how cargo speaks to build scripts"
)]
fn told(name: &str) -> Option<OsString> {
    env::var_os(name)
}
