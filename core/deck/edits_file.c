#include "config.h"

#include "core/deck/edits_file.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>
#include <event2/event.h>

#include "core/base/claim.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/paths.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/deck/edits.h"
#include "core/deck/edits_text.h"

#define NAME "edits.json"
#define DELAY_US (200 * 1000)     /* one write for those that come at once */
#define DELAY_LONG_S 10           /* of a file that takes a while to write */
#define LONG ((size_t)256 * 1024) /* bytes: such a file */

/*
 * The claims are those that were found when the edits were loaded: they stay
 * as they are until all of them are in one file, which is in the first.
 */
struct edits_file {
	struct edits *edits; /* borrowed */
	char *place;
	char *folder; /* of this hub */
	struct claim **claims;
	size_t n_claims;
	struct event *timer;
	size_t written; /* bytes, the last time */
	bool is_due;
	bool has_failed; /* and that was said */
	edits_file_say_cb say;
	void *arg;
};

static char *
path_in(const struct claim *claim)
{
	return xasprintf("%s/%s", claim_path(claim), NAME);
}

static void
add_claim(struct edits_file *file, struct claim *claim)
{
	file->claims = xreallocarray(
	    file->claims, file->n_claims + 1, sizeof(struct claim *));
	file->claims[file->n_claims++] = claim;
}

/* It is nobody's to repair, but somebody's to look at. */
static void
move_aside(struct edits_file *file, const char *path, const struct err *err)
{
	char *aside = xasprintf(
	    "%s/broken-%lld.json", file->folder, (long long)clock_utc_us());
	char *words;

	if (rename(path, aside) == 0)
		words = xasprintf("edits of an earlier start cannot be taken "
				  "back: %s; they are in %s now",
		    err->text, aside);
	else
		words = xasprintf("edits of an earlier start cannot be taken "
				  "back: %s",
		    err->text);
	file->say(words, file->arg);
	free(words);
	free(aside);
}

/* What a deck has left in its folder, if it was one of this hub; or NULL. */
static cJSON *
read_left(struct edits_file *file, const struct claim *claim)
{
	char *path = path_in(claim), *text;
	struct err err = { 0 };
	cJSON *json = NULL;
	const char *hub;
	size_t len;

	text = paths_read_file(path, EDITS_FILE_MAX, &len, &err);
	if (text != NULL)
		json = json_parse(text, len, &err);
	if (json != NULL && edits_text_check(json, &err) == -1) {
		cJSON_Delete(json);
		json = NULL;
	}
	if (json == NULL && err.code != ERR_NOT_FOUND)
		move_aside(file, path, &err);
	hub = json_get_string(json, "hub");
	if (hub != NULL && strcmp(hub, file->place) != 0) {
		cJSON_Delete(json);
		json = NULL;
	}
	free(text);
	free(path);
	return json;
}

static void
remove_old(const struct edits_file *file)
{
	char *top = xstrdup(file->folder);

	*strrchr(top, '/') = '\0';
	claim_sweep(top, (int64_t)EDITS_FILE_DAYS * 24 * 3600);
	free(top);
}

static void
load(struct edits *edits, void *arg)
{
	struct edits_file *file = arg;
	cJSON *all = cJSON_CreateArray(), *json;
	struct claim *claim;
	char **paths;
	size_t i, n;

	remove_old(file);
	n = claim_list(file->folder, &paths);
	for (i = 0; i < n; i++) {
		claim = claim_take(paths[i]);
		json = claim != NULL ? read_left(file, claim) : NULL;
		if (json == NULL) {
			claim_leave(claim);
			continue;
		}
		add_claim(file, claim);
		cJSON_AddItemToArray(all, json);
	}
	edits_text_take(edits, all);
	str_array_free(paths, n);
	cJSON_Delete(all);
}

static int
write_file(struct edits_file *file, struct err *err)
{
	struct strbuf text = { 0 };
	struct claim *claim;
	char *path;
	int rc;

	if (file->n_claims == 0) {
		claim = claim_new(file->folder, "", err);
		if (claim == NULL)
			return -1;
		add_claim(file, claim);
	}
	edits_text_put(&text, file->edits, file->place, EDITS_FILE_MAX);
	path = path_in(file->claims[0]);
	rc = paths_write_file(path, strbuf_str(&text), text.len, 0600, err);
	file->written = text.len;
	free(path);
	strbuf_fini(&text);
	return rc;
}

static void
save(struct edits_file *file)
{
	struct err err;
	char *words;

	file->is_due = false;
	if (write_file(file, &err) == 0) {
		file->has_failed = false;
		while (file->n_claims > 1)
			claim_remove(file->claims[--file->n_claims]);
	} else if (!file->has_failed) {
		file->has_failed = true;
		words =
		    xasprintf("edits can be taken back until the deck ends: %s",
			err.text);
		file->say(words, file->arg);
		free(words);
	}
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	save(arg);
}

static void
changed(void *arg)
{
	struct edits_file *file = arg;
	struct timeval delay = { .tv_usec = DELAY_US };

	if (file->is_due)
		return;
	if (file->written > LONG)
		delay = (struct timeval){ .tv_sec = DELAY_LONG_S };
	file->is_due = true;
	evtimer_add(file->timer, &delay);
}

static const struct edits_keeper keeper = {
	.load = load,
	.changed = changed,
};

struct edits_file *
edits_file_new(struct event_base *base, struct edits *edits, const char *place,
    edits_file_say_cb say, void *arg)
{
	char *state = paths_dir(PATHS_STATE, NULL), *plain;
	struct edits_file *file;

	if (state == NULL)
		return NULL;
	file = xcalloc(1, sizeof(*file));
	plain = paths_plain_name(place);
	file->folder = xasprintf("%s/undo/%s", state, plain);
	file->place = xstrdup(place);
	file->edits = edits;
	file->say = say;
	file->arg = arg;
	file->timer = evtimer_new(base, on_timer, file);
	edits_set_keeper(edits, &keeper, file);
	free(plain);
	free(state);
	return file;
}

void
edits_file_free(struct edits_file *file)
{
	size_t i;

	if (file == NULL)
		return;
	if (file->is_due)
		save(file);
	edits_set_keeper(file->edits, NULL, NULL);
	for (i = 0; i < file->n_claims; i++)
		claim_leave(file->claims[i]);
	free(file->claims);
	event_free(file->timer);
	free(file->folder);
	free(file->place);
	free(file);
}
