//! Output on a terminal: columns, styles, the progress bar.

pub(crate) mod ascii;
pub(crate) mod layout;
pub(crate) mod progress;
pub(crate) mod style;
