#!/usr/bin/env bash
# The pictures of the README, rendered from real screens: the program runs in
# a terminal emulator, tests/screen/pictures.inc is played at it, and its cells
# become SVG.  As a test it looks at what came of it; with a folder as its
# argument it leaves them there:
#
#   make -C build check TESTS=            # builds the player
#   TWINDECK=build/twindeck SCREENPLAY=build/tests/support/screenplay \
#       tests/pictures.sh doc
set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT
PICTURES=$(mkdir -p "${1:-$top}" && cd "${1:-$top}" && pwd)
TWINDECK=$(realpath "$TWINDECK")
export PICTURES TWINDECK
n=0

say() { # say STATUS NAME
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; fi
}

# Each element that is opened is closed, and nothing but text stands bare.
well_formed() { # well_formed FILE
	if command -v xmllint >/dev/null; then
		xmllint --noout "$1"
		return
	fi
	awk 'BEGIN { RS = "<"; depth = 0 }
	NR == 1 { next }
	/^\// { depth-- }
	!/^\// && !/^[^>]*\/>/ { depth++ }
	/&/ && !/&(amp|lt|gt);/ { bad = 1 }
	depth < 0 { bad = 1 }
	END { exit bad || depth != 0 }' "$1"
}

# The words of a picture, one run of a screen a line.
holds() { # holds NAME WORD …
	local text word name=$1
	shift
	text=$(sed 's/<[^>]*>/\n/g' "$PICTURES/$name.svg")
	for word; do
		grep -qF -- "$word" <<<"$text" || {
			echo "# $name.svg lacks: $word"
			return 1
		}
	done
}

"$SCREENPLAY" "$here/screen/pictures.inc" >"$top/log"
status=$?
[ "$status" -eq 0 ] || sed 's/^/# /' "$top/log"
say "$status" 'the screens of the pictures are reached'
for name in deck dialog job conflict; do
	[ -s "$PICTURES/$name.svg" ] && well_formed "$PICTURES/$name.svg" &&
		[ "$(wc -c <"$PICTURES/$name.svg")" -lt 100000 ]
	say $? "$name.svg is well-formed, and small"
done
holds deck twindeck door-001 downloading applying firmwareUpdate lockDoor
say $? 'deck.svg shows a rollout'
holds dialog 'Call lockDoor on 4 devices of' payload when
say $? 'dialog.svg shows what is about to be done'
holds job firmwareUpdate '25 devices' applying
say $? 'job.svg shows a job'
holds conflict 'when opened' building 41 43 44
say $? 'conflict.svg shows three versions'
if [ -z "${1:-}" ]; then # a test: what the README shows is there
	for name in $(sed -n 's/.*(doc\/\([a-z]*\)\.svg).*/\1/p' \
		"$here/../README.md"); do
		well_formed "$here/../doc/$name.svg"
		say $? "the README's doc/$name.svg is there, and well-formed"
	done
fi
echo "1..$n"
