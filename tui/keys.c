#include "config.h"

#include "tui/keys.h"

#include <stdbool.h>
#include <string.h>

#include "core/base/options.h"
#include "core/base/str.h"
#include "tui/actions.h"
#include "tui/actions_go.h"
#include "tui/actions_jobs.h"
#include "tui/actions_settings.h"
#include "tui/actions_tour.h"
#include "tui/actions_traffic.h"
#include "tui/actions_twin.h"
#include "tui/templates.h"

#define TARGETS (NEEDS_DECK | NEEDS_TARGETS)
#define ROWS NEEDS_DECK
#define TWIN (NEEDS_DECK | NEEDS_TWIN)

/* In the order of the footer: what is first is seen on a narrow screen too. */
/* clang-format off */
const struct key_def key_table[] = {
	{ "mark", { KEYS_SPACE }, IN_DEVICES, NEEDS_DECK | NEEDS_DEVICE,
	  "mark", NULL, "Mark the device, or unmark it, and step on.",
	  action_mark },
	{ "open", { KEYS_ENTER }, IN_ALL, NEEDS_DECK,
	  "open", "[DEVICE]",
	  "Open the device's twin, the job, the branch or the leaf.",
	  action_open },
	{ "view", { 'v' }, IN_TWIN, TWIN,
	  "view", "[VIEW]",
	  "Show the twin in the next view, or in this one: tree, json, "
	  "difference.",
	  action_view },
	{ "find", { '/' }, IN_TWIN, TWIN,
	  "find", "[WORDS]",
	  "Go to the next line of the twin with all these words; they stay "
	  "marked until Esc.",
	  action_find },
	{ "older", { '<' }, IN_TWIN, TWIN,
	  "older", NULL,
	  "Show the version of the twin before, as what it changed.",
	  action_older },
	{ "copy", { 'y' }, IN_TWIN, TWIN,
	  "copy", "[WHAT]",
	  "Copy value, path, section or twin to the terminal's clipboard; with "
	  "print behind it, print it on leaving.",
	  action_copy },
	{ "cancel", { 'x' }, IN_JOBS | IN_JOB, NEEDS_DECK | NEEDS_JOB,
	  "cancel", NULL,
	  "Cancel the job: what waits is dropped, what was sent goes on.",
	  action_cancel },
	{ "retry", { 'r' }, IN_JOBS | IN_JOB, NEEDS_DECK | NEEDS_JOB,
	  "retry", "[JOB]",
	  "Try the failed devices of the job again, as a job of their own.",
	  action_retry },
	{ "pause", { 'p' }, IN_JOBS | IN_JOB, NEEDS_DECK | NEEDS_JOB,
	  "pause", "[JOB]",
	  "Pause the job, or let it go on: meanwhile no new call starts.",
	  action_pause },
	{ "firmware", { 'f' }, IN_PANES, TARGETS,
	  "firmware", NULL,
	  "Call firmwareUpdate on the marked devices, else on the one under "
	  "the cursor.",
	  action_firmware },
	{ "lock", { 'l' }, IN_PANES, TARGETS,
	  "lock", NULL,
	  "Call lockDoor on the marked devices, else on the one under the "
	  "cursor.",
	  action_lock },
	{ "edit", { 'e' }, IN_PANES, TARGETS,
	  "edit", "[editor]",
	  "Edit desired properties of the marked devices, else of the one "
	  "under the cursor.",
	  action_edit },
	{ "job-sort", { 'o' }, IN_JOB, NEEDS_DECK | NEEDS_JOB,
	  "sort", NULL,
	  "Sort the job's devices: failed first, by phase, as asked.",
	  action_job_sort },
	{ "job-show", { 'v' }, IN_JOB, NEEDS_DECK | NEEDS_JOB,
	  "plots", NULL,
	  "Show plots, timeline, both or none of them below the devices.",
	  action_job_show },
	{ "command", { ':' }, IN_ALL, 0,
	  "command", NULL, "Type a command; Tab completes it.",
	  action_command },
	{ "method", { 'm' }, IN_PANES, TARGETS,
	  "method", "[METHOD]",
	  "Call any direct method on the marked devices, else on the one "
	  "under the cursor.",
	  action_method },
	{ "schedule", { 's' }, IN_PANES, TARGETS,
	  "schedule", "[ACTION]",
	  "Do it later: firmware, lock, desired, tags or any method.",
	  action_schedule },
	{ "filter", { '/' }, IN_DEVICES | IN_JOBS, ROWS,
	  "filter", "[WORDS]",
	  "Show only devices that match; save NAME keeps it, delete NAME "
	  "forgets.",
	  action_filter },
	{ "help", { '?' }, IN_ALL, 0,
	  "keys", "[WORDS]",
	  "Show the keys of this pane, or every key, command and setting with "
	  "all these words.",
	  action_help },
	{ "quit", { 'q', CTRL_KEY('c') }, IN_ALL, 0,
	  "quit", NULL, "Quit; asks while a job runs from here.",
	  action_quit },
	{ "tags", { 't' }, IN_PANES, TARGETS,
	  NULL, "[editor]",
	  "Edit tags of the marked devices, else of the one under the cursor.",
	  action_tags },
	{ "editor", { 'E' }, IN_PANES, TARGETS,
	  NULL, NULL,
	  "Edit desired properties in the editor that VISUAL or EDITOR names.",
	  action_editor },
	{ "tags-editor", { 'T' }, IN_PANES, TARGETS,
	  NULL, NULL, "Edit tags in the editor that VISUAL or EDITOR names.",
	  action_tags_editor },
	{ "undo", { 'U' }, IN_ALL, NEEDS_DECK | NEEDS_HUB,
	  NULL, "[N]",
	  "Take back the last edit, or what job N wrote, where nobody else has "
	  "written since.",
	  action_undo },
	{ "mark-all", { '*' }, IN_PANES, ROWS,
	  NULL, NULL, "Mark all devices that are shown.", action_mark_all },
	{ "unmark-all", { 'u' }, IN_PANES, ROWS,
	  NULL, NULL, "Unmark all devices, also those not shown.",
	  action_unmark_all },
	{ "invert", { '!' }, IN_PANES, ROWS,
	  NULL, NULL, "Mark what is not marked, of those shown.",
	  action_invert },
	{ "range", { 'V' }, IN_DEVICES, NEEDS_DECK | NEEDS_DEVICE,
	  NULL, NULL,
	  "Begin a range at the cursor; again marks it, Esc drops it.",
	  action_range },
	{ "select", { 0 }, IN_ALL, NEEDS_DECK | NEEDS_HUB,
	  NULL, "SQL",
	  "Mark what a query of the hub finds: a condition, or a whole SELECT.",
	  action_select },
	{ "sort", { 'o' }, IN_PANES, ROWS,
	  NULL, "[COLUMN]",
	  "Sort by the next column, or by this one; -COLUMN reverses.",
	  action_sort },
	{ "reverse", { 'O' }, IN_PANES, ROWS,
	  NULL, NULL, "Sort the other way round.", action_reverse },
	{ "columns", { 'C' }, IN_PANES, ROWS,
	  NULL, "[COLUMN,...]",
	  "Choose the columns of the list, their order and width.",
	  action_columns },
	{ "template", { 0 }, IN_ALL, NEEDS_DECK,
	  NULL, "[VERB] [NAME]",
	  "Open the action kept as NAME; save the last one, or delete NAME.",
	  action_template },
	{ "go", { 0 }, IN_ALL, ROWS,
	  NULL, "DEVICE",
	  "Put the cursor on a device, also one that is not in the list yet.",
	  action_go },
	{ "devices", { '1' }, IN_ALL, 0,
	  NULL, NULL, "Go to the devices.", action_devices },
	{ "twin", { '2' }, IN_ALL, 0,
	  "twin", NULL, "Go to the twin.", action_twin },
	{ "jobs", { '3' }, IN_ALL, 0,
	  NULL, NULL, "Go to the jobs.", action_jobs },
	{ "next", { KEYS_TAB }, IN_ALL, 0,
	  NULL, NULL, "Go to the next pane.", action_focus_next },
	{ "previous", { KEYS_BACKTAB }, IN_ALL, 0,
	  NULL, NULL, "Go to the pane before.", action_focus_previous },
	{ "down", { 'j', KEYS_DOWN }, IN_ALL, 0,
	  NULL, NULL, "Move down.", action_down },
	{ "up", { 'k', KEYS_UP }, IN_ALL, 0,
	  NULL, NULL, "Move up.", action_up },
	{ "top", { 'g', KEYS_HOME }, IN_ALL, 0,
	  NULL, NULL, "Move to the top.", action_top },
	{ "bottom", { 'G', KEYS_END }, IN_ALL, 0,
	  NULL, NULL, "Move to the bottom.", action_bottom },
	{ "page-down", { KEYS_PGDN, CTRL_KEY('f') }, IN_ALL, 0,
	  NULL, NULL, "Move down a page.", action_page_down },
	{ "page-up", { KEYS_PGUP, CTRL_KEY('b') }, IN_ALL, 0,
	  NULL, NULL, "Move up a page.", action_page_up },
	{ "fold", { KEYS_LEFT }, IN_TWIN, TWIN,
	  "fold", NULL,
	  "Fold the branch, or go to the one this leaf is on; JSON scrolls.",
	  action_fold },
	{ "unfold", { KEYS_RIGHT }, IN_TWIN, TWIN,
	  "unfold", NULL, "Unfold the branch; JSON scrolls.", action_unfold },
	{ "newer", { '>' }, IN_TWIN, TWIN,
	  NULL, NULL,
	  "Show the next version of the twin, behind the newest the live one.",
	  action_newer },
	{ "live", { 0 }, IN_TWIN, TWIN,
	  NULL, NULL, "Show the live twin again, as Esc does.", action_live },
	{ "copy-path", { 'Y' }, IN_TWIN, TWIN,
	  NULL, NULL, "Copy the path under the cursor.", action_copy_path },
	{ "find-next", { 'n' }, IN_TWIN, TWIN,
	  NULL, NULL, "Go to the next match in the twin.", action_find_next },
	{ "find-back", { 'N' }, IN_TWIN, TWIN,
	  NULL, NULL, "Go to the match before.", action_find_back },
	{ "level", { 0 }, IN_TWIN, TWIN,
	  NULL, "LEVEL",
	  "Unfold the tree down to a level, 0 to all; $metadata stays folded.",
	  action_level },
	{ "unfold-more", { '+' }, IN_TWIN, TWIN,
	  NULL, NULL, "Unfold the tree by one level more.",
	  action_unfold_more },
	{ "fold-more", { '-' }, IN_TWIN, TWIN,
	  NULL, NULL, "Fold the tree by one level.", action_fold_more },
	{ "sibling", { ']' }, IN_TWIN, TWIN,
	  NULL, NULL, "Go to the next line on the same branch.",
	  action_sibling },
	{ "sibling-back", { '[' }, IN_TWIN, TWIN,
	  NULL, NULL, "Go to the line before on the same branch.",
	  action_sibling_back },
	{ "parent", { KEYS_BACKSPACE }, IN_TWIN, TWIN,
	  NULL, NULL, "Go to the branch this line is on.", action_parent },
	{ "zoom", { 'z' }, IN_PANES, 0,
	  NULL, NULL, "Give this pane the whole screen, and back.",
	  action_zoom },
	{ "refresh", { 'R' }, IN_ALL, NEEDS_DECK,
	  NULL, NULL, "Ask the hub again, now.", action_refresh },
	{ "details", { 'i' }, IN_ALL, 0,
	  NULL, NULL,
	  "Show the last messages in full, and the job as a line for the "
	  "shell.",
	  action_details },
	{ "back", { KEYS_ESC }, IN_ALL, 0,
	  NULL, NULL, "Go one level back.", action_back },
	{ "repaint", { CTRL_KEY('l') }, IN_ALL, 0,
	  NULL, NULL, "Paint the screen again.", action_repaint },
	{ "hold", { 'Z' }, IN_ALL, 0,
	  NULL, NULL, "Hold the screen still, and let it go on.", action_hold },
	{ "traffic", { 0 }, IN_ALL, NEEDS_DECK,
	  NULL, NULL, "Show what the deck asks the hub, and the answers.",
	  action_traffic },
	{ "copy-curl", { 'y' }, IN_TRAFFIC, NEEDS_DECK,
	  "curl", NULL, "Copy the request as a line for curl.",
	  action_copy_curl },
	{ "copy-az", { 'Y' }, IN_TRAFFIC, NEEDS_DECK,
	  "az", NULL, "Copy the request as a line for az.", action_copy_az },
	{ "mouse", { 0 }, IN_ALL, 0,
	  NULL, "[on|off]",
	  "Click and scroll with the mouse, or leave it to the terminal.",
	  action_mouse },
	{ "theme", { 0 }, IN_ALL, 0,
	  NULL, "[THEME]",
	  "Choose how the screen looks; without a name, say what there is.",
	  action_theme },
	{ "hub", { 0 }, IN_ALL, 0,
	  NULL, "[HUB]",
	  "Open another hub of the configuration file, or list them.",
	  action_hub },
	{ "settings", { 0 }, IN_ALL, 0,
	  NULL, "[KEY = VALUE]",
	  "Keep a setting in the configuration file, or list what is set.",
	  action_settings },
	{ "tour", { 0 }, IN_ALL, 0,
	  NULL, "[STEP]",
	  "Go on with the tour of the demo: on, off, next, back, again, play.",
	  action_tour },
	{ "record", { 0 }, IN_ALL, 0,
	  NULL, "[FILE|off]",
	  "Write what is done from here on as a tour that can be played again.",
	  action_record },
	{ "suspend", { CTRL_KEY('z') }, IN_ALL, 0,
	  NULL, NULL, "Suspend the program.", action_suspend },
	{ .name = NULL },
};
/* clang-format on */

const struct key_def *
keys_find(int32_t key, int where)
{
	const struct key_def *def;
	size_t i;

	for (def = key_table; def->name != NULL; def++)
		for (i = 0; i < KEYS_PER_ROW && def->keys[i] != 0; i++)
			if (def->keys[i] == key && (def->where & where) != 0)
				return def;
	return NULL;
}

const struct key_def *
keys_find_name(const char *name)
{
	const struct key_def *def;

	for (def = key_table; def->name != NULL; def++)
		if (strcmp(def->name, name) == 0)
			return def;
	return NULL;
}

const struct key_def *
keys_find_prefix(const char *prefix)
{
	const struct key_def *def, *found = NULL;

	for (def = key_table; def->name != NULL; def++) {
		if (!str_starts_with(def->name, prefix))
			continue;
		if (found != NULL)
			return NULL;
		found = def;
	}
	return found;
}

const char *
keys_names(const struct key_def *def, char out[KEYS_NAMES_SIZE])
{
	char name[KEY_NAME_SIZE];
	size_t i;
	int len = 0;

	out[0] = '\0';
	for (i = 0; i < KEYS_PER_ROW && def->keys[i] != 0; i++)
		len += snprintf(out + len, KEYS_NAMES_SIZE - (size_t)len,
		    "%s%s", i > 0 ? ", " : "", key_label(def->keys[i], name));
	return out;
}

/* A key that is another elsewhere stands apart in --help, behind all else. */
static const struct {
	int where;
	const char *title;
} homes[] = {
	{ IN_TWIN, "In the twin" },
	{ IN_JOBS | IN_JOB, "On a job" },
	{ IN_JOB, "In a job that is opened" },
	{ IN_TRAFFIC, "In the traffic" },
};

#define N_HOMES (sizeof(homes) / sizeof(homes[0]))

static bool
is_at_home(const struct key_def *def, size_t home)
{
	size_t i;

	for (i = 0; i < N_HOMES && homes[i].where != def->where; i++)
		;
	return i == home;
}

static void
print_home(FILE *file, size_t home)
{
	const struct key_def *def;
	char names[KEYS_NAMES_SIZE], words[KEYS_NAMES_SIZE + 64];

	for (def = key_table; def->name != NULL; def++) {
		if (!is_at_home(def, home))
			continue;
		snprintf(words, sizeof(words), "%-8s  %s%s%s",
		    keys_names(def, names), def->name,
		    def->arg != NULL ? " " : "",
		    def->arg != NULL ? def->arg : "");
		options_print_row(file, words, def->help);
	}
}

void
keys_print(FILE *file)
{
	size_t i;

	fputs("\nKeys, and what they are called behind ':':\n\n", file);
	print_home(file, N_HOMES);
	for (i = 0; i < N_HOMES; i++) {
		fprintf(file, "\n%s:\n\n", homes[i].title);
		print_home(file, i);
	}
}
