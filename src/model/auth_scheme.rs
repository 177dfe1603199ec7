//! The schemes of HTTP authentication (RFC 9110, section 11), as challenges and credentials begin with them.

use strum::{IntoStaticStr, VariantArray};

/// A scheme of HTTP authentication. Those that this program can satisfy come first, the most likely one at the top.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(const_into_str)]
pub(crate) enum AuthScheme {
    /// Keystone's middleware: it wants a token.
    Keystone,
    Basic,
    Bearer,
    Digest,
    Negotiate,
    #[strum(serialize = "NTLM")]
    Ntlm,
}

impl AuthScheme {
    pub(crate) const ALL: &'static [AuthScheme] = AuthScheme::VARIANTS;

    /// The name in a challenge, whose case does not matter.
    pub(crate) const fn name(self) -> &'static str {
        self.into_str()
    }

    /// Tests whether this program can send what the scheme wants.
    pub(crate) const fn is_supported(self) -> bool {
        matches!(self, AuthScheme::Keystone | AuthScheme::Basic | AuthScheme::Bearer)
    }

    /// Reads the scheme of a challenge or of credentials; `None` for one that is not known here.
    pub(crate) fn of(text: &[u8]) -> Option<AuthScheme> {
        let word = text.split(|byte| matches!(byte, b' ' | b'\t' | b',')).next().unwrap_or_default();
        AuthScheme::ALL.iter().copied().find(|scheme| word.eq_ignore_ascii_case(scheme.name().as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scheme_of_a_challenge() {
        let table = [
            ("Basic realm=\"ops\"", Some(AuthScheme::Basic)),
            ("keystone uri='http://k'", Some(AuthScheme::Keystone)),
            ("ntlm", Some(AuthScheme::Ntlm)),
            ("Negotiate, Basic", Some(AuthScheme::Negotiate)),
            ("Basics", None),
            ("", None),
        ];
        for (challenge, scheme) in table {
            assert_eq!(AuthScheme::of(challenge.as_bytes()), scheme, "{challenge}");
        }
    }
}
