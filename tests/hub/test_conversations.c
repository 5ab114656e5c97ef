#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/hub/hub.h"
#include "core/hub/sessions.h"
#include "tests/hub/rig.h"
#include "tests/support/test.h"
#include "tests/support/wire.h"

#define OTHER "other"

/* What stands for what in a line about one device; texts are owned. */
struct words {
	struct wire_word w[16];
	size_t n;
};

static void
add_word(struct words *words, const char *name, char *text)
{
	assert_true(words->n + 1 < N_ROWS(words->w));
	words->w[words->n].name = name;
	words->w[words->n++].text = text;
}

static void
make_words(struct rig *rig, const char *id, struct words *words)
{
	char *upper = xstrdup(id), *module = xasprintf("%s/m", id);

	upper[0] = 'C';
	*words = (struct words){ 0 };
	/* Those that hold others come first. */
	add_word(words, "connect",
	    xstrdup("10 { \"MQTT\" 04 c2 00 3c \"<id>\" \"<user>\" "
		    "\"<token>\" }"));
	add_word(words, "connect-kept",
	    xstrdup("10 { \"MQTT\" 04 c0 00 3c \"<id>\" \"<user>\" "
		    "\"<token>\" }"));
	add_word(words, "mod-connect",
	    xstrdup("10 { \"MQTT\" 04 c2 00 3c \"<id>/m\" "
		    "\"127.0.0.1/<id>/m/?api-version=2021-04-12\" "
		    "\"<mod-token>\" }"));
	add_word(words, "connack", xstrdup("20 { 00 00 }"));
	add_word(words, "refused", xstrdup("20 { 00 05 }"));
	add_word(words, "user",
	    xasprintf("127.0.0.1/%s/?api-version=2021-04-12", id));
	add_word(words, "id", xstrdup(id));
	add_word(words, "ID", upper);
	add_word(words, "other", xstrdup(OTHER));
	add_word(words, "mod-token", rig_token(rig, module, 3600));
	add_word(words, "token", rig_token(rig, id, 3600));
	add_word(words, "expired", rig_token(rig, id, -1));
	add_word(words, "others-token", rig_token(rig, OTHER, 3600));
	free(module);
}

static void
free_words(struct words *words)
{
	while (words->n > 0)
		free((char *)(uintptr_t)words->w[--words->n].text);
}

static char *
expand(const char *text, const struct words *words)
{
	char *once = wire_expand(text, words->w);
	char *twice = wire_expand(once, words->w);

	free(once);
	return twice;
}

/* Where a packet that begins at p ends: "d0 00" or "30 { … }". */
static const char *
packet_end(const char *p)
{
	if (p[3] != '{')
		return p + 5;
	for (; *p != '}'; p++)
		if (*p == '"' || *p == '\'') /* braces in there do not count */
			p = strchr(p + 1, *p);
	return p + 1;
}

/* Takes one packet off an expectation; *rest: it may go on in any way. */
static void
take_packet(const char **p, struct strbuf *bytes, bool *rest)
{
	const char *end = packet_end(*p);
	char *text = xstrndup(*p, (size_t)(end - *p));
	char *dots = strstr(text, "...");

	*rest = dots != NULL;
	if (*rest)
		memset(dots, ' ', 3);
	strbuf_reset(bytes);
	wire_bytes(text, bytes);
	free(text);
	for (*p = end; **p == ' ';)
		(*p)++;
}

/* Without its fixed header. */
static void
skip_header(const struct strbuf *packet, const char **body, size_t *len)
{
	size_t n = 1;

	while (n < packet->len && (packet->data[n] & 0x80) != 0)
		n++;
	*body = packet->data + n + 1;
	*len = packet->len - n - 1;
}

static bool
is_like(const struct strbuf *want, const struct strbuf *have, bool rest)
{
	const char *w, *h;
	size_t wn, hn;

	if (have->len == 0 || want->data[0] != have->data[0])
		return false;
	skip_header(want, &w, &wn);
	skip_header(have, &h, &hn);
	return (rest ? hn >= wn : hn == wn) && memcmp(w, h, wn) == 0;
}

static void
print_packet(const char *what, const struct strbuf *packet)
{
	size_t i;

	print_message("#   %s:", what);
	for (i = 0; i < packet->len && i < 160; i++)
		if (packet->data[i] > 0x20 && packet->data[i] < 0x7f)
			print_message("%c", packet->data[i]);
		else
			print_message(" %02x ", packet->data[i] & 0xff);
	print_message("%s\n", packet->len == 0 ? " the end" : "");
}

static bool
comes_out(struct rig_client *client, const char *expected)
{
	struct strbuf want = { 0 }, have = { 0 };
	bool same = true, rest;

	while (same && *expected != '\0') {
		if (strcmp(expected, "close") == 0) {
			rig_client_read(client, &have);
			same = have.len == 0;
			rest = false;
			strbuf_reset(&want);
			expected += strlen("close");
		} else {
			take_packet(&expected, &want, &rest);
			rig_client_read(client, &have);
			same = is_like(&want, &have, rest);
		}
	}
	if (!same) {
		print_packet("expected", &want);
		print_packet("came", &have);
	}
	strbuf_fini(&want);
	strbuf_fini(&have);
	return same;
}

static void
put_in(struct rig *rig, struct rig_client **client, const char *id,
    const char *text)
{
	struct strbuf bytes = { 0 };
	char *patch;

	if (str_starts_with(text, "!desired ")) {
		hub_sessions_notify_desired(rig_hub(rig)->sessions, id,
		    strchr(text, '{'), strtol(text + 9, &patch, 10));
		return;
	}
	if (str_starts_with(text, "reconnect")) {
		text += strlen("reconnect");
		rig_client_free(*client);
		*client = NULL;
	}
	if (*client == NULL)
		*client = rig_client_new(rig);
	wire_bytes(text, &bytes);
	rig_client_send(*client, bytes.data, bytes.len);
	strbuf_fini(&bytes);
}

static void
add_device_and_module(struct rig *rig, const char *id)
{
	char *module = xasprintf("%s/m", id);

	rig_add_device(rig, id);
	rig_add_device(rig, module);
	free(module);
}

/* One line of the file; whether all went as it says. */
static bool
play(struct rig *rig, const struct wire_line *line)
{
	char *id = xasprintf("case-%d", line->number), *in, *out = NULL;
	struct rig_client *client = NULL;
	struct words words;
	bool good = true, closed = false;
	size_t i;

	add_device_and_module(rig, id);
	make_words(rig, id, &words);
	for (i = 1; good && i < line->n; i += 2) {
		in = expand(line->fields[i], &words);
		out =
		    expand(i + 1 < line->n ? line->fields[i + 1] : "", &words);
		put_in(rig, &client, id, in);
		good = client == NULL || comes_out(client, out);
		closed = strlen(out) >= 5 &&
		    strcmp(out + strlen(out) - 5, "close") == 0;
		if (closed) {
			rig_client_free(client);
			client = NULL;
		}
		free(in);
		free(out);
	}
	if (good && client != NULL) {
		put_in(rig, &client, id, "c0 00");
		good = comes_out(client, "d0 00");
	}
	rig_client_free(client);
	free_words(&words);
	free(id);
	return good;
}

static int
set_up(void **state)
{
	struct rig *rig = rig_new();

	rig_add_device(rig, OTHER);
	*state = rig;
	return 0;
}

static void
test_each_conversation_goes_as_it_is_written(void **state)
{
	FILE *file = wire_open("tests/hub/mqtt/conversations.txt");
	struct wire_line line = { 0 };
	int failed = 0, n = 0;

	while (wire_next(file, &line)) {
		if (!play(*state, &line)) {
			print_message(
			    "# line %d: %s\n", line.number, line.fields[0]);
			failed++;
		}
		n++;
		wire_line_fini(&line);
	}
	fclose(file);
	assert_true(n > 90);
	assert_int_equal(0, failed);
}

/* Something of everything that a device may say. */
static const char conversation[] =
    "<connect> "
    "82 { 00 01 \"$iothub/methods/POST/#\" 00 \"$iothub/twin/res/#\" 01 } "
    "32 { \"devices/<id>/messages/events/a=b\" 00 02 'x' } "
    "30 { \"$iothub/twin/GET/?$rid=1\" ' ' } "
    "32 { \"$iothub/twin/PATCH/properties/reported/?$rid=2\" 00 03 "
    "'{\"a\":1}' } "
    "30 { \"$iothub/methods/res/200/?$rid=1\" '{}' } "
    "40 { 00 01 } c0 00 "
    "a2 { 00 04 \"$iothub/methods/POST/#\" } e0 00";

/* The client is gone before it has read an answer. */
static void
say_and_leave(struct rig *rig, const void *data, size_t len)
{
	struct rig_client *client = rig_client_new(rig);

	rig_client_send(client, data, len);
	rig_turn(rig, 0);
	rig_turn(rig, 0);
	rig_client_free(client);
}

static void
test_cut_and_corrupted_conversations_do_no_harm(void **state)
{
	static const char masks[] = { 0x01, (char)0x80, (char)0xff };
	struct rig *rig = *state;
	struct strbuf bytes = { 0 };
	struct words words;
	size_t i, k;
	char *text;
	bool never = false;

	add_device_and_module(rig, "case-0");
	make_words(rig, "case-0", &words);
	text = expand(conversation, &words);
	wire_bytes(text, &bytes);
	for (i = 0; i < bytes.len; i++) {
		say_and_leave(rig, bytes.data, i);
		k = i % N_ROWS(masks);
		bytes.data[i] ^= masks[k];
		say_and_leave(rig, bytes.data, bytes.len);
		bytes.data[i] ^= masks[k];
	}

	/* And the hub is well. */
	rig_wait(rig, &never, 100);
	assert_int_equal(0, hub_sessions_count(rig_hub(rig)->sessions));
	say_and_leave(rig, bytes.data, bytes.len);
	strbuf_fini(&bytes);
	free(text);
	free_words(&words);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_conversation_goes_as_it_is_written),
		cmocka_unit_test(
		    test_cut_and_corrupted_conversations_do_no_harm),
	};

	return cmocka_run_group_tests(tests, set_up, rig_teardown);
}
