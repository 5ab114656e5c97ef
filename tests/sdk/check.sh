#!/usr/bin/env bash
# The Azure IoT SDK for Node, as published, against a hub of its own.  Closes
# with "N passed, N failed", or with "skipped: WHY".
#   TWINDECK   the program, default build/twindeck
#   SDK_CASES  which cases, a regular expression, default all
#   SDK_CACHE  where the packages are kept, default build/sdk
set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
twindeck=${TWINDECK:-$top/build/twindeck}
cache=${SDK_CACHE:-$top/build/sdk}
cases=${SDK_CASES:-.}

skip() {
	echo "skipped: $*"
	exit 0
}

install_packages() { # once for each package.json
	[ -d "$cache/node_modules/azure-iothub" ] &&
		cmp -s "$here/package.json" "$cache/package.json" && return 0
	mkdir -p "$cache" && rm -f "$cache/package.json"
	cp "$here/package.json" "$cache/package.json.new"
	(cd "$cache" && mv package.json.new package.json &&
		timeout 400 npm install --no-audit --no-fund \
			--no-package-lock >npm.log 2>&1) && return 0
	rm -f "$cache/package.json"
	tail -n 20 "$cache/npm.log"
	return 1
}

make_device_ca() { # whose certificates the hub takes from devices
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-subj /CN=devices -days 1 -keyout "$work/device-ca.key" \
		-out "$work/device-ca.pem" 2>/dev/null
}

start_hub() { # its ready line goes to $work/ready
	mkfifo "$work/stdin"
	# The hub leaves when the other end of this pipe closes, as it does
	# when this script ends, however it ends.
	"$twindeck" hub --json --https-port 0 --mqtt-port 0 --exit-on-eof \
		--device-ca "$work/device-ca.pem" \
		--state-dir "$work/hub" <"$work/stdin" >"$work/ready" \
		2>"$work/hub.log" &
	hub=$!
	exec 3>"$work/stdin"
	for ((i = 0; i < 200; i++)); do
		grep -qs '}' "$work/ready" && return 0
		kill -0 "$hub" 2>/dev/null || break
		sleep 0.05
	done
	echo "# the hub did not start:"
	sed 's/^/# /' "$work/hub.log"
	return 1
}

field() { # field NAME: of the ready line
	node -p 'JSON.parse(require("fs").readFileSync(process.argv[1]))[process.argv[2]]' \
		"$work/ready" "$1"
}

command -v node >/dev/null && command -v npm >/dev/null || skip "no npm"
node -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)' ||
	skip "node $(node --version) is older than 18"
install_packages || {
	# Somebody without the npm registry can test all the rest; CI has it.
	[ -n "${CI:-}" ] || skip "npm cannot install the SDK, see $cache/npm.log"
	echo "0 passed, 1 failed"
	exit 1
}
work=$(mktemp -d)
trap 'exec 3>&-; [ -z "${hub:-}" ] || wait "$hub"; rm -rf "$work"' EXIT
make_device_ca
start_hub || {
	echo "0 passed, 1 failed"
	exit 1
}
TD_SERVICE_CS=$(field serviceConnectionString)
TD_CA=$(field caFile)
TD_HTTPS_PORT=$(field httpsPort)
TD_MQTT_PORT=$(field mqttPort)
NODE_EXTRA_CA_CERTS=$TD_CA
NODE_PATH=$cache/node_modules
TD_DEVICE_CA=$work/device-ca
export TD_SERVICE_CS TD_CA TD_HTTPS_PORT TD_MQTT_PORT TD_DEVICE_CA \
	NODE_EXTRA_CA_CERTS NODE_PATH
timeout 240 node "$here/smoke.js" "$cases" 3>&-
status=$?
[ $status -eq 0 ] || sed 's/^/# hub: /' "$work/hub.log" | tail -n 20
[ $status -le 1 ] || echo "0 passed, 1 failed"
exit $status
