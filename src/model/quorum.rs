//! How many of several endpoints must do their work.

/// `--quorum`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quorum {
    /// At least so many endpoints.
    Count(usize),
    /// At least this share of the endpoints, in percent, rounded up.
    Percent(usize),
}

impl Quorum {
    /// How many of so many endpoints it asks for.
    pub(crate) fn needed(self, endpoints: usize) -> usize {
        match self {
            Quorum::Count(count) => count,
            Quorum::Percent(percent) => endpoints.saturating_mul(percent).div_ceil(100),
        }
    }

    /// Refuses a quorum that so many endpoints could never meet; the error is the reason.
    pub(crate) fn check_against(self, endpoints: usize) -> Result<(), String> {
        let needed = self.needed(endpoints);
        if needed <= endpoints {
            return Ok(());
        }
        let are = if endpoints == 1 { "is 1 endpoint".into() } else { format!("are {endpoints} endpoints") };
        Err(format!("--quorum {needed} cannot be met: there {are}"))
    }
}
