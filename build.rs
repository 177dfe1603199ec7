//! How the program is linked, so that it starts fast (`benches/RESULTS.md`).
//!
//! **The unwinder is linked statically.** The standard library unwinds by `libgcc_s`, which only a panic would use, but which
//! every start loads: without it a run of one endpoint takes a tenth less time, and a chroot needs one library less. The same
//! code comes as an archive with every GCC.
//!
//! **What a run of one endpoint executes lies together.** The kernel maps 64 KiB around each page that is touched first, and
//! the functions of a run would be scattered over the whole program. `benches/start.py` writes their list; one that is not in
//! it only lies elsewhere.
//!
//! Each is done where a small program that is linked so runs, by the linker and the flags of the build. Elsewhere, and for
//! another machine than this, the program is linked as usual.

use std::path::Path;
use std::process::Command;

/// The list that `benches/start.py` writes.
const FUNCTIONS: &str = "benches/start.functions";

fn main() -> std::io::Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed={FUNCTIONS}");
    let linux = variable("CARGO_CFG_TARGET_OS") == "linux";
    if !linux || variable("HOST") != variable("TARGET") {
        return Ok(());
    }
    let directory = variable("OUT_DIR");
    let directory = Path::new(&directory);
    let is_static = variable("CARGO_CFG_TARGET_FEATURE").split(',').any(|feature| feature == "crt-static");
    if variable("CARGO_CFG_TARGET_ENV") == "gnu" && !is_static {
        // A linker reads a text in a library's place as a script.
        std::fs::write(directory.join("libgcc_s.so"), "INPUT(-lgcc_eh)\n")?;
        if works(&format!("-Lnative={}", directory.display()), directory)? {
            println!("cargo:rustc-link-search=native={}", directory.display());
        }
    }
    let script = directory.join("start.ld");
    std::fs::write(&script, linker_script(&std::fs::read_to_string(FUNCTIONS)?))?;
    let argument = format!("-Wl,-T,{}", script.display());
    if variable("PROFILE") == "release" && works(&format!("-Clink-arg={argument}"), directory)? {
        println!("cargo:rustc-link-arg-bins={argument}");
    }
    Ok(())
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}

/// A script beside the linker's own that puts the functions whose names begin so before all others, in this order.
fn linker_script(list: &str) -> String {
    let names = list.lines().filter(|line| !line.starts_with('#'));
    let sections: Vec<_> = names.map(|name| format!("*(.text.{name}* .text.unlikely.{name}*)")).collect();
    format!("SECTIONS {{ .text.start : {{\n{}\n}} }} INSERT BEFORE .text;\n", sections.join("\n"))
}

/// A program that unwinds.
const TRIAL: &str = "fn main() { assert!(std::panic::catch_unwind(|| panic!()).is_err()) }\n";

/// Links [`TRIAL`] as Cargo would link the program, with one more option for the compiler, and runs it.
fn works(option: &str, directory: &Path) -> std::io::Result<bool> {
    let (source, trial) = (directory.join("trial.rs"), directory.join("trial"));
    std::fs::write(&source, TRIAL)?;
    let flags = variable("CARGO_ENCODED_RUSTFLAGS");
    let mut rustc = Command::new(variable("RUSTC"));
    rustc.args(flags.split('\x1f').filter(|flag| !flag.is_empty()));
    if let Ok(linker) = std::env::var("RUSTC_LINKER") {
        rustc.arg(format!("-Clinker={linker}"));
    }
    let is_linked = rustc.arg(option).arg("-o").arg(&trial).arg(source).output()?.status.success();
    Ok(is_linked && Command::new(trial).output()?.status.success())
}
