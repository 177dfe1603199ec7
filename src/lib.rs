//! `check_ceilometer`: asks the Health-Check API of OpenStack's Metering service and says what is broken.
//!
//! Data flows one way, and no module uses one to its right, but for the types of [`report`], which the
//! plan and the verdicts fill in:
//!
//! ```text
//! argv → cli → plan → probe → verdict → report → text and exit code
//! ```

pub mod cli;
pub mod diagnosis;
pub mod endpoint;
pub mod exchange;
pub mod explain;
pub mod files;
pub mod generate;
pub mod haproxy;
pub mod output;
pub mod plan;
pub mod probe;
pub mod progress;
pub mod range;
pub mod report;
pub mod run;
pub mod simulate;
pub mod state;
pub mod surroundings;
pub mod table;
pub mod text;
pub mod verdict;
pub mod watch;
