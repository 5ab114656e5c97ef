#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/event.h>

#include "core/base/err.h"
#include "core/device/download.h"
#include "core/net/http.h"
#include "core/net/loop.h"
#include "tests/support/ca.h"
#include "tests/support/https_server.h"
#include "tests/support/test.h"

#define IMAGE "a firmware image"
#define IMAGE_SHA256 \
	"8354d20f1a8ac4e9dd7b7a9dcba2a2be34a5ffbef65eeeb688885e00cc403810"

static struct event_base *base;
static struct test_ca *ca;
static struct test_server *server;
static struct net_http *http;
static char folder[] = "/tmp/twindeck-test-XXXXXX";
static char image[64];
static const char *answer;

static struct err failure;
static int64_t bytes;
static int calls;

static const char *
serve(int n, const char *text, void *arg)
{
	(void)n;
	(void)text;
	(void)arg;
	return answer;
}

static int
set_up(void **state)
{
	struct test_cert cert;
	FILE *file;

	(void)state;
	base = net_loop_new(NULL);
	ca = test_ca_new();
	test_ca_issue(ca, "IP:127.0.0.1", &cert);
	server = test_server_new(base, &cert, serve, NULL);
	http = net_http_new(base, test_ca_file(ca), NULL);
	assert_non_null(mkdtemp(folder));
	snprintf(image, sizeof(image), "%s/an image.bin", folder);
	file = fopen(image, "w");
	assert_non_null(file);
	fputs(IMAGE, file);
	fclose(file);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	unlink(image);
	rmdir(folder);
	net_http_free(http);
	test_server_free(server);
	test_ca_free(ca);
	event_base_free(base);
	return 0;
}

static void
on_done(const struct err *err, int64_t n, void *arg)
{
	(void)arg;
	calls++;
	bytes = n;
	if (err != NULL)
		failure = *err;
	event_base_loopbreak(base);
}

/* Downloads; returns the reason of the failure, "" for none. */
static const char *
download(const char *uri, const char *digest)
{
	const struct timeval patience = { 20, 0 };

	err_clear(&failure);
	calls = 0;
	device_download_new(base, http, uri, digest, on_done, NULL);
	assert_int_equal(0, calls);
	event_base_loopexit(base, &patience);
	event_base_dispatch(base);
	assert_int_equal(1, calls);
	return failure.text;
}

static const char *
download_https(const char *text, const char *digest)
{
	char uri[64];

	answer = text;
	snprintf(uri, sizeof(uri), "https://127.0.0.1:%u/door-1.5.bin",
	    test_server_port(server));
	return download(uri, digest);
}

static void
test_a_file_is_read_and_its_digest_checked(void **state)
{
	char uri[96];

	(void)state;
	snprintf(uri, sizeof(uri), "file://%s/an%%20image.bin", folder);
	assert_string_equal("", download(uri, NULL));
	assert_int_equal(strlen(IMAGE), bytes);
	assert_string_equal("", download(uri, IMAGE_SHA256));
	assert_string_equal("the package's SHA-256 is " IMAGE_SHA256
			    ", not fwPackageCheckValue",
	    download(uri, "00"));
	snprintf(uri, sizeof(uri), "FILE://localhost%s/an image.bin", folder);
	assert_string_equal("", download(uri, IMAGE_SHA256));
}

static void
test_what_is_no_file_is_said(void **state)
{
	(void)state;
	assert_string_equal("the download failed: No such file or directory",
	    download("file:///no/such/file", NULL));
	assert_string_equal("the download failed: not a regular file",
	    download("file:///dev/zero", NULL));
	assert_string_equal("the download failed: write file:///path",
	    download("file://other.host/x", NULL));
	assert_string_equal("the download failed: write file:///path",
	    download("file:///x%00y", NULL));
}

static void
test_a_file_over_the_limit_is_refused(void **state)
{
	char path[64], uri[96];
	int fd;

	(void)state;
	snprintf(path, sizeof(path), "%s/large", folder);
	snprintf(uri, sizeof(uri), "file://%s", path);
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_int_not_equal(-1, fd);
	/* All hole: it takes no room. */
	assert_int_equal(0, ftruncate(fd, DEVICE_DOWNLOAD_MAX + 1));
	close(fd);
	assert_string_equal(
	    "the package is over 268435456 bytes", download(uri, NULL));
	assert_int_equal(ERR_LIMIT, failure.code);
	unlink(path);
}

static void
test_https_is_fetched_and_its_digest_checked(void **state)
{
	static const char ok[] =
	    "HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n" IMAGE;

	(void)state;
	assert_string_equal("", download_https(ok, IMAGE_SHA256));
	assert_int_equal(strlen(IMAGE), bytes);
	assert_non_null(strstr(download_https(ok, "00"), "the package's"));
}

static void
test_an_answer_that_is_no_package_is_said(void **state)
{
	(void)state;
	assert_string_equal("the download failed: HTTP status 404",
	    download_https("HTTP/1.1 404 Not Found\r\n"
			   "Content-Length: 4\r\n\r\nnope",
		NULL));
	assert_int_equal(0, bytes);
	assert_non_null(strstr(
	    download_https(TEST_SERVER_KILL, NULL), "the download failed: "));
}

static void
test_a_redirect_leads_neither_to_a_file_nor_away_from_tls(void **state)
{
	(void)state;
	assert_non_null(
	    strstr(download_https("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n"
				  "Location: file:///etc/passwd\r\n\r\n",
		       NULL),
		"the download failed: "));
	assert_non_null(
	    strstr(download_https("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n"
				  "Location: http://127.0.0.1:1/\r\n\r\n",
		       NULL),
		"Protocol \"http\" not supported"));
	assert_int_equal(0, bytes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_file_is_read_and_its_digest_checked),
		cmocka_unit_test(test_what_is_no_file_is_said),
		cmocka_unit_test(test_a_file_over_the_limit_is_refused),
		cmocka_unit_test(test_https_is_fetched_and_its_digest_checked),
		cmocka_unit_test(test_an_answer_that_is_no_package_is_said),
		cmocka_unit_test(
		    test_a_redirect_leads_neither_to_a_file_nor_away_from_tls),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
