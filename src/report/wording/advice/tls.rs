//! The actions for an endpoint that is checked over TLS: its handshake and certificate, and what the rows of other faults
//! advise that TLS has refuted.

use super::super::summary::without_scheme;
use super::{GIVE_CERTIFICATE, RENEW, way_to_name};
use crate::model::exchange::Phase;
use crate::model::fault::{
    CertificateProblem, ChainPart, End, FaultDetail, FaultKind, ForeignProtocol, Stage, TlsProblem,
};
use crate::verdict::{FaultInfo, Verdict};

/// The action for a fault of an endpoint that is checked over TLS, unless its row's fits.
pub(super) fn action(verdict: &Verdict, fault: &FaultInfo) -> Option<String> {
    if !verdict.is_https {
        return None;
    }
    let known = match &fault.detail {
        FaultDetail::Certificate(fault) => certificate(&fault.problem),
        FaultDetail::Tls(problem) => handshake(problem),
        FaultDetail::Interrupted { stage: Stage::TlsHandshake, end } => Some(broken_handshake(end)),
        _ => None,
    };
    let known = known.or_else(|| after_handshake(fault));
    let known = known.map(|action| action.replace('%', way_to_name(verdict)));
    plain_port(verdict, &fault.detail).or(known)
}

/// The action where a port may be one without TLS.
fn plain_port<T>(verdict: &Verdict, detail: &FaultDetail<T>) -> Option<String> {
    // Without the address that follows the canonical form, so that it can be pasted.
    let plain = without_scheme(&verdict.endpoint).split(' ').next().unwrap_or_default();
    let plain = format!("http://{plain}");
    Some(match detail {
        FaultDetail::Tls(TlsProblem::ServerSpeaksHttp) if verdict.is_haproxy_server => {
            "check it without TLS: without ssl on its line in HAProxy, and without -S in the wrapper script"
                .to_owned()
        }
        FaultDetail::Tls(TlsProblem::ServerSpeaksHttp) => {
            format!("check it as {plain}, or give the port of its https")
        }
        FaultDetail::NotTls { .. } => format!(
            "give the port of the API's https; if the API answers there without TLS, check it as {plain}"
        ),
        FaultDetail::Interrupted { stage: Stage::ClientHello, .. } => format!(
            "check whether the port expects TLS at all (try {plain}), then the server's log and load, and any proxy in \
             front of it"
        ),
        _ => return None,
    })
}

/// The action in place of a row's that doubts whether the port expects https, or whether the host is up.
fn after_handshake(fault: &FaultInfo) -> Option<&'static str> {
    Some(match (fault.kind, fault.phase, &fault.detail) {
        (FaultKind::Reset | FaultKind::Closed, ..) => {
            "check the API's log for a crash, any proxy in front of it, and that the port is the API's"
        }
        (FaultKind::Timeout, Phase::Send | Phase::Wait | Phase::Receive, _) => {
            "check the log and the load of the API, and any proxy in front of it: TLS itself was set up"
        }
        (_, _, FaultDetail::NotHttp { protocol: ForeignProtocol::Http2, .. }) => {
            "check that address and port are the API's, and that the server offers HTTP/1.1 too"
        }
        (_, _, FaultDetail::NotHttp { .. }) => "check that address and port are the API's",
        _ => return None,
    })
}

/// The server has spoken TLS, and no certificate was refused.
const fn broken_handshake(end: &End) -> &'static str {
    match end {
        End::Timeout => {
            "check the server's log and load, any proxy in front of it, and whether large packets get through (MTU)"
        }
        _ => "check the server's log and load, and any proxy in front of it",
    }
}

const fn certificate(problem: &CertificateProblem) -> Option<&'static str> {
    Some(match problem {
        CertificateProblem::Expired(ChainPart::Server, _) => RENEW,
        CertificateProblem::Expired(ChainPart::Intermediate, _) => {
            "have the server send its issuer's current certificate along"
        }
        CertificateProblem::Expired(ChainPart::Anchor, _) => {
            "trust the CA's current certificate (--cacert, or update ca-certificates); every client that checks \
             dates fails the same way"
        }
        CertificateProblem::NotYetValid(..) => {
            "check the clock of this machine, then the certificate's dates with its issuer"
        }
        CertificateProblem::UnprovenKey => {
            "check who answers there, and that the server's key file belongs to its certificate"
        }
        CertificateProblem::IsCa(_) => {
            "have a certificate issued that is not a CA certificate (basicConstraints CA:FALSE), or trust this one \
             itself with --cacert"
        }
        CertificateProblem::NameMismatch(_) => {
            "use a name that the certificate is for (%), or have it issued for this one"
        }
        CertificateProblem::AddressAsName(_) => {
            "have it issued with the address as an IP address (subjectAltName IP:), or use a name that it is \
             for (%)"
        }
        CertificateProblem::NoSubjectAltName
        | CertificateProblem::NotForServers(ChainPart::Server)
        | CertificateProblem::IssuerIsNoCa
        | CertificateProblem::PathLength
        | CertificateProblem::UnknownExtension(ChainPart::Server)
        | CertificateProblem::OldVersion
        | CertificateProblem::Malformed
        | CertificateProblem::Revoked
        | CertificateProblem::NameConstraint => {
            "have a certificate issued that fits a server: X.509 version 3, its names in subjectAltName, its \
             usage for servers"
        }
        CertificateProblem::SelfSigned(_) => {
            "check who answers there; if it is the right server, trust its certificate with --cacert"
        }
        CertificateProblem::IssuerNotTrusted(_)
        | CertificateProblem::IssuerMissing(_)
        | CertificateProblem::SignatureMismatch(_) => {
            "check who answers there; if it is the right server, trust its issuer with --cacert, or have it send \
             its whole chain"
        }
        CertificateProblem::ChainTooLong => {
            "have the server send its own chain alone; this program follows no more than six intermediate certificates"
        }
        _ => return uncheckable(problem),
    })
}

/// The action where a certificate cannot be checked, or where another one of the chain is at fault.
const fn uncheckable(problem: &CertificateProblem) -> Option<&'static str> {
    Some(match problem {
        CertificateProblem::NotForServers(_) | CertificateProblem::UnknownExtension(_) => {
            "have the server's certificate issued by a CA whose own certificate allows servers and has no such \
             extension"
        }
        CertificateProblem::MayNotSign => {
            "have the server's certificate issued by a CA whose own certificate may sign others (keyCertSign)"
        }
        CertificateProblem::UnsupportedExtension(..) => {
            "check the server by another client; -k accepts every certificate unchecked"
        }
        CertificateProblem::UnsupportedSignature(..) => {
            "check the server by another client; this program checks RSA and ECDSA with SHA-256 or SHA-384, RSA and P-521 with \
             SHA-512, and Ed25519, and -k accepts any signature unchecked"
        }
        CertificateProblem::OutdatedSignature(ChainPart::Server, _)
        | CertificateProblem::WeakKey(ChainPart::Server, _) => {
            "have a certificate issued with a modern key and signature: ECDSA P-256, Ed25519 or RSA of at least \
             2048 bits, with SHA-256 or better"
        }
        CertificateProblem::OutdatedSignature(..) | CertificateProblem::WeakKey(..) => {
            "have the CA's own certificate reissued with a modern key and signature (RSA of at least 2048 bits, \
             SHA-256 or better), and have the server send that one"
        }
        CertificateProblem::EarlyDate(_) => {
            "have it issued with dates from 1970 or later; -k accepts it unchecked"
        }
        CertificateProblem::UnsupportedKey(..) => {
            "check the server by another client; this program checks ECDSA P-256, P-384 and P-521, Ed25519 and RSA \
             of at least 2048 bits, and -k accepts any key unchecked"
        }
        _ => return None,
    })
}

const fn handshake(problem: &TlsProblem) -> Option<&'static str> {
    Some(match problem {
        TlsProblem::ClientCertificateMissing => GIVE_CERTIFICATE,
        TlsProblem::ClientCertificateRefused(_) => "give a valid one that the server's authority has issued",
        TlsProblem::UnsupportedVersion => {
            "have the server, or the proxy that ends TLS in front of it, offer TLS 1.2 or 1.3"
        }
        TlsProblem::NothingInCommon => {
            "have the server, or the proxy that ends TLS in front of it, offer TLS 1.3, or TLS 1.2 with ECDHE and \
             AES-GCM or ChaCha20, over X25519, P-256 or P-384"
        }
        TlsProblem::NoNameOrNothingInCommon => {
            "use the server's name (%); if that fails too, have the server offer \
             TLS 1.3, or TLS 1.2 with ECDHE and AES-GCM or ChaCha20, over X25519, P-256 or P-384"
        }
        TlsProblem::UnknownName => "use a name that the server knows (%), or have it serve this one",
        TlsProblem::NoNameSent(_) => "use the server's name (%)",
        TlsProblem::Alert(_) => {
            "check the server's log for its reason, and whether a proxy or sidecar in front of it accepts its certificate"
        }
        TlsProblem::CertificatesTooLong => "have the server send its own chain alone",
        TlsProblem::NoCertificate => "check the server's configuration for its certificate",
        TlsProblem::Malformed(_) | TlsProblem::Incompatible(_) | TlsProblem::Failed(_) => {
            "check which program answers there, and any filter or proxy on the way that inspects TLS"
        }
        TlsProblem::ServerSpeaksHttp => return None,
    })
}
