complete -c check_ceilometer -s H -l hostname -d 'Check this endpoint too, in the same forms; repeatable' -r -f -a "(__fish_print_hostnames)"
complete -c check_ceilometer -l endpoints -d 'Read more endpoints from FILE, one per line; - is standard input' -r -F
complete -c check_ceilometer -s p -l port -d 'Port of endpoints that name none [default: 8777]' -r -f
complete -c check_ceilometer -l path -d 'Path of the health check [default: /v2/health]' -r -f
complete -c check_ceilometer -s m -l method -d 'Send this request: head proves that the API is up, get that it reaches its back-end [default: both]' -r -f -a "head\t''
get\t''
both\t''"
complete -c check_ceilometer -l header -d 'Send this header; repeatable; @FILE reads headers from FILE, one per line' -r -f
complete -c check_ceilometer -l token-file -d 'Send the token in FILE as X-Auth-Token; - is standard input' -r -F
complete -c check_ceilometer -l auth-file -d 'Authenticate by HTTP Basic with the user:password in FILE; - is standard input' -r -F
complete -c check_ceilometer -l os-cloud -d 'Log in to the cloud NAME of clouds.yaml, and send its token' -r -f
complete -c check_ceilometer -l os-config -d 'Read this clouds.yaml, and the secure.yaml next to it' -r -F
complete -c check_ceilometer -l os-region-name -d 'Check the endpoints of this region only; repeatable' -r -f
complete -c check_ceilometer -l os-interface -d 'Interface of the endpoints: public, internal or admin [default: the cloud\'s, else public]' -r -f
complete -c check_ceilometer -l os-service-type -d 'Service type in the catalogue [default: the cloud\'s, else metering, meter or telemetry]' -r -f
complete -c check_ceilometer -l token-cache -d 'Keep tokens in DIR, which only the user may read; off logs in on every run' -r -f -a "(__fish_complete_directories)"
complete -c check_ceilometer -l connect-to -d 'Connect to this address, but keep the endpoint\'s name for Host, SNI and certificate; one endpoint only' -r -f -a "(__fish_print_hostnames)"
complete -c check_ceilometer -l proxy -d 'Connect through an HTTP proxy, by CONNECT: http://HOST[:PORT] [default port: 1080]' -r -f
complete -c check_ceilometer -l proxy-auth-file -d 'Authenticate to the proxy with the user:password in FILE; - is standard input' -r -F
complete -c check_ceilometer -l cacert -d 'Trust the CAs in this PEM file or directory instead of the system\'s' -r -F
complete -c check_ceilometer -l cert -d 'Present the client certificate in this PEM file' -r -F
complete -c check_ceilometer -l key -d 'Read the client certificate\'s key from this PEM file [default: the file of --cert]' -r -F
complete -c check_ceilometer -s w -l warning -d 'WARNING if the response time of a request is outside RANGE' -r -f
complete -c check_ceilometer -s c -l critical -d 'CRITICAL if the response time of a request is outside RANGE' -r -f
complete -c check_ceilometer -l backend-warning -d 'WARNING if the back-end\'s share of the response time is outside RANGE' -r -f
complete -c check_ceilometer -l backend-critical -d 'CRITICAL if the back-end\'s share of the response time is outside RANGE' -r -f
complete -c check_ceilometer -l certificate-warning -d 'WARNING if the server certificate expires within D; a bare number is days' -r -f
complete -c check_ceilometer -l certificate-critical -d 'CRITICAL if the server certificate expires within D; a bare number is days' -r -f
complete -c check_ceilometer -l state -d 'Override the state for KEY; repeatable' -r -f -a "head:204=\t''
get:200=\t''
head:404=\t''
get:404=\t''
head:500=\t''
get:500=\t''
get:503=\t''
1xx=\t''
head:2xx=\t''
get:2xx=\t''
3xx=\t''
401=\t''
403=\t''
407=\t''
408=\t''
429=\t''
4xx=\t''
head:503=\t''
501=\t''
502=\t''
504=\t''
511=\t''
5xx=\t''
page=\t''
report=\t''
cached=\t''
dns=\t''
refused=\t''
no-route=\t''
reset=\t''
closed=\t''
timeout=\t''
tls=\t''
protocol=\t''
body=\t''
proxy=\t''
local=\t''
login:201=\t''
login:1xx=\t''
login:2xx=\t''
login:3xx=\t''
login:404=\t''
login:405=\t''
login:429=\t''
login:4xx=\t''
login:5xx=\t''
login:511=\t''
login:dns=\t''
login:refused=\t''
login:no-route=\t''
login:reset=\t''
login:closed=\t''
login:timeout=\t''
login:tls=\t''
login:protocol=\t''
login:body=\t''
login:proxy=\t''
login:local=\t''
catalog=\t''"
complete -c check_ceilometer -l quorum -d 'Require only N endpoints (or N%) to be OK or WARNING' -r -f
complete -c check_ceilometer -l fail-on -d 'Exit 1 for this state or worse, and for UNKNOWN, else 0, as container health checks expect' -r -f -a "warning\t''
critical\t''"
complete -c check_ceilometer -s t -l timeout -d 'Limit the whole run to D [default: 10s, in HAProxy mode 1500ms]' -r -f
complete -c check_ceilometer -l connect-timeout -d 'Limit connecting to D, within -t; 0 means no separate limit' -r -f
complete -c check_ceilometer -l retries -d 'Retry a CRITICAL endpoint up to N times, within -t [default: 0]' -r -f
complete -c check_ceilometer -l retry-delay -d 'Pause for D before a retry, and between the runs of --wait [default: 1s]' -r -f
complete -c check_ceilometer -l parallel -d 'Send at most N requests at once [default: 1000, or what the limit of open files allows]' -r -f
complete -c check_ceilometer -l wait -d 'Repeat the check until the state is OK, for at most D' -r -f
complete -c check_ceilometer -l watch -d 'Repeat the check every D and report changes, until Ctrl-C or --count [default: 5s]' -r -f
complete -c check_ceilometer -l count -d 'End --watch after N runs' -r -f
complete -c check_ceilometer -s o -l output -d 'Output format [default: human on a terminal, else nagios]' -r -f -a "human\t'For a terminal'
nagios\t'A Monitoring Plugins line with performance data'
json\t'One JSON object'
haproxy-agent\t'One line for HAProxy\'s agent-check'
prometheus\t'The text exposition format, for the textfile collector of Prometheus\' node exporter'"
complete -c check_ceilometer -l output-file -d 'Write to FILE atomically: to a new file in its directory, which is then renamed' -r -F
complete -c check_ceilometer -l color -d 'Use colour; auto honours NO_COLOR and the terminal [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c check_ceilometer -l max-output -d 'Limit the plugin output to BYTES, at least 80; use 1023 for NRPE 2 [default: 8192]' -r -f
complete -c check_ceilometer -l agent-warning -d 'Weight that -o haproxy-agent reports for WARNING, such as 50%' -r -f
complete -c check_ceilometer -l explain -d 'Explain a word of the output, such as get:503 or backend-down; without one, print the table of rules' -r -f -a "head:204\t''
get:200\t''
head:404\t''
get:404\t''
head:500\t''
get:500\t''
get:503\t''
1xx\t''
head:2xx\t''
get:2xx\t''
3xx\t''
401\t''
403\t''
407\t''
408\t''
429\t''
4xx\t''
head:503\t''
501\t''
502\t''
504\t''
511\t''
5xx\t''
page\t''
report\t''
cached\t''
dns\t''
refused\t''
no-route\t''
reset\t''
closed\t''
timeout\t''
tls\t''
protocol\t''
body\t''
proxy\t''
local\t''
login:201\t''
login:1xx\t''
login:2xx\t''
login:3xx\t''
login:404\t''
login:405\t''
login:429\t''
login:4xx\t''
login:5xx\t''
login:511\t''
login:dns\t''
login:refused\t''
login:no-route\t''
login:reset\t''
login:closed\t''
login:timeout\t''
login:tls\t''
login:protocol\t''
login:body\t''
login:proxy\t''
login:local\t''
catalog\t''
(__fish_complete_list , 'printf \"%s\\n\" healthy alive backend-down backend-stalled api-error not-found unreachable no-answer tls-failed denied proxy-error throttled wrong-service stale contradictory request-rejected slow certificate-expiring keystone-down login-refused not-in-catalog unexpected')
OK\t''
WARNING\t''
CRITICAL\t''
UNKNOWN\t''
SIMULATED\t''
head_time\t''
get_time\t''
backend_time\t''
certificate_days\t''
auth_time\t''
endpoints\t''
quorum\t''
retry\t''
skipped\t''
documented\t''
ours\t''
overridden\t''
resolve\t''
connect\t''
send\t''
wait\t''
receive\t''"
complete -c check_ceilometer -l simulate -d 'Rehearse alerts: check embedded endpoints in place of the given ones; every output says SIMULATED' -r -f -a "(__fish_complete_list , 'printf \"%s\\n\" healthy alive backend-down backend-stalled api-error not-found unreachable no-answer tls-failed denied proxy-error throttled wrong-service stale contradictory request-rejected slow certificate-expiring keystone-down login-refused not-in-catalog unexpected')"
complete -c check_ceilometer -l generate -d 'Print a man page, a shell\'s completions, or a configuration ready to use' -r -f -a "man\t'The man page'
complete-bash\t'Completions for bash'
complete-zsh\t'Completions for zsh'
complete-fish\t'Completions for fish'
icinga2\t'Icinga 2: the check command'
icinga2-services\t'Icinga 2: a service for every host that wants it'
nagios\t'Nagios: the commands'
nagios-services\t'Nagios: example services'
nrpe\t'NRPE: commands'
haproxy\t'HAProxy: external-check, with its wrapper script'
haproxy-agent\t'HAProxy: agent-check on a systemd socket'
haproxy-native\t'HAProxy: its own http-check, for those who need no diagnosis'
os-cloud\t'OpenStack: a clouds.yaml, a secure.yaml, and the commands for a credential that may only ask the health path'
keepalived\t'keepalived: a tracked script and a checked server'
checkmk\t'Checkmk: a line for MRPE, and a local check'
zabbix\t'Zabbix: a user parameter of the agent'
prometheus-rules\t'Prometheus: alerting rules'"
complete -c check_ceilometer -s S -l ssl -d 'Use https for endpoints that name no scheme'
complete -c check_ceilometer -l all-addresses -d 'Check every address that a name resolves to as an endpoint of its own'
complete -c check_ceilometer -s 4 -l ipv4 -d 'Use IPv4 only'
complete -c check_ceilometer -s 6 -l ipv6 -d 'Use IPv6 only'
complete -c check_ceilometer -s k -l insecure -d 'Do not verify the server\'s certificate; every output says so'
complete -c check_ceilometer -s v -l verbose -d 'Show more detail (up to -vvv)'
complete -c check_ceilometer -l haproxy -d 'Expect the arguments of HAProxy\'s external-check; for wrappers'
complete -c check_ceilometer -s h -l help -d 'Print help: -h the usual options, --help all of them'
complete -c check_ceilometer -s V -l version -d 'Print the version'
complete -c check_ceilometer -f -a "(__fish_print_hostnames)"
