//! What a terminal shows: widths and columns, colours, the progress bar.

pub(crate) mod layout;
pub(crate) mod progress;
pub(crate) mod style;
