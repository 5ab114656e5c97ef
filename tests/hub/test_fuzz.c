#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/hub/hub.h"
#include "core/hub/twins.h"
#include "core/mqtt/connect.h"
#include "tests/hub/rig.h"
#include "tests/support/test.h"

/*
 * Bytes that are nearly right, from a seed, so that a fault shows itself each
 * time.  The hub must outlive them, serve those who behave, and keep twins
 * that are JSON; with the sanitizers, all that they see counts too.
 */
#define SEED UINT64_C(0x9e3779b97f4a7c15)
#define ROUNDS 150
#define PIECES_MAX 6 /* packets or requests of one connection */
#define EDITS_MAX 4

struct piece {
	const char *data;
	size_t len;
};

#define PIECE(bytes) { bytes, sizeof(bytes) - 1 }

static const struct piece packets[] = {
	PIECE("\x82\x1b\0\1\0\x16$iothub/methods/POST/#\1"),
	PIECE("\x82\x17\0\2\0\x12$iothub/twin/res/#\0"),
	PIECE("\xa2\x16\0\3\0\x12$iothub/twin/res/#"),
	PIECE("\x30\x1c\0\x1a"
	      "$iothub/twin/GET/?$rid=abc"),
	PIECE("\x32\x3a\0\x2f"
	      "$iothub/twin/PATCH/properties/reported/?$rid=01"
	      "\0\5" "{\"a\":1}"),
	PIECE("\x30\x25\0\x21"
	      "$iothub/methods/res/200/?$rid=1ab" "{}"),
	PIECE("\x32\x27\0\x20"
	      "devices/d1/messages/events/a=%ff"
	      "\0\5" "xyz"),
	PIECE("\x40\2\0\1"),
	PIECE("\xc0\0"),
	PIECE("\xe0\0"),
};

static const struct piece bodies[] = {
	PIECE("{}"),
	PIECE("{\"tags\":{\"a\":{\"b\":[1,{\"c\":null}]}},\"properties\":"
	      "{\"desired\":{\"x\":\"\\u00e9\",\"n\":-1.5e3}}}"),
	PIECE("{\"methodName\":\"m\",\"payload\":[1,\"two\"],"
	      "\"responseTimeoutInSeconds\":5}"),
	PIECE("[{\"id\":\"d2\",\"importMode\":\"create\"},"
	      "{\"id\":\"d1\",\"importMode\":\"updateTwin\","
	      "\"tags\":{\"t\":1}}]"),
	PIECE("{\"query\":\"SELECT tags.a AS x, COUNT() AS n FROM devices "
	      "WHERE deviceId IN ['d1'] OR NOT tags.a > 1.5 "
	      "GROUP BY tags.a\"}"),
	PIECE("{\"query\":\"SELECT * FROM devices.jobs\"}"),
};

static const char *const targets[] = {
	"GET /devices",
	"POST /devices",
	"POST /devices/query",
	"PUT /devices/d2",
	"GET /devices/d2",
	"DELETE /devices/d2",
	"GET /twins/d1",
	"PATCH /twins/d1",
	"PUT /twins/d1",
	"POST /twins/d1/methods",
	"GET /jobs/v2/query",
	"PUT /jobs/v2/j1",
	"GET /$iothub/websocket",
};

static uint64_t random_state;

static size_t
below(size_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (size_t)(random_state % n);
}

/* Changes, drops or doubles some of what stands behind keep. */
static void
damage(struct strbuf *sb, size_t keep)
{
	static const char marks[] = "\"{}[]\\:,/?&=%#\r\n\0\xff\x80";
	size_t edits = below(EDITS_MAX + 1), at, n;
	char *copy;

	for (; edits > 0 && sb->len > keep + 1; edits--) {
		at = keep + below(sb->len - keep);
		n = below(sb->len - at);
		switch (below(4)) {
		case 0:
			sb->data[at] = (char)below(256);
			break;
		case 1:
			sb->data[at] = marks[below(sizeof(marks))];
			break;
		case 2:
			n = n > 8 ? 8 : n;
			memmove(sb->data + at, sb->data + at + n,
			    sb->len - at - n);
			sb->len -= n;
			break;
		default:
			copy = xmalloc(n + 1);
			memcpy(copy, sb->data + at, n);
			strbuf_put(sb, copy, n);
			free(copy);
		}
	}
}

static void
put_connect(struct strbuf *out, const char *token)
{
	struct mqtt_connect connect = {
		.client_id = mqtt_str("d1"),
		.user_name = mqtt_str("127.0.0.1/d1/?api-version=2021-04-12"
				      "&model-id=dtmi%3Aa"),
		.password = mqtt_str(token),
		.clean_session = below(2) == 0,
	};

	mqtt_connect_write(out, &connect);
}

static void
expect_twin_is_json(struct rig *rig)
{
	struct strbuf out = { 0 };
	struct err err = { 0 };
	cJSON *json;

	if (hub_twins_format(rig_hub(rig)->twins, "d1", &out, NULL, &err) == -1)
		fail_msg("%s", err.text);
	json = json_parse(out.data, out.len, &err);
	if (json == NULL)
		fail_msg("%s: %s", err.text, out.data);
	cJSON_Delete(json);
	strbuf_fini(&out);
}

static void
test_no_bytes_of_a_device_hurt_another(void **state)
{
	static const char ping[] = "\xc0\0";
	struct rig *rig = *state;
	struct rig_client *good = rig_client_new(rig), *bad;
	char *token = rig_token(rig, "d1", RIG_HOUR);
	struct strbuf out = { 0 };
	const struct piece *piece;
	size_t round, n, keep;

	rig_add_device(rig, "good");
	rig_client_connect(good, "good", true, 60, RIG_HOUR);
	for (round = 0; round < ROUNDS; round++) {
		strbuf_reset(&out);
		put_connect(&out, token);
		keep = below(8) == 0 ? 0 : out.len;
		for (n = below(PIECES_MAX); n > 0; n--) {
			piece = &packets[below(N_ROWS(packets))];
			strbuf_put(&out, piece->data, piece->len);
		}
		damage(&out, keep);
		bad = rig_client_new(rig);
		rig_client_send(bad, out.data, out.len);
		rig_turn(rig, 1);
		rig_client_free(bad);
	}
	rig_client_send(good, ping, sizeof(ping) - 1);
	rig_client_read(good, &out);
	assert_int_equal(2, out.len);
	assert_memory_equal("\xd0\0", out.data, 2);
	expect_twin_is_json(rig);
	strbuf_fini(&out);
	free(token);
	rig_client_free(good);
}

/* One request, its body damaged, now and then its head as well. */
static void
put_request(struct strbuf *out, const char *token)
{
	const struct piece *piece = &bodies[below(N_ROWS(bodies))];
	struct strbuf body = { 0 }, head = { 0 };

	strbuf_put(&body, piece->data, piece->len);
	damage(&body, 0);
	strbuf_printf(&head,
	    "%s?api-version=2021-04-12 HTTP/1.1\r\nHost: x\r\n"
	    "Authorization: %s\r\n%sContent-Length: %zu\r\n\r\n",
	    targets[below(N_ROWS(targets))], token,
	    below(2) == 0 ? "If-Match: \"*\"\r\n" : "", body.len);
	if (below(4) == 0)
		damage(&head, 0);
	strbuf_put(out, head.data, head.len);
	strbuf_put(out, body.data, body.len);
	strbuf_fini(&head);
	strbuf_fini(&body);
}

static void
test_no_bytes_of_a_service_hurt_another(void **state)
{
	static const char answered[] = "HTTP/1.1 200 OK\r\n";
	struct rig *rig = *state;
	struct rig_client *good = rig_client_new_https(rig), *bad;
	char *token = rig_service_token(rig);
	struct strbuf out = { 0 };
	size_t round, n;

	for (round = 0; round < ROUNDS; round++) {
		strbuf_reset(&out);
		for (n = below(PIECES_MAX) + 1; n > 0; n--)
			put_request(&out, token);
		bad = rig_client_new_https(rig);
		rig_client_send(bad, out.data, out.len);
		for (n = 0; n < PIECES_MAX; n++)
			rig_turn(rig, 1);
		rig_client_free(bad);
	}
	strbuf_reset(&out);
	strbuf_printf(&out,
	    "GET /statistics/service?api-version=2021-04-12 HTTP/1.1\r\n"
	    "Host: x\r\nAuthorization: %s\r\n\r\n",
	    token);
	rig_client_send(good, out.data, out.len);
	rig_client_read_bytes(good, sizeof(answered) - 1, &out);
	assert_string_equal(answered, strbuf_str(&out));
	expect_twin_is_json(rig);
	strbuf_fini(&out);
	free(token);
	rig_client_free(good);
}

static int
set_up(void **state)
{
	struct rig *rig = rig_new();

	random_state = SEED;
	rig_add_device(rig, "d1");
	*state = rig;
	return 0;
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, rig_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_no_bytes_of_a_device_hurt_another),
		CASE(test_no_bytes_of_a_service_hurt_another),
	};

	xalloc_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
