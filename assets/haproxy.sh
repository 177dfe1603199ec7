#!/bin/sh
# HAProxy's external-check for OpenStack Metering: the script that HAProxy calls, and after the line "# ==>" its
# configuration. Of HAProxy's three ways to check a server:
#   haproxy-native  HAProxy's own check. UP or DOWN without a diagnosis: the lightest, and indifferent to "chroot".
#   haproxy-agent   The plugin runs beside the API. The reason shows in HAProxy's log and statistics, and "chroot" does not
#                   matter: to be preferred where a diagnosis is wanted.
#   haproxy         This one. HAProxy starts a process for each check, from within its chroot: where nothing can be
#                   installed beside the API.
#
#   check_ceilometer --generate haproxy > /etc/haproxy/check_ceilometer.sh
#   chmod 755 /etc/haproxy/check_ceilometer.sh
#   sed '1,/^# ==>/d' /etc/haproxy/check_ceilometer.sh >> /etc/haproxy/haproxy.cfg
#   sed -i 's/^[[:space:]]*chroot /#&/' /etc/haproxy/haproxy.cfg
#   haproxy -c -f /etc/haproxy/haproxy.cfg
#
# The shell reads no further than "exec", so the whole output may be the script. Without any option the script is not
# needed: "external-check command" may name the plugin itself.
#
# HAProxy passes "proxy_address proxy_port server_address server_port" and nothing else, wipes the environment, sets PATH
# to what "external-check path" says (else it is empty), and reads only the exit code: 0 is UP, anything else DOWN.
# OK and WARNING exit 0, CRITICAL 2, UNKNOWN 3.
#
# chroot: see the configuration below. user: the check runs as HAProxy's user, who must be able to read every file named here.

plugin=@PLUGIN_SH@
mode=--haproxy

# Options, each a line to uncomment. HAProxy's own arguments stay last.

# HAProxy knows only addresses. This name goes into the Host header, the TLS handshake and the certificate's check, and is
# needed by servers with "ssl" unless their certificates hold the addresses.
#set -- -H metering.example.com "$@"

# Trust a private CA instead of the system's trust store.
#set -- --cacert /etc/haproxy/private-ca.pem "$@"

# A token, where the API demands one before it answers the health check.
#set -- --token-file /etc/haproxy/ceilometer.token "$@"

# The plugin's budget is 1500ms, within HAProxy's default "inter" of 2s. HAProxy ends a check after "inter", or after the
# smaller of "timeout connect" and "inter" where "timeout check" is set: with a longer or shorter one, change both.
#set -- -t 2500ms "$@"

# Take a server in state WARNING out of service, too.
#set -- --fail-on warning "$@"

# Rehearse a failure of every server that this script checks.
#mode='--simulate backend-down --fail-on critical -t 1500ms'; set --

# What a check prints comes out on HAProxy's own standard output: in the journal, where a unit runs it with -Ws as Debian's and
# RHEL's do. This line puts the summary of every check there.
#set -- -o nagios "$@"

# As a daemon (-D) HAProxy discards what a check prints. These lines put the summary of each failed check into the system's
# log instead.
#reason=$("$plugin" $mode -o nagios "$@") && exit 0
#code=$?
#/usr/bin/logger -t check_ceilometer -- "$HAPROXY_PROXY_NAME/$HAPROXY_SERVER_NAME: ${reason%%|*}"
#exit "$code"

exec "$plugin" $mode "$@"

# ==> /etc/haproxy/haproxy.cfg <==
# Sections of the same name add up: "global" may be there a second time.
#
# The check runs inside HAProxy's "chroot", which Debian's and RHEL's configurations set to /var/lib/haproxy: the script is
# not found there, and every server is DOWN. So is one whose plugin is in there but needs libraries from outside: the log says
# "Failed to exec process for external health check: No such file or directory". Either remove "chroot" from "global", or put a statically linked plugin into the
# chroot and name it instead of the script:
#   install -m 755 check_ceilometer /var/lib/haproxy/          (from the static archive; ldd calls it static)
#   external-check command /check_ceilometer
# For options in a chroot, use the agent: check_ceilometer --generate haproxy-agent.
global
    external-check
    # Since version 2.2 HAProxy starts no process without this line.
    insecure-fork-wanted

backend metering
    mode http
    balance roundrobin
    timeout connect 5s
    timeout server 30s
    option external-check
    external-check command /etc/haproxy/check_ceilometer.sh
    external-check path /usr/bin:/bin
    # The check must end within "inter"; the plugin's own budget is 1500ms.
    default-server check inter 3s fall 3 rise 2
    # HAProxy ignores "check port" here: the plugin gets the server's own address and port.
    server metering1 192.0.2.11:8777
    server metering2 192.0.2.12:8777
    # With "ssl" the plugin probes over https and verifies by itself; see -H and --cacert in the script.
    #server metering3 192.0.2.13:8777 ssl verify required ca-file /etc/haproxy/private-ca.pem
    # IPv6 and UNIX sockets are probed as they are served.
    #server metering4 [2001:db8::14]:8777
    #server metering5 unix@/run/ceilometer/api.sock
