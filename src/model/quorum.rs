//! The number of endpoints that must work.

/// A number or a share of the endpoints that must be OK or WARNING.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quorum {
    Count(usize),
    /// A share of the endpoints in percent, rounded up.
    Percent(usize),
}

impl Quorum {
    /// The number of endpoints that it requires, out of `endpoints`.
    pub(crate) fn needed(self, endpoints: usize) -> usize {
        match self {
            Quorum::Count(count) => count,
            Quorum::Percent(percent) => endpoints.saturating_mul(percent).div_ceil(100),
        }
    }

    /// Checks that `endpoints` can meet the quorum.
    pub(crate) fn check_against(self, endpoints: usize) -> Result<(), String> {
        let needed = self.needed(endpoints);
        if needed <= endpoints {
            return Ok(());
        }
        let endpoints =
            if endpoints == 1 { "is 1 endpoint".into() } else { format!("are {endpoints} endpoints") };
        Err(format!("a quorum of {needed} cannot be met: there {endpoints}"))
    }
}
