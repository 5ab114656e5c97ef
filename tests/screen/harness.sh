#!/usr/bin/env bash
# A play that must fail does, says where and why, and shows the screen.
set -u
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
n=0

fails() { # fails NAME REGEX …: the play on standard input
	local name=$1 status regex
	shift
	n=$((n + 1))
	cat >"$dir/x.play"
	timeout 30 "$SCREENPLAY" "$dir/x.play" >"$dir/out" 2>&1
	status=$?
	for regex in "$@"; do
		grep -qE -- "$regex" "$dir/out" || status="$status, no $regex"
	done
	if [ "$status" = 1 ]; then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name"
		sed "s/^/# /;1s/^/# ended with $status: /" "$dir/out"
	fi
}

fails 'a text that does not come' '^not ok 1 - a' 'x.play:3: wait 200ms no' \
	'not on the screen: no' '^# \|yes$' '^not ok 2 - b # not reached' <<'END'
case a
run sh -c 'echo yes; read x'
wait 200ms no
case b
END
fails 'a text that stays' 'still on the screen: yes' <<'END'
case a
run sh -c 'echo yes; read x'
wait 5s yes
absent 200ms yes
END
fails 'another status' 'ended with 0, not 1' <<'END'
case a
run true
exit 5s 1
END
fails 'a program that does not end' 'the program has not ended' <<'END'
case a
run sleep 60
exit 100ms 0
END
fails 'bytes on a screen that should be idle' '[0-9]+ bytes were written' <<'END'
case a
run sh -c 'while :; do echo x; sleep 0.05; done'
wait 5s x
idle 1s 0
END
fails 'an attribute that is not there' 'not shown in reverse: x' <<'END'
case a
run sh -c 'echo x; read x'
wait 5s x
attr reverse x
END
fails 'a cursor that is elsewhere' 'the cursor is in row 2, column 1' <<'END'
case a
run sh -c 'echo x; read x'
wait 5s x
at 1 1
END
fails 'a colour where none should be' '1 cells have a colour' <<'END'
case a
run sh -c 'printf "\033[31mx\033[m"; read x'
wait 5s x
colours none
END
fails 'a mouse that is not asked for' 'the mouse is off' <<'END'
case a
run sh -c 'echo x; read x'
wait 5s x
mouse 200ms on
END
for harm in ']0;evil\007=a control string' ']52;c;eHh4\033\\=a control string' \
	'P$q\033\\=a control string' '_x\033\\=a control string'; do
	fails "a terminal that was sent ${harm%=*}" "was sent ${harm#*=}" <<END
case a
run sh -c 'printf "\033${harm%=*}"; echo x; read x'
wait 5s x
unharmed
END
done
fails 'a terminal that was sent a bell' 'was sent a bell' <<'END'
case a
run sh -c 'printf "\007"; echo x; read x'
wait 5s x
unharmed
END
fails 'a terminal that was sent a C1 character' 'was sent a C1' <<'END'
case a
run sh -c 'printf "\302\233x"; echo y; read x'
wait 5s y
unharmed
END
fails 'a child that stays' 'still running: [0-9]+ sleep 60' <<'END'
case a
run sh -c 'setsid sh -c "echo >$SCRATCH/up; exec sleep 60" & until [ -e $SCRATCH/up ]; do sleep 0.05; done'
exit 5s 0
nochild 200ms
END
fails 'a command that fails' 'ended with 1 and said: why' <<'END'
case a
shell echo why; false
END
fails 'an action that there is not' 'x.play:2: no such action: dance' <<'END'
case a
dance
END
fails 'a question before anything runs' 'nothing was run yet' <<'END'
case a
wait 1s x
END
n=$((n + 1))
if grep -lsz ^SCREENPLAY=run- /proc/[0-9]*/environ | xargs -r -n1 dirname |
	while read -r p; do tr '\0' ' ' <"$p/cmdline"; done 2>/dev/null |
	grep -q 'sleep 60'; then
	echo "not ok $n - nothing is left of a play that failed"
else
	echo "ok $n - nothing is left of a play that failed"
fi
echo "1..$n"
