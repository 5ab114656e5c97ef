#!/usr/bin/env bash
# What ./bootstrap says and does where something is missing, in a world of a
# few commands: no package is installed and nothing is built.
set -u
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
n=0
cp "${srcdir:-.}/bootstrap" "$dir/bootstrap" || exit 1
mkdir "$dir/bin"
for c in sh dirname mkdir tail timeout find touch nproc ls env; do
	ln -s "$(command -v $c)" "$dir/bin/$c"
done

command_is() { # command_is NAME SCRIPT: a command of that world
	printf '#!/bin/sh\n%s\n' "$2" >"$dir/bin/$1"
	chmod +x "$dir/bin/$1"
}

says() { # says NAME STATUS REGEX …: of ./bootstrap, words and calls
	local name=$1 want=$2 status regex
	shift 2
	n=$((n + 1))
	: >"$dir/calls"
	PATH=$dir/bin DIR=$dir timeout 20 "$dir/bootstrap" $args >"$dir/out" 2>&1
	status=$?
	cat "$dir/calls" >>"$dir/out"
	[ $status -eq "$want" ] || status="$status instead of $want"
	for regex in "$@"; do
		grep -qE -- "$regex" "$dir/out" || status="$status, no: $regex"
	done
	if [ "$status" = "$want" ]; then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name"
		sed "s/^/# /;1s/^/# ended with $status: /" "$dir/out"
	fi
}

args=
command_is id 'echo 0'
says 'without apt it names the packages and stops' 1 \
	'this system has no apt' 'build-essential.*libmosquitto-dev'

command_is apt-get 'echo "apt-get $DEBIAN_FRONTEND $*" >>"$DIR/calls"'
command_is dpkg ''
command_is id 'echo 1000'
says 'not root and without sudo it says what root would type' 1 \
	'As root: apt-get install --no-install-recommends .*libcjson-dev'

command_is sudo '[ "$1" = -n ] && exit 0
echo sudo >>"$DIR/calls"
exec "$@"'
says 'with sudo it says what it installs, and installs that' 1 \
	'installing with sudo apt: build-essential .*libsqlite3-dev' \
	'^sudo$' \
	'^apt-get noninteractive .*install --no-install-recommends build-ess' \
	'installed, and still not found: build-essential'

command_is apt-get 'exit 100'
says 'when apt cannot it says so' 1 'could not install: build-essential'

command_is cc ''
command_is make ''
command_is autoconf ''
command_is automake ''
command_is pkg-config '[ "$2" != libcjson ]'
command_is id 'echo 0'
says 'only what is missing is installed' 1 \
	'installing with apt: (build-essential )?libcjson-dev$'

args=dance
says 'an argument that it does not know is refused' 1 \
	'usage: ./bootstrap \[demo'
echo "1..$n"
