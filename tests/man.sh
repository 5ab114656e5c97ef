#!/usr/bin/env bash
# The man page against the tables in the code, as --help prints them: modes,
# options with arguments and defaults, sub-commands, keys and commands.  What
# stands in one and not in the other is a failure.
set -u
page=${srcdir:-.}/man/twindeck.1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
n=0

same() { # same NAME: $dir/help and $dir/page hold the same lines
	n=$((n + 1))
	sort -o "$dir/help" "$dir/help"
	sort -o "$dir/page" "$dir/page"
	if [ ! -s "$dir/help" ]; then
		echo "not ok $n - $1 # --help has none"
	elif cmp -s "$dir/help" "$dir/page"; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		comm -23 "$dir/help" "$dir/page" | sed 's/^/# only in --help: /'
		comm -13 "$dir/help" "$dir/page" | sed 's/^/# only in the page: /'
	fi
}

# One section of the page: its macros gone, one item a line, "TERM|BODY".
items() { # items Ss|Sh TITLE
	awk -v want=".$1 $2" '
	function flush() { if (term != "") print term "|" body; term = "" }
	$0 == want { on = 1; next }
	/^\.S[sh] / { if (on) { flush(); on = 0 } }
	on && /^\.El/ { flush() }
	on && /^\.It / { flush(); term = substr($0, 5); body = ""; next }
	on && term != "" { body = body (body == "" ? "" : " ") $0 }
	' "$page"
}

# --help with each row on one line again: "  --name ARG  What it does."
help_of() { # help_of MODE
	"$TWINDECK" $1 --help </dev/null | awk '
	index($0, "                        ") == 1 {
		sub(/^ +/, "")
		row = row (alone ? "  " : " ") $0
		alone = 0
		next
	}
	{
		if (NR > 1) print row
		row = $0
		alone = substr(row, 27, 2) != "  " # too wide for its sentence
	}
	END { print row }'
}

# "https-port N" of ".It Fl -https-port Ar N", and the default behind a bar.
page_options() { # page_options TITLE
	items Ss "$1" | grep '^Fl -' | while IFS='|' read -r term body; do
		term=$(echo "$term" | words)
		def=$(echo "$body" |
			sed -nE 's/.*The default is ([^ ].*)\.( .*)?$/\1/p')
		echo "$term|$def"
	done
}

help_options() { # help_options MODE
	local row='^([a-z0-9-]+)( ([^ ]+))?  '
	help_of "$1" | sed -nE 's/^  --(.*)$/\1/p' |
		while read -r line; do
			def=$(echo "$line" |
				sed -nE 's/.*\(default (.*)\)$/\1/p')
			[[ $line =~ $row ]] || continue
			echo "$(echo "${BASH_REMATCH[1]} ${BASH_REMATCH[3]}" |
				words)|$def"
		done
}

# Letters, digits and dashes, macros and punctuation gone.
words() {
	sed -E 's/\\\&//g; s/(^| )(Fl -|Ic|Cm|Ar|Op|Ns|Pq|Oo|Oc)( |$)/ /g
		s/(^| )(Fl -|Ic|Cm|Ar|Op|Ns|Pq|Oo|Oc)( |$)/ /g
		s/ -([a-z])/ \1/g; s/^Fl //; s/^-//
		s/[^A-Za-z0-9-]+/ /g; s/^ +//; s/ +$//'
}

# What stands under "Other modes" in the help of the deck.
help_of '' | sed -n '/^Other modes/,$p' | sed -n 's/^  \([a-z]*\) .*/\1/p' \
	>"$dir/modes"
cp "$dir/modes" "$dir/help"
sed -nE 's/^\.Ss ([a-z]+)$/\1/p' "$page" >"$dir/page"
same 'every mode has its section'

page_options 'All modes' >"$dir/common"
while read -r mode; do
	help_options "$mode" >"$dir/help"
	title=${mode:-The deck}
	page_options "$title" </dev/null | cat - "$dir/common" >"$dir/page"
	same "the options of ${mode:-the deck}, with their defaults"
done < <(echo; cat "$dir/modes")

# A mode with commands of its own prints them between summary and options.
while read -r mode; do
	help_of "$mode" |
		sed -n '/^  --/q; s/^  \([a-z].*[^ ]\)   *[A-Z].*/\1/p' | words \
		>"$dir/help"
	[ -s "$dir/help" ] || continue
	if [ "$mode" = run ]; then
		items Sh COMMANDS
	else
		items Ss "$mode" | grep '^Cm '
	fi | cut -d'|' -f1 | words >"$dir/page"
	same "the commands of $mode"
done <"$dir/modes"

help_of hub | sed -n '/^Faults/,$p' |
	sed -nE 's/^  ([a-z0-9].*[^ ])   *[A-Z].*/\1/p' | words >"$dir/help"
items Sh FAULTS | cut -d'|' -f1 | sed 's/ Ns//g' | words >"$dir/page"
same 'the faults of hub'

# Keys: "Space (mark)" and its sentence, as the help prints them in columns.
help_of '' | sed -n '/^Keys,/,/^Keys of/p' | grep '^  ' |
	sed -E 's/^ +//; s/  +/\t/g' |
	awk -F'\t' 'NF == 2 { print "|" $1 "|" $2 }
		NF == 3 { print $1 "|" $2 "|" $3 }' |
	sed -E 's/[][]//g' >"$dir/help"
items Sh KEYS | sed -E 's/\\\&//g; s/^(Ic )?//; s/ , /, /g
	s/ ?Pq Ic /|/; s/ (Op )?Ar / /; s/[][]//g' >"$dir/page"
same 'every key, its name and what it does'

help_of '' | sed -n '/^Keys of the conf/,/^Other/p' |
	sed -nE 's/^  ([a-z].*[^ ])   *[A-Z].*/\1/p' | words >"$dir/help"
items Sh CONFIGURATION | sed 's% Ns | Ns % %' |
	cut -d'|' -f1 | sed 's% No %%g; s% Ns%%g; s% Cm% %g; s%\\.\.\.%%' |
	words >"$dir/page"
same 'every key of the configuration file'

for mode in '' $(cat "$dir/modes"); do
	"$TWINDECK" $mode --help </dev/null
done | LC_ALL=C.UTF-8 awk 'length($0) > 80' >"$dir/wide"
n=$((n + 1))
if [ -s "$dir/wide" ]; then
	echo "not ok $n - no line of --help is wider than 80 columns"
	sed 's/^/# /' "$dir/wide"
else
	echo "ok $n - no line of --help is wider than 80 columns"
fi
echo "1..$n"
