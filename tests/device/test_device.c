#include "config.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/device/device.h"
#include "core/device/endpoint.h"
#include "core/iothub/connstr.h"
#include "core/iothub/sas.h"
#include "core/net/http.h"
#include "core/net/loop.h"
#include "tests/support/ca.h"
#include "tests/support/mqtt_hub.h"
#include "tests/support/test.h"

#define KEY "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

static struct test_ca *ca;
static struct test_cert good, other;

/* A device and the hub it talks to, in one loop. */
struct world {
	struct event_base *base;
	struct test_hub *hub;
	struct net_http *http;
	struct device_endpoint *endpoint;
	struct device *device;
	struct strbuf news;
};

static int
make_certs(void **state)
{
	(void)state;
	ca = test_ca_new();
	test_ca_issue(ca, "DNS:localhost,IP:127.0.0.1", &good);
	test_ca_issue(ca, "DNS:other.example", &other);
	return 0;
}

static int
drop_certs(void **state)
{
	(void)state;
	test_ca_free(ca);
	return 0;
}

static void
on_news(const struct device_news *news, void *arg)
{
	struct world *world = arg;

	strbuf_puts(&world->news, news->text);
	strbuf_putc(&world->news, '\n');
}

static void
world_open(struct world *world, const struct test_cert *cert, const char *host,
    uint16_t port, int64_t sas_s)
{
	struct connstr identity;
	struct device_config config = { .identity = &identity,
		.phase_ms = 20,
		.sas_s = sas_s,
		.on_news = on_news,
		.arg = world };
	char *string =
	    xasprintf("HostName=%s;DeviceId=d1;SharedAccessKey=" KEY, host);

	*world = (struct world){ 0 };
	world->base = net_loop_new(NULL);
	world->hub = test_hub_new(world->base, cert);
	world->http = net_http_new(world->base, test_ca_file(ca), NULL);
	world->endpoint = device_endpoint_new(world->base, host,
	    port != 0 ? port : test_hub_port(world->hub), test_ca_file(ca),
	    NULL);
	assert_non_null(world->endpoint);
	assert_int_equal(0, connstr_parse(string, &identity, NULL));
	config.endpoint = world->endpoint;
	config.http = world->http;
	world->device = device_new(&config, NULL);
	assert_non_null(world->device);
	connstr_fini(&identity);
	free(string);
	device_start(world->device, 0);
}

static void
world_close(struct world *world)
{
	device_free(world->device);
	device_endpoint_free(world->endpoint);
	net_http_free(world->http);
	test_hub_free(world->hub);
	event_base_free(world->base);
	strbuf_fini(&world->news);
}

static void
run_for(struct world *world, int ms)
{
	const struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	event_base_loopexit(world->base, &tv);
	event_base_dispatch(world->base);
}

/* Runs until the device has said these words, or for 20 s. */
static void
wait_for_news(struct world *world, const char *words)
{
	int i;

	for (i = 0; i < 2000; i++) {
		if (strstr(strbuf_str(&world->news), words) != NULL)
			return;
		run_for(world, 10);
	}
	fail_msg("no \"%s\" in: %s", words, strbuf_str(&world->news));
}

static void
test_it_connects_subscribes_and_reads_its_twin(void **state)
{
	struct world world;
	struct sas_token token;

	(void)state;
	world_open(&world, &good, "127.0.0.1", 0, 3600);
	assert_true(test_hub_wait(world.hub, "\"firmwareStatus\":\"standBy\""));
	assert_true(str_starts_with(test_hub_log(world.hub),
	    "CONNECT d1 127.0.0.1/d1/?api-version=2021-04-12"
	    "&DeviceClientType=twindeck%2F" PACKAGE_VERSION "\n"
	    "SUBSCRIBE $iothub/methods/POST/#\n"
	    "SUBSCRIBE $iothub/twin/res/#\n"
	    "SUBSCRIBE $iothub/twin/PATCH/properties/desired/#\n"
	    "$iothub/twin/GET/?$rid=1  \n"
	    "$iothub/twin/PATCH/properties/reported/?$rid=2 {"));
	assert_int_equal(
	    0, sas_token_parse(test_hub_password(world.hub), &token, NULL));
	assert_true(sas_token_signed_by(&token, KEY));
	assert_string_equal("/devices/d1", token.path);
	sas_token_fini(&token);
	world_close(&world);
}

static void
test_a_name_is_resolved_and_sent_as_server_name(void **state)
{
	struct world world;

	(void)state;
	world_open(&world, &good, "localhost", 0, 3600);
	assert_true(test_hub_wait(world.hub, "twin/GET"));
	assert_string_equal("localhost", test_hub_sni(world.hub));
	world_close(&world);
}

/* Whether the name servers have answered by then or not. */
static void
test_a_device_may_go_while_its_name_is_resolved(void **state)
{
	static const int delays_ms[] = { 0, 1, 20 };
	struct world world;
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(delays_ms); i++) {
		world_open(&world, &good, "hub.invalid", 0, 3600);
		run_for(&world, delays_ms[i]);
		world_close(&world);
	}
}

static void
test_a_certificate_for_another_name_is_refused(void **state)
{
	struct world world;

	(void)state;
	world_open(&world, &other, "127.0.0.1", 0, 3600);
	wait_for_news(&world,
	    "the certificate of 127.0.0.1 is not good: IP address mismatch");
	assert_int_equal(0, test_hub_count(world.hub, "CONNECT"));
	world_close(&world);
}

static double
cpu_seconds(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	    (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* A port that was free a moment ago, and that nobody listens on. */
static uint16_t
closed_port(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(
	    0, bind(fd, (struct sockaddr *)&address, sizeof(address)));
	getsockname(fd, (struct sockaddr *)&address, &len);
	close(fd);
	return ntohs(address.sin_port);
}

static void
test_a_refused_connection_is_said_and_costs_no_processor(void **state)
{
	struct world world;
	double before;

	(void)state;
	world_open(&world, &good, "127.0.0.1", closed_port(), 3600);
	wait_for_news(&world, "Connection refused; next try in ");
	before = cpu_seconds();
	run_for(&world, 1000);
	assert_true(cpu_seconds() - before < 0.3);
	world_close(&world);
}

static void
test_a_refused_key_is_said_in_words(void **state)
{
	struct world world;

	(void)state;
	world_open(&world, &good, "127.0.0.1", 0, 3600);
	test_hub_manners(world.hub)->connack = 5;
	wait_for_news(&world, "not authorized (CONNACK 5): the key is wrong");
	assert_null(strstr(strbuf_str(&world.news), "SharedAccessSignature"));
	test_hub_manners(world.hub)->connack = 0;
	assert_true(test_hub_wait(world.hub, "twin/GET"));
	world_close(&world);
}

static void
test_a_kicked_device_comes_back_and_reads_its_twin_again(void **state)
{
	struct world world;

	(void)state;
	world_open(&world, &good, "127.0.0.1", 0, 3600);
	assert_true(test_hub_wait(world.hub, "\"door\""));
	test_hub_manners(world.hub)->twin =
	    "{\"desired\":{\"floor\":3,\"$version\":2},"
	    "\"reported\":{\"$version\":3}}";
	test_hub_clear(world.hub);
	test_hub_kick(world.hub);
	assert_true(test_hub_wait(world.hub, "CONNECT d1"));
	assert_true(test_hub_wait(world.hub, "twin/GET"));
	assert_true(
	    test_hub_wait(world.hub, "{\"floor\":3,\"desiredVersion\":2}"));
	/* A boot is a boot: coming back is none. */
	assert_int_equal(0, test_hub_count(world.hub, "standBy"));
	world_close(&world);
}

static void
test_methods_are_answered_and_the_update_runs_through(void **state)
{
	struct world world;
	const char *log, *phase[4];
	int i;

	(void)state;
	world_open(&world, &good, "127.0.0.1", 0, 3600);
	assert_true(test_hub_wait(world.hub, "\"door\""));
	test_hub_clear(world.hub);
	test_hub_publish(world.hub,
	    "$iothub/methods/POST/firmwareUpdate/?$rid=7",
	    "\"{\\\"fwPackageUri\\\":\\\"door-1.5.bin\\\"}\"");
	test_hub_publish(
	    world.hub, "$iothub/methods/POST/firmwareUpdate/?$rid=8", "null");
	test_hub_publish(world.hub, "$iothub/methods/POST/nope/?$rid=9", "{}");
	test_hub_publish(
	    world.hub, "$iothub/methods/POST/lockDoor/?$rid=a", "[");
	assert_true(test_hub_wait(world.hub, "\"completed\""));
	log = test_hub_log(world.hub);
	assert_non_null(strstr(log,
	    "$iothub/methods/res/200/?$rid=7 "
	    "{\"Response\":\"Firmware update "
	    "started\"}\n"));
	assert_non_null(strstr(log,
	    "$iothub/methods/res/409/?$rid=8 "
	    "{\"error\":\"an update is running"));
	assert_non_null(strstr(log,
	    "$iothub/methods/res/501/?$rid=9 "
	    "{\"error\":\"this device has no such"));
	assert_non_null(strstr(log,
	    "$iothub/methods/res/400/?$rid=a "
	    "{\"error\":\"the payload is no JSON"));
	phase[0] = strstr(log, "\"standBy\"");
	phase[1] = strstr(log, "\"downloading\"");
	phase[2] = strstr(log, "\"applying\"");
	phase[3] = strstr(log, "\"completed\"");
	assert_true(strstr(log, "methods/res/200") < phase[0]);
	for (i = 1; i < 4; i++)
		assert_true(phase[i - 1] < phase[i]);
	assert_non_null(strstr(log, "\"firmwareVersion\":\"1.5\""));
	world_close(&world);
}

/* A hub that keeps the session need not wait for the device's SUBSCRIBE. */
static void
test_a_call_ahead_of_the_suback_is_answered(void **state)
{
	struct world world;

	(void)state;
	world_open(&world, &good, "127.0.0.1", 0, 3600);
	test_hub_manners(world.hub)->waiting =
	    "$iothub/methods/POST/lockDoor/?$rid=7";
	assert_true(
	    test_hub_wait(world.hub, "$iothub/methods/res/200/?$rid=7 "));
	world_close(&world);
}

static void
test_what_happens_offline_is_reported_afterwards(void **state)
{
	struct world world;

	(void)state;
	world_open(&world, &good, "127.0.0.1", 0, 3600);
	assert_true(test_hub_wait(world.hub, "\"door\""));
	test_hub_publish(world.hub,
	    "$iothub/methods/POST/firmwareUpdate/?$rid=7",
	    "{\"fwPackageUri\":\"door-1.5.bin\"}");
	assert_true(test_hub_wait(world.hub, "methods/res/200"));
	test_hub_clear(world.hub);
	test_hub_kick(world.hub);
	assert_true(test_hub_wait(world.hub, "\"completed\""));
	assert_non_null(
	    strstr(test_hub_log(world.hub), "\"startedApplyingImage\""));
	world_close(&world);
}

static void
test_a_desired_patch_is_echoed(void **state)
{
	struct world world;

	(void)state;
	world_open(&world, &good, "127.0.0.1", 0, 3600);
	assert_true(test_hub_wait(world.hub, "\"door\""));
	test_hub_publish(world.hub,
	    "$iothub/twin/PATCH/properties/desired/?$version=2",
	    "{\"building\":43,\"floor\":3,\"$version\":2}");
	assert_true(test_hub_wait(
	    world.hub, "{\"building\":43,\"floor\":3,\"desiredVersion\":2}"));
	world_close(&world);
}

static void
test_a_refused_report_is_dropped_and_the_next_goes_on(void **state)
{
	struct world world;

	(void)state;
	world_open(&world, &good, "127.0.0.1", 0, 3600);
	test_hub_manners(world.hub)->patch_status = 400;
	wait_for_news(&world, "the reported state was refused, status 400");
	test_hub_manners(world.hub)->patch_status = 204;
	test_hub_publish(world.hub,
	    "$iothub/twin/PATCH/properties/desired/?$version=2",
	    "{\"n\":1,\"$version\":2}");
	assert_true(test_hub_wait(world.hub, "{\"n\":1,\"desiredVersion\":2}"));
	assert_int_equal(1, test_hub_count(world.hub, "standBy"));
	world_close(&world);
}

static void
test_a_token_is_renewed_before_it_expires(void **state)
{
	struct world world;
	char *first;

	(void)state;
	world_open(&world, &good, "127.0.0.1", 0, 2);
	assert_true(test_hub_wait(world.hub, "twin/GET"));
	first = xstrdup(test_hub_password(world.hub));
	test_hub_clear(world.hub);
	assert_true(test_hub_wait(world.hub, "DISCONNECT"));
	assert_true(test_hub_wait(world.hub, "twin/GET"));
	assert_string_not_equal(first, test_hub_password(world.hub));
	assert_non_null(strstr(strbuf_str(&world.news), "fresh SAS token"));
	assert_null(strstr(strbuf_str(&world.news), "not connected"));
	free(first);
	world_close(&world);
}

static void
test_many_messages_at_once_are_all_read(void **state)
{
	struct world world;
	char *text = xcalloc(1, 20001);
	char *payload, topic[80];
	int i;

	(void)state;
	memset(text, 'x', 20000);
	world_open(&world, &good, "127.0.0.1", 0, 3600);
	assert_true(test_hub_wait(world.hub, "\"door\""));
	payload = xasprintf("{\"lockTime\":null,\"pad\":\"%s\"}", text);
	for (i = 1; i <= 200; i++) {
		snprintf(topic, sizeof(topic),
		    "$iothub/methods/POST/lockDoor/?$rid=m%d", i);
		test_hub_publish(world.hub, topic, payload);
	}
	assert_true(test_hub_wait(world.hub, "methods/res/200/?$rid=m200 "));
	assert_int_equal(200, test_hub_count(world.hub, "methods/res/200/"));
	free(payload);
	free(text);
	world_close(&world);
}

static void
test_a_string_that_is_no_device_is_refused(void **state)
{
	static const struct {
		const char *string, *words;
	} rows[] = {
		{ "HostName=h;SharedAccessKeyName=p;SharedAccessKey=" KEY,
		    "a device needs a device connection string" },
		{ "HostName=h;DeviceId=d;x509=true",
		    "connection string: a SharedAccessKey is needed, X.509 is "
		    "not supported" },
		{ "HostName=h;DeviceId=d;SharedAccessKey=short",
		    "connection string: SharedAccessKey is not the base64 of "
		    "16 "
		    "to 64 bytes" },
		{ "HostName=h;DeviceId=a+b;SharedAccessKey=" KEY,
		    "a device id with # or + cannot be used over MQTT" },
	};
	struct event_base *base = net_loop_new(NULL);
	struct device_endpoint *endpoint =
	    device_endpoint_new(base, "127.0.0.1", 1, NULL, NULL);
	struct connstr identity;
	struct device_config config = { .identity = &identity,
		.endpoint = endpoint };
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(rows); i++) {
		assert_int_equal(
		    0, connstr_parse(rows[i].string, &identity, NULL));
		assert_null(device_new(&config, &err));
		assert_string_equal(rows[i].words, err.text);
		connstr_fini(&identity);
	}
	device_endpoint_free(endpoint);
	event_base_free(base);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_it_connects_subscribes_and_reads_its_twin),
		cmocka_unit_test(
		    test_a_name_is_resolved_and_sent_as_server_name),
		cmocka_unit_test(
		    test_a_device_may_go_while_its_name_is_resolved),
		cmocka_unit_test(
		    test_a_certificate_for_another_name_is_refused),
		cmocka_unit_test(
		    test_a_refused_connection_is_said_and_costs_no_processor),
		cmocka_unit_test(test_a_refused_key_is_said_in_words),
		cmocka_unit_test(
		    test_a_kicked_device_comes_back_and_reads_its_twin_again),
		cmocka_unit_test(
		    test_methods_are_answered_and_the_update_runs_through),
		cmocka_unit_test(test_a_call_ahead_of_the_suback_is_answered),
		cmocka_unit_test(
		    test_what_happens_offline_is_reported_afterwards),
		cmocka_unit_test(test_a_desired_patch_is_echoed),
		cmocka_unit_test(
		    test_a_refused_report_is_dropped_and_the_next_goes_on),
		cmocka_unit_test(test_a_token_is_renewed_before_it_expires),
		cmocka_unit_test(test_many_messages_at_once_are_all_read),
		cmocka_unit_test(test_a_string_that_is_no_device_is_refused),
	};

	return cmocka_run_group_tests(tests, make_certs, drop_certs);
}
