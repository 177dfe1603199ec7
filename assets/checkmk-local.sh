#!/bin/sh
# Checkmk's local check: one line of "STATE NAME METRICS TEXT" for each endpoint.

check() {
    output=$(@PLUGIN@ -o nagios -t 8 -H "$@")
    state=$?
    printf '%s\n' "$output" | awk -v state="$state" -v name="Ceilometer $1" '
        # Checkmk reads a backslash as an escape, and (!), (!!), (?) and (.) as states.
        { gsub(/\\/, "/"); gsub(/[(]!/, "( !"); gsub(/[(][?][)]/, "( ?)"); gsub(/[(][.][)]/, "( .)") }
        NR == 1 {
            metrics = split($0, part, " [|] ") > 1 ? part[2] : "-"
            gsub(" ", "|", metrics)
            printf "%s \"%s\" %s %s", state, name, metrics, part[1]
            next
        }
        { printf "\\n%s", $0 }
        END { print "" }'
}

# An endpoint, and further options.
check 127.0.0.1
# Rehearses an alert; every output says SIMULATED.
#check 127.0.0.1 --simulate backend-down
