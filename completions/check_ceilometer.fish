complete -c check_ceilometer -s H -l hostname -d 'One more endpoint, in the same forms; may be repeated' -r
complete -c check_ceilometer -l endpoints -d 'Read more endpoints from FILE, one a line; - is standard input' -r -F
complete -c check_ceilometer -s p -l port -d 'The port of endpoints that name none' -r
complete -c check_ceilometer -l path -d 'The health path [default: /v2/health]' -r
complete -c check_ceilometer -s m -l method -d 'What to send: head proves that the API is up, get that it reaches its back-end [default: both]' -r -f -a "head\t'HEAD alone'
get\t'GET alone'
both\t'HEAD, then GET'"
complete -c check_ceilometer -l header -d 'Send a header too; may be repeated; @FILE reads headers from FILE, one a line' -r
complete -c check_ceilometer -l token-file -d 'Send the token in FILE as X-Auth-Token; - is standard input' -r -F
complete -c check_ceilometer -l auth-file -d 'Authenticate by HTTP Basic with the user:password in FILE; - is standard input' -r -F
complete -c check_ceilometer -l connect-to -d 'Dial this address, while Host, SNI and certificate name stay the endpoint\'s; one endpoint only' -r
complete -c check_ceilometer -l proxy -d 'Connect through an HTTP proxy, by CONNECT: http://HOST[:PORT] [default port: 1080]' -r
complete -c check_ceilometer -l proxy-auth-file -d 'Authenticate to the proxy with the user:password in FILE; - is standard input' -r -F
complete -c check_ceilometer -l cacert -d 'Trust the CAs in this PEM file or directory instead of the system\'s' -r -F
complete -c check_ceilometer -l cert -d 'Present this client certificate, a PEM file' -r -F
complete -c check_ceilometer -l key -d 'The client certificate\'s key, where it is not in the same file' -r -F
complete -c check_ceilometer -s w -l warning -d 'WARNING if the response time of an answered request is outside of RANGE' -r
complete -c check_ceilometer -s c -l critical -d 'CRITICAL if the response time of an answered request is outside of RANGE' -r
complete -c check_ceilometer -l backend-warning -d 'WARNING if the back-end\'s share of the time is outside of RANGE' -r
complete -c check_ceilometer -l backend-critical -d 'CRITICAL if the back-end\'s share of the time is outside of RANGE' -r
complete -c check_ceilometer -l certificate-warning -d 'WARNING if the server\'s certificate lives shorter than D; a bare number is days' -r
complete -c check_ceilometer -l certificate-critical -d 'CRITICAL if the server\'s certificate lives shorter than D; a bare number is days' -r
complete -c check_ceilometer -l state -d 'Judge what KEY names by STATE instead; may be repeated' -r
complete -c check_ceilometer -l quorum -d 'Be satisfied with N endpoints (or N percent) that are OK or WARNING' -r
complete -c check_ceilometer -l fail-on -d 'Exit 1 from this state on and for UNKNOWN, else 0, as container health checks want it' -r -f -a "warning\t'From WARNING on'
critical\t'From CRITICAL on'"
complete -c check_ceilometer -s t -l timeout -d 'The time for the whole run, whatever happens [default: 10s, in HAProxy mode 1500ms]' -r
complete -c check_ceilometer -l connect-timeout -d 'The time for connecting, within the whole; 0 is no bound of its own' -r
complete -c check_ceilometer -l retries -d 'Try a CRITICAL endpoint again up to N times, within the whole time [default: 0]' -r
complete -c check_ceilometer -l retry-delay -d 'The pause before a retry, and between the runs of --wait [default: 1s]' -r
complete -c check_ceilometer -l parallel -d 'Have at most N requests under way at once [default: 1000, and what descriptors allow]' -r
complete -c check_ceilometer -l wait -d 'Probe again and again until the state is OK or D is over' -r
complete -c check_ceilometer -l watch -d 'Probe every D and tell each change, until Ctrl-C or --count; at least 100ms' -r
complete -c check_ceilometer -l count -d 'End --watch after N runs' -r
complete -c check_ceilometer -s o -l output -d 'How to tell the result [default: human on a terminal, else nagios]' -r -f -a "human\t'For a terminal'
nagios\t'A Monitoring Plugins line with performance data'
json\t'One JSON object'
haproxy-agent\t'One line for HAProxy\'s agent-check'
prometheus\t'The text exposition format, for the textfile collector of Prometheus\' node exporter'"
complete -c check_ceilometer -l output-file -d 'Write to FILE instead, by a new file beside it and a rename' -r -F
complete -c check_ceilometer -l color -d 'When to use colour; auto honours NO_COLOR and the terminal [default: auto]' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c check_ceilometer -l max-output -d 'Keep the plugin output within BYTES, 80 at least; 1023 suits NRPE 2 [default: 8192]' -r
complete -c check_ceilometer -l agent-warning -d 'The weight that -o haproxy-agent tells for WARNING, such as 50%' -r
complete -c check_ceilometer -l explain -d 'Print the table in force, or the row for KEY; asks no endpoint' -r
complete -c check_ceilometer -l simulate -d 'Probe embedded endpoints that behave so; every output says SIMULATED' -r -f -a "healthy\t''
backend-down\t''
backend-stalled\t''
api-error\t''
not-found\t''
unreachable\t''
denied\t''
proxy-error\t''
throttled\t''
wrong-service\t''
request-rejected\t''"
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
haproxy-agent\t'HAProxy: agent-check behind a systemd socket'
haproxy-native\t'HAProxy: its own http-check, for those who need no diagnosis'
keepalived\t'keepalived: a tracked script and a checked server'
checkmk\t'Checkmk: a line for MRPE, and a local check'
zabbix\t'Zabbix: a user parameter of the agent'
prometheus-rules\t'Prometheus: alerting rules'"
complete -c check_ceilometer -s S -l ssl -d 'https for endpoints that name no scheme'
complete -c check_ceilometer -l all-addresses -d 'Make every address that a name resolves to an endpoint of its own'
complete -c check_ceilometer -s 4 -l ipv4 -d 'Use IPv4 only'
complete -c check_ceilometer -s 6 -l ipv6 -d 'Use IPv6 only'
complete -c check_ceilometer -s k -l insecure -d 'Do not verify the server\'s certificate; every output says so'
complete -c check_ceilometer -s v -l verbose -d 'Tell more; up to three times'
complete -c check_ceilometer -l haproxy -d 'Take the arguments as HAProxy\'s external-check gives them; for wrappers'
complete -c check_ceilometer -s h -l help -d 'Print the help: -h the usual options, --help all of them'
complete -c check_ceilometer -s V -l version -d 'Print the version'
