/* Texts that a deck has left: found, listed, and removed when they are old. */
#include "config.h"

#include "tui/kept.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "core/base/claim.h"
#include "core/base/json.h"
#include "core/base/paths.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/deck/section.h"
#include "tui/kept_state.h"

#define ABOUT_MAX ((size_t)4 * 1024 * 1024) /* bytes */

const struct cJSON *
kept_base(const struct kept *kept)
{
	return json_get(kept->about, "base");
}

int64_t
kept_at_us(const struct kept *kept)
{
	return kept->at_us;
}

const char *
kept_beside(const struct kept *kept)
{
	return kept->beside;
}

/* What nano keeps of an unsaved text when its terminal goes is the newer. */
static void
take_saved(const struct kept *kept)
{
	char *saved = xasprintf("%s.save", kept->path);
	struct stat of_saved, of_text;

	if (stat(saved, &of_saved) == 0 && S_ISREG(of_saved.st_mode) &&
	    stat(kept->path, &of_text) == 0 &&
	    of_saved.st_mtime >= of_text.st_mtime)
		rename(saved, kept->path);
	free(saved);
}

static void
look_beside(struct kept *kept)
{
	DIR *dir = opendir(claim_path(kept->claim));
	struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0 ||
		    strcmp(entry->d_name, KEPT_ABOUT) == 0 ||
		    strcmp(entry->d_name, kept->name) == 0)
			continue;
		free(kept->beside);
		kept->beside = xstrdup(entry->d_name);
	}
	if (dir != NULL)
		closedir(dir);
}

/* of's ids point into about, and the list of them is the caller's. */
static int
read_of(const cJSON *about, struct kept_of *of)
{
	const cJSON *devices = json_get(about, "devices"), *device;
	const char *word = json_get_string(about, "section");
	char **ids;

	*of = (struct kept_of){ .place = json_get_string(about, "hub") };
	if (of->place == NULL || word == NULL || !cJSON_IsArray(devices) ||
	    devices->child == NULL || !cJSON_IsObject(json_get(about, "base")))
		return -1;
	of->section = strcmp(word, section_word(TWIN_TAGS)) == 0 ? TWIN_TAGS
								 : TWIN_DESIRED;
	ids = xcalloc((size_t)cJSON_GetArraySize(devices), sizeof(*ids));
	cJSON_ArrayForEach(device, devices) {
		if (!cJSON_IsString(device)) {
			free(ids);
			return -1;
		}
		ids[of->n++] = device->valuestring;
	}
	of->ids = ids;
	return 0;
}

/* What is in a folder that nobody has; -1: no text of ours, or half of one. */
static int
read_left(struct kept *kept)
{
	char *path = xasprintf("%s/%s", claim_path(kept->claim), KEPT_ABOUT);
	struct kept_of of = { 0 };
	struct stat st;
	char *text;
	size_t len;
	int rc = -1;

	text = paths_read_file(path, ABOUT_MAX, &len, NULL);
	if (text != NULL)
		kept->about = json_parse(text, len, NULL);
	if (kept->about == NULL || read_of(kept->about, &of) == -1)
		goto out;
	kept->place = xstrdup(of.place);
	kept->name = kept_name(&of);
	kept->path = xasprintf("%s/%s", claim_path(kept->claim), kept->name);
	take_saved(kept);
	look_beside(kept);
	if (stat(kept->path, &st) == -1 || !S_ISREG(st.st_mode))
		goto out;
	kept->at_us = (int64_t)st.st_mtime * 1000000;
	rc = 0;
out:
	free((char **)(uintptr_t)of.ids);
	free(text);
	free(path);
	return rc;
}

static struct kept *
open_left(const char *path)
{
	struct claim *claim = claim_take(path);
	struct kept *kept;

	if (claim == NULL)
		return NULL;
	kept = xcalloc(1, sizeof(*kept));
	kept->claim = claim;
	if (read_left(kept) == 0)
		return kept;
	kept_leave(kept);
	return NULL;
}

/* Whether somebody has typed anything, as far as the files tell. */
static bool
says_anything(const struct kept *kept)
{
	char *text = kept_text(kept);
	cJSON *json = NULL;
	bool is = kept->beside != NULL;

	if (!is && text != NULL && text[strspn(text, " \t\r\n")] != '\0') {
		json = json_parse(text, strlen(text), NULL);
		is = json == NULL || !json_equal(json, kept_base(kept));
	}
	cJSON_Delete(json);
	free(text);
	return is;
}

static bool
is_about(const struct kept *kept, const cJSON *about)
{
	return strcmp(kept->place, json_get_string(about, "hub")) == 0 &&
	    strcmp(json_get_string(kept->about, "section"),
		json_get_string(about, "section")) == 0 &&
	    json_equal(
		json_get(kept->about, "devices"), json_get(about, "devices"));
}

struct kept *
kept_find(const struct kept_of *of)
{
	struct kept *best = NULL, *kept;
	char **paths, *folder;
	size_t i, n;
	cJSON *about;

	if (of->place == NULL || (folder = kept_folder(of->place)) == NULL)
		return NULL;
	about = kept_about(of);
	n = claim_list(folder, &paths);
	for (i = 0; i < n; i++) {
		kept = open_left(paths[i]);
		if (kept != NULL && is_about(kept, about) &&
		    says_anything(kept) &&
		    (best == NULL || kept->at_us > best->at_us)) {
			kept_leave(best);
			best = kept;
		} else {
			kept_leave(kept);
		}
	}
	str_array_free(paths, n);
	cJSON_Delete(about);
	free(folder);
	return best;
}

static void
remove_old(void)
{
	char *top = kept_root();

	if (top != NULL)
		claim_sweep(top, (int64_t)KEPT_DAYS * 24 * 3600);
	free(top);
}

static int
compare_times(const void *a, const void *b)
{
	const struct kept *left = *(struct kept *const *)a;
	const struct kept *right = *(struct kept *const *)b;

	return (left->at_us > right->at_us) - (left->at_us < right->at_us);
}

/* Those of one hub, not held any more; each the caller's, and the list. */
static size_t
collect(const char *folder, const char *place, struct kept ***list)
{
	char **paths;
	size_t i, n = 0, n_paths = claim_list(folder, &paths);
	struct kept *kept;

	*list = xcalloc(n_paths + 1, sizeof(**list));
	for (i = 0; i < n_paths; i++) {
		kept = open_left(paths[i]);
		if (kept == NULL)
			continue;
		if (strcmp(kept->place, place) != 0) {
			kept_leave(kept);
		} else if (!says_anything(kept)) {
			kept_remove(kept);
		} else {
			claim_leave(kept->claim);
			kept->claim = NULL;
			(*list)[n++] = kept;
		}
	}
	str_array_free(paths, n_paths);
	qsort(*list, n, sizeof(**list), compare_times);
	return n;
}

void
kept_walk(const char *place, kept_cb cb, void *arg)
{
	char *folder = place != NULL ? kept_folder(place) : NULL;
	struct kept **list;
	struct kept_of of;
	size_t i, n;

	remove_old();
	if (folder == NULL)
		return;
	n = collect(folder, place, &list);
	for (i = 0; i < n; i++) {
		if (read_of(list[i]->about, &of) == 0) {
			cb(&of, list[i]->at_us, arg);
			free((char **)(uintptr_t)of.ids);
		}
		kept_leave(list[i]);
	}
	free(list);
	free(folder);
}
