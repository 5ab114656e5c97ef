#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/hub/hub.h"
#include "core/hub/registry.h"
#include "core/hub/schema.h"
#include "core/hub/transfer.h"
#include "core/hub/twins.h"
#include "core/store/backup.h"
#include "core/store/store.h"
#include "tests/hub/world.h"
#include "tests/support/test.h"

#define SCHEMAS_MAX 64
#define CONFIGURATIONS 6 /* the schema that first had some */

static int
setup(void **state)
{
	struct world *world = xcalloc(1, sizeof(*world));

	world_init(world);
	*state = world;
	return 0;
}

static int
teardown(void **state)
{
	world_fini(*state);
	free(*state);
	return 0;
}

static char *
export_all(struct world *world, int64_t *n)
{
	struct err err = { 0 };
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (hub_export(world->hub->store, out, n, &err) == -1)
		fail_msg("%s", err.text);
	fclose(out);
	return text;
}

static int
import_text(struct world *world, const char *text, int64_t *n, struct err *err)
{
	FILE *in = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	int rc = hub_import(world->hub->store, in, n, err);

	fclose(in);
	return rc;
}

static void
import_well(struct world *world, const char *text, int64_t want)
{
	struct err err = { 0 };
	int64_t n;

	if (import_text(world, text, &n, &err) == -1)
		fail_msg("%s", err.text);
	assert_int_equal(want, n);
}

/* Identity and twin, as REST answers them. */
static char *
describe(struct world *world, const char *device_id)
{
	struct strbuf out = { 0 };
	struct err err = { 0 };

	if (hub_registry_format(
		world->hub->registry, device_id, &out, NULL, &err) == -1 ||
	    hub_twins_format(world->hub->twins, device_id, &out, NULL, &err) ==
		-1)
		fail_msg("%s", err.text);
	return strbuf_take(&out);
}

static void
put_device(struct world *world, const char *device_id, const char *body)
{
	cJSON *json = cJSON_Parse(body);
	struct err err = { 0 };

	assert_non_null(json);
	if (hub_registry_put(
		world->hub->registry, device_id, json, NULL, &err) == -1)
		fail_msg("%s", err.text);
	cJSON_Delete(json);
	world_settle(world);
}

static void
test_what_is_exported_comes_back_the_same(void **state)
{
	struct world *world = *state, other;
	char *before, *after, *text, *again;
	int64_t n;

	world_add_device(world, "d1");
	world_patch(world, "d1",
	    "{\"tags\":{\"site\":\"brno\"},\"properties\":{\"desired\":"
	    "{\"a\":{\"b\":[1,2.5,\"x\"]},\"big\":4503599627370495}}}");
	world_patch(
	    world, "d1", "{\"properties\":{\"desired\":{\"a\":{\"c\":true}}}}");
	world_report(world, "d1", "{\"door\":{\"state\":\"locked\"}}");
	put_device(world, "disabled-2",
	    "{\"status\":\"disabled\",\"statusReason\":\"lost; \\\"so\\\"\"}");
	put_device(world, "x509",
	    "{\"authentication\":{\"type\":\"selfSigned\",\"x509Thumbprint\":{"
	    "\"primaryThumbprint\":"
	    "\"0123456789ABCDEF0123456789ABCDEF01234567\"}}}");
	put_device(world, "edge", "{\"capabilities\":{\"iotEdge\":true}}");
	put_device(world, "leaf", "{\"deviceScope\":\"edge's\"}");
	put_device(world, "d1/m1", "{\"managedBy\":\"me\"}");
	world_report(world, "d1/m1", "{\"module\":true}");
	text = export_all(world, &n);
	assert_int_equal(6, n);
	assert_non_null(strstr(text, "\n{\"id\":\"d1\",\"moduleId\":\"m1\","));
	assert_non_null(strstr(text, "\"deviceScope\":\"edge's\",\"parentScopes\""
				     ":[\"edge's\"]"));
	assert_non_null(strstr(text, "\"ms-azure-iot-edge://edge-"));

	world_init(&other);
	import_well(&other, text, 6);
	before = describe(world, "d1");
	after = describe(&other, "d1");
	assert_string_equal(before, after);
	free(before);
	free(after);
	again = export_all(&other, &n);
	assert_string_equal(text, again);
	free(again);
	/* Again, over what is there: nothing changes. */
	import_well(&other, text, 6);
	again = export_all(&other, &n);
	assert_string_equal(text, again);
	world_fini(&other);
	free(again);
	free(text);
}

static void
test_an_id_is_enough_of_a_line(void **state)
{
	struct world *world = *state;
	struct hub_device device;
	struct err err = { 0 };
	char *text;

	import_well(world,
	    "{\"id\":\"a\"}\n\n{\"deviceId\":\"b\",\"tags\":{\"x\":1},"
	    "\"properties\":{\"desired\":{\"y\":{\"z\":2,\"n\":null}}}}",
	    2);
	assert_int_equal(
	    0, hub_registry_get(world->hub->registry, "a", &device, &err));
	assert_true(device.enabled);
	assert_int_equal(44, strlen(device.primary_key));
	hub_device_fini(&device);
	text = describe(world, "b");
	assert_non_null(strstr(text, "\"tags\":{\"x\":1}"));
	assert_non_null(strstr(text,
	    "\"desired\":{\"y\":{\"z\":2},\"$metadata\":{\"$lastUpdated\":"));
	free(text);
	/* And it is a device like any other. */
	world_patch(world, "a", "{\"properties\":{\"desired\":{\"q\":1}}}");
	world_report(world, "b", "{\"r\":1}");
}

static void
test_a_file_of_a_windows_editor_is_read(void **state)
{
	struct world *world = *state;
	char *text;

	import_well(world,
	    "\xef\xbb\xbf{\"id\":\"a\"}\r\n\r\n{\"id\":\"b\"}", 2);
	text = describe(world, "b");
	free(text);
}

static void
test_an_import_keeps_the_row_of_a_device(void **state)
{
	struct world *world = *state;
	struct hub_device before, after;

	world_add_device(world, "a");
	hub_registry_get(world->hub->registry, "a", &before, NULL);
	import_well(world, "{\"id\":\"a\"}", 1);
	hub_registry_get(world->hub->registry, "a", &after, NULL);
	assert_int_equal(before.id, after.id);
	assert_string_not_equal(before.primary_key, after.primary_key);
	hub_device_fini(&before);
	hub_device_fini(&after);
}

static void
test_a_bad_line_is_named_and_undoes_its_batch(void **state)
{
	static const struct {
		const char *line;
		const char *why;
	} rows[] = {
		{ "{\"id\":1}", "line 2: id is missing or not a string" },
		{ "[]", "line 2: id is missing or not a string" },
		{ "{\"id\":\"b\"", "line 2: line 1, column" },
		{ "{\"id\":\"b c\"}", "line 2: " },
		{ "{\"id\":\"b\",\"moduleId\":\"m\"}",
		    "line 2: the device of the module b/m is not there" },
		{ "{\"id\":\"b/m\"}", "line 2: id must have no slash" },
		{ "{\"jobId\":\"j\"}", "line 2: type is missing" },
		{ "{\"jobId\":\"j j\"}", "line 2: a job's id has 1 to 64" },
		{ "{\"jobId\":1}", "line 2: jobId must be a string" },
		{ "{\"jobId\":\"j\",\"deviceId\":\"a\",\"status\":\"done\"}",
		    "line 2: status is missing or none" },
		{ "{\"jobId\":\"j\",\"deviceId\":\"a\",\"status\":\"failed\"}",
		    "line 2: the job j of this record is not there" },
		{ "{\"jobId\":\"j\",\"type\":\"scheduleUpdateTwin\","
		  "\"status\":\"queued\",\"queryCondition\":\"*\"}",
		    "line 2: updateTwin is missing" },
		{ "{\"jobId\":\"j\",\"type\":\"scheduleDeviceMethod\","
		  "\"status\":\"queued\",\"queryCondition\":\"*\","
		  "\"cloudToDeviceMethod\":{}}",
		    "line 2: methodName is missing" },
		{ "{\"jobId\":\"j\",\"type\":\"scheduleUpdateTwin\","
		  "\"status\":\"queued\",\"queryCondition\":\"*\","
		  "\"updateTwin\":{},\"startTime\":\"soon\"}",
		    "line 2: startTime is no time" },
		{ "{\"id\":\"b\",\"eTag\":\"!\"}",
		    "line 2: eTag is none of a hub" },
		{ "{\"id\":\"b\",\"twinETag\":\"AA==\"}",
		    "line 2: twinETag is none of a twin" },
		{ "{\"id\":\"b\",\"version\":0}",
		    "line 2: version must be a whole number from 1" },
		{ "{\"id\":\"b\",\"tags\":[]}", "line 2: tags" },
		{ "{\"id\":\"b\",\"properties\":1}",
		    "line 2: properties must be a JSON object" },
		{ "{\"id\":\"b\",\"properties\":{\"desired\":1}}", "line 2: " },
		{ "{\"id\":\"b\",\"properties\":{\"desired\":{\"a.b\":1}}}",
		    "line 2: " },
		{ "{\"id\":\"b\",\"statusUpdateTime\":\"noon\"}",
		    "line 2: statusUpdateTime is no time" },
		{ "{\"id\":\"b\",\"authentication\":{\"symmetricKey\":{"
		  "\"primaryKey\":\"x\",\"secondaryKey\":\"y\"}}}",
		    "line 2: Invalid device key length" },
	};
	struct world *world = *state;
	struct err err;
	char *text;
	int64_t n;
	size_t i;

	for (i = 0; i < N_ROWS(rows); i++) {
		err_clear(&err);
		text = xasprintf("{\"id\":\"a\"}\n%s\n", rows[i].line);
		if (import_text(world, text, &n, &err) != -1)
			fail_msg("%s", rows[i].line);
		if (strncmp(err.text, rows[i].why, strlen(rows[i].why)) != 0)
			fail_msg("%s: %s", rows[i].line, err.text);
		assert_int_equal(0, n);
		free(text);
	}
	text = export_all(world, &n);
	assert_int_equal(0, n);
	free(text);
}

static void
test_batches_before_a_bad_line_stay(void **state)
{
	struct world *world = *state;
	struct strbuf text = { 0 };
	struct err err = { 0 };
	int64_t n;
	char *all;
	int i;

	for (i = 0; i < HUB_TRANSFER_BATCH + 10; i++)
		strbuf_printf(&text, "{\"id\":\"d%d\"}\n", i);
	strbuf_puts(&text, "nonsense");
	assert_int_equal(-1, import_text(world, text.data, &n, &err));
	assert_int_equal(HUB_TRANSFER_BATCH, n);
	assert_non_null(strstr(err.text, "line 4107: "));
	all = export_all(world, &n);
	assert_int_equal(HUB_TRANSFER_BATCH, n);
	free(all);
	strbuf_fini(&text);
}

static void
write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void
test_a_seed_is_for_a_hub_without_devices(void **state)
{
	struct world *world = *state;
	char *path = xasprintf("%s.seed", world->state_dir);
	struct hub_config config = {
		.state_dir = world->state_dir, .name = "local", .seed = path
	};
	struct err err = { 0 };
	int64_t n;
	char *text;

	hub_free(world->hub);
	write_file(path, "{\"id\":\"a\"}\n{\"id\":\"a b\"}\n");
	world->hub = hub_new(world->base, &config, &err);
	assert_null(world->hub);
	assert_non_null(strstr(err.text, ".seed: line 2: "));

	write_file(path, "{\"id\":\"a\"}\n{\"id\":\"b\"}\n");
	world->hub = hub_new(world->base, &config, &err);
	assert_non_null(world->hub);
	text = export_all(world, &n);
	assert_int_equal(2, n);
	free(text);

	hub_free(world->hub);
	write_file(path, "{\"id\":\"c\"}\n");
	world->hub = hub_new(world->base, &config, &err);
	assert_non_null(world->hub);
	text = export_all(world, &n);
	assert_int_equal(2, n);
	free(text);
	unlink(path);
	free(path);
}

static void
test_a_job_of_a_seed_runs_at_once(void **state)
{
	struct world *world = *state;
	char *path = xasprintf("%s.seed", world->state_dir);
	struct hub_config config = {
		.state_dir = world->state_dir, .name = "local", .seed = path
	};
	struct err err = { 0 };
	int i;
	char *text;

	hub_free(world->hub);
	write_file(path,
	    "{\"id\":\"a\"}\n{\"jobId\":\"j\",\"type\":"
	    "\"scheduleUpdateTwin\",\"updateTwin\":{\"tags\":{\"x\":1}},"
	    "\"queryCondition\":\"*\",\"status\":\"queued\"}\n");
	world->hub = hub_new(world->base, &config, &err);
	assert_non_null(world->hub);
	for (i = 0; i < 100; i++)
		world_settle(world);
	text = describe(world, "a");
	assert_non_null(strstr(text, "\"tags\":{\"x\":1}"));
	free(text);
	unlink(path);
	free(path);
}

static void
test_a_backup_is_whole_and_of_one_moment(void **state)
{
	struct world *world = *state;
	char *from = xasprintf("%s/" HUB_FILE_DATABASE, world->state_dir);
	char *to = xasprintf("%s.backup", world->state_dir);
	struct err err = { 0 };
	struct store *copy;
	char *text = NULL, *want;
	size_t len;
	FILE *out;
	int64_t n;

	world_add_device(world, "a");
	world_report(world, "a", "{\"x\":1}");
	want = export_all(world, &n);
	assert_int_equal(0, store_backup(from, to, &err));
	world_report(world, "a", "{\"x\":2}"); /* too late for it */
	assert_int_equal(-1, store_backup(from, to, &err));
	assert_int_equal(ERR_EXISTS, err.code);

	copy = store_open(to, hub_schema, &err);
	assert_non_null(copy);
	out = open_memstream(&text, &len);
	assert_int_equal(0, hub_export(copy, out, &n, &err));
	fclose(out);
	assert_string_equal(want, text);
	store_close(copy);
	assert_int_equal(-1, store_backup("/nowhere/hub.db", to, &err));
	assert_int_equal(ERR_NOT_FOUND, err.code);
	unlink(to);
	free(text);
	free(want);
	free(to);
	free(from);
}

/* A database as each earlier program left it. */
static void
make_old_database(const char *path, int version)
{
	struct store_migration old[SCHEMAS_MAX] = { { NULL, NULL } };
	struct err err = { 0 };
	struct store *store;
	int i;

	for (i = 0; i < version; i++)
		old[i] = hub_schema[i];
	unlink(path);
	store = store_open(path, old, &err);
	if (store == NULL)
		fail_msg("%s", err.text);
	if (store_exec(store,
		"INSERT INTO device (id, device_id, generation_id, etag, "
		"enabled, status_updated, connection_updated, last_activity, "
		"auth_type, primary_key, secondary_key) VALUES (7, 'old', '1', "
		"5, 1, '" HUB_NEVER "', '" HUB_NEVER "', '" HUB_NEVER "', "
		"'sas', '" WORLD_KEY "', '" WORLD_OTHER_KEY "');"
		"INSERT INTO twin (id, etag, version, tags, desired, "
		"desired_metadata, desired_version, reported, "
		"reported_metadata, reported_version) VALUES (7, 3, 9, "
		"'{\"t\":1}', '{\"d\":2}', '{}', 4, '{\"r\":3}', '{}', 6);"
		"INSERT INTO session VALUES ('old', '{\"x\":1}')",
		&err) == -1)
		fail_msg("%s", err.text);
	if (version >= CONFIGURATIONS &&
	    store_exec(store,
		"INSERT INTO configuration (id, config_id, etag, labels, "
		"content, condition, priority, metrics, created, updated) "
		"VALUES (3, 'c', 1, '{}', '{\"deviceContent\":"
		"{\"properties.desired.d\":2}}', '*', 1, '{}', '" HUB_NEVER
		"', '" HUB_NEVER "');"
		"INSERT INTO configured VALUES ('old', 3, 1)",
		&err) == -1)
		fail_msg("%s", err.text);
	store_close(store);
}

static void
test_the_state_of_an_older_program_is_taken_over(void **state)
{
	struct world *world = *state;
	char *path = xasprintf("%s/" HUB_FILE_DATABASE, world->state_dir);
	struct hub_config config = { .state_dir = world->state_dir,
		.name = "local" };
	struct err err = { 0 };
	int version, newest = 0;
	char *text;

	while (hub_schema[newest].sql != NULL)
		newest++;
	assert_in_range(newest, 1, SCHEMAS_MAX - 1);
	for (version = 1; version <= newest; version++) {
		hub_free(world->hub);
		make_old_database(path, version);
		world->hub = hub_new(world->base, &config, &err);
		if (world->hub == NULL)
			fail_msg("from schema %d: %s", version, err.text);
		text = describe(world, "old");
		assert_non_null(strstr(text, WORLD_KEY));
		assert_non_null(strstr(text, "\"version\":9"));
		assert_non_null(strstr(text, "\"tags\":{\"t\":1}"));
		assert_non_null(strstr(text, "\"desired\":{\"d\":2,"));
		assert_non_null(strstr(text, "\"$version\":6"));
		assert_true(version < CONFIGURATIONS ||
		    strstr(text, "{\"c\":{\"status\":\"Applied\"}}") != NULL);
		free(text);
		world_report(world, "old", "{\"r\":4}");
	}
	free(path);
}

static void
test_a_store_beside_another_makes_and_migrates_nothing(void **state)
{
	static const struct store_migration none[] = { { NULL, NULL } };
	struct world *world = *state;
	char *path = xasprintf("%s/" HUB_FILE_DATABASE, world->state_dir);
	struct err err = { 0 };
	struct store *store;

	store = store_open_beside(path, hub_schema, &err);
	assert_non_null(store);
	store_close(store);
	assert_null(store_open_beside(path, none, &err));
	assert_int_equal(ERR_UNSUPPORTED, err.code);
	assert_null(store_open_beside("/nowhere/hub.db", hub_schema, &err));
	assert_int_equal(ERR_NOT_FOUND, err.code);
	free(path);
}

int
main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(test_what_is_exported_comes_back_the_same),
		CASE(test_an_id_is_enough_of_a_line),
		CASE(test_a_file_of_a_windows_editor_is_read),
		CASE(test_an_import_keeps_the_row_of_a_device),
		CASE(test_a_bad_line_is_named_and_undoes_its_batch),
		CASE(test_batches_before_a_bad_line_stay),
		CASE(test_a_seed_is_for_a_hub_without_devices),
		CASE(test_a_job_of_a_seed_runs_at_once),
		CASE(test_a_backup_is_whole_and_of_one_moment),
		CASE(test_the_state_of_an_older_program_is_taken_over),
		CASE(test_a_store_beside_another_makes_and_migrates_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
