#!/usr/bin/env bash
# The whole program inside tmux, started from a shell as people do: job
# control, the screen of the shell given back, at two sizes.
set -u
: "${TWINDECK:=build/twindeck}"
export LC_ALL=C.UTF-8
dir=$(mktemp -d) || exit 1
mark=TMUX_TEST=$$-$RANDOM
n=0 server=none

t() {
	env -u TMUX TMUX_TMPDIR="$dir" tmux -u -L "$server" -f /dev/null "$@"
}

finish() {
	t kill-server 2>/dev/null
	for pid in $(left); do
		kill -9 "$pid" 2>/dev/null
	done
	rm -rf "$dir"
}
trap finish EXIT

left() { # the programs that run from this test; the shells are tmux's
	local e
	for e in /proc/[0-9]*/environ; do
		tr '\0' '\n' <"$e" 2>/dev/null | grep -qxF "$mark" &&
			grep -qa "^$TWINDECK" "${e%environ}cmdline" &&
			echo "$e" | cut -d/ -f3
	done 2>/dev/null
}

shown() {
	t capture-pane -p
}

sees() { # sees SECONDS REGEX
	local i
	for ((i = 0; i < $1 * 10; i++)); do
		shown | grep -qE -- "$2" && return 0
		sleep 0.1
	done
	return 1
}

at_prompt() { # at_prompt SECONDS: the last line is an empty prompt
	local i
	for ((i = 0; i < $1 * 10; i++)); do
		[ "$(shown | grep . | tail -n 1)" = 'ready>' ] && return 0
		sleep 0.1
	done
	return 1
}

buffer_holds() { # buffer_holds TEXT: within two seconds
	local i
	for ((i = 0; i < 20; i++)); do
		[ "$(t show-buffer 2>/dev/null)" = "$1" ] && return 0
		sleep 0.1
	done
	return 1
}

nobody_left() {
	local i
	for ((i = 0; i < 50; i++)); do
		[ -z "$(left)" ] && return 0
		sleep 0.1
	done
	echo "# left: $(left | xargs -r ps -o pid,args -p 2>/dev/null)"
	return 1
}

check() { # check NAME COMMAND …
	n=$((n + 1))
	local name=$1
	shift
	if "$@"; then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name"
		shown | sed 's/^/# |/'
	fi
}

start() { # start COLUMNS ROWS: a shell with a line of its own on the screen
	t kill-server 2>/dev/null
	server=at-$1x$2 # the old one may take a moment to leave
	t new-session -d -x "$1" -y "$2" "env '$mark' HOME='$dir' TMPDIR='$dir' \
		PS1='ready> ' bash --norc --noprofile"
	t set-option -g status off >/dev/null
	t resize-window -x "$1" -y "$2"
	sees 5 '^ready>' && t send-keys 'echo before' Enter && sees 5 '^before'
}

command -v tmux >/dev/null || {
	echo '1..0 # SKIP no tmux'
	exit 0
}
for size in 120x40 80x24; do
	start "${size%x*}" "${size#*x}" || echo "Bail out!  tmux does not start"
	t send-keys "$TWINDECK demo --phase-seconds 1" Enter
	check "$size: the demo is there, all linked" sees 20 '25(/25| devices  25) linked'
	t send-keys Space Space
	check "$size: two devices are marked" sees 5 '2 marked'
	t set-option -s set-clipboard on
	t send-keys 2 Y
	check "$size: what is copied is in tmux" buffer_holds tags
	t send-keys 1
	t send-keys C-z
	check "$size: ^Z gives the shell its screen" sees 5 'Stopped'
	check "$size: with what stood there before" sees 2 '^before'
	t send-keys fg Enter
	check "$size: fg brings the deck back as it was" sees 5 '2 marked'
	t resize-window -x 60 -y 16
	check "$size: a small window is followed" sees 5 'door-00'
	t resize-window -x "${size%x*}" -y "${size#*x}"
	check "$size: and the size from before" sees 5 '2 marked'
	t send-keys q
	check "$size: q leaves the shell as it was" sees 5 '^before'
	at_prompt 5
	t send-keys 'echo $?=code' Enter
	check "$size: with 0" sees 5 '^0=code'
	check "$size: and nobody runs on" nobody_left
done

t send-keys "$TWINDECK demo" Enter
check 'another demo is there' sees 20 'linked'
kill -9 "$(left | while read -r pid; do
	grep -qa "^$TWINDECK"$'.demo' "/proc/$pid/cmdline" && echo "$pid"
done | head -n 1)"
check 'after kill -9 the shell has its screen' sees 5 '^before'
t send-keys Enter
at_prompt 5
t send-keys 'echo typed' Enter
check 'and echoes what is typed' sees 5 '^ready> echo typed$'
check 'and nobody runs on' nobody_left

# A deck on a hub of its own, at each size, in UTF-8 and LANG=C, with colours
# and without: the text, the row with the focus, the cursor.
mkdir "$dir/hub"
env "$mark" "$TWINDECK" hub --json --https-port 0 --mqtt-port 0 \
	--state-dir "$dir/hub" </dev/null >"$dir/ready" 2>/dev/null &
for ((i = 0; i < 100; i++)); do
	grep -qs pid "$dir/ready" && break
	sleep 0.1
done
(
	umask 077
	sed 's/.*"serviceConnectionString":"\([^"]*\)".*/\1/' "$dir/ready" \
		>"$dir/cs"
)
for i in 1 2 3; do
	"$TWINDECK" hub add-device "lamp-$i" --state-dir "$dir/hub" >/dev/null
done
deck="$TWINDECK --connection-string-file $dir/cs --ca-file $dir/hub/ca.pem"

shown_with_looks() {
	t capture-pane -p -e
}

has_cursor_at() { # has_cursor_at COLUMN ROW, both from 0
	local i
	for ((i = 0; i < 30; i++)); do
		[ "$(t display-message -p '#{cursor_x},#{cursor_y}')" = \
			"$1,$2" ] && return 0
		sleep 0.1
	done
	t display-message -p '# the cursor is at #{cursor_x},#{cursor_y}'
	return 1
}

has_screen() { # of its own, the alternate one
	local i
	for ((i = 0; i < 50; i++)); do
		[ "$(t display-message -p '#{alternate_on}')" = 1 ] && return 0
		sleep 0.1
	done
	return 1
}

is_reverse() { # is_reverse TEXT: in a row whose looks have 7, as of ESC [ 7 m
	shown_with_looks | grep -F -- "$1" |
		grep -qE $'\033''\[([0-9;]*;)?7(;[0-9;]*)?m'
}

has_colours() {
	shown_with_looks | grep -qE $'\033''\[([0-9;]*;)?3[0-7](;[0-9;]*)?m'
}

has_no_colours() {
	! has_colours
}

is_ascii() {
	! shown | LC_ALL=C grep -q '[^ -~]'
}

ends() { # the deck ends, and the shell has its screen
	t send-keys q
	sees 5 '^ready>'
}

for how in 'LC_ALL=C.UTF-8' 'LC_ALL=C.UTF-8 NO_COLOR=1' 'LC_ALL= LANG=C' \
	'LC_ALL= LANG=C NO_COLOR=1'; do
	for size in 200x60 120x40 80x24 60x16 20x5 1x1; do
		start "${size%x*}" "${size#*x}"
		case $size in
		1x1)
			t send-keys "clear; $how $deck" Enter
			check "$size, $how: one cell, and it runs" \
				has_screen
			t resize-window -x 80 -y 24
			check "$size, $how: and grows" sees 5 '0/3 linked'
			ends
			continue
			;;
		20x5) row=2 ;;
		*) row=3 ;;
		esac
		t send-keys "clear; $how $deck" Enter
		check "$size, $how: the devices are there" sees 10 'lamp-[12]'
		check "$size, $how: the cursor is on the first" \
			has_cursor_at 1 "$row"
		check "$size, $how: which is reverse" is_reverse lamp-1
		t send-keys j
		check "$size, $how: it steps" has_cursor_at 1 \
			$((row + (row == 3)))
		check "$size, $how: and the focus with it" is_reverse lamp-2
		case $how in
		*NO_COLOR*) check "$size, $how: no colours" has_no_colours ;;
		*) check "$size, $how: colours" has_colours ;;
		esac
		case $how in
		*LANG=C*) check "$size, $how: nothing but ASCII" is_ascii ;;
		esac
		ends
	done
done

start 80 24
t send-keys "$deck" Enter
check 'a deck on a hub is there' sees 10 'lamp-3'
kill -9 "$(left | while read -r pid; do
	grep -qa connection-string-file "/proc/$pid/cmdline" && echo "$pid"
done | head -n 1)"
check 'after kill -9 the shell has its screen' sees 5 '^before'
t send-keys Enter
at_prompt 5
t send-keys 'echo typed' Enter
check 'and echoes what is typed' sees 5 '^ready> echo typed$'
kill "$(sed 's/.*"pid":\([0-9]*\).*/\1/' "$dir/ready")"
check 'and nobody runs on' nobody_left
echo "1..$n"
