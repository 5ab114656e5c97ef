#include "config.h"

#include "core/hub/subscriptions.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/xalloc.h"
#include "core/hub/commit.h"
#include "core/hub/hub.h"
#include "core/hub/who.h"
#include "core/iothub/topic.h"
#include "core/mqtt/filter.h"
#include "core/mqtt/protocol.h"
#include "core/store/store.h"

struct hub_subscription {
	const char *filter; /* of common_filters, or owned */
	uint8_t qos;
};

enum statement { GET, PUT, DROP, STATEMENTS };

struct hub_subscriptions_store {
	struct hub *hub;
	struct store_stmt *stmts[HUB_KINDS][STATEMENTS];
};

#define STATEMENTS_ON(TABLE)                                             \
	{                                                                \
		[GET] = "SELECT subscriptions FROM " TABLE               \
			" WHERE device_id = ?1",                         \
		[PUT] = "INSERT INTO " TABLE                             \
			" (device_id, subscriptions) VALUES (?1, ?2) "   \
			"ON CONFLICT (device_id) "                       \
			"DO UPDATE SET subscriptions = ?2",              \
		[DROP] = "DELETE FROM " TABLE " WHERE device_id = ?1",   \
	}

static const char *const statements[HUB_KINDS][STATEMENTS] = {
	[HUB_DEVICE] = STATEMENTS_ON("session"),
	[HUB_MODULE] = STATEMENTS_ON("module_session"),
};

/* Nearly every device has these, so they are not copied ten thousand times. */
static const char *const common_filters[] = {
    TOPIC_METHODS_FILTER, TOPIC_TWIN_RES_FILTER, TOPIC_DESIRED_FILTER};

#define COMMON (sizeof(common_filters) / sizeof(common_filters[0]))

static const char *
filter_keep(struct mqtt_str filter)
{
	size_t i;

	for (i = 0; i < COMMON; i++)
		if (mqtt_str_equal(filter, common_filters[i]))
			return common_filters[i];
	return xstrndup(filter.s, filter.len);
}

static void
filter_free(const char *filter)
{
	size_t i;

	for (i = 0; i < COMMON; i++)
		if (filter == common_filters[i])
			return;
	free((char *)(uintptr_t)filter);
}

void
hub_subscriptions_fini(struct hub_subscriptions *subs)
{
	while (subs->n > 0)
		filter_free(subs->items[--subs->n].filter);
	free(subs->items);
	*subs = (struct hub_subscriptions){0};
}

/* Whether all that the filter covers is below what ends in "#". */
static bool
is_below(struct mqtt_str filter, const char *tree)
{
	size_t n = strlen(tree) - 1;

	return filter.len > n && memcmp(filter.s, tree, n) == 0;
}

static bool
is_known(const char *device_id, struct mqtt_str filter)
{
	char *devicebound, *owner;
	size_t i;
	bool known;

	for (i = 0; i < COMMON; i++)
		if (is_below(filter, common_filters[i]))
			return true;
	owner = hub_who_device(device_id);
	devicebound = topic_format_devicebound_filter(
	    owner, hub_who_module(device_id));
	known = is_below(filter, devicebound);
	free(devicebound);
	free(owner);
	return known;
}

static struct hub_subscription *
find(const struct hub_subscriptions *subs, struct mqtt_str filter)
{
	size_t i;

	for (i = 0; i < subs->n; i++)
		if (mqtt_str_equal(filter, subs->items[i].filter))
			return &subs->items[i];
	return NULL;
}

uint8_t
hub_subscriptions_add(struct hub_subscriptions *subs, const char *device_id,
    struct mqtt_str filter, uint8_t qos)
{
	struct hub_subscription *sub = find(subs, filter);

	if (sub == NULL) {
		if (subs->n >= HUB_SUBSCRIPTIONS_MAX ||
		    filter.len > HUB_FILTER_MAX || !is_known(device_id, filter))
			return MQTT_SUBACK_FAILURE;
		subs->items =
		    xreallocarray(subs->items, subs->n + 1, sizeof(*sub));
		sub = &subs->items[subs->n++];
		sub->filter = filter_keep(filter);
	}
	sub->qos = qos > MQTT_QOS_1 ? MQTT_QOS_1 : qos;
	return sub->qos;
}

void
hub_subscriptions_remove(struct hub_subscriptions *subs, struct mqtt_str filter)
{
	struct hub_subscription *sub = find(subs, filter);

	if (sub == NULL)
		return;
	filter_free(sub->filter);
	*sub = subs->items[--subs->n];
}

int
hub_subscriptions_qos(
    const struct hub_subscriptions *subs, const char *topic_name)
{
	struct mqtt_str name = mqtt_str(topic_name);
	const struct hub_subscription *sub;
	int qos = -1;

	for (sub = subs->items; sub < subs->items + subs->n; sub++)
		if (sub->qos > qos &&
		    mqtt_filter_matches(mqtt_str(sub->filter), name))
			qos = sub->qos;
	return qos;
}

/* Kept as {"filter":qos,…}. */
static char *
format(const struct hub_subscriptions *subs)
{
	cJSON *json = cJSON_CreateObject();
	const struct hub_subscription *sub;
	char *text;

	for (sub = subs->items; sub < subs->items + subs->n; sub++)
		cJSON_AddNumberToObject(json, sub->filter, sub->qos);
	text = json_print(json);
	cJSON_Delete(json);
	return text;
}

static int
parse(const char *text, const char *device_id, struct hub_subscriptions *subs,
    struct err *err)
{
	cJSON *json = json_parse(text, strlen(text), err);
	const cJSON *item;

	if (json == NULL)
		return err_prefix(
		    err, "the subscriptions kept for %s", device_id);
	cJSON_ArrayForEach (item, json)
		hub_subscriptions_add(subs, device_id, mqtt_str(item->string),
		    item->valueint > 0 ? MQTT_QOS_1 : MQTT_QOS_0);
	cJSON_Delete(json);
	return 0;
}

struct hub_subscriptions_store *
hub_subscriptions_store_new(struct hub *hub, struct err *err)
{
	struct hub_subscriptions_store *s = xcalloc(1, sizeof(*s));
	struct store_stmt *stmt;
	const char *sql;
	int i;

	s->hub = hub;
	for (i = 0; i < HUB_KINDS * STATEMENTS; i++) {
		sql = statements[i / STATEMENTS][i % STATEMENTS];
		stmt = store_prepare(hub->store, sql, err);
		if (stmt == NULL) {
			hub_subscriptions_store_free(s);
			return NULL;
		}
		s->stmts[i / STATEMENTS][i % STATEMENTS] = stmt;
	}
	return s;
}

void
hub_subscriptions_store_free(struct hub_subscriptions_store *s)
{
	int i;

	if (s == NULL)
		return;
	for (i = 0; i < HUB_KINDS * STATEMENTS; i++)
		store_stmt_free(s->stmts[i / STATEMENTS][i % STATEMENTS]);
	free(s);
}

int
hub_subscriptions_load(struct hub_subscriptions_store *s, const char *device_id,
    struct hub_subscriptions *subs, struct err *err)
{
	struct store_stmt *get = s->stmts[hub_who_kind(device_id)][GET];
	int rc;

	store_bind_text(get, 1, device_id);
	rc = store_step(get, err);
	if (rc == 1 &&
	    parse(store_column_text(get, 0), device_id, subs, err) == -1)
		rc = -1;
	store_reset(get);
	return rc;
}

int
hub_subscriptions_save(struct hub_subscriptions_store *s, const char *device_id,
    const struct hub_subscriptions *subs, struct err *err)
{
	struct store_stmt *put = s->stmts[hub_who_kind(device_id)][PUT];
	char *text = format(subs);
	int rc;

	hub_commit_begin(s->hub->commit);
	store_bind_text(put, 1, device_id);
	store_bind_text(put, 2, text);
	rc = store_run(put, err);
	cJSON_free(text);
	return rc;
}

int
hub_subscriptions_drop(
    struct hub_subscriptions_store *s, const char *device_id, struct err *err)
{
	struct store_stmt *drop = s->stmts[hub_who_kind(device_id)][DROP];

	hub_commit_begin(s->hub->commit);
	store_bind_text(drop, 1, device_id);
	return store_run(drop, err);
}
