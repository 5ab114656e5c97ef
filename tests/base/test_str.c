#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "tests/support/test.h"

static void
test_percent_encoding_leaves_only_the_unreserved(void **state)
{
	static const char in[] = "az AZ09-_.~/:%+č\0!";
	struct strbuf out = { 0 };

	(void)state;
	str_percent_encode(&out, in, sizeof(in) - 1);
	assert_string_equal(
	    "az%20AZ09-_.~%2F%3A%25%2B%C4%8D%00%21", strbuf_str(&out));
	strbuf_fini(&out);
}

static void
decodes_to(const char *in, const char *expected, size_t len)
{
	char *s = xstrdup(in);

	assert_int_equal(len, str_percent_decode(s, strlen(s)));
	assert_memory_equal(expected, s, len);
	free(s);
}

static void
test_percent_decoding_leaves_what_is_no_escape(void **state)
{
	(void)state;
	decodes_to("a%2Fb%2fc", "a/b/c", 5);
	decodes_to("a+b", "a+b", 3);
	decodes_to("100%", "100%", 4);
	decodes_to("%4", "%4", 2);
	decodes_to("%4g%zz", "%4g%zz", 6);
	decodes_to("%00x", "\0x", 2);
	decodes_to("%25%34%31", "%41", 3);
	decodes_to("", "", 0);
}

static void
test_percent_decoding_a_part_leaves_what_follows(void **state)
{
	char s[] = "a/b";

	(void)state;
	assert_int_equal(1, str_percent_decode(s, 1));
	assert_string_equal("a/b", s);
}

static void
test_base64_comes_back(void **state)
{
	unsigned char data[70], back[70];
	size_t len, i;
	char *text;

	(void)state;
	for (i = 0; i < sizeof(data); i++)
		data[i] = (unsigned char)(i * 37 + 200);
	for (len = 1; len <= sizeof(data); len++) {
		text = str_base64_encode(data, len);
		assert_int_equal(len,
		    str_base64_decode(text, strlen(text), back, len));
		assert_memory_equal(data, back, len);
		assert_int_equal(-1,
		    str_base64_decode(text, strlen(text), back, len - 1));
		free(text);
	}
}

static void
test_base64_that_is_not_strict_is_refused(void **state)
{
	static const char *const bad[] = { "", "A", "AA", "AAA", "AAAAA", "====",
		"A===", "AA=A", "=AAA", "A=AA", "AAA ", "AA\nA", "AAA-", "AA_A",
		"AAAA\n", " AAAA", "AA==AAAA", "AAAA====", "AA%3D" };
	unsigned char out[64];
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(bad); i++)
		assert_int_equal(-1, str_base64_decode(bad[i], strlen(bad[i]),
		    out, sizeof(out)));
	assert_int_equal(1, str_base64_decode("AA==", 4, out, sizeof(out)));
	assert_int_equal(2, str_base64_decode("AAA=", 4, out, sizeof(out)));
}

static void
test_utf8_that_is_none_is_refused(void **state)
{
	static const char *const bad[] = { "\x80", "\xc0\x80", "\xc1\xbf",
		"\xc4", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xed\xa0\x80",
		"\xef\xbf", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80",
		"\xf5\x80\x80\x80", "\xff", "\xe2\x28\xa1" };
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(bad); i++)
		assert_false(utf8_is_valid(bad[i], strlen(bad[i])));
	assert_true(utf8_is_valid("", 0));
	assert_true(utf8_is_valid("\0", 1));
}

static void
test_every_codepoint_comes_back(void **state)
{
	uint32_t cp, back;
	char text[4];
	int n;

	(void)state;
	for (cp = 0; cp <= 0x10ffff; cp += cp < 0x3000 ? 1 : 101) {
		if (cp >= 0xd800 && cp <= 0xdfff)
			continue;
		n = utf8_encode(cp, text);
		assert_int_equal(n, utf8_decode(text, (size_t)n, &back));
		assert_int_equal(cp, back);
	}
	assert_int_equal(4, utf8_encode(0x10ffff, text));
}

static void
test_a_buffer_grows_and_is_terminated(void **state)
{
	struct strbuf sb = { 0 };
	size_t i;
	char *s;

	(void)state;
	assert_string_equal("", strbuf_str(&sb));
	strbuf_printf(&sb, "%s", "");
	for (i = 0; i < 1000; i++)
		strbuf_printf(&sb, "%03zu", i);
	assert_int_equal(3000, sb.len);
	assert_string_equal("999", sb.data + 2997);
	strbuf_reset(&sb);
	assert_string_equal("", strbuf_str(&sb));
	strbuf_puts(&sb, "x");
	s = strbuf_take(&sb);
	assert_string_equal("x", s);
	free(s);
	s = strbuf_take(&sb);
	assert_string_equal("", s);
	free(s);
}

static void
test_a_whole_number_is_digits_within_the_bounds(void **state)
{
	static const char *const bad[] = { "", "-", "+5", " 5", "5 ", "0x5",
		"5.0", "101", "-11", "99999999999999999999", "1e1" };
	int64_t n = 7;
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(bad); i++)
		assert_int_equal(-1, str_to_int64(bad[i], -10, 100, &n));
	assert_int_equal(7, n);
	assert_int_equal(0, str_to_int64("-10", -10, 100, &n));
	assert_int_equal(-10, n);
	assert_int_equal(0, str_to_int64("9223372036854775807", INT64_MIN,
	    INT64_MAX, &n));
	assert_true(n == INT64_MAX);
}

static void
test_trimming_takes_both_ends(void **state)
{
	char s[] = " \t a b\r\n", blank[] = " \n";

	(void)state;
	assert_string_equal("a b", str_trim(s));
	assert_string_equal("", str_trim(blank));
}

static void
test_hex_is_lower_case(void **state)
{
	char out[7];

	(void)state;
	str_hex(out, "\x00\xAb\xff", 3);
	assert_string_equal("00abff", out);
}

static void
test_escaping_leaves_nothing_that_moves_a_terminal(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "plain, č and 漢", "plain, č and 漢" },
		{ "\x1b[2J\r\n\t\x7f", "\\x1b[2J\\x0d\\x0a\\x09\\x7f" },
		{ "a\xe2\x80\xae" "b\xe2\x80\x8b", "a\\u202eb\\u200b" },
		{ "\xc2\x9b\xff", "\\u009b\\xff" },
	};
	struct strbuf sb = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(rows); i++) {
		strbuf_reset(&sb);
		strbuf_put_escaped(&sb, rows[i].in, strlen(rows[i].in));
		assert_string_equal(rows[i].out, sb.data);
	}
	strbuf_fini(&sb);
}

static void
test_integers_are_put_whole(void **state)
{
	struct strbuf sb = { 0 };

	(void)state;
	strbuf_put_int(&sb, 0);
	strbuf_putc(&sb, ' ');
	strbuf_put_int(&sb, -17);
	strbuf_putc(&sb, ' ');
	strbuf_put_int(&sb, INT64_MAX);
	strbuf_putc(&sb, ' ');
	strbuf_put_int(&sb, INT64_MIN);
	assert_string_equal(
	    "0 -17 9223372036854775807 -9223372036854775808", strbuf_str(&sb));
	strbuf_fini(&sb);
}

static void
test_characters_are_counted_and_not_bytes(void **state)
{
	(void)state;
	assert_int_equal(0, utf8_characters(""));
	assert_int_equal(6, utf8_characters("PATH=…"));
	assert_int_equal(3, utf8_characters("čau"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_characters_are_counted_and_not_bytes),
		cmocka_unit_test(test_integers_are_put_whole),
		cmocka_unit_test(
		    test_percent_encoding_leaves_only_the_unreserved),
		cmocka_unit_test(
		    test_percent_decoding_leaves_what_is_no_escape),
		cmocka_unit_test(
		    test_percent_decoding_a_part_leaves_what_follows),
		cmocka_unit_test(test_base64_comes_back),
		cmocka_unit_test(test_base64_that_is_not_strict_is_refused),
		cmocka_unit_test(test_utf8_that_is_none_is_refused),
		cmocka_unit_test(test_every_codepoint_comes_back),
		cmocka_unit_test(test_a_buffer_grows_and_is_terminated),
		cmocka_unit_test(
		    test_a_whole_number_is_digits_within_the_bounds),
		cmocka_unit_test(test_trimming_takes_both_ends),
		cmocka_unit_test(test_hex_is_lower_case),
		cmocka_unit_test(
		    test_escaping_leaves_nothing_that_moves_a_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
