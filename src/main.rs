//! The binary: everything is in the library, so that the tests can drive it in process.

use std::process::ExitCode;

fn main() -> ExitCode {
    check_ceilometer::run()
}
