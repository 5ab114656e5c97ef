#!/usr/bin/env bash
# Every gate, one after the other; ./bootstrap check calls it with what it
# needs installed.  The last line is the sum of all cases: those of each TAP
# test, one for each gate that is a yes or a no.
set -u
cd "$(dirname "$0")/.." || exit 1
export LC_ALL=C.UTF-8
export PLAY_PATIENCE=4 # who shares the machine is not known
logs=build/check
passed=0 failed=0 skipped=0

say() {
	printf 'check: %s\n' "$*"
}

bounded() { # bounded SECONDS NAME COMMAND …: into its own log
	local limit=$1 log=$logs/$2.log status
	shift 2
	timeout -k 10 "$limit" "$@" >>"$log" 2>&1 </dev/null
	status=$?
	[ $status -ne 124 ] || echo "no end after $limit s" >>"$log"
	return $status
}

verdict() { # verdict STATUS NAME: a gate that is one case
	if [ "$1" -eq 0 ]; then
		passed=$((passed + 1))
		say "$2: passed"
	else
		failed=$((failed + 1))
		say "$2: FAILED"
		{
			grep -E 'error:|\*\*\*|No rule to make' "$logs/$2.log"
			tail -n 20 "$logs/$2.log"
		} | sed 's/^/    /'
	fi
}

configured() { # configured FOLDER NAME [ASSIGNMENT … OPTION …]
	local folder=$1 name=$2
	shift 2
	mkdir -p "$folder"
	[ -f "$folder/Makefile" ] && [ "$folder/config.status" -nt configure ] &&
		return 0
	bounded 300 "$name" env -C "$folder" ../configure "$@"
}

summed() { # summed KIND LOG: automake's closing count of a kind
	awk -v k="# $1:" 'index($0, k) == 1 { n = $3 } END { print n + 0 }' "$2"
}

show_failures() { # show_failures FOLDER LOG: each test's log, once
	local test
	sed -nE 's/^(FAIL|ERROR|XPASS): ([^ ]+).*/\2/p' "$2" | sort -u |
		while read -r test; do
			say "$1/$test:"
			grep -hE "^(FAIL|ERROR|XPASS): $test" "$2" |
				sed 's/^/    /'
			tail -n 40 "$1/${test%.*}.log" | sed 's/^/    /'
		done
}

# A test suite: its real cases are counted, and that there were any.
suite() { # suite NAME FOLDER [CONFIGURE-OPTION …]
	local name=$1 folder=$2 status p f s
	local log=$logs/$name.log
	shift 2
	: >"$log"
	say "$name: building and testing in $folder/"
	if ! configured "$folder" "$name" "$@" ||
	    ! bounded 1200 "$name" make -s -C "$folder" -j"$jobs" all; then
		verdict 1 "$name"
		return
	fi
	bounded 1500 "$name" make -C "$folder" -j"$jobs" -k check
	status=$?
	p=$(summed PASS "$log") s=$(summed SKIP "$log")
	f=$(($(summed FAIL "$log") + $(summed ERROR "$log") +
		$(summed XPASS "$log")))
	show_failures "$folder" "$log"
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
	say "$name: $p passed, $f failed, $s skipped"
	if [ $((p + f)) -eq 0 ] || { [ $status -ne 0 ] && [ "$f" -eq 0 ]; }; then
		verdict 1 "$name"
	fi
}

clang_build() {
	local log=$logs/clang.log
	: >"$log"
	say "clang: building all of it in build-clang/"
	configured build-clang clang --enable-werror CC=clang &&
		bounded 1200 clang make -s -C build-clang -j"$jobs" check TESTS=
	verdict $? clang
}

man_pages() {
	: >"$logs/man.log"
	bounded 60 man mandoc -T lint man/*.1
	verdict $? man
}

sdk_smoke() {
	local log=$logs/sdk.log status closing p f
	: >"$log"
	say "sdk: the Azure IoT SDK for Node against the hub"
	bounded 600 sdk env TWINDECK="$PWD/build-check/twindeck" \
		bash tests/sdk/check.sh
	status=$?
	closing=$(tail -n 1 "$log")
	if [[ $closing == "skipped: "* ]]; then
		skipped=$((skipped + 1))
		say "sdk: $closing"
	elif [[ $closing =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
		p=${BASH_REMATCH[1]} f=${BASH_REMATCH[2]}
		passed=$((passed + p)) failed=$((failed + f))
		grep '^not ok' "$log" | sed 's/^/    /'
		say "sdk: $closing"
		[ $((p + f)) -gt 0 ] && { [ $status -eq 0 ] || [ "$f" -gt 0 ]; } ||
			verdict 1 sdk
	else
		verdict 1 sdk
	fi
}

dist_check() {
	: >"$logs/distcheck.log"
	say "distcheck: a release archive builds and tests itself"
	bounded 1500 distcheck make -C build-check -j"$jobs" distcheck
	verdict $? distcheck
}

jobs=$(nproc)
mkdir -p "$logs"
suite gcc build-check --enable-werror
suite asan build-asan --enable-werror --enable-sanitizers
clang_build
man_pages
sdk_smoke
dist_check
closing="$passed passed, $failed failed"
[ "$skipped" -eq 0 ] || closing="$closing, $skipped skipped"
echo "$closing"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
