#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <mosquitto.h>

#include "core/base/xalloc.h"
#include "core/hub/hub.h"
#include "core/hub/methods.h"
#include "core/hub/sessions.h"
#include "core/iothub/topic.h"
#include "tests/hub/rig.h"
#include "tests/support/test.h"

/*
 * A client as Python's SDK is one: it subscribes in its first connection and
 * never again.  Over libmosquitto, which has its own idea of MQTT.
 */
struct python {
	struct mosquitto *mosq;
	int connects;   /* how often CONNACK came */
	int present;    /* what the last said of a session */
	int subscribed; /* codes of SUBACK that came */
	int calls;      /* methods that came, and were answered */
	char *desired;  /* the last that came, owned */
	bool gone;
};

static void
on_connect(struct mosquitto *mosq, void *arg, int code, int flags)
{
	struct python *p = arg;

	(void)mosq;
	assert_int_equal(0, code);
	p->connects++;
	p->present = flags & 1;
}

static void
on_disconnect(struct mosquitto *mosq, void *arg, int code)
{
	(void)mosq;
	(void)code;
	((struct python *)arg)->gone = true;
}

static void
on_subscribe(struct mosquitto *mosq, void *arg, int id, int n, const int *qos)
{
	struct python *p = arg;
	int i;

	(void)mosq;
	(void)id;
	for (i = 0; i < n; i++)
		assert_int_equal(1, qos[i]);
	p->subscribed += n;
}

static void
on_message(
    struct mosquitto *mosq, void *arg, const struct mosquitto_message *message)
{
	struct python *p = arg;
	struct topic topic;
	char *response;

	topic_parse(message->topic, strlen(message->topic), &topic);
	if (topic.kind == TOPIC_METHOD) {
		p->calls++;
		response = topic_format_method_response(200, topic.rid);
		mosquitto_publish(mosq, NULL, response, 2, "{}", 1, false);
		free(response);
	} else if (topic.kind == TOPIC_DESIRED_PATCH) {
		free(p->desired);
		p->desired =
		    xstrndup(message->payload, (size_t)message->payloadlen);
	}
}

static void
python_turn(struct rig *rig, struct python *p)
{
	rig_turn(rig, 0);
	mosquitto_loop(p->mosq, 2, 1);
}

static void
python_connect(struct rig *rig, struct python *p)
{
	int before = p->connects, i;

	p->gone = false;
	assert_int_equal(MOSQ_ERR_SUCCESS,
	    mosquitto_connect(p->mosq, "127.0.0.1", rig_port(rig), 60));
	for (i = 0; i < 2000 && p->connects == before; i++)
		python_turn(rig, p);
	assert_int_equal(before + 1, p->connects);
}

static void
python_new(struct rig *rig, struct python *p)
{
	char *token = rig_token(rig, "d1", RIG_HOUR);

	*p = (struct python){ .mosq = mosquitto_new("d1", false, p) };
	mosquitto_connect_callback_set(p->mosq, NULL);
	mosquitto_connect_with_flags_callback_set(p->mosq, on_connect);
	mosquitto_disconnect_callback_set(p->mosq, on_disconnect);
	mosquitto_subscribe_callback_set(p->mosq, on_subscribe);
	mosquitto_message_callback_set(p->mosq, on_message);
	mosquitto_username_pw_set(
	    p->mosq, "127.0.0.1/d1/?api-version=2019-10-01", token);
	assert_int_equal(MOSQ_ERR_SUCCESS,
	    mosquitto_tls_set(
		p->mosq, rig_ca_file(rig), NULL, NULL, NULL, NULL));
	free(token);
}

/* Calls it, changes its desired properties, and sees that both come. */
static void
python_hears(struct rig *rig, struct python *p, int64_t version)
{
	char *expected = xasprintf("{\"a\":1,\"$version\":%d}", (int)version);
	int calls = p->calls, i;
	struct rig_call outcome = { 0 };

	rig_invoke(rig, "d1", "{}", 0, 10, &outcome);
	for (i = 0; i < 2000 && !outcome.done; i++)
		python_turn(rig, p);
	assert_true(outcome.done);
	assert_int_equal(HUB_METHOD_ANSWERED, outcome.end);
	assert_int_equal(calls + 1, p->calls);

	hub_sessions_notify_desired(
	    rig_hub(rig)->sessions, "d1", "{\"a\":1}", version);
	for (i = 0; i < 2000 &&
	     (p->desired == NULL || strcmp(p->desired, expected) != 0);
	     i++)
		python_turn(rig, p);
	assert_string_equal(expected, p->desired);
	free(expected);
	free(outcome.payload);
}

/* Trap 1 of the contract. */
static void
test_subscriptions_outlive_connections_and_the_hub(void **state)
{
	struct rig *rig = *state;
	struct python p;
	int i;

	mosquitto_lib_init();
	python_new(rig, &p);
	python_connect(rig, &p);
	assert_int_equal(0, p.present);
	mosquitto_subscribe(p.mosq, NULL, TOPIC_METHODS_FILTER, 1);
	mosquitto_subscribe(p.mosq, NULL, TOPIC_DESIRED_FILTER, 1);
	mosquitto_subscribe(p.mosq, NULL, TOPIC_TWIN_RES_FILTER, 1);
	for (i = 0; i < 2000 && p.subscribed < 3; i++)
		python_turn(rig, &p);
	python_hears(rig, &p, 2);

	/* The token is renewed: away, and back. */
	mosquitto_disconnect(p.mosq);
	for (i = 0; i < 2000 && !p.gone; i++)
		python_turn(rig, &p);
	python_connect(rig, &p);
	assert_int_equal(1, p.present);
	python_hears(rig, &p, 3);

	/* The hub goes down and comes up again. */
	rig_restart(rig);
	for (i = 0; i < 2000 && !p.gone; i++)
		python_turn(rig, &p);
	assert_true(p.gone);
	python_connect(rig, &p);
	assert_int_equal(1, p.present);
	python_hears(rig, &p, 4);
	assert_int_equal(3, p.subscribed);

	mosquitto_destroy(p.mosq);
	mosquitto_lib_cleanup();
	free(p.desired);
}

int
main(void)
{
#define CASE(test) \
	cmocka_unit_test_setup_teardown(test, rig_setup_device, rig_teardown)
	const struct CMUnitTest tests[] = {
		CASE(test_subscriptions_outlive_connections_and_the_hub),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
