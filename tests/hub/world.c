#include "config.h"

#include "tests/hub/world.h"

#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <event2/event.h>

#include "core/base/err.h"
#include "core/base/xalloc.h"
#include "core/hub/registry.h"
#include "core/hub/twins.h"
#include "core/net/loop.h"
#include "tests/support/test.h"

static void
start(struct world *world)
{
	struct hub_config config = { .state_dir = world->state_dir,
		.name = "local" };
	struct err err = { 0 };

	world->hub = hub_new(world->base, &config, &err);
	if (world->hub == NULL)
		fail_msg("%s", err.text);
}

void
world_init(struct world *world)
{
	const char *tmp = getenv("TMPDIR");
	struct err err;

	world->state_dir =
	    xasprintf("%s/twindeck-test-XXXXXX", tmp != NULL ? tmp : "/tmp");
	assert_non_null(mkdtemp(world->state_dir));
	world->base = net_loop_new(&err);
	assert_non_null(world->base);
	start(world);
}

void
world_restart(struct world *world)
{
	hub_free(world->hub);
	start(world);
}

void
world_fini(struct world *world)
{
	hub_free(world->hub);
	event_base_free(world->base);
	hub_remove_state(world->state_dir);
	free(world->state_dir);
}

int
world_setup(void **state)
{
	world_init(*state);
	world_add_device(*state, "d1");
	return 0;
}

int
world_teardown(void **state)
{
	world_fini(*state);
	return 0;
}

void
world_settle(struct world *world)
{
	while (
	    event_base_loop(world->base, EVLOOP_ONCE | EVLOOP_NONBLOCK) == 0 &&
	    event_base_get_num_events(world->base, EVENT_BASE_COUNT_ACTIVE) > 0)
		;
}

void
world_add_device(struct world *world, const char *device_id)
{
	cJSON *body =
	    cJSON_Parse("{\"authentication\":{\"symmetricKey\":{"
			"\"primaryKey\":\"" WORLD_KEY "\","
			"\"secondaryKey\":\"" WORLD_OTHER_KEY "\"}}}");
	struct err err = { 0 };

	if (hub_registry_put(
		world->hub->registry, device_id, body, NULL, &err) == -1)
		fail_msg("%s", err.text);
	cJSON_Delete(body);
	world_settle(world);
}

void
world_patch(struct world *world, const char *device_id, const char *body)
{
	struct hub_twins_write write = { .body = cJSON_Parse(body) };
	struct err err = { 0 };

	assert_non_null(write.body);
	if (hub_twins_update(world->hub->twins, device_id, &write, &err) == -1)
		fail_msg("%s", err.text);
	cJSON_Delete((cJSON *)(uintptr_t)write.body);
	world_settle(world);
}

void
world_report(struct world *world, const char *device_id, const char *patch)
{
	cJSON *json = cJSON_Parse(patch);
	struct err err = { 0 };
	int64_t version;

	assert_non_null(json);
	if (hub_twins_report(
		world->hub->twins, device_id, json, &version, &err) == -1)
		fail_msg("%s", err.text);
	cJSON_Delete(json);
	world_settle(world);
}
