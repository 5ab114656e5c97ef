#include "config.h"

#include "tui/recall.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/paths.h"
#include "core/base/xalloc.h"

#define RECALL_MODE 0600 /* payloads are nobody else's business */

struct recall {
	char *path;  /* or NULL */
	cJSON *json; /* {"command":["…",…],…} */
	bool changed;
};

static cJSON *
list_of(const struct recall *recall, const char *kind)
{
	cJSON *list = cJSON_GetObjectItemCaseSensitive(recall->json, kind);

	return cJSON_IsArray(list) ? list : NULL;
}

struct recall *
recall_new(const char *path)
{
	struct recall *recall = xcalloc(1, sizeof(*recall));
	char *text = NULL;
	size_t len;

	recall->path = xstrdup(path);
	if (path != NULL)
		text = paths_read_file(path, RECALL_FILE_MAX, &len, NULL);
	if (text != NULL)
		recall->json = json_parse(text, len, NULL);
	if (!cJSON_IsObject(recall->json)) {
		cJSON_Delete(recall->json);
		recall->json = cJSON_CreateObject();
	}
	free(text);
	return recall;
}

void
recall_free(struct recall *recall)
{
	if (recall == NULL)
		return;
	cJSON_Delete(recall->json);
	free(recall->path);
	free(recall);
}

void
recall_add(struct recall *recall, const char *kind, const char *text)
{
	cJSON *list = list_of(recall, kind), *item;
	int i = 0;

	if (text[0] == '\0')
		return;
	if (list == NULL) {
		cJSON_DeleteItemFromObjectCaseSensitive(recall->json, kind);
		list = cJSON_AddArrayToObject(recall->json, kind);
	}
	cJSON_ArrayForEach(item, list) {
		if (cJSON_IsString(item) &&
		    strcmp(item->valuestring, text) == 0)
			break;
		i++;
	}
	if (item != NULL)
		cJSON_DeleteItemFromArray(list, i);
	cJSON_AddItemToArray(list, cJSON_CreateString(text));
	while (cJSON_GetArraySize(list) > RECALL_MAX)
		cJSON_DeleteItemFromArray(list, 0);
	recall->changed = true;
}

size_t
recall_size(const struct recall *recall, const char *kind)
{
	return (size_t)cJSON_GetArraySize(list_of(recall, kind));
}

const char *
recall_at(const struct recall *recall, const char *kind, size_t i)
{
	const cJSON *item = cJSON_GetArrayItem(list_of(recall, kind), (int)i);

	return cJSON_IsString(item) ? item->valuestring : "";
}

const char *
recall_last(const struct recall *recall, const char *kind)
{
	size_t n = recall_size(recall, kind);

	return n > 0 ? recall_at(recall, kind, n - 1) : NULL;
}

int
recall_save(struct recall *recall, struct err *err)
{
	char *text, *dir, *slash;
	int rc = -1;

	if (recall->path == NULL || !recall->changed)
		return 0;
	dir = xstrdup(recall->path);
	text = json_print(recall->json);
	slash = strrchr(dir, '/');
	if (slash != NULL && slash != dir) {
		*slash = '\0';
		if (paths_make_dir(dir, err) == -1)
			goto out;
	}
	rc = paths_write_file(
	    recall->path, text, strlen(text), RECALL_MODE, err);
	if (rc == 0)
		recall->changed = false;
out:
	free(text);
	free(dir);
	return rc;
}
