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
# OK and WARNING (throttled, slow, an undocumented 2xx) exit 0, CRITICAL 2, UNKNOWN 3.
#
# chroot: see the configuration below. user: the check runs as HAProxy's user, who must be able to read every file named here.

plugin=@PLUGIN@
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

# Take a server that answers but is throttled or slow out of service, too.
#set -- --fail-on warning "$@"

# Rehearse a failure of every server that this script checks.
#mode='--simulate backend-down --fail-on critical -t 1500ms'; set --

# HAProxy discards what a check prints. These lines put the summary of each failed check into the system's log.
#reason=$("$plugin" $mode -o nagios "$@") && exit 0
#code=$?
#/usr/bin/logger -t check_ceilometer -- "$HAPROXY_PROXY_NAME/$HAPROXY_SERVER_NAME: ${reason%%|*}"
#exit "$code"

exec "$plugin" $mode "$@"
