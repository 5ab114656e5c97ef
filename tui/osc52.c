#include "config.h"

#include "tui/osc52.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/str.h"

/* GNU screen keeps so much of one string, in its older versions. */
#define SCREEN_PIECE_MAX ((size_t)240)

/* Consoles and hardware terminals; whatever else there is may know it. */
static const char *const without[] = { "ansi", "cons", "dumb", "linux", "sun",
	"vt", "wsvt" };

enum osc52_way
osc52_way(const char *term, const char *tmux, const char *sty)
{
	size_t i;

	if (tmux != NULL && tmux[0] != '\0')
		return OSC52_TMUX;
	if (sty != NULL && sty[0] != '\0')
		return OSC52_SCREEN;
	if (term == NULL)
		return OSC52_NONE;
	if (str_starts_with(term, "tmux")) /* on the far side of an ssh */
		return OSC52_TMUX;
	for (i = 0; i < sizeof(without) / sizeof(without[0]); i++)
		if (str_starts_with(term, without[i]))
			return OSC52_NONE;
	return OSC52_PLAIN;
}

/*
 * tmux takes the plain form where set-clipboard is on, and hands the other on
 * to its terminal where allow-passthrough is; each is nothing to it elsewhere.
 */
static void
put_tmux(struct strbuf *out, const struct strbuf *plain)
{
	size_t i;

	strbuf_put(out, plain->data, plain->len);
	strbuf_puts(out, "\033Ptmux;");
	for (i = 0; i < plain->len; i++) {
		if (plain->data[i] == '\033')
			strbuf_putc(out, '\033');
		strbuf_putc(out, plain->data[i]);
	}
	strbuf_puts(out, "\033\\");
}

static void
put_screen(struct strbuf *out, const struct strbuf *plain)
{
	size_t at, n;

	for (at = 0; at < plain->len; at += n) {
		n = plain->len - at;
		if (n > SCREEN_PIECE_MAX)
			n = SCREEN_PIECE_MAX;
		strbuf_puts(out, "\033P");
		strbuf_put(out, plain->data + at, n);
		strbuf_puts(out, "\033\\");
	}
}

void
osc52_put(struct strbuf *out, enum osc52_way way, const char *text, size_t len)
{
	struct strbuf plain = { 0 };
	char *base64 = str_base64_encode(text, len);

	strbuf_puts(&plain, "\033]52;c;");
	strbuf_puts(&plain, base64);
	strbuf_putc(&plain, '\a');
	if (way == OSC52_TMUX)
		put_tmux(out, &plain);
	else if (way == OSC52_SCREEN)
		put_screen(out, &plain);
	else
		strbuf_put(out, plain.data, plain.len);
	strbuf_fini(&plain);
	free(base64);
}
