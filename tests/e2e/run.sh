#!/usr/bin/env bash
# Commands without a screen against a hub and devices that are processes: the
# lines they print and the codes they leave with.
set -u
. "$(dirname "$0")/../support/hub.sh"
export LC_ALL=C.UTF-8
dir=$(mktemp -d) || exit 1
n=0 fleet=0 mute=0

finish() {
	local pid
	for pid in $fleet $mute $hub; do
		[ "$pid" -eq 0 ] || kill "$pid" 2>/dev/null
	done
	wait
	rm -rf "$dir"
}
trap finish EXIT

ok() { # ok STATUS NAME: one TAP line
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		printf '%s\n' "code $code" "$out" | sed 's/^/# /'
	fi
}

run() { # run ARGUMENT …: sets out, both streams, and code
	out=$(timeout 60 "$TWINDECK" run --ca-file "$ca" "$@" 2>&1 </dev/null)
	code=$?
}

said() { # said CODE PATTERN: what the last run did
	[ "$code" -eq "$1" ] && grep -qE -e "$2" <<<"$out"
}

out='' code=0
start_hub 0 0
"$TWINDECK" device --count 3 --prefix door- --phase-seconds 0.6 \
	--ca-file "$ca" --mqtt-port "$mqtt" >"$dir/fleet.log" 2>&1 </dev/null &
fleet=$!
"$TWINDECK" device --count 1 --prefix mute- --latency-ms 50000 \
	--ca-file "$ca" --mqtt-port "$mqtt" >"$dir/mute.log" 2>&1 </dev/null &
mute=$!
all_report() {
	run ls link:on unlocked
	[ "$(wc -l <<<"$out")" -eq 4 ]
}
until_true all_report
ok $? 'ls prints a line for each device'
mute_id=$(grep -o '^mute[^ ]*' <<<"$out")

run ls door:unlocked link:on door-2
[ "$code" -eq 0 ] && [ -z "$out" ]
ok $? 'a filter that nothing matches prints nothing and is no failure'
run --json ls door-003
[ "$(tr -d '\n' <<<"$out")" = '{"deviceId":"door-003","link":"connected",'\
'"firmware":"standBy","version":"1.4.1","door":"unlocked","drift":0}' ]
ok $? 'ls --json prints an object a line'
run twin get door-001
said 0 '^reported\.firmwareStatus = "standBy"$'
ok $? 'twin get prints a line for each leaf'
run --json twin get door-001
said 0 '^\{"deviceId":"door-001",.*"properties":\{"desired":\{.*\}$'
ok $? 'twin get --json prints the twin as it came'
run twin get nope
said 3 'nope: no such device \(404001\)'
ok $? 'a device that is not there is said so, code 3'

run call firmwareUpdate '{"fwPackageUri":"door-1.5.bin"}' \
	--on door-001,door-002 --json
[ "$code" -eq 0 ] &&
	[ "$(grep -c '"state":"confirmed","status":200,"payload":{"Response":"Firmware update started"}' <<<"$out")" -eq 2 ]
ok $? 'firmwareUpdate waits until each device has completed'
[ "$(grep -o '"phase":"[a-z]*"' <<<"$out" | head -n 4 | tr -d '\n')" = \
'"phase":"waiting""phase":"downloading""phase":"applying""phase":"completed"' ]
ok $? 'and saw the four phases in order'
stamps=$(head -n 1 <<<"$out" | grep -o '"at":"[^"]*"')
[ "$stamps" = "$(sort -u <<<"$stamps")" ]
ok $? 'each later than the one before'

run --ack call firmwareUpdate '{"fwPackageUri":"door-1.6.bin"}' --on door-001
said 0 '^door-001 +acknowledged +200 '
ok $? '--ack is content with the acknowledgement'
run call firmwareUpdate null --on door-001,door-003
said 3 '^door-001 +failed +refused by the device \(409\): ' &&
	said 3 '^door-003 +confirmed +completed +200 '
ok $? 'one device that refuses and one that does not: code 3'
run set building=43 floor=3 'site="brno"' --on door-001,door-002
[ "$code" -eq 0 ] && [ "$(grep -c ' confirmed$' <<<"$out")" -eq 2 ]
ok $? 'set waits until reported has the values'
run twin get door-001
said 0 '^desired\.site = "brno"$' && said 0 '^reported\.building = 43$'
ok $? 'and they stand in the twin'
run set site=null --on door-001
run twin get door-001
! said 0 '^desired\.site'
ok $? 'null removes'

# The tutorial's two jobs, with their delays scaled.
start=$(date +%s%N)
run call lockDoor '{"lockTime":"10m"}' --on door-002 --when +2s
said 0 '^door-002 +confirmed' && [ $(($(date +%s%N) - start)) -ge 2000000000 ]
ok $? 'lockDoor after a delay of 2 s'
start=$(date +%s%N)
run set building=44 floor=4 --on door-002 --when +1s
said 0 '^door-002 +confirmed' && [ $(($(date +%s%N) - start)) -ge 1000000000 ]
ok $? 'desired properties after a delay of 1 s'
run call lockDoor '{"lockTime":"5m"}' --engine hub --on door-001,nobody
said 3 '^door-001 +confirmed +200 ' &&
	said 3 "^nobody +failed +the hub's job has ended without it"
ok $? "the hub's own job calls, and each device is told"
run set floor=5 --engine hub --on door-002
said 0 '^door-002 +confirmed'
ok $? 'likewise with desired properties'
run set floor=5 --engine cloud --on door-002
said 2 'say here or hub'
ok $? 'there is no third engine'

# Interrupted: what was not sent yet is not, what was sent is not forgotten.
interrupt() { # interrupt PATTERN ARGUMENT …: once the fleet's log has it
	local pattern=$1 pid
	shift
	"$TWINDECK" run --ca-file "$ca" "$@" >"$dir/out" 2>&1 </dev/null &
	pid=$!
	until_true grep -qE "$pattern" "$dir/fleet.log"
	# Bit 15 of the signals that are caught: it has come that far.
	until_true grep -q '^SigCgt:.*[4-7c-f]...$' "/proc/$pid/status"
	kill -TERM "$pid"
	wait "$pid"
	code=$?
	out=$(cat "$dir/out")
}
interrupt . call lockDoor --on door-001 --when +1h
said 3 '^door-001 +cancelled +interrupted before it was called$'
ok $? 'a run that is stopped before its time calls nobody, code 3'
: >"$dir/fleet.log"
interrupt 'door-003.*downloading' call firmwareUpdate null --on door-003
said 7 '^door-003 +acknowledged.*interrupted before anything confirmed it$'
ok $? 'one that is stopped while it follows does not know, code 7'

run call reboot '{}' --on "$mute_id" --timeout 5
said 7 "^$mute_id +unknown +no answer from the device in time"
ok $? 'a device that does not answer: unknown, code 7'
[ "$(grep -c reboot "$dir/mute.log")" -eq 1 ]
ok $? 'and it was called once'
run call lockDoor '{"lockTime":"10m"}' --on "$mute_id" --timeout 5
said 0 "^$mute_id +confirmed"
ok $? 'without an answer, but with a door that was locked since: confirmed'
kill "$mute" && wait "$mute" 2>/dev/null
mute=0
gone() {
	run ls link:off
	grep -q "$mute_id" <<<"$out"
}
until_true gone
run call lockDoor --on "$mute_id"
said 3 "^$mute_id +failed +the device is offline \(404103\)$"
ok $? 'an offline device is said so, code 3'
run set building=50 --on "$mute_id"
said 0 "^$mute_id +acknowledged$"
ok $? 'desired properties of an offline device end as acknowledged'

# Where the connection string comes from.
printf '%s\n' "$IOTHUB_CONNECTION_STRING" >"$dir/string"
chmod 600 "$dir/string"
key=$IOTHUB_CONNECTION_STRING
out=$(timeout 60 env -u IOTHUB_CONNECTION_STRING "$TWINDECK" run ls \
	--ca-file "$ca" --connection-string-file "$dir/string" door-001 2>&1)
code=$?
said 0 '^door-001 '
ok $? 'a file holds the connection string'
out=$(timeout 60 env -u IOTHUB_CONNECTION_STRING "$TWINDECK" run ls door-001 \
	--ca-file "$ca" --connection-string-file - <"$dir/string" 2>&1)
code=$?
said 0 '^door-001 '
ok $? 'or standard input'
chmod 644 "$dir/string"
run ls --connection-string-file "$dir/string"
said 2 'others can read it'
ok $? 'a file that others can read is refused, code 2'
export XDG_CONFIG_HOME="$dir/config"
mkdir -p "$dir/config/twindeck"
chmod 600 "$dir/string"
printf '[deck]\nhub = lab\n[hub lab]\nconnection-string-file = %s\n' \
	"$dir/string" >"$dir/config/twindeck/config"
run ls door-001 --hub lab
said 0 '^door-001 '
ok $? '--hub takes the hub of the configuration file'
IOTHUB_CONNECTION_STRING='' run ls door-001
said 0 '^door-001 '
ok $? 'the hub of [deck] is taken when none is named'
IOTHUB_CONNECTION_STRING='HostName=127.0.0.1:1;SharedAccessKeyName=a;SharedAccessKey=AAAAAAAAAAAAAAAAAAAAAA==' \
	run ls
said 5 'cannot reach 127.0.0.1'
ok $? 'the environment goes before the configuration file'
run ls --hub prod
said 2 'the configuration has no hub prod, only lab'
ok $? 'a hub that is not there: code 2, and which are'
echo 'theem = light' >>"$dir/config/twindeck/config"
run ls --hub lab
said 2 'config, line 5: unknown key: theem'
ok $? 'a fault in the configuration file: code 2, with its line'
rm "$dir/config/twindeck/config"
IOTHUB_CONNECTION_STRING='' run ls
said 2 'which hub\?'
ok $? 'no connection string: code 2'
IOTHUB_CONNECTION_STRING='HostName=h.example;DeviceId=d;SharedAccessKey=AAAA' \
	run ls
said 2 'the connection string of the device d'
ok $? 'the connection string of a device: code 2'

run
said 2 '^usage: twindeck run'
ok $? 'no command: the table, code 2'
run help
said 0 'call METHOD \[JSON\]'
ok $? 'help prints the table'
run call
said 2 'call takes a METHOD'
ok $? 'wrong usage: code 2'
run call lockDoor
said 2 'on which devices\?'
ok $? 'no device: code 2'
run set building=brno --on door-001
said 2 'building=brno: column 10: expected a JSON value'
ok $? 'a value that is no JSON: code 2, with the column'
run ls --on door-001
said 2 'ls takes no --on'
ok $? 'an option of another command: code 2'

IOTHUB_CONNECTION_STRING="${key%SharedAccessKey=*}SharedAccessKey=$(
	printf %032d 7 | base64)" run ls
said 4 'not authorized'
ok $? 'a wrong key: code 4'
IOTHUB_CONNECTION_STRING="${key%SharedAccessKey=*}SharedAccessKey=$(
	printf %032d 7 | base64)" run call lockDoor --on door-001
said 4 '^door-001 +failed +not authorized'
ok $? 'also for a call'
out=$(timeout 60 "$TWINDECK" run ls 2>&1)
code=$?
said 5 'issuer certificate; --ca-file names the CA to trust$'
ok $? 'a CA that is not trusted: code 5, and what to do'
kill "$hub" && wait "$hub" 2>/dev/null
hub=0
run ls
said 5 'cannot reach 127.0.0.1'
ok $? 'a hub that is away: code 5'
run call lockDoor --on door-001
said 5 '^door-001 +failed +cannot reach'
ok $? 'also for a call'
! grep -qF -e "${key##*SharedAccessKey=}" "$dir"/*.log
ok $? 'no key stands in any log'
echo "1..$n"
