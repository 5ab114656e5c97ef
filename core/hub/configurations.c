#include "config.h"

#include "core/hub/configurations.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <event2/event.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/list.h"
#include "core/base/log.h"
#include "core/base/xalloc.h"
#include "core/hub/commit.h"
#include "core/hub/configuration_body.h"
#include "core/hub/hub.h"
#include "core/hub/query.h"
#include "core/hub/twins.h"
#include "core/hub/who.h"
#include "core/store/store.h"

#define RETRY_S 1 /* after a commit that failed */
/* As the column configured.status has them. */
#define TARGETED 0
#define APPLIED 1
#define REFUSED 2

enum statement {
	LOAD,
	RANGE, /* of devices, and behind it of the other kind */
	RANGE_OF_MODULES,
	CONTEST,
	SET_STATUS,
	STATEMENTS
};

static const char *const statements[STATEMENTS] = {
	[LOAD] = "SELECT id, config_id, condition, content, kind"
		 " FROM configuration ORDER BY id",
	[RANGE] = "SELECT min(device_id), max(device_id) FROM"
		  " (SELECT device_id FROM device WHERE device_id > ?1"
		  "  ORDER BY device_id LIMIT ?2)",
	[RANGE_OF_MODULES] = "SELECT min(device_id), max(device_id) FROM"
			     " (SELECT device_id FROM module"
			     "  WHERE device_id > ?1"
			     "  ORDER BY device_id LIMIT ?2)",
	/* Who has come to win its device, or to lose it; those of devices and
	 * those of edges' modules are apart.  Between two devices there may
	 * stand modules, who are looked at by themselves. */
	[CONTEST] = "SELECT device_id, config, wins FROM"
		    " (SELECT device_id, config, status, row_number() OVER"
		    "   (PARTITION BY device_id, kind ORDER BY"
		    "    configuration.priority DESC, configuration.id DESC)"
		    "   = 1 AS wins"
		    "  FROM configured JOIN configuration"
		    "  ON configuration.id = configured.config"
		    "  WHERE device_id BETWEEN ?1 AND ?2"
		    "   AND (instr(device_id, '/') > 0) = ?3)"
		    " WHERE wins <> (status <> 0)",
	[SET_STATUS] = "UPDATE configured SET status = ?3"
		       " WHERE device_id = ?1 AND config = ?2",
};

/* One of them in memory: what it does, compiled. */
struct configuration {
	struct list link; /* in hub_configurations.list */
	int64_t id;       /* its row */
	char *config_id;
	enum hub_kind targets;
	cJSON *bodies; /* of twins, as a service would send them, by the
			  module's id, "": the device's own */
	struct hub_query query;
	char *results; /* of its metrics; NULL: not counted yet */
	int64_t counted_ms;
	struct store_stmt *add;  /* whom it targets now */
	struct store_stmt *drop; /* whom it does no more */
};

struct hub_configurations {
	struct hub *hub;
	struct store_stmt *stmts[STATEMENTS];
	struct list list;
	struct event *timer;
	char *touched[HUB_CONFIGURATION_TOUCHED]; /* owned */
	size_t n_touched;
	char *after; /* where a look at all stands; NULL: there is none */
	enum hub_kind looks_at; /* first at all devices, then at all modules */
	bool is_committing;
	bool is_stopping;
};

static void
look_in(struct hub_configurations *cs, int s)
{
	struct timeval delay = { .tv_sec = s };

	if (!cs->is_stopping)
		event_add(cs->timer, &delay);
}

static void
look_at_all(struct hub_configurations *cs)
{
	while (cs->n_touched > 0)
		free(cs->touched[--cs->n_touched]);
	free(cs->after);
	cs->after = xstrdup("");
	cs->looks_at = HUB_DEVICE;
}

static void
configuration_free(struct configuration *c)
{
	list_remove(&c->link);
	store_stmt_free(c->add);
	store_stmt_free(c->drop);
	hub_query_fini(&c->query);
	cJSON_Delete(c->bodies);
	free(c->config_id);
	free(c->results);
	free(c);
}

/* Of the devices that a condition gives, as t. */
#define EDGES_ONLY                                                     \
	" WHERE (SELECT iot_edge FROM device AS d WHERE d.device_id =" \
	" t.device_id)"

/* Both take the range of devices and, behind it, the configuration. */
static int
prepare(struct hub_configurations *cs, struct configuration *c,
    const char *condition, enum hub_configuration_kind kind, struct err *err)
{
	const char *only = kind == HUB_CONFIGURATION_EDGES ? EDGES_ONLY : "";
	size_t len = strlen(condition);
	char *sql;
	int n, rc;

	rc = c->targets == HUB_MODULE
	    ? hub_query_compile_modules(condition, len, &c->query, err)
	    : hub_query_compile_target(condition, len, &c->query, err);
	if (rc == -1)
		return -1;
	n = (int)c->query.n_values;
	sql = xasprintf("INSERT OR IGNORE INTO configured (config, device_id)"
			" SELECT ?%d, t.device_id FROM (%s) AS t%s",
	    n + 3, c->query.sql, only);
	c->add = store_prepare(cs->hub->store, sql, err);
	free(sql);
	sql = xasprintf("DELETE FROM configured WHERE config = ?%d"
			" AND device_id BETWEEN ?%d AND ?%d"
			" AND device_id NOT IN"
			" (SELECT t.device_id FROM (%s) AS t%s)",
	    n + 3, n + 1, n + 2, c->query.sql, only);
	if (c->add != NULL)
		c->drop = store_prepare(cs->hub->store, sql, err);
	free(sql);
	return c->drop != NULL ? 0 : -1;
}

/* As services write them; takes the patches out. */
static cJSON *
make_bodies(cJSON *patches)
{
	cJSON *bodies = cJSON_CreateObject(), *patch, *body;
	char *who;

	while ((patch = cJSON_DetachItemFromArray(patches, 0)) != NULL) {
		who = xstrdup(patch->string);
		body = cJSON_AddObjectToObject(bodies, who);
		cJSON_AddItemToObject(
		    cJSON_AddObjectToObject(body, "properties"), "desired",
		    patch);
		free(who);
	}
	return bodies;
}

/* A condition that is empty targets nobody, as "false" would. */
static const char *
condition_of(struct store_stmt *row, enum hub_configuration_kind kind)
{
	const char *condition = store_column_text(row, 2);

	if (*condition != '\0')
		return condition;
	return kind == HUB_CONFIGURATION_MODULES ? HUB_CONFIGURATION_OF_MODULES
	    " WHERE " HUB_CONFIGURATION_NOBODY
						 : HUB_CONFIGURATION_NOBODY;
}

static int
configuration_load(
    struct hub_configurations *cs, struct store_stmt *row, struct err *err)
{
	struct configuration *c = xcalloc(1, sizeof(*c));
	enum hub_configuration_kind kind = HUB_CONFIGURATION_DEVICES;
	cJSON *content, *patches;
	int rc = -1;

	list_append(&cs->list, &c->link);
	c->id = store_column_int(row, 0);
	c->config_id = xstrdup(store_column_text(row, 1));
	content = json_parse(
	    store_column_text(row, 3), store_column_len(row, 3), err);
	patches = hub_configuration_patches(content, &kind, err);
	cJSON_Delete(content);
	if (patches != NULL) {
		c->bodies = make_bodies(patches);
		c->targets =
		    kind == HUB_CONFIGURATION_MODULES ? HUB_MODULE : HUB_DEVICE;
		rc = prepare(cs, c, condition_of(row, kind), kind, err);
	}
	cJSON_Delete(patches);
	if (rc == -1)
		configuration_free(c);
	return rc;
}

static void
forget(struct hub_configurations *cs)
{
	struct configuration *c;

	while ((c = LIST_FIRST(&cs->list, struct configuration, link)) != NULL)
		configuration_free(c);
}

/* One that cannot be read is passed over, and said so. */
static int
load(struct hub_configurations *cs, struct err *err)
{
	struct store_stmt *row = cs->stmts[LOAD];
	struct err why;
	int rc;

	forget(cs);
	while ((rc = store_step(row, err)) == 1) {
		why = (struct err){ 0 };
		if (configuration_load(cs, row, &why) == -1)
			log_error("configuration %s cannot be read: %s",
			    store_column_text(row, 1), why.text);
	}
	return rc;
}

static void
on_changed(bool ok, void *arg)
{
	struct hub_configurations *cs = arg;
	struct err err = { 0 };

	(void)ok; /* what is on disk counts */
	if (cs->is_stopping)
		return;
	if (load(cs, &err) == -1)
		log_error("the configurations cannot be read: %s", err.text);
	look_at_all(cs);
	look_in(cs, 0);
}

void
hub_configurations_reload(struct hub_configurations *cs)
{
	hub_commit_then(cs->hub->commit, on_changed, cs);
}

void
hub_configurations_touch(struct hub_configurations *cs, const char *device_id)
{
	if (cs == NULL || list_is_empty(&cs->list))
		return;
	if (cs->n_touched == HUB_CONFIGURATION_TOUCHED)
		look_at_all(cs);
	else
		cs->touched[cs->n_touched++] = xstrdup(device_id);
	if (!cs->is_committing)
		look_in(cs, 0);
}

/* A write that fails takes the whole batch with it. */
static int
run(struct hub_configurations *cs, struct store_stmt *stmt, const char *what)
{
	struct err err = { 0 };

	if (store_run(stmt, &err) == 0)
		return 0;
	log_error("configuration %s: %s", what, err.text);
	hub_commit_fail(cs->hub->commit);
	return -1;
}

static void
target(struct hub_configurations *cs, struct configuration *c,
    const char *first, const char *last)
{
	struct store_stmt *both[] = { c->add, c->drop };
	size_t i;

	for (i = 0; i < 2; i++) {
		hub_query_bind_range(&c->query, both[i], first, last);
		store_bind_int(both[i], (int)c->query.n_values + 3, c->id);
		run(cs, both[i], c->config_id);
	}
}

static struct configuration *
find(const struct hub_configurations *cs, int64_t id)
{
	struct configuration *c;

	LIST_FOREACH(c, &cs->list, struct configuration, link)
		if (c->id == id)
			return c;
	return NULL;
}

/* A module that is not there is passed over. */
static int
write_body(struct hub_configurations *cs, const struct configuration *c,
    const char *device_id, const cJSON *body)
{
	const char *module = *body->string != '\0' ? body->string : NULL;
	struct hub_twins_write write = { .body = body };
	char *who = hub_who_new(device_id, module);
	struct err err = { 0 };
	int rc = hub_twins_update(cs->hub->twins, who, &write, &err);

	if (rc == -1 && module != NULL && err.code == ERR_NOT_FOUND)
		rc = 0;
	if (rc == -1)
		log_error("configuration %s cannot be applied to %s: %s",
		    c->config_id, who, err.text);
	free(who);
	return rc;
}

/* Once: what an operator then writes over it stays. */
static int
apply(struct hub_configurations *cs, const struct configuration *c,
    const char *device_id)
{
	const cJSON *body;
	int status = APPLIED;

	cJSON_ArrayForEach(body, c->bodies)
		if (write_body(cs, c, device_id, body) == -1)
			status = REFUSED;
	return status;
}

struct contest {
	char *device_id;
	int64_t config;
	bool wins;
};

static void
settle(struct hub_configurations *cs, const struct contest *contest)
{
	const struct configuration *c = find(cs, contest->config);
	struct store_stmt *stmt = cs->stmts[SET_STATUS];
	int status = TARGETED;

	if (c == NULL)
		return;
	if (contest->wins)
		status = apply(cs, c, contest->device_id);
	store_bind_text(stmt, 1, contest->device_id);
	store_bind_int(stmt, 2, contest->config);
	store_bind_int(stmt, 3, status);
	run(cs, stmt, c->config_id);
}

/*
 * Read whole before anything is changed: of each of two kinds at most one
 * wins and one loses a device at a time.
 */
static void
settle_all(struct hub_configurations *cs, enum hub_kind kind, const char *first,
    const char *last)
{
	struct contest contests[4 * HUB_CONFIGURATION_RANGE];
	struct store_stmt *row = cs->stmts[CONTEST];
	struct err err = { 0 };
	size_t n = 0, i;
	int rc = 0;

	store_bind_text(row, 1, first);
	store_bind_text(row, 2, last);
	store_bind_int(row, 3, kind == HUB_MODULE);
	while (n < sizeof(contests) / sizeof(contests[0]) &&
	    (rc = store_step(row, &err)) == 1) {
		contests[n].device_id = xstrdup(store_column_text(row, 0));
		contests[n].config = store_column_int(row, 1);
		contests[n++].wins = store_column_int(row, 2) != 0;
	}
	store_reset(row);
	if (rc == -1)
		log_error("configurations cannot be read: %s", err.text);
	for (i = 0; i < n; i++) {
		settle(cs, &contests[i]);
		free(contests[i].device_id);
	}
}

static void
look_at_range(struct hub_configurations *cs, enum hub_kind kind,
    const char *first, const char *last)
{
	struct configuration *c;

	LIST_FOREACH(c, &cs->list, struct configuration, link)
		if (c->targets == kind)
			target(cs, c, first, last);
	settle_all(cs, kind, first, last);
}

/* A hundred configurations may be much to look at for one device: the time
 * is bounded too. */
static void
look_at_touched(struct hub_configurations *cs)
{
	int64_t end_ms = clock_mono_ms() + HUB_CONFIGURATION_TURN_MS;
	size_t i = 0;

	do {
		look_at_range(cs, hub_who_kind(cs->touched[i]), cs->touched[i],
		    cs->touched[i]);
		free(cs->touched[i++]);
	} while (i < cs->n_touched && i < HUB_CONFIGURATION_RANGE &&
	    clock_mono_ms() < end_ms);
	cs->n_touched -= i;
	memmove(cs->touched, cs->touched + i,
	    cs->n_touched * sizeof(cs->touched[0]));
}

static void
look_at_next(struct hub_configurations *cs)
{
	struct store_stmt *row = cs->stmts[RANGE + (int)cs->looks_at];
	char *first = NULL, *last = NULL;
	struct err err = { 0 };

	store_bind_text(row, 1, cs->after);
	store_bind_int(row, 2, HUB_CONFIGURATION_RANGE);
	if (store_step(row, &err) == 1 && !store_column_is_null(row, 0)) {
		first = xstrdup(store_column_text(row, 0));
		last = xstrdup(store_column_text(row, 1));
	}
	store_reset(row);
	if (first != NULL)
		look_at_range(cs, cs->looks_at, first, last);
	free(first);
	free(cs->after);
	if (last == NULL && cs->looks_at == HUB_DEVICE) {
		cs->looks_at = HUB_MODULE;
		last = xstrdup("");
	}
	cs->after = last;
}

static void
on_looked(bool ok, void *arg)
{
	struct hub_configurations *cs = arg;

	cs->is_committing = false;
	if (!ok) {
		look_at_all(cs);
		look_in(cs, RETRY_S);
		return;
	}
	look_in(cs,
	    cs->n_touched > 0 || cs->after != NULL ? 0
						   : HUB_CONFIGURATION_AGAIN_S);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct hub_configurations *cs = arg;

	(void)fd;
	(void)what;
	if (cs->is_stopping || cs->is_committing || list_is_empty(&cs->list))
		return;
	if (cs->n_touched == 0 && cs->after == NULL)
		look_at_all(cs);
	hub_commit_begin(cs->hub->commit);
	if (cs->n_touched > 0)
		look_at_touched(cs);
	if (cs->after != NULL)
		look_at_next(cs);
	cs->is_committing = true;
	hub_commit_then(cs->hub->commit, on_looked, cs);
}

struct hub_configurations *
hub_configurations_new(struct hub *hub, struct err *err)
{
	struct hub_configurations *cs = xcalloc(1, sizeof(*cs));
	int i;

	cs->hub = hub;
	list_init(&cs->list);
	cs->timer = evtimer_new(hub->base, on_timer, cs);
	for (i = 0; i < STATEMENTS; i++) {
		cs->stmts[i] = store_prepare(hub->store, statements[i], err);
		if (cs->stmts[i] == NULL)
			goto fail;
	}
	if (load(cs, err) == -1)
		goto fail;
	look_at_all(cs);
	look_in(cs, 0);
	return cs;
fail:
	hub_configurations_free(cs);
	return NULL;
}

void
hub_configurations_stop(struct hub_configurations *cs)
{
	if (cs == NULL)
		return;
	cs->is_stopping = true;
	event_del(cs->timer);
}

void
hub_configurations_free(struct hub_configurations *cs)
{
	int i;

	if (cs == NULL)
		return;
	forget(cs);
	while (cs->n_touched > 0)
		free(cs->touched[--cs->n_touched]);
	for (i = 0; i < STATEMENTS; i++)
		store_stmt_free(cs->stmts[i]);
	event_free(cs->timer);
	free(cs->after);
	free(cs);
}

const char *
hub_configurations_counted(const struct hub_configurations *cs, int64_t id)
{
	const struct configuration *c = find(cs, id);

	return c != NULL && c->results != NULL ? c->results : "{}";
}

int64_t
hub_configurations_stalest(const struct hub_configurations *cs, int64_t age_ms)
{
	int64_t oldest_ms = clock_mono_ms() - age_ms, id = 0;
	const struct configuration *c;

	LIST_FOREACH(c, &cs->list, struct configuration, link) {
		if (c->results == NULL)
			return c->id;
		if (c->counted_ms < oldest_ms) {
			oldest_ms = c->counted_ms;
			id = c->id;
		}
	}
	return id;
}

void
hub_configurations_keep(
    struct hub_configurations *cs, int64_t id, const char *results)
{
	struct configuration *c = find(cs, id);

	if (c == NULL)
		return;
	free(c->results);
	c->results = xstrdup(results);
	c->counted_ms = clock_mono_ms();
}
