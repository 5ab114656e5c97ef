#include "config.h"

#include "tui/kept.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "core/base/claim.h"
#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/paths.h"
#include "core/base/xalloc.h"
#include "core/deck/jobs.h"
#include "core/deck/section.h"
#include "tui/kept_state.h"

#define NO_PLACE "elsewhere"

static int
compare_ids(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

cJSON *
kept_about(const struct kept_of *of)
{
	cJSON *about = cJSON_CreateObject(), *devices;
	char **ids = xcalloc(of->n, sizeof(*ids));
	size_t i;

	for (i = 0; i < of->n; i++)
		ids[i] = of->ids[i];
	qsort(ids, of->n, sizeof(*ids), compare_ids);
	if (of->place != NULL)
		cJSON_AddStringToObject(about, "hub", of->place);
	cJSON_AddStringToObject(about, "section", section_word(of->section));
	devices = cJSON_AddArrayToObject(about, "devices");
	for (i = 0; i < of->n; i++)
		cJSON_AddItemToArray(devices, cJSON_CreateString(ids[i]));
	free(ids);
	return about;
}

char *
kept_name(const struct kept_of *of)
{
	const char *word = section_word(of->section);
	char *text =
	    of->n == 1 ? xstrdup(of->ids[0]) : xasprintf("%zu-devices", of->n);
	char *plain = paths_plain_name(text);
	char *name = xasprintf("%s.%s.json", plain, word);

	free(text);
	free(plain);
	return name;
}

struct kept *
kept_new(const struct kept_of *of)
{
	struct kept *kept = xcalloc(1, sizeof(*kept));

	kept->about = kept_about(of);
	kept->place = xstrdup(of->place);
	kept->name = kept_name(of);
	return kept;
}

char *
kept_root(void)
{
	char *state = paths_dir(PATHS_STATE, NULL), *path = NULL;

	if (state != NULL)
		path = xasprintf("%s/edit", state);
	free(state);
	return path;
}

char *
kept_folder(const char *place)
{
	char *top = kept_root(), *plain, *path = NULL;

	plain = paths_plain_name(place != NULL ? place : NO_PLACE);
	if (top != NULL)
		path = xasprintf("%s/%s", top, plain);
	free(plain);
	free(top);
	return path;
}

void
kept_leave(struct kept *kept)
{
	if (kept == NULL)
		return;
	claim_leave(kept->claim);
	cJSON_Delete(kept->about);
	free(kept->place);
	free(kept->name);
	free(kept->path);
	free(kept->beside);
	free(kept);
}

void
kept_remove(struct kept *kept)
{
	char *folder;

	if (kept == NULL)
		return;
	folder = kept_folder(kept->place);
	claim_remove(kept->claim);
	kept->claim = NULL;
	if (folder != NULL)
		rmdir(folder); /* if that was the last one */
	free(folder);
	kept_leave(kept);
}

/* In the folder of the hub; without a home in the temporary one. */
static int
make_folder(struct kept *kept, struct err *err)
{
	const char *tmp = getenv("TMPDIR");
	char *parent = kept_folder(kept->place);

	if (parent != NULL)
		kept->claim = claim_new(parent, "", NULL);
	if (kept->claim == NULL)
		kept->claim =
		    claim_new(tmp != NULL && tmp[0] == '/' ? tmp : "/tmp",
			"twindeck-edit-", err);
	free(parent);
	if (kept->claim == NULL)
		return -1;
	kept->path = xasprintf("%s/%s", claim_path(kept->claim), kept->name);
	return 0;
}

/* Without it the text is only not offered again. */
static void
write_about(struct kept *kept, const cJSON *base)
{
	char *path = xasprintf("%s/%s", claim_path(kept->claim), KEPT_ABOUT);
	char *text;

	cJSON_DeleteItemFromObjectCaseSensitive(kept->about, "base");
	cJSON_AddItemToObject(kept->about, "base", cJSON_Duplicate(base, true));
	text = json_print(kept->about);
	paths_write_file(path, text, strlen(text), 0600, NULL);
	free(text);
	free(path);
}

/*
 * Nothing new was typed: it stays as old as it is, for whoever finds it next,
 * and for an editor that compares it with what it had not saved.
 */
static void
keep_time(struct kept *kept)
{
	const time_t at_s = (time_t)(kept->at_us / 1000000);
	const struct timespec times[2] = { { .tv_sec = at_s },
		{ .tv_sec = at_s } };

	if (kept->at_us != 0)
		utimensat(AT_FDCWD, kept->path, times, 0);
	kept->at_us = 0;
}

/*
 * The text comes first: should it end there, a newer one with an older base
 * still says what was typed, an older one with a newer base would take back
 * what others have written in between.
 */
int
kept_write(struct kept *kept, const struct cJSON *base, const char *text,
    size_t len, struct err *err)
{
	if (kept->claim == NULL && make_folder(kept, err) == -1)
		return -1;
	if (paths_write_file(kept->path, text, len, 0600, err) == -1)
		return -1;
	keep_time(kept);
	if (kept->place != NULL &&
	    (size_t)cJSON_GetArraySize(json_get(kept->about, "devices")) <=
		JOBS_DEVICES_MAX)
		write_about(kept, base);
	return 0;
}

const char *
kept_path(const struct kept *kept)
{
	return kept->path;
}

const char *
kept_below_notes(const char *text)
{
	const char *p;

	for (;;) {
		p = text + strspn(text, " \t");
		if (strncmp(p, "//", 2) != 0)
			return text;
		text = p + strcspn(p, "\n");
		if (*text == '\n')
			text++;
	}
}

char *
kept_text(const struct kept *kept)
{
	char *text = NULL, *below = NULL;

	if (kept->path != NULL)
		text = paths_read_file(kept->path, KEPT_TEXT_MAX, NULL, NULL);
	if (text != NULL)
		below = xstrdup(kept_below_notes(text));
	free(text);
	return below;
}
