#!/usr/bin/env bash
# The hub as a program: its ready line, its exit codes, its sub-commands, and
# what it leaves behind.
set -u
: "${TWINDECK:=build/twindeck}"
work=$(mktemp -d "${TMPDIR:-/tmp}/twindeck-test-XXXXXX")
n=0
pids=

finish() {
	for pid in $pids; do kill "$pid" 2>/dev/null; done
	wait 2>/dev/null
	rm -rf "$work"
}
trap finish EXIT

check() { # check NAME COMMAND…: one TAP line
	local name=$1 status=ok
	shift
	n=$((n + 1))
	"$@" >"$work/check.out" 2>&1 || { status='not ok'; sed 's/^/# /' "$work/check.out"; }
	printf '%s %d - %s\n' "$status" "$n" "$name"
}

until_true() { # until_true COMMAND…: within ten seconds
	local i
	for ((i = 0; i < 200; i++)); do
		"$@" 2>/dev/null && return 0
		sleep 0.05
	done
	return 1
}

start() { # start NAME OPTION…: a hub on $work/NAME; its pid in $pid
	local name=$1
	shift
	rm -f "$work/$name.out"
	"$TWINDECK" hub --state-dir "$work/$name" --https-port 0 --mqtt-port 0 \
		--json "$@" </dev/null >"$work/$name.out" 2>"$work/$name.err" &
	pid=$!
	pids="$pids $pid"
	until_true test -s "$work/$name.out"
}

field() { # field NAME KEY: of the ready line
	sed 's/.*"'"$2"'":"\{0,1\}\([^",}]*\).*/\1/' "$work/$1.out"
}

exits() { # exits CODE WORDS COMMAND…: and says so on standard error
	local code=$1 words=$2 rc
	shift 2
	timeout 20 "$@" </dev/null >"$work/exits.out" 2>"$work/exits.err"
	rc=$?
	cat "$work/exits.err"
	[ "$rc" = "$code" ] || { echo "exit code $rc, not $code"; return 1; }
	grep -qF -- "$words" "$work/exits.err"
}

sums() { find "$work/$1" -type f ! -name 'hub.db-*' ! -name lock -exec cksum {} + | sort; }

start one
one=$pid
# Traps 9 and 10 of the contract: the C SDK wants a dot in the host, and has
# both ports built in.
check 'the ports that SDKs have built in are the defaults' \
	test "$("$TWINDECK" hub --help | tr '\n' ' ' | tr -s ' ' |
		grep -oE 'else 443, which the SDKs have built in|\(default 8883\)' | wc -l)" = 2
check 'one line of JSON says what a client needs, its host with a dot' \
	grep -qE '^\{"hostName":"127\.0\.0\.1","serviceConnectionString":"HostName=127\.0\.0\.1:[0-9]+;SharedAccessKeyName=iothubowner;SharedAccessKey=[^"]+=","caFile":"/[^"]+/ca\.pem","httpsPort":[0-9]+,"mqttPort":[0-9]+,"pid":'"$one"'\}$' "$work/one.out"
check 'and is the only line' test "$(wc -l <"$work/one.out")" = 1
check 'the state folder is private' test "$(stat -c %a "$work/one")" = 700
check 'nothing in it that is secret is readable to others' \
	test -z "$(find "$work/one" -type f -perm /077 ! -name ca.pem ! -name hub.pem)"

before=$(sums one)
check 'a second start on the same state is 10' \
	exits 10 'already running' "$TWINDECK" hub --state-dir "$work/one" --https-port 0 --mqtt-port 0
check 'a port in use by HTTPS is 11, and named' \
	exits 11 "port $(field one httpsPort) is in use" \
	"$TWINDECK" hub --state-dir "$work/two" --https-port "$(field one httpsPort)" --mqtt-port 0
check 'a port in use by MQTT is 11, and named' \
	exits 11 "port $(field one mqttPort) is in use" \
	"$TWINDECK" hub --state-dir "$work/two" --https-port 0 --mqtt-port "$(field one mqttPort)"
check 'a state folder below a file is 12' \
	exits 12 "$work/one.out/state" "$TWINDECK" hub --state-dir "$work/one.out/state" --https-port 0 --mqtt-port 0
check 'a state folder that cannot be written is 12' \
	exits 12 /proc "$TWINDECK" hub --state-dir /proc/twindeck --https-port 0 --mqtt-port 0
check 'nothing of the running hub was touched' test "$before" = "$(sums one)"
check 'a name with a slash is wrong usage' \
	exits 2 "a hub's name" "$TWINDECK" hub --state-dir "$work/three" --name a/b
check 'an unknown sub-command is wrong usage' \
	exits 2 'no command' "$TWINDECK" hub --state-dir "$work/one" burn

added=$("$TWINDECK" hub --state-dir "$work/one" add-device door-1)
check 'add-device prints a device connection string with the MQTT port' \
	grep -qxE "HostName=127\.0\.0\.1:$(field one mqttPort);DeviceId=door-1;SharedAccessKey=[A-Za-z0-9+/]{43}=" <<<"$added"
check 'send is content with a device that is away' \
	"$TWINDECK" hub --state-dir "$work/one" send door-1 'hello there'
check 'send says that there is no such device' \
	exits 1 'nobody' "$TWINDECK" hub --state-dir "$work/one" send nobody hello
check 'send takes a device and a text' \
	exits 2 'send takes one device ID and one TEXT' "$TWINDECK" hub --state-dir "$work/one" send door-1
check 'device-string prints the same, options behind it too' \
	test "$added" = "$("$TWINDECK" hub device-string door-1 --state-dir "$work/one")"
check 'a device that is there already is said so' \
	exits 1 'already registered' "$TWINDECK" hub --state-dir "$work/one" add-device door-1
check 'a device that is not there is said so' \
	exits 1 'nobody' "$TWINDECK" hub --state-dir "$work/one" device-string nobody
check 'an id that is none is refused' \
	exits 1 'device' "$TWINDECK" hub --state-dir "$work/one" add-device 'a/b'
check 'without a hub the sub-commands say so' \
	exits 5 'no hub runs' "$TWINDECK" hub --state-dir "$work/nowhere" device-string door-1

check 'export works beside the hub that runs' \
	"$TWINDECK" hub --state-dir "$work/one" export "$work/one.jsonl"
check 'a line a device, with its keys' \
	grep -qF "$(cut -d= -f4 <<<"$added")" "$work/one.jsonl"
check 'and only for the user' test "$(stat -c %a "$work/one.jsonl")" = 600
check 'backup works beside the hub that runs' \
	"$TWINDECK" hub --state-dir "$work/one" backup "$work/one.db"
check 'and overwrites nothing' \
	exits 1 'is there already' "$TWINDECK" hub --state-dir "$work/one" backup "$work/one.db"
check 'import does not, and says so' \
	exits 10 'a hub runs on' "$TWINDECK" hub --state-dir "$work/one" import "$work/one.jsonl"
check 'import makes a state where there is none' \
	exits 0 '1 line imported' "$TWINDECK" hub --state-dir "$work/moved" import "$work/one.jsonl"
"$TWINDECK" hub --state-dir "$work/moved" export - >"$work/moved.jsonl" 2>/dev/null
check 'and what comes out again is the same' cmp "$work/one.jsonl" "$work/moved.jsonl"
check 'a bad line is named' \
	exits 1 'line 1' "$TWINDECK" hub --state-dir "$work/moved" import "$work/one.out"
check 'no state is nothing to export' \
	exits 1 'no hub has kept' "$TWINDECK" hub --state-dir "$work/nowhere" export -
check 'a fault that is none is wrong usage, whichever of two' \
	exits 2 'is no fault' "$TWINDECK" hub --state-dir "$work/three" --fault lossy --fault offline
check 'a fault that is none is wrong usage' \
	exits 2 'is no fault' "$TWINDECK" hub --state-dir "$work/three" --fault lossy
check 'a tier that is none is wrong usage' \
	exits 2 'F1, S1, S2 or S3' "$TWINDECK" hub --state-dir "$work/three" --tier B1

check 'units without a tier are refused' \
	exits 2 'needs --tier' "$TWINDECK" hub --state-dir "$work/three" --units 2
check 'a host name with a port is refused' \
	exits 2 'without a port' "$TWINDECK" hub --state-dir "$work/three" --host-name localhost:443
check 'fault gives the hub that runs a fault' \
	"$TWINDECK" hub --state-dir "$work/one" fault 503@door-1,latency=1ms
check 'which is met' \
	exits 1 'busy' "$TWINDECK" hub --state-dir "$work/one" device-string door-1
check 'and told' test "$("$TWINDECK" hub --state-dir "$work/one" fault | tr '\n' ' ')" = '503@door-1 latency=1ms '
check 'a fault that is none is said so' \
	exits 1 'is no fault' "$TWINDECK" hub --state-dir "$work/one" fault lossy
check 'and changes nothing' test "$("$TWINDECK" hub --state-dir "$work/one" fault | wc -l)" = 2
check 'fault none takes them all away' \
	test -z "$("$TWINDECK" hub --state-dir "$work/one" fault none)"
"$TWINDECK" hub --state-dir "$work/one" fault clock-skew=2h >/dev/null
check 'a clock that is off is met' \
	exits 4 'clock off' "$TWINDECK" hub --state-dir "$work/one" device-string door-1
check 'and can be set right again' \
	test -z "$("$TWINDECK" hub --state-dir "$work/one" fault none)"
(
	umask 077
	field one serviceConnectionString >"$work/one.string"
)
"$TWINDECK" run --connection-string-file "$work/one.string" \
	--ca-file "$(field one caFile)" call lockDoor '{"lockTime":"10m"}' --on door-1 >/dev/null 2>&1
check 'calls tells which device was called with what' \
	grep -qF '"deviceId":"door-1","methodName":"lockDoor","payload":{"lockTime":"10m"}' \
	<("$TWINDECK" hub --state-dir "$work/one" calls)

"$TWINDECK" hub --state-dir "$work/one" monitor door-1 >"$work/monitor.out" 2>&1 &
listener=$!
pids="$pids $listener"
check 'monitor listens to one device' until_true grep -q 'a listener to door-1' "$work/one.err"
kill -9 "$one"
wait "$one" 2>/dev/null
wait "$listener"
check 'and ends with the hub, which it says' test "$? $(cat "$work/monitor.out")" = \
	'1 twindeck hub: the hub has left'
check 'without a hub there is nothing to listen to' \
	exits 5 'no hub runs' "$TWINDECK" hub --state-dir "$work/one" monitor
check 'after a kill -9 they say so too' \
	exits 5 'no hub runs' "$TWINDECK" hub --state-dir "$work/one" device-string door-1
start one
one=$pid
check 'a hub that was killed starts again, with the same keys' \
	grep -qF "$(cut -d';' -f3 <<<"$added")" <("$TWINDECK" hub --state-dir "$work/one" device-string door-1)
kill -TERM "$one"
wait "$one"
check 'SIGTERM ends it with 0' test $? = 0
check 'and takes the ready line away' test ! -e "$work/one/ready.json"

# More connections than it has descriptors, and none of them says a word.
(
	ulimit -n 60
	exec "$TWINDECK" hub --state-dir "$work/few" --https-port 0 --mqtt-port 0 \
		--json </dev/null >"$work/few.out" 2>"$work/few.err"
) &
pid=$!
pids="$pids $pid"
until_true test -s "$work/few.out"
for port in $(field few mqttPort) $(field few httpsPort); do
	for ((i = 0; i < 40; i++)); do
		exec {fd}<>"/dev/tcp/127.0.0.1/$port"
	done
done
check 'who shows nothing makes room for who does' \
	timeout 8 "$TWINDECK" hub --state-dir "$work/few" add-device late
check 'and the log says so' grep -q 'have not shown who they are' "$work/few.err"
kill "$pid"

# An open pipe as standard input, closed from this side.
coproc EOF_HUB {
	exec "$TWINDECK" hub --state-dir "$work/eof" --https-port 0 --mqtt-port 0 \
		--json --exit-on-eof --remove-state 2>"$work/eof.err"
}
eof=$EOF_HUB_PID
pids="$pids $eof"
read -r -t 10 line <&"${EOF_HUB[0]}"
echo "$line" >"$work/eof.out"
check 'a private hub is ready' test -e "$work/eof/ready.json"
eval "exec ${EOF_HUB[1]}>&-"
check 'it leaves when its standard input closes' until_true bash -c "! kill -0 $eof"
check 'and takes its state with it' test ! -e "$work/eof"

mkdir "$work/home"
HOME=$work/home XDG_DATA_HOME='' "$TWINDECK" hub --name demo --https-port 0 --mqtt-port 0 \
	</dev/null >"$work/home.out" 2>/dev/null &
pid=$!
pids="$pids $pid"
until_true grep -q '\^C stops' "$work/home.out"
check 'the default state has a folder of the hub'"'"'s name' \
	test -e "$work/home/.local/share/twindeck/hub/demo/hub.db"
check 'people are told how to point an SDK at it' \
	grep -q "NODE_EXTRA_CA_CERTS=$work/home" "$work/home.out"
check 'and how to add a device to this very hub' \
	grep -qx '  twindeck hub --name demo add-device ID' "$work/home.out"
check 'sub-commands find it by its name' \
	env HOME="$work/home" XDG_DATA_HOME= "$TWINDECK" hub --name demo add-device x
kill "$pid"

echo "1..$n"
