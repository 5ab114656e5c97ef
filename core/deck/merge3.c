#include "config.h"

#include "core/deck/merge3.h"

#include <stdlib.h>

#include <cjson/cJSON.h>

#include "core/base/json.h"
#include "core/base/str.h"
#include "core/deck/form.h"

/* The same member of all three; NULL where it is not there. */
struct triple {
	const cJSON *base, *theirs, *mine;
};

typedef void (*triple_cb)(const char *name, const struct triple *at, void *arg);

static const cJSON *
member(const cJSON *object, const char *name)
{
	const cJSON *item = json_get(object, name);

	return cJSON_IsNull(item) ? NULL : item;
}

/* Each name that any of them has, once. */
static void
for_each(const struct triple *in, triple_cb cb, void *arg)
{
	const cJSON *const objects[] = { in->base, in->theirs, in->mine };
	struct triple at;
	const cJSON *item;
	size_t i, j;

	for (i = 0; i < 3; i++)
		cJSON_ArrayForEach(item, objects[i]) {
			for (j = 0; j < i; j++)
				if (json_get(objects[j], item->string) != NULL)
					break;
			if (j < i)
				continue;
			at.base = member(in->base, item->string);
			at.theirs = member(in->theirs, item->string);
			at.mine = member(in->mine, item->string);
			cb(item->string, &at, arg);
		}
}

static bool
is_same(const cJSON *a, const cJSON *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return json_equal(a, b);
}

/* Below an object that both still have, each value is looked at by itself. */
static bool
goes_below(const struct triple *at)
{
	return cJSON_IsObject(at->theirs) && cJSON_IsObject(at->mine) &&
	    (at->base == NULL || cJSON_IsObject(at->base));
}

static bool
differs(const struct triple *at, enum merge3_kind *kind)
{
	bool mine = !is_same(at->base, at->mine);
	bool theirs = !is_same(at->base, at->theirs);

	if (!mine && !theirs)
		return false;
	*kind = !theirs                     ? MERGE3_MINE
	    : !mine                         ? MERGE3_THEIRS
	    : is_same(at->mine, at->theirs) ? MERGE3_SAME
					    : MERGE3_CONFLICT;
	return true;
}

struct walk {
	struct strbuf path;
	merge3_cb cb;
	void *arg;
};

static void
tell(const struct walk *walk, enum merge3_kind kind, const struct triple *at)
{
	char *base = at->base != NULL ? json_print(at->base) : NULL;
	char *theirs = at->theirs != NULL ? json_print(at->theirs) : NULL;
	char *mine = at->mine != NULL ? json_print(at->mine) : NULL;

	walk->cb(kind, strbuf_str(&walk->path), base, theirs, mine, walk->arg);
	free(base);
	free(theirs);
	free(mine);
}

static void
walk_member(const char *name, const struct triple *at, void *arg)
{
	struct walk *walk = arg;
	size_t len = walk->path.len;
	enum merge3_kind kind;

	form_put_key(&walk->path, name);
	if (goes_below(at))
		for_each(at, walk_member, walk);
	else if (differs(at, &kind))
		tell(walk, kind, at);
	walk->path.len = len;
	walk->path.data[len] = '\0';
}

void
merge3_walk(const cJSON *base, const cJSON *theirs, const cJSON *mine,
    merge3_cb cb, void *arg)
{
	const struct triple root = { base, theirs, mine };
	struct walk walk = { .cb = cb, .arg = arg };

	for_each(&root, walk_member, &walk);
	strbuf_fini(&walk.path);
}

struct merge {
	cJSON *into;
	bool prefer_theirs;
};

static void
merge_member(const char *name, const struct triple *at, void *arg)
{
	struct merge *merge = arg, below = *merge;
	const cJSON *taken = at->theirs;
	enum merge3_kind kind;

	if (goes_below(at)) {
		below.into = cJSON_AddObjectToObject(merge->into, name);
		for_each(at, merge_member, &below);
		return;
	}
	if (differs(at, &kind) &&
	    (kind == MERGE3_MINE ||
		(kind == MERGE3_CONFLICT && !merge->prefer_theirs)))
		taken = at->mine;
	if (taken != NULL)
		cJSON_AddItemToObject(
		    merge->into, name, cJSON_Duplicate(taken, true));
}

cJSON *
merge3(const cJSON *base, const cJSON *theirs, const cJSON *mine,
    bool prefer_theirs)
{
	const struct triple root = { base, theirs, mine };
	struct merge merge = { .into = cJSON_CreateObject(),
		.prefer_theirs = prefer_theirs };

	for_each(&root, merge_member, &merge);
	return merge.into;
}
