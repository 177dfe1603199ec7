//! How the program is linked, so that it starts fast (`benches/RESULTS.md`).
//!
//! **The unwinder is linked statically**, where the C compiler has it as an archive. The standard library unwinds by
//! `libgcc_s`, which only a panic would use, but which every start loads: without it a run of one endpoint takes a tenth
//! less time, and a chroot needs one library less. The same code comes as an archive with every GCC; where it is missing, or
//! for another machine than this, the shared library is linked as usual.
//!
//! **What a run of one endpoint executes lies together**, where the linker takes a script beside its own, as those of GNU
//! and LLVM do. The kernel maps 64 KiB around each page that is touched first, and the functions of a run would be scattered
//! over the whole program. `benches/start.py` writes their list; one that is not in it only lies elsewhere.

use std::path::Path;
use std::process::Command;

fn main() -> std::io::Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=start.functions");
    let linux = variable("CARGO_CFG_TARGET_OS") == "linux";
    if !linux || variable("HOST") != variable("TARGET") {
        return Ok(());
    }
    let directory = variable("OUT_DIR");
    let directory = Path::new(&directory);
    let is_static = variable("CARGO_CFG_TARGET_FEATURE").split(',').any(|feature| feature == "crt-static");
    if variable("CARGO_CFG_TARGET_ENV") == "gnu" && !is_static && has_archive() {
        // A linker reads a text in a library's place as a script.
        std::fs::write(directory.join("libgcc_s.so"), "INPUT(-lgcc_eh)\n")?;
        println!("cargo:rustc-link-search=native={}", directory.display());
    }
    let script = directory.join("start.ld");
    std::fs::write(&script, together(&std::fs::read_to_string("start.functions")?))?;
    let argument = format!("-Wl,-T,{}", script.display());
    if variable("PROFILE") == "release" && takes(&argument, directory)? {
        println!("cargo:rustc-link-arg-bins={argument}");
    }
    Ok(())
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}

/// Whether the C compiler, which links the program, knows the archive: it echoes the bare name where not.
fn has_archive() -> bool {
    let asked = Command::new("cc").arg("-print-file-name=libgcc_eh.a").output();
    asked.is_ok_and(|answer| Path::new(String::from_utf8_lossy(&answer.stdout).trim()).is_absolute())
}

/// A linker's script that puts the functions whose names begin so before all others, in this order.
fn together(list: &str) -> String {
    let names = list.lines().filter(|line| !line.starts_with('#'));
    let sections: Vec<_> = names.map(|name| format!("*(.text.{name}* .text.unlikely.{name}*)")).collect();
    format!("SECTIONS {{ .text.start : {{\n{}\n}} }} INSERT BEFORE .text;\n", sections.join("\n"))
}

/// Whether the linker that builds the program takes an argument: links a program of one line as Cargo would.
fn takes(argument: &str, directory: &Path) -> std::io::Result<bool> {
    let source = directory.join("trial.rs");
    std::fs::write(&source, "fn main() {}\n")?;
    let flags = variable("CARGO_ENCODED_RUSTFLAGS");
    let mut rustc = Command::new(variable("RUSTC"));
    rustc.args(flags.split('\x1f').filter(|flag| !flag.is_empty()));
    if let Ok(linker) = std::env::var("RUSTC_LINKER") {
        rustc.arg(format!("-Clinker={linker}"));
    }
    rustc.arg(format!("-Clink-arg={argument}")).arg("-o").arg(directory.join("trial")).arg(source);
    Ok(rustc.output()?.status.success())
}
