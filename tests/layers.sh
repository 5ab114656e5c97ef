#!/usr/bin/env bash
# Holds the includes of each folder against the table of layers, and speaks
# TAP: one case a folder, and one for the libraries that only some may use.
set -u
cd "${srcdir:-.}" || exit 1

# folder: folders it may include besides itself
layers='
core/base:
core/iothub: core/base
core/net: core/base
core/mqtt: core/base
core/store: core/base
core/client: core/net core/iothub core/base
core/device: core/net core/iothub core/base
core/hub: core/mqtt core/store core/net core/iothub core/base
core/deck: core/client core/store core/net core/iothub core/base
tui: core/deck core/iothub core/base
'
# library header: folders that may include it
libraries='
curses.h: tui/screen
ncurses.h: tui/screen
readline/: tui/prompt.c
mosquitto.h: core/device/
curl/: core/net/http.c
sqlite3.h: core/store/
event2/http.h: core/hub/
'

n=0
say() { # say STATUS NAME: one TAP line
	n=$((n + 1))
	printf '%s %d - %s\n' "$1" "$n" "$2"
}

while IFS=: read -r folder may; do
	[ -n "$folder" ] || continue
	status=ok
	for file in "$folder"/*.[ch]; do
		case $file in */\*.*|tui/mode_*.c|tui/main.c) continue ;; esac
		while read -r included; do
			dir=${included%/*}
			case " $folder $may " in *" $dir "*) continue ;; esac
			echo "# $file may not include $included"
			status='not ok'
		done < <(sed -n 's/^# *include "\(.*\/.*\)"/\1/p' "$file")
	done
	say "$status" "$folder includes only the layers below it"
done <<<"$layers"

while IFS=: read -r header may; do
	may=${may# }
	[ -n "$header" ] || continue
	status=ok
	while IFS=: read -r file _; do
		[ -n "$file" ] || continue
		case $file in "$may"*) continue ;; esac
		echo "# $file may not include <$header>"
		status='not ok'
	done < <(grep -rEn "^# *include <([a-z]+/)?$header" core tui --include='*.[ch]')
	say "$status" "<$header> is included only in $may"
done <<<"$libraries"

echo "1..$n"
