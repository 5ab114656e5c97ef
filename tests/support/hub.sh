# Sourced by tests that are shells: a hub that is a process, with its state in
# $dir/hub.  The test sets dir, and kills $hub (0: none) when it leaves.
: "${TWINDECK:=build/twindeck}"
hub=0

until_true() { # until_true COMMAND …: within 20 s
	local i
	for ((i = 0; i < 200; i++)); do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.1
	done
	return 1
}

field() { # field NAME: of the hub's ready line, a string or a number
	sed -n 's/.*"'"$1"'":"\{0,1\}\([^",}]*\).*/\1/p' "$dir/ready" | head -n 1
}

# start_hub HTTPS-PORT MQTT-PORT: sets ca, https, mqtt and what services read
start_hub() {
	: >"$dir/ready"
	"$TWINDECK" hub --json --https-port "$1" --mqtt-port "$2" \
		--state-dir "$dir/hub" >"$dir/ready" 2>"$dir/hub.log" </dev/null &
	hub=$!
	until_true grep -q mqttPort "$dir/ready" || return 1
	IOTHUB_CONNECTION_STRING=$(field serviceConnectionString)
	export IOTHUB_CONNECTION_STRING
	ca=$(field caFile) https=$(field httpsPort) mqtt=$(field mqttPort)
}
