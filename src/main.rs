//! The binary. Everything is in the library, so that the tests can drive it in process.
//!
//! Under glibc the C library calls `main` itself: the standard library's start-up code parses `/proc/self/maps` to
//! find the guard page of the stack, which takes 9 % of a run of one endpoint (`benches/RESULTS.md`).
#![cfg_attr(all(target_os = "linux", target_env = "gnu"), no_main)]
#![cfg_attr(
    all(target_os = "linux", target_env = "gnu"),
    expect(unsafe_code, reason = "the C library looks `main` up by its name")
)]

/// The entry point. The arguments are read from [`std::env::args_os`], which glibc fills before it calls this.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[unsafe(no_mangle)]
extern "C" fn main(_: std::ffi::c_int, _: *const *const std::ffi::c_char) -> std::ffi::c_int {
    check_ceilometer::run().into()
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn main() -> std::process::ExitCode {
    check_ceilometer::run().into()
}
