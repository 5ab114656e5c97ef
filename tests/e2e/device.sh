#!/usr/bin/env bash
# The two tutorials on a real wire: hub, device and service are processes, and
# what is checked is what the service sees.
set -u
. "$(dirname "$0")/../support/hub.sh"
export LC_ALL=C.UTF-8
dir=$(mktemp -d) || exit 1
n=0 device=0 fleet=0

finish() {
	local pid
	for pid in $device $fleet $hub; do
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
		tail -n 20 "$dir/device.log" 2>/dev/null | sed 's/^/# /'
	fi
}

service() { # service COMMAND …: as the operator, with the service string
	timeout 60 "$TWINDECK" run --ca-file "$ca" "$@"
}

twin_has() { # twin_has ID TEXT: in the twin
	service --json twin get "$1" | grep -qF "$2"
}

# What the service sees while an update runs, each status once.
watch_phases() {
	local last='' seen='' status i
	for ((i = 0; i < 400; i++)); do
		status=$(service --json twin get d1 |
			sed -n 's/.*"firmwareStatus":"\([a-zA-Z]*\)".*/\1/p')
		[ "$status" = "$last" ] || seen="$seen $status"
		last=$status
		[ "$status" = completed ] && break
		sleep 0.05
	done
	echo "$seen"
}

start_hub 0 0
ok $? 'the hub is ready'

"$TWINDECK" hub --state-dir "$dir/hub" add-device d1 >/dev/null 2>&1
"$TWINDECK" hub --state-dir "$dir/hub" device-string d1 2>/dev/null |
	grep -o 'HostName=.*' | head -n 1 >"$dir/string"
chmod 600 "$dir/string"
"$TWINDECK" device --connection-string-file "$dir/string" --ca-file "$ca" \
	--mqtt-port "$mqtt" --phase-seconds 1 >"$dir/device.log" 2>&1 </dev/null &
device=$!
until_true grep -q 'twin read' "$dir/device.log"
ok $? 'a device connects with its own string and reads its twin'
until_true twin_has d1 '"firmwareStatus":"standBy"'
ok $? 'it reports standBy and firmware 1.4.1 at its start'

# Tutorial one.
out=$(service call firmwareUpdate '{"fwPackageUri":"door-1.5.bin"}' \
	--on d1 --ack)
ok $? 'firmwareUpdate is acknowledged at once'
phases=$(watch_phases)
[ "$phases" = ' standBy downloading applying completed' ]
ok $? 'the service sees standBy, downloading, applying, completed'
[ "$phases" = ' standBy downloading applying completed' ] || echo "#$phases"
times=0
for key in logTime downloadComplete startedApplyingImage lastFirmwareUpdate; do
	twin_has d1 "\"$key\":\"20" && times=$((times + 1))
done
[ "$times" -eq 4 ]
ok $? 'each phase left its time in the twin'
twin_has d1 '"firmwareVersion":"1.5"'
ok $? 'the device runs the version of the package'

service call firmwareUpdate '"{\"fwPackageUri\":\"test.com\"}"' --on d1 \
	--ack >/dev/null
ok $? 'a payload that is a string of JSON is read'
out=$(service call firmwareUpdate null --on d1 --ack 2>&1)
[ $? -eq 3 ] && grep -q 409 <<<"$out"
ok $? 'a second update while one runs is refused with 409'
out=$(service call reboot '{}' --on d1 --ack 2>&1)
[ $? -eq 3 ] && grep -q 501 <<<"$out"
ok $? 'a method it does not have is refused with 501'
out=$(service call lockDoor '{"lockTime":"soon"}' --on d1 --ack 2>&1)
[ $? -eq 3 ] && grep -q 400 <<<"$out"
ok $? 'a lockTime that is none is refused with 400'

# Tutorial two.
service call lockDoor '{"lockTime":"10m"}' --on d1 >/dev/null
ok $? 'lockDoor is confirmed by the twin'
twin_has d1 '"lockTime":"10m"'
ok $? 'the twin says for how long'
service call lockDoor '{"lockTime":"1s"}' --on d1 --ack >/dev/null
until_true twin_has d1 '"state":"unlocked"'
ok $? 'the door unlocks by itself'
service set building=43 floor=3 --on d1 >/dev/null
ok $? 'desired building and floor are confirmed by reported'
twin_has d1 '"desiredVersion":2'
ok $? 'with the version that they come from'

# The hub goes away and comes back.
kill "$hub" && wait "$hub" 2>/dev/null
until_true grep -q 'not connected' "$dir/device.log"
ok $? 'the device says that its connection is lost'
: >"$dir/device.log"
start_hub "$https" "$mqtt" && until_true grep -q 'twin read' "$dir/device.log"
ok $? 'it comes back to a hub that was started anew, and reads its twin'
service call lockDoor null --on d1 >/dev/null
ok $? 'and answers methods again'

# A fleet, as demo starts it.
mkfifo "$dir/fifo"
"$TWINDECK" device --ready-line --exit-on-eof --count 25 --prefix door- \
	--quiet --phase-seconds 0.5 <"$dir/fifo" >"$dir/fleet.log" 2>&1 &
fleet=$!
exec 3>"$dir/fifo"
cat "$dir/ready" >&3
until_true grep -q '25 of 25 devices connected' "$dir/fleet.log"
ok $? 'a fleet of 25 registers itself from the ready line and connects'
service call lockDoor '{"lockTime":"1m"}' --on door-001,door-013,door-025 \
	>/dev/null
ok $? 'its devices answer methods'
exec 3>&-
wait "$fleet"
ok $? 'it leaves when standard input closes'
fleet=0
exec 3<>"$dir/fifo"
cat "$dir/ready" >&3
"$TWINDECK" device --ready-line --count 25 --quiet <"$dir/fifo" \
	>"$dir/fleet.log" 2>&1 3>&- &
fleet=$!
until_true grep -q '25 of 25 devices connected' "$dir/fleet.log"
ok $? 'started again it fetches the keys of the devices that are there'

key=$(sed -n 's/.*SharedAccessKey=\([^;]*\).*/\1/p' "$dir/string")
! grep -qF -e "$key" -e 'SharedAccessSignature' -e 'sig=' "$dir"/*.log
ok $? 'no key and no token stands in what they print'
echo "1..$n"
