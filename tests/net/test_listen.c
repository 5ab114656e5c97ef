#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/listener.h>

#include "core/base/err.h"
#include "core/net/listen.h"
#include "core/net/loop.h"
#include "tests/support/test.h"

#define ROUNDS 50 /* of 10 ms, in which what shall not come would come */

static struct event_base *base;
static int accepted;

static int
setup(void **state)
{
	struct err err;

	(void)state;
	accepted = 0;
	base = net_loop_new(&err);
	return base != NULL ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	event_base_free(base);
	return 0;
}

static void
on_accept(int fd, void *arg)
{
	socklen_t len = sizeof(int);
	int no_delay = 0;

	(void)arg;
	accepted++;
	assert_int_not_equal(0, fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_int_not_equal(0, fcntl(fd, F_GETFL) & O_NONBLOCK);
	getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &no_delay, &len);
	assert_int_not_equal(0, no_delay);
	close(fd);
}

/* A connection to this port, or -1. */
static int
dial(int family, uint16_t port)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
		.sin6_port = htons(port), .sin6_addr = in6addr_loopback };
	int fd = socket(family, SOCK_STREAM, 0);
	int rc = family == AF_INET
	    ? connect(fd, (struct sockaddr *)&v4, sizeof(v4))
	    : connect(fd, (struct sockaddr *)&v6, sizeof(v6));

	if (rc == 0)
		return fd;
	close(fd);
	return -1;
}

static bool
becomes(int wanted)
{
	int i;

	for (i = 0; i < ROUNDS && accepted < wanted; i++) {
		event_base_loop(base, EVLOOP_NONBLOCK);
		if (accepted < wanted)
			usleep(10000);
	}
	return accepted == wanted;
}

static void
test_one_port_serves_both_families(void **state)
{
	struct err err = { 0 };
	struct net_listen *listen =
	    net_listen_new(base, 0, on_accept, NULL, &err);
	int fd;

	(void)state;
	assert_non_null(listen);
	assert_int_not_equal(0, net_listen_port(listen));
	fd = dial(AF_INET, net_listen_port(listen));
	assert_int_not_equal(-1, fd);
	assert_true(becomes(1));
	close(fd);
	fd = dial(AF_INET6, net_listen_port(listen));
	/* No IPv6 on this machine is no fault. */
	if (fd != -1) {
		assert_true(becomes(2));
		close(fd);
	}
	net_listen_free(listen);
}

static void
test_a_port_that_is_not_for_this_user_is_said_so(void **state)
{
	FILE *file = fopen("/proc/sys/net/ipv4/ip_unprivileged_port_start", "r");
	bool is_root = geteuid() == 0;
	struct err err = { 0 };
	int first = 0;

	(void)state;
	if (file == NULL || fscanf(file, "%d", &first) != 1 || first <= 443) {
		if (file != NULL)
			fclose(file);
		skip(); /* every port is for everybody */
	}
	fclose(file);
	if (is_root)
		assert_int_equal(0, seteuid(65534));
	assert_null(net_listen_new(base, 443, on_accept, NULL, &err));
	if (is_root)
		assert_int_equal(0, seteuid(0));
	assert_int_equal(ERR_UNAUTHORIZED, err.code);
	assert_non_null(
	    strstr(err.text, "port 443 is not for this user: name another"));
}

static void
test_a_port_in_use_is_named(void **state)
{
	struct err err = { 0 };
	struct net_listen *listen =
	    net_listen_new(base, 0, on_accept, NULL, &err);
	char words[96];

	(void)state;
	assert_null(net_listen_new(
	    base, net_listen_port(listen), on_accept, NULL, &err));
	assert_int_equal(ERR_EXISTS, err.code);
	snprintf(words, sizeof(words),
	    "port %u is in use by another program; name another, or 0 for a "
	    "free one",
	    net_listen_port(listen));
	assert_string_equal(words, err.text);
	net_listen_free(listen);
}

static void
test_a_pause_lets_clients_wait(void **state)
{
	struct err err = { 0 };
	struct net_listen *listen =
	    net_listen_new(base, 0, on_accept, NULL, &err);
	int fd;

	(void)state;
	net_listen_pause(listen, true);
	fd = dial(AF_INET, net_listen_port(listen));
	assert_int_not_equal(-1, fd);
	assert_false(becomes(1));
	net_listen_pause(listen, false);
	assert_true(becomes(1));
	close(fd);
	net_listen_free(listen);
}

static void
test_a_listener_may_be_given_away(void **state)
{
	struct err err = { 0 };
	struct net_listen *listen = net_listen_new(base, 0, NULL, NULL, &err);
	struct evconnlistener *listener[NET_LISTEN_MAX + 1] = { NULL };
	uint16_t port = net_listen_port(listen);
	size_t i, n;
	int fd;

	(void)state;
	for (n = 0; (listener[n] = net_listen_take(listen, n)) != NULL; n++)
		;
	assert_in_range(n, 1, NET_LISTEN_MAX);
	net_listen_free(listen);
	fd = dial(AF_INET, port); /* still listening */
	assert_int_not_equal(-1, fd);
	close(fd);
	for (i = 0; i < n; i++)
		evconnlistener_free(listener[i]);
	assert_int_equal(-1, dial(AF_INET, port));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_one_port_serves_both_families),
		TEST(test_a_port_that_is_not_for_this_user_is_said_so),
		TEST(test_a_port_in_use_is_named),
		TEST(test_a_pause_lets_clients_wait),
		TEST(test_a_listener_may_be_given_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
