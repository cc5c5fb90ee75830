#!/bin/sh
# systemctl on a host that is a directory ($HOST_ROOT): as much of it as the restart guard and its timer need.
#
# units/UNIT has the unit's states, a line for each look; the last one stays. units/UNIT.started are those after a
# start, units/UNIT.started.next, if it is there, those after the start behind that. ``active@7`` runs as the process that
# began at 7. A unit that is down and whose line is not the last has a job: the next looks find it further. A start is an
# order, as with --no-block: it is refused later and in silence where a drop-in that was read asserts the contrary.
# Follows systemd/systemd@v252 src/: systemctl/systemctl-show.c:2011-2014 (blocks parted by an empty line), :1033-1043
# (Job=, empty without one), systemctl/systemctl-is-active.c:21-52, core/unit.c:1903-1906 and core/job.c:924 (an assertion
# that fails ends the start, and nothing else), core/unit.c:1987 (what is down stays as it is when it is stopped, failed
# too), systemctl/systemctl-util.c:103-104 (5: no such unit).
# Left out: everything else, as dependencies, timers that fire, units that end by themselves. Stricter than systemctl:
# it refuses to enable what has no WantedBy=, where systemd has a word at most (systemctl/systemctl-enable.c:245).
set -eu
state=$HOST_ROOT/systemd
drop_ins=$HOST_ROOT/run/systemd/system
timer=$HOST_ROOT/etc/systemd/system/vitam-restart-guard.timer
mkdir -p "$state/units" "$state/loaded"
echo "$*" >> "$state/calls"
verb=$1
shift

held() {
    asserted=$(sed -n 's/^AssertPathExists=!//p' "$state/loaded/$1" 2> /dev/null | sed "s/%n/$1/")
    [ -n "$asserted" ] && [ -e "$HOST_ROOT$asserted" ]
}

# Until systemd comes to the job, a unit that had failed is still seen as failed.
begin() {
    before=$(head -n 1 "$state/units/$1" 2> /dev/null | grep '^failed' || true)
    { [ -z "$before" ] || echo "$before"; cat "$state/units/$1.started"; } > "$state/units/$1.new"
    mv "$state/units/$1.new" "$state/units/$1"
    [ ! -e "$state/units/$1.started.next" ] || mv "$state/units/$1.started.next" "$state/units/$1.started"
}

show() {
    load=not-found found=inactive job='' began=0
    if [ -s "$state/units/$1" ]; then
        load=loaded
        found=$(head -n 1 "$state/units/$1")
        case $found in *@*) began=${found##*@} ;; esac
        if [ "$(wc -l < "$state/units/$1")" -gt 1 ]; then
            case $found in failed | inactive) job=7 ;; esac
            sed -i 1d "$state/units/$1"
        fi
    fi
    printf '%s\n' "LoadState=$load" "ActiveState=${found%@*}" "Job=$job" "ExecMainStartTimestampMonotonic=$began"
}

next_firing() {
    calendar=$(sed -n 's/^OnCalendar=//p' "$timer")
    LC_ALL=C date --utc --date="$calendar" '+%a %Y-%m-%d %H:%M:%S UTC'
}

case "$verb $*" in
    "start "*)
        for unit; do
            case $unit in --*) continue ;; esac
            case $(head -n 1 "$state/units/$unit" 2> /dev/null) in active*) continue ;; esac
            held "$unit" || [ ! -e "$state/units/$unit.started" ] || begin "$unit"
        done
        ;;
    "stop vitam-copy-"*)
        for pattern; do
            for unit in "$state/units/"$pattern; do
                case $(head -n 1 "$unit" 2> /dev/null) in '' | failed*) ;; *) rm "$unit" ;; esac
            done
        done
        ;;
    "stop "*)
        case $(head -n 1 "$state/units/$1" 2> /dev/null) in
            '') exit 5 ;;
            failed* | inactive*) sed -i 1q "$state/units/$1" ;;
            *) [ -e "$state/units/$1.ignores-stop" ] || echo inactive > "$state/units/$1" ;;
        esac
        ;;
    "reset-failed "*)
        for pattern; do
            for unit in "$state/units/"$pattern; do
                case $(head -n 1 "$unit" 2> /dev/null) in failed*) ;; *) continue ;; esac
                case $pattern in *'*') rm "$unit" ;; *) echo inactive > "$unit" ;; esac
            done
        done
        ;;
    "is-active "*)
        [ -s "$state/units/$1" ] || { echo inactive; exit 3; }
        found=$(head -n 1 "$state/units/$1")
        [ "$(wc -l < "$state/units/$1")" -eq 1 ] || sed -i 1d "$state/units/$1"
        echo "${found%@*}"
        case $found in active* | reloading) ;; *) exit 3 ;; esac
        ;;
    "daemon-reload "*)
        rm -f "$state/loaded/"*
        for file in "$drop_ins"/*.d/*.conf; do
            [ ! -e "$file" ] || cp "$file" "$state/loaded/$(basename "${file%/*}" .d)"
        done
        ;;
    "enable --quiet vitam-restart-guard.timer")
        grep -q '^WantedBy=' "$timer"
        ;;
    "enable --quiet vitam-restart-guard.service")
        grep -q '^WantedBy=' "${timer%.timer}.service" && touch "$state/begins-at-boot"
        ;;
    "disable --quiet vitam-restart-guard.service")
        rm -f "$state/begins-at-boot"
        ;;
    "restart vitam-restart-guard.timer")
        next_firing > "$state/armed"
        ;;
    "disable --quiet --now vitam-restart-guard.timer vitam-restart-guard.service")
        rm -f "$state/armed" "$state/begins-at-boot"
        [ -e "$timer" ]
        ;;
    "show --property=LoadState,ActiveState,Job,"*)
        shift 2
        between=
        for unit; do
            printf '%s' "$between"
            show "$unit"
            between='
'
        done
        ;;
    "show --property=ActiveState,NextElapseUSecRealtime vitam-restart-guard.timer")
        [ -e "$state/armed" ] && echo ActiveState=active || echo ActiveState=inactive
        echo "NextElapseUSecRealtime=$(cat "$state/armed" 2> /dev/null || true)"
        ;;
    *)
        echo "nobody told this systemctl what to do with: $verb $*" | tee -a "$state/mistakes" >&2
        exit 64
        ;;
esac
