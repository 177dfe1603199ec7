//! The words for a proxy's own response, of which the API knows nothing.

use super::Advice;
use crate::verdict::{Obstacle, RequestVerdict, Responder};

/// Explains the obstacle that a proxy's own response is about.
pub(super) fn own_response(
    status: u16,
    (proxy, obstacle): (Responder, Obstacle),
    judged: &RequestVerdict,
) -> Advice {
    let name = proxy.title();
    let action = match obstacle {
        Obstacle::Method | Obstacle::Unknown => judged.row.action.to_owned(),
        _ => action(obstacle).replace('@', name),
    };
    (format!("{name}, not the API, answered {status} itself: {}", reason(obstacle)), action)
}

const fn reason(obstacle: Obstacle) -> &'static str {
    match obstacle {
        Obstacle::Application => "it failed, or an application that it runs did",
        Obstacle::ClientLimit => "it limits its clients, so nothing is known of the API behind it",
        Obstacle::ConnectionLost => {
            "the API behind it accepted the connection and closed it without a response"
        }
        Obstacle::Deliberate => "it is configured to answer so, perhaps for maintenance",
        Obstacle::FaultInjection => "one of its rules makes requests fail (fault injection)",
        Obstacle::Forbidden => "one of its rules forbids the request",
        Obstacle::LimitOrNoEndpoint => {
            "a limit on its clients, maintenance or, in Kubernetes' ingress-nginx, no ready endpoint"
        }
        Obstacle::Method => "it does not know the method",
        Obstacle::NoConnection => "it could not connect to the API behind it",
        Obstacle::NoIngress => "no Ingress leads from this host name and path to the API",
        Obstacle::NoResponseInTime => "it got no response in time from the API behind it",
        Obstacle::NoRoute => "it has nothing at this URL",
        Obstacle::NoServerOrMaintenance => {
            "it has no server to pass the request to, or is configured to answer so, perhaps for maintenance"
        }
        Obstacle::NoServer => "it has no server to pass the request to",
        Obstacle::NoValidResponse => "it got no valid response from the API behind it",
        Obstacle::Overload => "it is overloaded itself",
        Obstacle::OwnFailure => "it failed, so nothing is known of the API behind it",
        Obstacle::ServerLimit => "it has reached its own limit on requests to the API behind it",
        Obstacle::StoppedApplication => {
            "the application that it runs has crashed, is stopped or is overloaded"
        }
        Obstacle::Tls => "it could not speak TLS with the API behind it",
        Obstacle::UnknownHost => "it is not configured for this host name",
        Obstacle::Unknown => "nothing is known of the API behind it",
    }
}

/// The action, with `@` for the proxy's name.
const fn action(obstacle: Obstacle) -> &'static str {
    match obstacle {
        Obstacle::ClientLimit => "check less often, or exempt this client from @'s limit",
        Obstacle::ConnectionLost => {
            "check the API's log for a crash, and that the API keeps idle connections open longer than @ does"
        }
        Obstacle::Deliberate => "check @'s configuration for such an answer, then the API itself",
        Obstacle::FaultInjection => "remove the fault from @'s routes, or exempt the health path",
        Obstacle::Forbidden => "exempt this client, or the health path, from @'s access rules",
        Obstacle::LimitOrNoEndpoint => {
            "check @'s limits, its configuration for maintenance and, in Kubernetes, the endpoints of its service; then \
             the API itself"
        }
        Obstacle::NoIngress => "check the Ingress of the API, then the endpoint's name and --path",
        Obstacle::NoRoute => "check that @ passes this URL on to the API, then port, prefix and --path",
        Obstacle::Overload => "check @'s own load and limits",
        Obstacle::Application | Obstacle::OwnFailure => {
            "check @'s error log, then whether the API itself is up and running"
        }
        Obstacle::ServerLimit => {
            "check the API's load and response times, then @'s limits (circuit breakers)"
        }
        Obstacle::StoppedApplication => "check the application and its log, and whether it was stopped",
        Obstacle::Tls => "check the API's certificate, and @'s settings for TLS to its servers",
        Obstacle::UnknownHost => "check the endpoint's host name, and @'s configuration for it",
        Obstacle::Method
        | Obstacle::NoConnection
        | Obstacle::NoResponseInTime
        | Obstacle::NoServer
        | Obstacle::NoServerOrMaintenance
        | Obstacle::NoValidResponse
        | Obstacle::Unknown => "check @'s view of its servers, then whether the API itself is up and running",
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use strum::VariantArray;

    use super::*;

    #[test]
    fn words_of_every_obstacle() {
        let words = |obstacle: &Obstacle| format!("{}\n-> {}\n", reason(*obstacle), action(*obstacle));
        let words: Vec<String> = Obstacle::VARIANTS.iter().map(words).collect();
        expect![[r#"
            it failed, or an application that it runs did
            -> check @'s error log, then whether the API itself is up and running
            it limits its clients, so nothing is known of the API behind it
            -> check less often, or exempt this client from @'s limit
            the API behind it accepted the connection and closed it without a response
            -> check the API's log for a crash, and that the API keeps idle connections open longer than @ does
            it is configured to answer so, perhaps for maintenance
            -> check @'s configuration for such an answer, then the API itself
            one of its rules makes requests fail (fault injection)
            -> remove the fault from @'s routes, or exempt the health path
            one of its rules forbids the request
            -> exempt this client, or the health path, from @'s access rules
            a limit on its clients, maintenance or, in Kubernetes' ingress-nginx, no ready endpoint
            -> check @'s limits, its configuration for maintenance and, in Kubernetes, the endpoints of its service; then the API itself
            it does not know the method
            -> check @'s view of its servers, then whether the API itself is up and running
            it could not connect to the API behind it
            -> check @'s view of its servers, then whether the API itself is up and running
            no Ingress leads from this host name and path to the API
            -> check the Ingress of the API, then the endpoint's name and --path
            it got no response in time from the API behind it
            -> check @'s view of its servers, then whether the API itself is up and running
            it has nothing at this URL
            -> check that @ passes this URL on to the API, then port, prefix and --path
            it has no server to pass the request to
            -> check @'s view of its servers, then whether the API itself is up and running
            it has no server to pass the request to, or is configured to answer so, perhaps for maintenance
            -> check @'s view of its servers, then whether the API itself is up and running
            it got no valid response from the API behind it
            -> check @'s view of its servers, then whether the API itself is up and running
            it is overloaded itself
            -> check @'s own load and limits
            it failed, so nothing is known of the API behind it
            -> check @'s error log, then whether the API itself is up and running
            it has reached its own limit on requests to the API behind it
            -> check the API's load and response times, then @'s limits (circuit breakers)
            the application that it runs has crashed, is stopped or is overloaded
            -> check the application and its log, and whether it was stopped
            it could not speak TLS with the API behind it
            -> check the API's certificate, and @'s settings for TLS to its servers
            it is not configured for this host name
            -> check the endpoint's host name, and @'s configuration for it
            nothing is known of the API behind it
            -> check @'s view of its servers, then whether the API itself is up and running
        "#]].assert_eq(&words.concat());
    }
}
