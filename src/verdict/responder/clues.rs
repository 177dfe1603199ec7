//! The clues in responses: which of them prove that a responder made a response itself, and which give its reason.
//!
//! Proxies put their name into `Server` on responses that they merely pass on. A header is evidence only where the
//! product sets it on its own responses alone, or together with others that no API sends.

use super::Obstacle::{
    self, Application, ConnectionLost, Deliberate, FaultInjection, Forbidden, LimitOrNoEndpoint,
    NoConnection, NoIngress, NoResponseInTime, NoServer, NoServerOrMaintenance, NoValidResponse, Overload,
    ServerLimit, StoppedApplication, Tls, UnknownHost,
};
use super::Responder::{
    self, Akamai, Apache, Apigee, Apisix, AwsApiGateway, AwsLoadBalancer, AwsWaf, AzureApiManagement,
    AzureAppService, AzureApplicationGateway, AzureFrontDoor, BigIp, Caddy, Ceilometer, CiscoWsa,
    CloudFoundry, CloudFront, Cloudflare, DataPower, Envoy, Fastly, Fortinet, Google, Gravitee, Haproxy,
    Heroku, Iis, Imperva, Keystone, Kong, KrakenD, Kubernetes, KubernetesDefaultBackend, Lighttpd, Linkerd,
    LiteSpeed, NetScaler, Nginx, NginxUnit, OpenShift, PaloAlto, Passenger, Pound, Privoxy, ProxySg,
    SonicWall, Sophos, SpringCloudGateway, Squid, Sucuri, Tinyproxy, Traefik, TrafficServer, Tyk, Varnish,
    WatchGuard, WebLogic, Wso2, Zscaler, Zuul,
};

/// One piece of evidence in a response.
#[derive(Debug, Clone, Copy)]
pub(super) enum Clue {
    /// A header's value begins so, in any case.
    Begins(&'static str, &'static str),
    /// A header's value is this, in any case.
    Is(&'static str, &'static str),
    Has(&'static str),
    Lacks(&'static str),
    /// The body is HTML (or XHTML) and contains one of these.
    Page(&'static [&'static str]),
    /// The body is HTML, or there is none. An empty one must not be of JSON's type, nor that of a 500 or 503 after a good
    /// response to HEAD that names the same server.
    PageOrNone,
    NoBody,
    /// The body is plain text and begins with one of these.
    Text(&'static [&'static str]),
    /// The body contains one of these, whatever its form.
    Contains(&'static [&'static str]),
    /// The JSON value under these keys, as text, begins so.
    Json(&'static [&'static str], &'static str),
    /// The body is a health report of the service or its relatives.
    Report,
    /// The reason phrase is this.
    Reason(&'static str),
}

impl Clue {
    /// Tests for evidence in the body's words.
    pub(super) const fn is_of_body(self) -> bool {
        matches!(self, Page(_) | Text(_) | Contains(_) | Json(..) | Report)
    }
}

use Clue::{Begins, Contains, Has, Is, Json, Lacks, NoBody, Page, PageOrNone, Reason, Report, Text};

/// The first and the last status of responses. Most proofs fail by them, and so without a look at their clues.
pub(super) type Statuses = (u16, u16);

const ANY: Statuses = (0, 999);
/// Any refusal or failure.
const ERROR: Statuses = (400, 599);
/// The statuses with which a proxy reports its servers.
const GATEWAY: Statuses = (502, 504);
const LIMITED: Statuses = (429, 429);

/// The type that a file without a character set has.
const HTML: Clue = Is("content-type", "text/html");
const NO_CACHE: Clue = Is("cache-control", "no-cache");

const APIGEE_CODE: &[&str] = &["fault", "detail", "errorcode"];

/// The absence of headers by which other services of OpenStack name themselves, whose errors have Ceilometer's form.
const NOT_IRONIC: Clue = Lacks("x-openstack-ironic-api-version");
const NO_MICROVERSION: Clue = Lacks("openstack-api-version");

/// Envoy's own words, which a site may wrap in a form of its own.
const ENVOY_TEXTS: &[&str] = &[
    "upstream connect error or disconnect/reset before headers",
    "upstream request timeout",
    "no healthy upstream",
    "RBAC: access denied",
    "local_rate_limited",
    "fault filter abort",
    "stream timeout",
    "envoy overloaded",
    "Audiences in Jwt are not allowed",
    "Jwks ",
    "Jwt is ",
    "Jwt issuer is not configured",
    "Jwt verification fails",
    "OAuth flow failed.",
];

/// All proofs, those of one responder together. The first that holds wins, so products that build on others precede them.
pub(super) const PROOFS: &[(Responder, Statuses, &[Clue])] = &[
    (Keystone, (401, 401), &[Begins("www-authenticate", "keystone")]),
    (Keystone, (401, 401), &[Json(&["error", "code"], "401"), Json(&["error", "title"], "Unauthorized")]),
    (Keystone, (500, 599), &[Contains(&["The Keystone service is temporarily unavailable"])]),
    (Ceilometer, (200, 200), &[Report, NOT_IRONIC, NO_MICROVERSION]),
    (Ceilometer, (503, 503), &[Report, NOT_IRONIC, NO_MICROVERSION]),
    (Ceilometer, ERROR, &[Json(&["error_message"], ""), NOT_IRONIC, NO_MICROVERSION]),
    (Ceilometer, ERROR, &[Json(&["error_message", "faultstring"], ""), NOT_IRONIC, NO_MICROVERSION]),
    (Kong, ERROR, &[Begins("server", "kong/"), Lacks("x-kong-upstream-latency")]),
    (Kong, ANY, &[Json(&["message"], "no Route matched with those values")]),
    (Kong, ANY, &[Json(&["message"], "failure to get a peer from the ring-balancer")]),
    (Kong, ANY, &[Json(&["message"], "An invalid response was received from the upstream server")]),
    (Kong, ANY, &[Json(&["message"], "The upstream server is timing out")]),
    (Apisix, ANY, &[Page(&["Powered by <a href=\"https://apisix.apache.org/\">APISIX"])]),
    (Apisix, ANY, &[Json(&["error_msg"], "404 Route Not Found")]),
    (Apisix, ERROR, &[Begins("server", "APISIX/"), Json(&["error_msg"], "")]),
    (Apisix, ERROR, &[Begins("server", "APISIX/"), Json(&["message"], "Missing API key")]),
    (Apisix, ERROR, &[Begins("server", "APISIX/"), Json(&["message"], "Invalid API key in request")]),
    (Apisix, ERROR, &[Begins("server", "APISIX/"), Json(&["message"], "Missing JWT token in request")]),
    (Apisix, ERROR, &[Begins("server", "APISIX/"), Json(&["message"], "Missing authorization in request")]),
    (Apigee, ANY, &[Json(&["fault", "faultstring"], ""), Json(APIGEE_CODE, "")]),
    (Wso2, ERROR, &[Json(&["fault", "type"], "Status report"), Json(&["fault", "code"], "")]),
    (Wso2, ERROR, &[Json(&["type"], "Status report"), Json(&["code"], "")]),
    (Wso2, ERROR, &[Contains(&["<am:fault xmlns:am=\"http://wso2.org/apimanager\">"])]),
    (Zuul, ERROR, &[Json(&["exception"], "com.netflix.zuul.")]),
    // It completes what it merely passes on.
    (KrakenD, ERROR, &[Has("x-krakend"), Is("x-krakend-completed", "false")]),
    (AwsWaf, ANY, &[Has("x-amzn-waf-action")]),
    (AwsApiGateway, ERROR, &[Has("x-amzn-errortype"), Json(&["message"], "")]),
    (AwsApiGateway, ERROR, &[Has("x-amzn-errortype"), Has("x-amz-apigw-id")]),
    (AwsApiGateway, ERROR, &[Has("x-amzn-errortype"), Has("apigw-requestid")]),
    (AwsApiGateway, ERROR, &[Has("apigw-requestid"), Json(&["message"], "Service Unavailable")]),
    (AwsApiGateway, ERROR, &[Has("x-amz-apigw-id"), Json(&["message"], "Service Unavailable")]),
    (AwsApiGateway, ERROR, &[Has("x-amz-apigw-id"), Json(&["message"], "Internal server error")]),
    (AwsApiGateway, ANY, &[Json(&["message"], "Missing Authentication Token")]),
    (AwsApiGateway, ANY, &[Json(&["message"], "Endpoint request timed out")]),
    (AwsLoadBalancer, ANY, &[Begins("server", "awselb/")]),
    // The Classic Load Balancer names itself nowhere.
    (AwsLoadBalancer, (503, 503), &[Reason("Service Unavailable: Back-end server is at capacity")]),
    (CloudFront, ANY, &[Page(&["Generated by cloudfront (CloudFront)"])]),
    // It completes what it passes on, too.
    (CloudFront, ERROR, &[Is("server", "CloudFront"), Is("x-cache", "Error from cloudfront"), PageOrNone]),
    // 520 to 530 exist at Cloudflare alone.
    (Cloudflare, (520, 530), &[Has("cf-ray")]),
    (Cloudflare, (520, 530), &[Begins("server", "cloudflare")]),
    (Cloudflare, ANY, &[Has("cf-mitigated")]),
    (Cloudflare, ERROR, &[Has("cf-ray"), Text(&["error code: "])]),
    (Cloudflare, ERROR, &[Begins("server", "cloudflare"), Text(&["error code: "])]),
    (
        Cloudflare,
        ERROR,
        &[Json(&["type"], "https://developers.cloudflare.com/support/"), Json(&["error_code"], "")],
    ),
    (
        Cloudflare,
        ANY,
        &[Page(&[
            "<center>cloudflare",
            "cf-error-details",
            "Cloudflare Ray ID",
            "/cdn-cgi/styles/",
            "/cdn-cgi/challenge-platform/",
            "<title>Just a moment...</title>",
        ])],
    ),
    (DataPower, ERROR, &[Contains(&["Failed to establish a backside connection"])]),
    (
        DataPower,
        ERROR,
        &[Json(&["httpCode"], ""), Json(&["httpMessage"], ""), Json(&["moreInformation"], "")],
    ),
    (AzureApplicationGateway, ANY, &[Begins("server", "Microsoft-Azure-Application-Gateway")]),
    (AzureApplicationGateway, ANY, &[Page(&["<center>Microsoft-Azure-Application-Gateway"])]),
    (AzureFrontDoor, ERROR, &[Has("x-azure-externalerror")]),
    (AzureFrontDoor, ERROR, &[Has("x-azure-ref"), Page(&["Our services aren't available right now"])]),
    (AzureFrontDoor, ANY, &[Page(&["<h2>Our services aren't available right now</h2>"])]),
    (AzureApiManagement, ANY, &[Json(&["message"], "Access denied due to missing subscription key")]),
    (AzureApiManagement, ANY, &[Json(&["message"], "Access denied due to invalid subscription key")]),
    (
        AzureApiManagement,
        ERROR,
        &[Json(&["statusCode"], "429"), Json(&["message"], "Rate limit is exceeded. Try again in ")],
    ),
    (
        AzureApiManagement,
        ERROR,
        &[Json(&["statusCode"], "403"), Json(&["message"], "Out of call volume quota. ")],
    ),
    (AzureApiManagement, ERROR, &[Json(&["statusCode"], ""), Json(&["activityId"], "")]),
    (
        AzureAppService,
        ERROR,
        &[Page(&[
            "<title>Web App - Unavailable",
            "<title>Microsoft Azure Web App - Error",
            "Error 403 - This web app is stopped",
        ])],
    ),
    (Google, ANY, &[Page(&["<h1>Error: Server Error</h1>", "!!1</title>"])]),
    (Google, ANY, &[Begins("via", "1.1 google"), Text(&["no healthy upstream", "default backend - 404"])]),
    (Google, ANY, &[Text(&["response 404 (backend NotFound)"])]),
    // Cloud Armor and the identity-aware proxy.
    (Google, (403, 403), &[Page(&["initial-scale=1\"><title>403</title>403 Forbidden"])]),
    (Google, ANY, &[Has("x-goog-iap-generated-response")]),
    (
        Google,
        GATEWAY,
        &[
            Is("content-type", "text/html; charset=UTF-8"),
            Is("referrer-policy", "no-referrer"),
            Lacks("server"),
            PageOrNone,
        ],
    ),
    (Akamai, ERROR, &[Begins("server", "AkamaiGHost")]),
    (Akamai, ANY, &[Page(&["errors.edgesuite.net", "Reference&#32;&#35;"])]),
    (Imperva, ANY, &[Page(&["Incapsula incident ID", "_Incapsula_Resource"])]),
    (Imperva, ANY, &[Page(&["The incident ID is"]), Page(&["Contact support for additional information"])]),
    (Fastly, ERROR, &[Begins("server", "Varnish"), Begins("x-served-by", "cache-")]),
    (Fastly, ANY, &[Page(&["<p>Details: cache-"])]),
    (Fastly, ANY, &[Text(&["Fastly error: "])]),
    (Fastly, ANY, &[Page(&["Fastly error: "])]),
    (Heroku, ANY, &[Page(&["herokucdn.com/error-pages", "heroku logs --tail"])]),
    (CloudFoundry, ANY, &[Has("x-cf-routererror")]),
    (BigIp, ANY, &[Begins("server", "BigIP")]),
    (BigIp, ANY, &[Begins("server", "BIG-IP")]),
    (BigIp, ANY, &[Page(&["The requested URL was rejected. Please consult with your administrator"])]),
    (
        Fortinet,
        ANY,
        &[Page(&[
            "FortiGuard Intrusion Prevention",
            "<title>Web Filter Violation</title>",
            "globalurl.fortinet.net",
        ])],
    ),
    (Fortinet, ANY, &[Page(&["Web Page Blocked"]), Page(&["Attack ID"])]),
    (
        ProxySg,
        ANY,
        &[Page(&[
            "Network Error (tcp_error)",
            "Network Error (dns_",
            "Network Error (gateway_error)",
            "Access Denied (policy_denied)",
            "Access Denied (content_filter_denied)",
        ])],
    ),
    (
        PaloAlto,
        ANY,
        &[
            Page(&["<title>Web Page Blocked</title>", "<title>Application Blocked</title>"]),
            Page(&["in accordance with company policy"]),
        ],
    ),
    (
        CiscoWsa,
        ERROR,
        &[Page(&["This Page Cannot Be Displayed"]), Page(&["Notification: ", "_TIMEOUT", "DNS_FAIL"])],
    ),
    (SonicWall, ERROR, &[Begins("server", "SonicWALL")]),
    (SonicWall, ERROR, &[Page(&["Web Site Blocked"]), Page(&["nsa_banner"])]),
    (Sophos, ERROR, &[Page(&["Powered by UTM Web Protection"])]),
    (WatchGuard, ERROR, &[Contains(&["Request denied by WatchGuard"])]),
    (Zscaler, (300, 599), &[Begins("server", "Zscaler")]),
    (Privoxy, ERROR, &[Page(&["(Privoxy@"])]),
    (NetScaler, ANY, &[Page(&["<html><body><b>Http/1.1 ", "NS Transaction ID:", "AppFW Session ID"])]),
    (OpenShift, ANY, &[Page(&["<h1>Application is not available</h1>"])]),
    (
        Haproxy,
        ANY,
        &[Page(&[
            "No server is available to handle this request.",
            "The server returned an invalid or incomplete response.",
            "The server didn't respond in time.",
            "Your browser sent an invalid request.",
            "Your browser didn't send a complete request in time.",
            "You need a valid user and password to access this content.",
            "Request forbidden by administrative rules.",
            "<h1>404 Not Found</h1>\nThe resource could not be found.\n</body></html>",
            "A request was made of a resource using a request method not supported by that resource",
            "The resource is no longer available and will not be available again.",
            "The request entity exceeds the maximum allowed.",
            "You have sent too many requests in a given amount of time.",
            "<h1>500 Internal Server Error</h1>\nAn internal server error occurred.\n</body></html>",
            "The server does not support the functionality required to fulfill the request.",
            "<h1>200 OK</h1>\nService ready.\n</body></html>",
        ])],
    ),
    // It names neither itself nor the time; API servers send at least the time.
    (Haproxy, ERROR, &[HTML, NO_CACHE, Lacks("server"), Lacks("date"), PageOrNone]),
    (Haproxy, (302, 303), &[Is("content-length", "0"), NO_CACHE, Lacks("server"), Lacks("date")]),
    (Traefik, ANY, &[Text(&["no available server"])]),
    // HEAD's response has the length of that sentence.
    (
        Traefik,
        (503, 503),
        &[NoBody, Is("content-length", "20"), Is("x-content-type-options", "nosniff"), Lacks("server")],
    ),
    (Linkerd, ANY, &[Has("l5d-proxy-error")]),
    (Linkerd, GATEWAY, &[Has("l5d-proxy-connection"), NoBody]),
    (Envoy, ANY, &[Text(ENVOY_TEXTS)]),
    (Envoy, ERROR, &[Is("server", "envoy"), Contains(ENVOY_TEXTS)]),
    (Envoy, ERROR, &[Is("server", "istio-envoy"), Contains(ENVOY_TEXTS)]),
    // A response that was passed on carries the upstream's time, unless that is suppressed; so data and plain text
    // may be the API's.
    (Envoy, ERROR, &[Is("server", "envoy"), Lacks("x-envoy-upstream-service-time"), PageOrNone]),
    (Envoy, ERROR, &[Is("server", "istio-envoy"), Lacks("x-envoy-upstream-service-time"), PageOrNone]),
    // A response that was passed on keeps its server's name.
    (Varnish, ERROR, &[Is("server", "Varnish")]),
    (Varnish, ANY, &[Page(&["<p>Varnish cache server</p>", "Guru Meditation"])]),
    (Squid, ANY, &[Has("x-squid-error")]),
    (Squid, ANY, &[Page(&["(squid", "id=\"ERR_", "id=ERR_"])]),
    (
        TrafficServer,
        ERROR,
        &[Begins("server", "ATS"), Is("content-language", "en"), Is("cache-control", "no-store")],
    ),
    (TrafficServer, ERROR, &[Page(&["FACE=\"Helvetica,Arial\"><B>\nDescription: "])]),
    (Tinyproxy, ERROR, &[Begins("server", "tinyproxy/")]),
    (
        Caddy,
        ERROR,
        &[Is("server", "Caddy"), Is("content-length", "0"), Lacks("content-type"), Lacks("via"), PageOrNone],
    ),
    (Pound, ERROR, &[Is("expires", "now"), Is("pragma", "no-cache")]),
    (Pound, (503, 503), &[Text(&["The service is not available. Please try again later."])]),
    (Pound, (503, 503), &[Page(&["<h1>The service is not available. Please try again later.</h1>"])]),
    (Tyk, ERROR, &[Begins("x-generator", "tyk")]),
    (Tyk, ANY, &[Json(&["error"], "There was a problem proxying the request")]),
    (Sucuri, ANY, &[Has("x-sucuri-block")]),
    (Sucuri, ERROR, &[Page(&["Sucuri WebSite Firewall"])]),
    (Gravitee, ERROR, &[Json(&["http_status_code"], "")]),
    (
        SpringCloudGateway,
        GATEWAY,
        &[Json(&["requestId"], ""), Json(&["message"], "Unable to find instance for ")],
    ),
    (
        Kubernetes,
        ERROR,
        &[Json(&["kind"], "Status"), Json(&["apiVersion"], "v1"), Json(&["status"], "Failure")],
    ),
    (KubernetesDefaultBackend, (404, 404), &[Text(&["default backend - 404"])]),
    (LiteSpeed, ANY, &[Page(&["Proudly powered by LiteSpeed Web Server"])]),
    (LiteSpeed, GATEWAY, &[Begins("server", "LiteSpeed"), HTML, PageOrNone]),
    (
        Lighttpd,
        ANY,
        &[
            Begins("server", "lighttpd"),
            Page(&[" <head>\n  <title>", " <head>\n  <meta charset=\"UTF-8\" />\n  <title>"]),
        ],
    ),
    (Lighttpd, GATEWAY, &[Begins("server", "lighttpd"), HTML, PageOrNone]),
    (Iis, ERROR, &[Begins("server", "Microsoft-HTTPAPI/"), PageOrNone]),
    (
        Iis,
        ANY,
        &[Page(&[
            "HTTP Error 503. The service is unavailable.",
            "Web server received an invalid response while acting as a gateway or proxy server",
            "Internet Information Services",
            "<title>IIS ",
        ])],
    ),
    (Iis, GATEWAY, &[Begins("server", "Microsoft-IIS/"), HTML, PageOrNone]),
    (WebLogic, ERROR, &[Contains(&["Failure of Web Server bridge", "Weblogic Bridge Message"])]),
    (Passenger, ERROR, &[Has("x-powered-by"), Contains(&["This website is under heavy load"])]),
    (Passenger, ERROR, &[Page(&["<title>Web application could not be started</title>"])]),
    (NginxUnit, ERROR, &[Begins("server", "Unit/"), Page(&["<!DOCTYPE html><title>Error "])]),
    (
        Nginx,
        ANY,
        &[Page(&[
            "<center>nginx",
            "<center>openresty",
            "<center>tengine",
            "<center>angie",
            "Welcome to nginx!",
            "Powered by Tengine",
        ])],
    ),
    // Its own pages and those of the site's operator.
    (Nginx, GATEWAY, &[Begins("server", "nginx"), HTML, PageOrNone]),
    (Nginx, GATEWAY, &[Begins("server", "openresty"), HTML, PageOrNone]),
    (Nginx, LIMITED, &[Begins("server", "nginx"), HTML, PageOrNone]),
    // A file served in an error's place keeps its entity tag; no API marks a failure so.
    (Nginx, GATEWAY, &[Begins("server", "nginx"), Has("etag")]),
    (Nginx, LIMITED, &[Begins("server", "nginx"), Has("etag")]),
    // Python's servers use these document types too, in another layout.
    (
        Apache,
        ANY,
        &[Page(&[
            "-//IETF//DTD HTML 2.0//EN\">\n<html><head>\n<title>",
            "-//W3C//DTD HTML 4.01//EN\" \"http://www.w3.org/TR/html4/strict.dtd\">\n<html><head>\n<title>",
            "<address>Apache",
        ])],
    ),
    (
        Apache,
        ERROR,
        &[Begins("server", "apache"), Is("content-type", "text/html; charset=iso-8859-1"), PageOrNone],
    ),
    (Apache, GATEWAY, &[Begins("server", "apache"), Has("etag"), Is("accept-ranges", "bytes")]),
    (Apache, LIMITED, &[Begins("server", "apache"), Has("etag"), Is("accept-ranges", "bytes")]),
];

/// Words and marks of responses that say more than their status, or something else. The first that holds wins.
pub(super) const OBSTACLES: &[(Responder, Obstacle, Statuses, &[Clue])] = &[
    (Akamai, NoConnection, ANY, &[Contains(&["- Fail to Connect", "- Fail to connect", "- DNS failure"])]),
    (Akamai, ConnectionLost, ANY, &[Contains(&["- Zero size object"])]),
    (Apache, Tls, ANY, &[Contains(&["Error during SSL Handshake with remote server"])]),
    (Apache, NoConnection, ANY, &[Contains(&["DNS lookup failure for"])]),
    (Apache, ConnectionLost, ANY, &[Contains(&["Error reading from remote server"])]),
    (Apache, Application, (500, 500), &[]),
    // Apache's page is the same for both.
    (Apache, NoServerOrMaintenance, (503, 503), &[]),
    (Apigee, Tls, ANY, &[Json(APIGEE_CODE, "messaging.adaptors.http.flow.SslHandshake")]),
    (Apigee, NoConnection, ANY, &[Json(APIGEE_CODE, "messaging.adaptors.http.flow.ServiceUnavailable")]),
    (Apigee, ConnectionLost, ANY, &[Json(APIGEE_CODE, "messaging.adaptors.http.UnexpectedEOFAtTarget")]),
    (CloudFoundry, UnknownHost, ANY, &[Begins("x-cf-routererror", "unknown_route")]),
    (CloudFoundry, ServerLimit, ANY, &[Begins("x-cf-routererror", "Connection Limit Reached")]),
    (
        CloudFront,
        NoConnection,
        ANY,
        &[Contains(&[
            "establish a connection with the origin",
            "connect to the origin",
            "resolve the origin",
        ])],
    ),
    (CloudFront, Overload, (503, 503), &[]),
    (Cloudflare, NoConnection, (521, 523), &[]),
    (Cloudflare, NoResponseInTime, (524, 524), &[]),
    (Cloudflare, Tls, (525, 526), &[]),
    (Cloudflare, NoConnection, (530, 530), &[]),
    // A script of its own failed, or exceeded its limits.
    (
        Cloudflare,
        StoppedApplication,
        ANY,
        &[Contains(&["error code: 1101", "error code: 1102", "/error-1101", "/error-1102"])],
    ),
    (DataPower, NoConnection, ANY, &[Contains(&["Failed to establish a backside connection"])]),
    (Envoy, Tls, ANY, &[Contains(&["TLS error:", "TLS_error:"])]),
    (Envoy, ServerLimit, ANY, &[Contains(&["reset reason: overflow"])]),
    (Envoy, ServerLimit, ANY, &[Is("x-envoy-overloaded", "true")]),
    (
        Envoy,
        ConnectionLost,
        ANY,
        &[Contains(&["reset reason: connection termination", "reset reason: remote reset"])],
    ),
    (Envoy, NoValidResponse, ANY, &[Contains(&["reset reason: protocol error"])]),
    (Envoy, NoConnection, ANY, &[Contains(&["upstream connect error"])]),
    (Envoy, NoResponseInTime, ANY, &[Contains(&["upstream request timeout"])]),
    (Envoy, FaultInjection, ANY, &[Contains(&["fault filter abort"])]),
    (Envoy, Overload, ANY, &[Contains(&["envoy overloaded"])]),
    (AzureAppService, StoppedApplication, (403, 503), &[]),
    (CiscoWsa, NoResponseInTime, ANY, &[Contains(&["GATEWAY_TIMEOUT"])]),
    (CiscoWsa, NoConnection, ANY, &[Contains(&["DNS_FAIL"])]),
    (CiscoWsa, Forbidden, ERROR, &[]),
    (Fastly, NoResponseInTime, ANY, &[Contains(&["first byte timeout", "between bytes timeout"])]),
    (
        Fastly,
        NoConnection,
        ANY,
        &[Contains(&["onnection timed out", "onnection refused", "nable to connect"])],
    ),
    (
        Fastly,
        ConnectionLost,
        ANY,
        &[Contains(&["ackend read error", "ackend write error", "onnection reset by peer"])],
    ),
    (
        Fastly,
        Tls,
        ANY,
        &[Contains(&["SSL handshake error", "match against certificate", "ertificate has expired"])],
    ),
    (Fastly, ServerLimit, ANY, &[Contains(&["max_conn reached", "Maximum threads for service"])]),
    (Fastly, UnknownHost, ANY, &[Contains(&["unknown domain", "Domain Not Found", "No stub"])]),
    (Fortinet, Forbidden, (500, 599), &[]),
    (Heroku, UnknownHost, ANY, &[Contains(&["/error-pages/no-such-app"])]),
    (Heroku, Deliberate, ANY, &[Contains(&["/error-pages/maintenance"])]),
    (Heroku, StoppedApplication, (503, 503), &[]),
    (Iis, Application, (500, 500), &[]),
    (Iis, StoppedApplication, (503, 503), &[]),
    (Lighttpd, Application, (500, 500), &[]),
    (LiteSpeed, Application, (500, 500), &[]),
    // For a server that is down it answers 502.
    (Nginx, LimitOrNoEndpoint, (503, 503), &[]),
    (NginxUnit, StoppedApplication, (500, 503), &[]),
    (PaloAlto, Forbidden, ERROR, &[]),
    (Passenger, StoppedApplication, (500, 599), &[]),
    (KubernetesDefaultBackend, NoIngress, (404, 404), &[]),
    (KrakenD, NoValidResponse, (500, 500), &[]),
    (Privoxy, ConnectionLost, ANY, &[Contains(&["No server or forwarder data"])]),
    (Privoxy, NoConnection, ANY, &[Contains(&["Forwarding failure", "No such domain", "Connect failed"])]),
    (ProxySg, Forbidden, ANY, &[Contains(&["_denied)"])]),
    (ProxySg, NoConnection, ANY, &[Contains(&["tcp_error", "dns_"])]),
    (SonicWall, Forbidden, ERROR, &[]),
    (Sophos, Forbidden, ERROR, &[]),
    (Squid, ConnectionLost, ANY, &[Begins("x-squid-error", "ERR_ZERO_SIZE_OBJECT")]),
    (Squid, Tls, ANY, &[Begins("x-squid-error", "ERR_SECURE_CONNECT_FAIL")]),
    (Squid, NoConnection, (503, 503), &[]),
    (Tinyproxy, NoConnection, ANY, &[Contains(&["Unable to connect"])]),
    (TrafficServer, NoConnection, ANY, &[Contains(&["Could not connect to the requested server"])]),
    (Tyk, NoValidResponse, (500, 500), &[]),
    // Its own page names one reason for all failures, which older versions leave out; VCL may give it others.
    (Varnish, NoValidResponse, ANY, &[Contains(&["Backend fetch failed", "Error 503 Service Unavailable"])]),
    (Varnish, Deliberate, ANY, &[Contains(&["Guru Meditation"])]),
    (Varnish, NoValidResponse, (503, 503), &[]),
    (WatchGuard, Forbidden, ERROR, &[]),
    // Codes of its engine, Synapse.
    (Wso2, NoConnection, ANY, &[Contains(&["101503", "101508"])]),
    (Wso2, NoResponseInTime, ANY, &[Contains(&["101504"])]),
    (Wso2, ConnectionLost, ANY, &[Contains(&["101505"])]),
    (Wso2, NoServer, ANY, &[Contains(&["303000", "303001"])]),
    (Zuul, NoValidResponse, (500, 500), &[]),
];
