//! Links the unwinder statically, where the C compiler has it as an archive.
//!
//! The standard library unwinds by `libgcc_s`, which only a panic would use, but which every start loads:
//! without it a run of one endpoint takes a tenth less time (`benches/RESULTS.md`), and a chroot needs one
//! library less. The same code comes as an archive with every GCC; where it is missing, or for another
//! machine than this, the shared library is linked as usual.

use std::path::Path;
use std::process::Command;

fn main() -> std::io::Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let glibc = variable("CARGO_CFG_TARGET_OS") == "linux" && variable("CARGO_CFG_TARGET_ENV") == "gnu";
    let is_static = variable("CARGO_CFG_TARGET_FEATURE").split(',').any(|feature| feature == "crt-static");
    if glibc && !is_static && variable("HOST") == variable("TARGET") && has_archive() {
        let directory = variable("OUT_DIR");
        // A linker reads a text in a library's place as a script.
        std::fs::write(Path::new(&directory).join("libgcc_s.so"), "INPUT(-lgcc_eh)\n")?;
        println!("cargo:rustc-link-search=native={directory}");
    }
    Ok(())
}

/// Whether the C compiler, which links the program, knows the archive: it echoes the bare name where not.
fn has_archive() -> bool {
    let asked = Command::new("cc").arg("-print-file-name=libgcc_eh.a").output();
    asked.is_ok_and(|answer| Path::new(String::from_utf8_lossy(&answer.stdout).trim()).is_absolute())
}
