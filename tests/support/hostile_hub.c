/*
 * hostile_hub FOLDER: a hub that nobody should talk to.  Its answers hold what
 * a terminal must never be sent, and what no real hub would say.  It writes
 * FOLDER/cs and FOLDER/ca.pem for a client, and runs until it is killed.
 */
#include "config.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "core/base/err.h"
#include "core/base/paths.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/net/loop.h"
#include "tests/support/ca.h"
#include "tests/support/https_server.h"
#include "tests/support/test.h"

#define KEY "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
#define LONG_STRING ((size_t)32 * 1024)
#define DEPTH 10
#define FILE_MAX ((size_t)64 * 1024)

/*
 * Each as it stands in JSON: sequences that set a title, write the clipboard,
 * ask for an answer, change modes and character sets; C1; text from right to
 * left; no width; marks without end; wide.
 */
static const char *const evil[] = {
	"\\u001b]0;evil-title\\u0007",
	"\\u001b]52;c;ZXZpbA==\\u001b\\\\",
	"\\u001b[6n\\u001b[c\\u001b[21t",
	"\\u001b[?1049l\\u001b[2J\\u001b[?1000h\\u001b[?5h",
	"\\u001bP$qm\\u001b\\\\\\u001b_evil\\u001b\\\\\\u001b^evil\\u001b\\\\",
	"\\u000e\\u001b(0\\u001b)0qqq\\u0007\\r\\n\\t\\b",
	"\\u009b31m\\u009d0;evil\\u009c",
	"\\u202egnp.exe\\u202c\\u2066\\u2069\\u200f",
	"zero\\u200b\\u200d\\u2060\\ufeff\\u00adwidth",
	"e\\u0301\\u0301\\u0301\\u0301\\u0301\\u0301\\u0301\\u0301",
	"\\u4e2d\\u6587\\ud83d\\ude00\\ud83d\\udc68\\u200d\\ud83d\\udc69",
};

/* Ids that a hub would have refused when the device was made. */
static const char *const evil_ids[] = { "\\u001b]0;evil-id\\u0007", "", "a b",
	"two\\nlines", "\\u202eid", "caf\xc3\xa9" };

static const char *const good_ids[] = { "door-1", "door-2", "door-3", "zzz" };

static char *devices[N_ROWS(evil_ids) + N_ROWS(good_ids) + 2];
static struct strbuf out;

static void
put_deep(struct strbuf *sb, int depth, const char *leaf)
{
	int i;

	for (i = 0; i < depth; i++)
		strbuf_printf(sb, "{\"%s\":", evil[(size_t)i % N_ROWS(evil)]);
	strbuf_printf(sb, "\"%s\"", leaf);
	for (i = 0; i < depth; i++)
		strbuf_putc(sb, '}');
}

static void
put_long(struct strbuf *sb, const char *unit)
{
	size_t i;

	strbuf_putc(sb, '"');
	for (i = 0; i < LONG_STRING; i += strlen(unit))
		strbuf_puts(sb, unit);
	strbuf_putc(sb, '"');
}

/* Every name and every value of these is one of the evil. */
static void
put_evil_members(struct strbuf *sb)
{
	size_t i;

	for (i = 0; i < N_ROWS(evil); i++)
		strbuf_printf(sb, ",\"%zu%s\":\"%s\"", i, evil[i], evil[i]);
}

static char *
device(const char *id, size_t n)
{
	const char *bad = evil[n % N_ROWS(evil)];
	struct strbuf sb = { 0 };

	strbuf_printf(&sb,
	    "{\"deviceId\":\"%s\",\"etag\":\"%s\",\"version\":%s,"
	    "\"connectionState\":\"%s\",\"status\":\"%s\","
	    "\"lastActivityTime\":\"%s\",\"capabilities\":{\"iotEdge\":\"%s\"},"
	    "\"tags\":{\"site\":\"%s\"",
	    id, bad, n % 2 == 0 ? "1e308" : "-7",
	    n % 2 == 0 ? "Connected" : bad, bad, bad, bad, bad);
	put_evil_members(&sb);
	strbuf_puts(&sb, "},\"properties\":{\"desired\":{\"$version\":3");
	put_evil_members(&sb);
	strbuf_puts(&sb, ",\"deep\":");
	put_deep(&sb, DEPTH, bad);
	strbuf_printf(&sb,
	    ",\"$metadata\":{\"$lastUpdated\":\"%s\"}},\"reported\":{"
	    "\"$version\":\"%s\",\"firmwareStatus\":\"%s\","
	    "\"firmwareVersion\":\"%s\",\"lastFirmwareUpdate\":\"%s\","
	    "\"door\":{\"state\":\"%s\",\"lockTime\":\"%s\",\"until\":\"%s\"}",
	    bad, bad,
	    n % 3 == 0       ? "applying"
		: n % 3 == 1 ? "failed"
			     : bad,
	    bad, bad, n % 2 == 0 ? "locked" : bad, bad, bad);
	put_evil_members(&sb);
	strbuf_puts(&sb, ",\"long\":");
	put_long(&sb, n % 2 == 0 ? "x" : "\\u001b[31m");
	strbuf_puts(&sb, ",\"deep\":");
	put_deep(&sb, DEPTH, bad);
	strbuf_puts(&sb, "}}}");
	return strbuf_take(&sb);
}

static const char *
answer(const char *status, const char *headers, const char *body)
{
	strbuf_reset(&out);
	strbuf_printf(&out,
	    "HTTP/1.1 %s\r\nContent-Type: application/json\r\n"
	    "ETag: \"\x1b]0;evil\x07\"\r\n%sContent-Length: %zu\r\n\r\n%s",
	    status, headers, strlen(body), body);
	return out.data;
}

static const char *
all_devices(void)
{
	struct strbuf sb = { 0 };
	const char *text;
	size_t i;

	for (i = 0; devices[i] != NULL; i++)
		strbuf_printf(&sb, "%s%s", i == 0 ? "[" : ",", devices[i]);
	/* What is no device at all, and one that comes twice. */
	strbuf_printf(&sb, ",null,7,\"\\u001b[31m\",{\"deviceId\":7},%s]",
	    devices[N_ROWS(evil_ids)]);
	text = answer("200 OK", "", strbuf_str(&sb));
	strbuf_fini(&sb);
	return text;
}

/* What is no JSON: invalid UTF-8, a NUL, half a surrogate pair. */
static const char broken[] =
    "[{\"deviceId\":\"bad\xff\xc3(\xed\xa0\x80\xf5\","
    "\"tags\":{\"a\":\"nul\\u0000\",\"b\":\"\\ud800\"}}]";

static const char *
on_request(int n, const char *text, void *arg)
{
	char path[64];
	size_t i;

	(void)arg;
	if (n == 1)
		return answer("200 OK", "", broken);
	if (strstr(text, "COUNT()") != NULL)
		return answer("200 OK", "", "[{\"n\":\"\\u001b[31m\"}]");
	if (str_starts_with(text, "POST /devices/query"))
		return all_devices();
	for (i = 0; i < N_ROWS(good_ids); i++) {
		snprintf(path, sizeof(path), "GET /twins/%s?", good_ids[i]);
		if (str_starts_with(text, path))
			return answer(
			    "200 OK", "", devices[N_ROWS(evil_ids) + i]);
	}
	if (strstr(text, "/twins/door-1/methods") != NULL)
		return answer("200 OK", "",
		    "{\"status\":200,\"payload\":{\"\\u001b]0;evil\\u0007\":"
		    "\"\\u001b[2J\\u202e\"}}");
	return answer("400 Bad\x1b]0;evil\x07 Request",
	    "iothub-errorcode: \x1b]0;evil\x07Code\r\n",
	    "{\"Message\":\"ErrorCode:Evil\\u001b]0;evil\\u0007;\\u001b[2J "
	    "\\u202eevil\\u009b31m\\n\\r\"}");
}

static void
write_in(const char *folder, const char *name, const char *text, size_t len)
{
	char *path = xasprintf("%s/%s", folder, name);
	struct err err;

	if (paths_write_file(path, text, len, 0600, &err) == -1)
		errx(1, "%s", err.text);
	free(path);
}

int
main(int argc, char **argv)
{
	struct event_base *base;
	struct test_server *server;
	struct test_ca *ca;
	struct test_cert cert;
	struct err err;
	size_t i, n = 0, len;
	char *text;

	if (argc != 2)
		errx(2, "usage: hostile_hub FOLDER");
	for (i = 0; i < N_ROWS(evil_ids); i++, n++)
		devices[n] = device(evil_ids[i], n);
	for (i = 0; i < N_ROWS(good_ids); i++, n++)
		devices[n] = device(good_ids[i], n);
	base = net_loop_new(&err);
	ca = test_ca_new();
	test_ca_issue(ca, "IP:127.0.0.1", &cert);
	server = test_server_new(base, &cert, on_request, NULL);
	text = paths_read_file(test_ca_file(ca), FILE_MAX, &len, &err);
	if (text == NULL)
		errx(1, "%s", err.text);
	write_in(argv[1], "ca.pem", text, len);
	free(text);
	text = xasprintf("HostName=127.0.0.1:%u;SharedAccessKeyName=service;"
			 "SharedAccessKey=" KEY "\n",
	    (unsigned int)test_server_port(server));
	write_in(argv[1], "cs", text, strlen(text));
	free(text);
	test_ca_free(ca); /* the files are read by now */
	event_base_dispatch(base);
	return 0;
}
