/*
 * A TLS server on a free port of 127.0.0.1, in the test's own loop, that reads
 * whole HTTP requests, counts them, and does to the client what it is told.
 */
#ifndef TWINDECK_TESTS_SUPPORT_HTTPS_SERVER_H
#define TWINDECK_TESTS_SUPPORT_HTTPS_SERVER_H

#include <stddef.h>
#include <stdint.h>

struct event_base;
struct test_cert;
struct test_server;

/* What comes instead of an answer. */
#define TEST_SERVER_KILL ((const char *)0) /* the connection is closed */
extern const char test_server_silence[];   /* nothing, for ever */

/*
 * The whole answer to a request, of which text is all, or one of the two
 * above; the connection stays open behind an answer.  n counts from 1.
 */
typedef const char *(*test_server_cb)(int n, const char *text, void *arg);

struct test_server *test_server_new(struct event_base *base,
    const struct test_cert *cert, test_server_cb cb, void *arg);
void test_server_free(struct test_server *server); /* NULL does nothing */

uint16_t test_server_port(const struct test_server *server);
int test_server_requests(const struct test_server *server);
int test_server_connections(const struct test_server *server); /* with TLS */
/* The server name that the last client asked for, "" for none; borrowed. */
const char *test_server_sni(const struct test_server *server);

#endif
