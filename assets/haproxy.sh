#!/bin/sh
# HAProxy's external-check for OpenStack Metering: what HAProxy calls, and behind the line "# ==>" its configuration.
#
#   check_ceilometer --generate haproxy > /etc/haproxy/check_ceilometer.sh
#   chmod 755 /etc/haproxy/check_ceilometer.sh
#   sed '1,/^# ==>/d' /etc/haproxy/check_ceilometer.sh >> /etc/haproxy/haproxy.cfg
#
# The shell reads no further than "exec", so the whole output may stand as the script. Without any option this script is
# not needed: "external-check command" may name the plugin itself. For a yes or no without a diagnosis, HAProxy's own
# check is the lighter choice: check_ceilometer --generate haproxy-native.
#
# HAProxy passes "proxy_address proxy_port server_address server_port" and nothing else, wipes the environment, sets PATH
# to what "external-check path" says (else it is empty), and reads only the exit code: 0 is UP, anything else DOWN.
# OK and WARNING (throttled, slow, an undocumented 2xx) exit 0, CRITICAL 2, UNKNOWN 3.
#
# chroot: the check runs inside HAProxy's chroot, which Debian's configuration sets. Either drop "chroot" from "global",
#   or put this script, /bin/sh, the plugin, their libraries and /dev/null into it. Without /dev/null the plugin cannot
#   start under a daemonised HAProxy, and every server is DOWN.
# user: the check runs as HAProxy's user, who must be able to read every file named below.

plugin=/usr/lib/nagios/plugins/check_ceilometer

# Options, each a line to uncomment. HAProxy's own arguments stay last.

# HAProxy knows only addresses. This name goes into the Host header, the TLS handshake and the certificate's check, and is
# needed by servers with "ssl" unless their certificates hold the addresses.
#set -- -H metering.example.com "$@"

# Trust a private CA instead of the system's trust store.
#set -- --cacert /etc/haproxy/private-ca.pem "$@"

# A token, where the API asks for one before it answers the health check.
#set -- --token-file /etc/haproxy/ceilometer.token "$@"

# The plugin's budget is 1500ms, within HAProxy's default "inter" of 2s. HAProxy ends a check after "inter", or after the
# smaller of "timeout connect" and "inter" where "timeout check" is set: with a longer or shorter one, change both.
#set -- -t 2500ms "$@"

# Take a server that answers but is throttled or slow out of service, too.
#set -- --fail-on warning "$@"

# HAProxy discards what a check prints. These lines put the reason of each failed check into the system's log.
#reason=$("$plugin" --haproxy -o nagios "$@") && exit 0
#code=$?
#/usr/bin/logger -t check_ceilometer -- "$HAPROXY_PROXY_NAME/$HAPROXY_SERVER_NAME: ${reason%%|*}"
#exit "$code"

exec "$plugin" --haproxy "$@"
