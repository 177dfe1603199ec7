//! The profiles of the responders: for each, the proofs of responses that it made itself.
//!
//! Proxies put their name into `Server` on responses that they merely pass on. A header is evidence only where the
//! product sets it on its own responses alone, or together with others that no API sends.

use super::Responder;

/// One piece of evidence in a response.
#[derive(Debug, Clone, Copy)]
pub(super) enum Clue {
    /// The status is within these bounds.
    Status(u16, u16),
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

use Clue::{Begins, Contains, Has, Is, Json, Lacks, NoBody, Page, PageOrNone, Reason, Report, Status, Text};

/// Clues that prove a responder together.
pub(super) type Proof = &'static [Clue];

/// A responder, its names and its proofs.
#[derive(Debug)]
pub(super) struct Profile {
    pub(super) responder: Responder,
    /// The name in the JSON report.
    pub(super) name: &'static str,
    /// The name as its makers write it.
    pub(super) title: &'static str,
    /// Any of them is enough.
    pub(super) proofs: &'static [Proof],
}

const fn profile(
    responder: Responder,
    name: &'static str,
    title: &'static str,
    proofs: &'static [Proof],
) -> Profile {
    Profile { responder, name, title, proofs }
}

/// Any refusal or failure.
pub(super) const ERROR: Clue = Status(400, 599);
/// The statuses with which a proxy reports its servers.
const GATEWAY: Clue = Status(502, 504);
const LIMITED: Clue = Status(429, 429);

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

/// All profiles. The first whose proof holds wins, so products that build on others precede them.
pub(super) const PROFILES: &[Profile] = &[
    profile(
        Responder::Keystone,
        "keystone",
        "Keystone",
        &[
            &[Status(401, 401), Begins("www-authenticate", "keystone")],
            &[Status(401, 401), Json(&["error", "code"], "401"), Json(&["error", "title"], "Unauthorized")],
            &[Status(500, 599), Contains(&["The Keystone service is temporarily unavailable"])],
        ],
    ),
    profile(
        Responder::Ceilometer,
        "ceilometer",
        "Ceilometer",
        &[
            &[Status(200, 200), Report, NOT_IRONIC, NO_MICROVERSION],
            &[Status(503, 503), Report, NOT_IRONIC, NO_MICROVERSION],
            &[ERROR, Json(&["error_message"], ""), NOT_IRONIC, NO_MICROVERSION],
            &[ERROR, Json(&["error_message", "faultstring"], ""), NOT_IRONIC, NO_MICROVERSION],
        ],
    ),
    profile(
        Responder::Kong,
        "kong",
        "Kong",
        &[
            &[ERROR, Begins("server", "kong/"), Lacks("x-kong-upstream-latency")],
            &[Json(&["message"], "no Route matched with those values")],
            &[Json(&["message"], "failure to get a peer from the ring-balancer")],
            &[Json(&["message"], "An invalid response was received from the upstream server")],
            &[Json(&["message"], "The upstream server is timing out")],
        ],
    ),
    profile(
        Responder::Apisix,
        "apisix",
        "Apache APISIX",
        &[
            &[Page(&["Powered by <a href=\"https://apisix.apache.org/\">APISIX"])],
            &[Json(&["error_msg"], "404 Route Not Found")],
            &[ERROR, Begins("server", "APISIX/"), Json(&["error_msg"], "")],
            &[ERROR, Begins("server", "APISIX/"), Json(&["message"], "Missing API key")],
            &[ERROR, Begins("server", "APISIX/"), Json(&["message"], "Invalid API key in request")],
            &[ERROR, Begins("server", "APISIX/"), Json(&["message"], "Missing JWT token in request")],
            &[ERROR, Begins("server", "APISIX/"), Json(&["message"], "Missing authorization in request")],
        ],
    ),
    profile(
        Responder::Apigee,
        "apigee",
        "Apigee",
        &[&[Json(&["fault", "faultstring"], ""), Json(&["fault", "detail", "errorcode"], "")]],
    ),
    profile(
        Responder::Wso2,
        "wso2",
        "the WSO2 gateway",
        &[
            &[ERROR, Json(&["fault", "type"], "Status report"), Json(&["fault", "code"], "")],
            &[ERROR, Json(&["type"], "Status report"), Json(&["code"], "")],
            &[ERROR, Contains(&["<am:fault xmlns:am=\"http://wso2.org/apimanager\">"])],
        ],
    ),
    profile(Responder::Zuul, "zuul", "Zuul", &[&[ERROR, Json(&["exception"], "com.netflix.zuul.")]]),
    profile(
        Responder::KrakenD,
        "krakend",
        "KrakenD",
        // It completes what it merely passes on.
        &[&[ERROR, Has("x-krakend"), Is("x-krakend-completed", "false")]],
    ),
    profile(Responder::AwsWaf, "aws-waf", "AWS WAF", &[&[Has("x-amzn-waf-action")]]),
    profile(
        Responder::AwsApiGateway,
        "aws-api-gateway",
        "AWS API Gateway",
        &[
            &[ERROR, Has("x-amzn-errortype"), Json(&["message"], "")],
            &[ERROR, Has("x-amzn-errortype"), Has("x-amz-apigw-id")],
            &[ERROR, Has("x-amzn-errortype"), Has("apigw-requestid")],
            &[ERROR, Has("apigw-requestid"), Json(&["message"], "Service Unavailable")],
            &[ERROR, Has("x-amz-apigw-id"), Json(&["message"], "Service Unavailable")],
            &[ERROR, Has("x-amz-apigw-id"), Json(&["message"], "Internal server error")],
            &[Json(&["message"], "Missing Authentication Token")],
            &[Json(&["message"], "Endpoint request timed out")],
        ],
    ),
    profile(
        Responder::AwsLoadBalancer,
        "aws-elb",
        "the AWS load balancer",
        &[
            &[Begins("server", "awselb/")],
            // The Classic Load Balancer names itself nowhere.
            &[Status(503, 503), Reason("Service Unavailable: Back-end server is at capacity")],
        ],
    ),
    profile(
        Responder::CloudFront,
        "cloudfront",
        "CloudFront",
        &[
            &[Page(&["Generated by cloudfront (CloudFront)"])],
            // It completes what it passes on, too.
            &[ERROR, Is("server", "CloudFront"), Is("x-cache", "Error from cloudfront"), PageOrNone],
        ],
    ),
    profile(
        Responder::Cloudflare,
        "cloudflare",
        "Cloudflare",
        &[
            // 520 to 530 exist at Cloudflare alone.
            &[Status(520, 530), Has("cf-ray")],
            &[Status(520, 530), Begins("server", "cloudflare")],
            &[Has("cf-mitigated")],
            &[ERROR, Has("cf-ray"), Text(&["error code: "])],
            &[ERROR, Begins("server", "cloudflare"), Text(&["error code: "])],
            &[
                ERROR,
                Json(&["type"], "https://developers.cloudflare.com/support/"),
                Json(&["error_code"], ""),
            ],
            &[Page(&[
                "<center>cloudflare",
                "cf-error-details",
                "Cloudflare Ray ID",
                "/cdn-cgi/styles/",
                "/cdn-cgi/challenge-platform/",
                "<title>Just a moment...</title>",
            ])],
        ],
    ),
    profile(
        Responder::DataPower,
        "datapower",
        "IBM DataPower",
        &[
            &[ERROR, Contains(&["Failed to establish a backside connection"])],
            &[ERROR, Json(&["httpCode"], ""), Json(&["httpMessage"], ""), Json(&["moreInformation"], "")],
        ],
    ),
    profile(
        Responder::AzureApplicationGateway,
        "azure-application-gateway",
        "the Azure Application Gateway",
        &[
            &[Begins("server", "Microsoft-Azure-Application-Gateway")],
            &[Page(&["<center>Microsoft-Azure-Application-Gateway"])],
        ],
    ),
    profile(
        Responder::AzureFrontDoor,
        "azure-front-door",
        "Azure Front Door",
        &[
            &[ERROR, Has("x-azure-externalerror")],
            &[ERROR, Has("x-azure-ref"), Page(&["Our services aren't available right now"])],
            &[Page(&["<h2>Our services aren't available right now</h2>"])],
        ],
    ),
    profile(
        Responder::AzureApiManagement,
        "azure-api-management",
        "Azure API Management",
        &[
            &[Json(&["message"], "Access denied due to missing subscription key")],
            &[Json(&["message"], "Access denied due to invalid subscription key")],
            &[
                ERROR,
                Json(&["statusCode"], "429"),
                Json(&["message"], "Rate limit is exceeded. Try again in "),
            ],
            &[ERROR, Json(&["statusCode"], "403"), Json(&["message"], "Out of call volume quota. ")],
            &[ERROR, Json(&["statusCode"], ""), Json(&["activityId"], "")],
        ],
    ),
    profile(
        Responder::AzureAppService,
        "azure-app-service",
        "Azure App Service",
        &[&[
            ERROR,
            Page(&[
                "<title>Web App - Unavailable",
                "<title>Microsoft Azure Web App - Error",
                "Error 403 - This web app is stopped",
            ]),
        ]],
    ),
    profile(
        Responder::Google,
        "google",
        "the Google load balancer",
        &[
            &[Page(&["<h1>Error: Server Error</h1>", "!!1</title>"])],
            &[Begins("via", "1.1 google"), Text(&["no healthy upstream", "default backend - 404"])],
            &[Text(&["response 404 (backend NotFound)"])],
            // Cloud Armor and the identity-aware proxy.
            &[Status(403, 403), Page(&["initial-scale=1\"><title>403</title>403 Forbidden"])],
            &[Has("x-goog-iap-generated-response")],
            &[
                GATEWAY,
                Is("content-type", "text/html; charset=UTF-8"),
                Is("referrer-policy", "no-referrer"),
                Lacks("server"),
                PageOrNone,
            ],
        ],
    ),
    profile(
        Responder::Akamai,
        "akamai",
        "Akamai",
        &[
            &[ERROR, Begins("server", "AkamaiGHost")],
            &[Page(&["errors.edgesuite.net", "Reference&#32;&#35;"])],
        ],
    ),
    profile(
        Responder::Imperva,
        "imperva",
        "Imperva",
        &[
            &[Page(&["Incapsula incident ID", "_Incapsula_Resource"])],
            &[Page(&["The incident ID is"]), Page(&["Contact support for additional information"])],
        ],
    ),
    profile(
        Responder::Fastly,
        "fastly",
        "Fastly",
        &[
            &[ERROR, Begins("server", "Varnish"), Begins("x-served-by", "cache-")],
            &[Page(&["<p>Details: cache-"])],
            &[Text(&["Fastly error: "])],
            &[Page(&["Fastly error: "])],
        ],
    ),
    profile(
        Responder::Heroku,
        "heroku",
        "the Heroku router",
        &[&[Page(&["herokucdn.com/error-pages", "heroku logs --tail"])]],
    ),
    profile(Responder::CloudFoundry, "gorouter", "the Cloud Foundry router", &[&[Has("x-cf-routererror")]]),
    profile(
        Responder::BigIp,
        "big-ip",
        "F5 BIG-IP",
        &[
            &[Begins("server", "BigIP")],
            &[Begins("server", "BIG-IP")],
            &[Page(&["The requested URL was rejected. Please consult with your administrator"])],
        ],
    ),
    profile(
        Responder::Fortinet,
        "fortinet",
        "the Fortinet filter",
        &[
            &[Page(&[
                "FortiGuard Intrusion Prevention",
                "<title>Web Filter Violation</title>",
                "globalurl.fortinet.net",
            ])],
            &[Page(&["Web Page Blocked"]), Page(&["Attack ID"])],
        ],
    ),
    profile(
        Responder::ProxySg,
        "proxysg",
        "Symantec ProxySG",
        &[&[Page(&[
            "Network Error (tcp_error)",
            "Network Error (dns_",
            "Network Error (gateway_error)",
            "Access Denied (policy_denied)",
            "Access Denied (content_filter_denied)",
        ])]],
    ),
    profile(
        Responder::PaloAlto,
        "palo-alto",
        "the Palo Alto firewall",
        &[&[
            Page(&["<title>Web Page Blocked</title>", "<title>Application Blocked</title>"]),
            Page(&["in accordance with company policy"]),
        ]],
    ),
    profile(
        Responder::CiscoWsa,
        "cisco-wsa",
        "the Cisco web appliance",
        &[&[
            ERROR,
            Page(&["This Page Cannot Be Displayed"]),
            Page(&["Notification: ", "_TIMEOUT", "DNS_FAIL"]),
        ]],
    ),
    profile(
        Responder::SonicWall,
        "sonicwall",
        "the SonicWall firewall",
        &[
            &[ERROR, Begins("server", "SonicWALL")],
            &[ERROR, Page(&["Web Site Blocked"]), Page(&["nsa_banner"])],
        ],
    ),
    profile(
        Responder::Sophos,
        "sophos",
        "the Sophos firewall",
        &[&[ERROR, Page(&["Powered by UTM Web Protection"])]],
    ),
    profile(
        Responder::WatchGuard,
        "watchguard",
        "the WatchGuard firewall",
        &[&[ERROR, Contains(&["Request denied by WatchGuard"])]],
    ),
    profile(Responder::Zscaler, "zscaler", "Zscaler", &[&[Status(300, 599), Begins("server", "Zscaler")]]),
    profile(Responder::Privoxy, "privoxy", "Privoxy", &[&[ERROR, Page(&["(Privoxy@"])]]),
    profile(
        Responder::NetScaler,
        "netscaler",
        "Citrix NetScaler",
        &[&[Page(&["<html><body><b>Http/1.1 ", "NS Transaction ID:", "AppFW Session ID"])]],
    ),
    profile(
        Responder::OpenShift,
        "openshift",
        "the OpenShift router",
        &[&[Page(&["<h1>Application is not available</h1>"])]],
    ),
    profile(
        Responder::Haproxy,
        "haproxy",
        "HAProxy",
        &[
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
            // It names neither itself nor the time; API servers send at least the time.
            &[
                ERROR,
                Is("content-type", "text/html"),
                Is("cache-control", "no-cache"),
                Lacks("server"),
                Lacks("date"),
                PageOrNone,
            ],
            &[
                Status(302, 303),
                Is("content-length", "0"),
                Is("cache-control", "no-cache"),
                Lacks("server"),
                Lacks("date"),
            ],
        ],
    ),
    profile(
        Responder::Traefik,
        "traefik",
        "Traefik",
        &[
            &[Text(&["no available server"])],
            // HEAD's response has the length of that sentence.
            &[
                Status(503, 503),
                NoBody,
                Is("content-length", "20"),
                Is("x-content-type-options", "nosniff"),
                Lacks("server"),
            ],
        ],
    ),
    profile(
        Responder::Linkerd,
        "linkerd",
        "Linkerd",
        &[&[Has("l5d-proxy-error")], &[Has("l5d-proxy-connection"), GATEWAY, NoBody]],
    ),
    profile(
        Responder::Envoy,
        "envoy",
        "Envoy",
        &[
            &[Text(ENVOY_TEXTS)],
            &[ERROR, Is("server", "envoy"), Contains(ENVOY_TEXTS)],
            &[ERROR, Is("server", "istio-envoy"), Contains(ENVOY_TEXTS)],
            // A response that was passed on carries the upstream's time, unless that is suppressed; so data and plain text
            // may be the API's.
            &[ERROR, Is("server", "envoy"), Lacks("x-envoy-upstream-service-time"), PageOrNone],
            &[ERROR, Is("server", "istio-envoy"), Lacks("x-envoy-upstream-service-time"), PageOrNone],
        ],
    ),
    profile(
        Responder::Varnish,
        "varnish",
        "Varnish",
        &[
            // A response that was passed on keeps its server's name.
            &[ERROR, Is("server", "Varnish")],
            &[Page(&["<p>Varnish cache server</p>", "Guru Meditation"])],
        ],
    ),
    profile(
        Responder::Squid,
        "squid",
        "Squid",
        &[&[Has("x-squid-error")], &[Page(&["(squid", "id=\"ERR_", "id=ERR_"])]],
    ),
    profile(
        Responder::TrafficServer,
        "traffic-server",
        "Apache Traffic Server",
        &[
            &[ERROR, Begins("server", "ATS"), Is("content-language", "en"), Is("cache-control", "no-store")],
            &[ERROR, Page(&["FACE=\"Helvetica,Arial\"><B>\nDescription: "])],
        ],
    ),
    profile(Responder::Tinyproxy, "tinyproxy", "tinyproxy", &[&[ERROR, Begins("server", "tinyproxy/")]]),
    profile(
        Responder::Caddy,
        "caddy",
        "Caddy",
        &[&[
            ERROR,
            Is("server", "Caddy"),
            Is("content-length", "0"),
            Lacks("content-type"),
            Lacks("via"),
            PageOrNone,
        ]],
    ),
    profile(
        Responder::Pound,
        "pound",
        "Pound",
        &[
            &[ERROR, Is("expires", "now"), Is("pragma", "no-cache")],
            &[Status(503, 503), Text(&["The service is not available. Please try again later."])],
            &[Status(503, 503), Page(&["<h1>The service is not available. Please try again later.</h1>"])],
        ],
    ),
    profile(
        Responder::Tyk,
        "tyk",
        "Tyk",
        &[
            &[ERROR, Begins("x-generator", "tyk")],
            &[Json(&["error"], "There was a problem proxying the request")],
        ],
    ),
    profile(
        Responder::Sucuri,
        "sucuri",
        "the Sucuri firewall",
        &[&[Has("x-sucuri-block")], &[ERROR, Page(&["Sucuri WebSite Firewall"])]],
    ),
    profile(Responder::Gravitee, "gravitee", "Gravitee", &[&[ERROR, Json(&["http_status_code"], "")]]),
    profile(
        Responder::SpringCloudGateway,
        "spring-cloud-gateway",
        "Spring Cloud Gateway",
        &[&[GATEWAY, Json(&["requestId"], ""), Json(&["message"], "Unable to find instance for ")]],
    ),
    profile(
        Responder::Kubernetes,
        "kubernetes",
        "the Kubernetes API server",
        &[&[ERROR, Json(&["kind"], "Status"), Json(&["apiVersion"], "v1"), Json(&["status"], "Failure")]],
    ),
    profile(
        Responder::KubernetesDefaultBackend,
        "kubernetes-default-backend",
        "the Kubernetes default backend",
        &[&[Status(404, 404), Text(&["default backend - 404"])]],
    ),
    profile(
        Responder::LiteSpeed,
        "litespeed",
        "LiteSpeed",
        &[
            &[Page(&["Proudly powered by LiteSpeed Web Server"])],
            &[GATEWAY, Begins("server", "LiteSpeed"), Is("content-type", "text/html"), PageOrNone],
        ],
    ),
    profile(
        Responder::Lighttpd,
        "lighttpd",
        "lighttpd",
        &[
            &[
                Begins("server", "lighttpd"),
                Page(&[" <head>\n  <title>", " <head>\n  <meta charset=\"UTF-8\" />\n  <title>"]),
            ],
            &[GATEWAY, Begins("server", "lighttpd"), Is("content-type", "text/html"), PageOrNone],
        ],
    ),
    profile(
        Responder::Iis,
        "iis",
        "IIS",
        &[
            &[ERROR, Begins("server", "Microsoft-HTTPAPI/"), PageOrNone],
            &[Page(&[
                "HTTP Error 503. The service is unavailable.",
                "Web server received an invalid response while acting as a gateway or proxy server",
                "Internet Information Services",
                "<title>IIS ",
            ])],
            &[GATEWAY, Begins("server", "Microsoft-IIS/"), Is("content-type", "text/html"), PageOrNone],
        ],
    ),
    profile(
        Responder::WebLogic,
        "weblogic",
        "the WebLogic plug-in",
        &[&[ERROR, Contains(&["Failure of Web Server bridge", "Weblogic Bridge Message"])]],
    ),
    profile(
        Responder::Passenger,
        "passenger",
        "Passenger",
        &[
            &[ERROR, Has("x-powered-by"), Contains(&["This website is under heavy load"])],
            &[ERROR, Page(&["<title>Web application could not be started</title>"])],
        ],
    ),
    profile(
        Responder::NginxUnit,
        "nginx-unit",
        "NGINX Unit",
        &[&[ERROR, Begins("server", "Unit/"), Page(&["<!DOCTYPE html><title>Error "])]],
    ),
    profile(
        Responder::Nginx,
        "nginx",
        "nginx",
        &[
            &[Page(&[
                "<center>nginx",
                "<center>openresty",
                "<center>tengine",
                "<center>angie",
                "Welcome to nginx!",
                "Powered by Tengine",
            ])],
            // Its own pages and those of the site's operator, with the type that a file without a character set has.
            &[GATEWAY, Begins("server", "nginx"), Is("content-type", "text/html"), PageOrNone],
            &[GATEWAY, Begins("server", "openresty"), Is("content-type", "text/html"), PageOrNone],
            &[LIMITED, Begins("server", "nginx"), Is("content-type", "text/html"), PageOrNone],
            // A file served in an error's place keeps its entity tag; no API marks a failure so.
            &[GATEWAY, Begins("server", "nginx"), Has("etag")],
            &[LIMITED, Begins("server", "nginx"), Has("etag")],
        ],
    ),
    profile(
        Responder::Apache,
        "apache",
        "Apache",
        &[
            // Python's servers use these document types too, in another layout.
            &[Page(&[
                "-//IETF//DTD HTML 2.0//EN\">\n<html><head>\n<title>",
                "-//W3C//DTD HTML 4.01//EN\" \"http://www.w3.org/TR/html4/strict.dtd\">\n<html><head>\n<title>",
                "<address>Apache",
            ])],
            &[
                ERROR,
                Begins("server", "apache"),
                Is("content-type", "text/html; charset=iso-8859-1"),
                PageOrNone,
            ],
            &[GATEWAY, Begins("server", "apache"), Has("etag"), Is("accept-ranges", "bytes")],
            &[LIMITED, Begins("server", "apache"), Has("etag"), Is("accept-ranges", "bytes")],
        ],
    ),
];
