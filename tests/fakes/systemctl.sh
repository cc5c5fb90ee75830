#!/bin/sh
# systemctl on a host that is a directory ($HOST_ROOT): as much of it as the restart guard and its timer need.
#
# units/UNIT has the unit's states, a line for each look; the last one stays. units/UNIT.started are those after a
# start, units/UNIT.started.next, if it is there, those after the start behind that. ``active@7`` runs as the process that
# began at 7. A unit that is down and whose line is not the last has a job: the next looks find it further. A start is an
# order, as with --no-block: it is refused later and in silence where a drop-in that was read asserts the contrary.
# Follows the documentation of systemd 252: systemctl(1) for what is asked and printed (a block for each unit, parted by
# an empty line), systemd.unit(5) for AssertPathExists=.
# Left out: everything else, as dependencies, timers that fire, units that end by themselves.
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
    [ -s "$state/units/$1" ] || { printf 'LoadState=not-found\nActiveState=inactive\n\n'; return; }
    found=$(head -n 1 "$state/units/$1")
    echo LoadState=loaded
    echo "ActiveState=${found%@*}"
    echo "ExecMainStartTimestampMonotonic=${found#"${found%@*}"}"
    if [ "$(wc -l < "$state/units/$1")" -gt 1 ]; then
        case $found in failed | inactive) echo Job=7 ;; esac
        sed -i 1d "$state/units/$1"
    fi
    echo
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
            for unit in "$state/units/"$pattern; do [ ! -e "$unit" ] || rm "$unit"; done
        done
        ;;
    "stop "*)
        [ -e "$state/units/$1.ignores-stop" ] || echo inactive > "$state/units/$1"
        ;;
    "reset-failed "*)
        for unit; do
            case $(head -n 1 "$state/units/$unit" 2> /dev/null) in failed) echo inactive > "$state/units/$unit" ;; esac
        done
        ;;
    "is-active "*)
        [ -s "$state/units/$1" ] || { echo inactive; exit 3; }
        found=$(head -n 1 "$state/units/$1")
        [ "$(wc -l < "$state/units/$1")" -eq 1 ] || sed -i 1d "$state/units/$1"
        echo "$found"
        [ "$found" = active ] || exit 3
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
        for unit; do show "$unit"; done
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
