#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/hub/http_gauge.h"
#include "core/hub/newcomers.h"
#include "tests/hub/rig.h"
#include "tests/support/test.h"

#define BODY_BYTES ((size_t)1000 * 1000)

struct guest {
	struct hub_newcomer newcomer;
	bool is_closed;
};

static void
on_close(struct hub_newcomer *newcomer)
{
	LIST_ITEM(newcomer, struct guest, newcomer)->is_closed = true;
}

static void
test_the_oldest_who_has_shown_nothing_goes_first(void **state)
{
	struct hub_newcomers *newcomers = hub_newcomers_new();
	struct guest guests[HUB_NEWCOMERS_CLOSED_MAX + 3] = { 0 };
	size_t i, n = sizeof(guests) / sizeof(guests[0]);

	(void)state;
	for (i = 0; i < n; i++) {
		guests[i].newcomer.close = on_close;
		hub_newcomers_add(newcomers, &guests[i].newcomer);
	}
	assert_false(hub_newcomers_make_room(newcomers));
	for (i = 0; i < n - 1; i++)
		guests[i].newcomer.since_ms -= HUB_NEWCOMER_AGE_MS;
	hub_newcomers_remove(&guests[0].newcomer); /* it has shown who it is */
	assert_true(hub_newcomers_make_room(newcomers));
	assert_false(guests[0].is_closed);
	for (i = 1; i < n; i++)
		assert_int_equal(
		    i <= HUB_NEWCOMERS_CLOSED_MAX, guests[i].is_closed);
	assert_true(hub_newcomers_make_room(newcomers));
	assert_false(guests[n - 1].is_closed); /* it has only just come */
	assert_false(hub_newcomers_make_room(newcomers));
	hub_newcomers_free(newcomers);
	hub_newcomers_remove(&guests[n - 1].newcomer);
}

/* Begins a request that has all but the end of its body. */
static void
send_half(struct rig_client *client, const char *body)
{
	static const char head[] = "PUT /devices/x HTTP/1.1\r\n"
				   "Host: localhost\r\n"
				   "Content-Length: 1048576\r\n\r\n";

	rig_client_send(client, head, sizeof(head) - 1);
	rig_client_send(client, body, BODY_BYTES);
}

static void
show_token(struct rig *rig, struct rig_client *client)
{
	char *token = rig_service_token(rig);
	char *request = xasprintf("GET /devices?api-version=2021-04-12 "
				  "HTTP/1.1\r\nHost: localhost\r\n"
				  "Authorization: %s\r\n\r\n",
	    token);
	struct strbuf answer = { 0 };

	rig_client_send(client, request, strlen(request));
	rig_client_read_bytes(client, strlen("HTTP/1.1 200"), &answer);
	assert_non_null(strstr(answer.data, "200"));
	strbuf_fini(&answer);
	free(request);
	free(token);
}

static void
test_requests_without_a_token_are_bounded_all_together(void **state)
{
	enum { MAX = HUB_HTTP_PENDING_MAX / BODY_BYTES, N = MAX + 6 };
	struct rig *rig = rig_new();
	struct rig_client *owner = rig_client_new_https(rig);
	struct rig_client *clients[N];
	char *body = xcalloc(1, BODY_BYTES);
	int i, n_closed = 0;

	(void)state;
	memset(body, 'x', BODY_BYTES);
	show_token(rig, owner);
	send_half(owner, body);
	for (i = 0; i < N; i++) {
		clients[i] = rig_client_new_https(rig);
		send_half(clients[i], body);
	}
	for (i = 0; i < N; i++) {
		n_closed += rig_client_is_closed(clients[i], 5);
		rig_client_free(clients[i]);
	}
	assert_in_range(n_closed, N - MAX, N - MAX + 3);
	assert_false(rig_client_is_closed(owner, 20));
	rig_client_free(owner);
	free(body);
	rig_free(rig);
}

static void
test_a_request_without_end_is_closed(void **state)
{
	static const char head[] = "PUT /devices/x HTTP/1.1\r\n"
				   "Host: localhost\r\n"
				   "Content-Length: 9000000000\r\n\r\n";
	struct rig *rig = rig_new();
	struct rig_client *client = rig_client_new_https(rig);
	char *body = xcalloc(1, BODY_BYTES);
	size_t n = 0;

	(void)state;
	rig_client_send(client, head, sizeof(head) - 1);
	/* Thrown away, for a while: it is to hear that it is too large. */
	for (; n < HUB_HTTP_REQUEST_MAX - BODY_BYTES; n += BODY_BYTES)
		rig_client_send(client, body, BODY_BYTES);
	assert_false(rig_client_is_closed(client, 20));
	for (; n <= HUB_HTTP_REQUEST_MAX; n += BODY_BYTES)
		rig_client_send(client, body, BODY_BYTES);
	assert_true(rig_client_is_closed(client, RIG_PATIENCE_MS));
	rig_client_free(client);
	free(body);
	rig_free(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_the_oldest_who_has_shown_nothing_goes_first),
		cmocka_unit_test(
		    test_requests_without_a_token_are_bounded_all_together),
		cmocka_unit_test(test_a_request_without_end_is_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
