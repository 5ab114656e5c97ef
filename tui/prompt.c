#include "config.h"

#include "tui/prompt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <readline/readline.h>
#include <readline/history.h>

#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "tui/key.h"
#include "tui/recall.h"

#define BYTES_MAX 64 /* fed at once, and not yet read */
#define MATCHES_MAX 200

/*
 * Readline has one state for the whole process, so this is one too.  Bytes go
 * in one at a time through getc_fed(); without a handler installed readline
 * would abort, so nothing is fed unless the prompt is open.
 */
static struct prompt {
	bool ready; /* readline has been set up */
	bool open;
	bool accepted;
	bool has_fault;
	size_t fault; /* characters in front of it */
	char *text; /* owned; what was accepted */
	char bytes[BYTES_MAX];
	size_t n_bytes, next_byte;
	prompt_words_cb words;
	void *arg;
	size_t word_start, word_at;
	bool is_list; /* of words with commas: no blank behind one */
	char **matches; /* owned */
	size_t n_matches;
} prompt;

static void
forget_matches(void)
{
	size_t i;

	for (i = 0; i < prompt.n_matches; i++)
		free(prompt.matches[i]);
	free(prompt.matches);
	prompt.matches = NULL;
	prompt.n_matches = 0;
}

static int
getc_fed(FILE *ignored)
{
	(void)ignored;
	if (prompt.next_byte == prompt.n_bytes)
		return EOF;
	return (unsigned char)prompt.bytes[prompt.next_byte++];
}

static int
is_fed(void)
{
	return prompt.next_byte < prompt.n_bytes;
}

static void
draw_nothing(void)
{
}

static void
prepare_nothing(int meta)
{
	(void)meta;
}

/* matches[0] is what they have in common; the list begins behind it. */
static void
keep_matches(char **matches, int n, int longest)
{
	int i;

	(void)longest;
	forget_matches();
	if (n > MATCHES_MAX)
		n = MATCHES_MAX;
	prompt.matches = xcalloc((size_t)n, sizeof(*prompt.matches));
	for (i = 0; i < n; i++)
		prompt.matches[i] = xstrdup(matches[i + 1]);
	prompt.n_matches = (size_t)n;
}

static char *
next_match(const char *typed, int state)
{
	const char *word;

	if (state == 0)
		prompt.word_at = 0;
	while ((word = prompt.words(rl_line_buffer, prompt.word_start,
		    prompt.word_at, prompt.arg)) != NULL) {
		prompt.word_at++;
		if (str_starts_with(word, typed))
			return xstrdup(word);
	}
	return NULL;
}

static char **
complete(const char *typed, int start, int end)
{
	char **matches;
	size_t len;

	(void)end;
	rl_attempted_completion_over = 1; /* and no file names after that */
	if (prompt.words == NULL)
		return NULL;
	prompt.word_start = (size_t)start;
	prompt.is_list = false;
	matches = rl_completion_matches(typed, next_match);
	/*
	 * "fw:", "tag." and "path=" are not the whole word yet: no blank
	 * behind them.  A sign alone is a word.
	 */
	len = matches != NULL ? strlen(matches[0]) : 0;
	if (prompt.is_list ||
	    (len > 1 && strchr(":.=", matches[0][len - 1]) != NULL))
		rl_completion_suppress_append = 1;
	return matches;
}

static void
on_line(char *line)
{
	prompt.accepted = line != NULL;
	if (line != NULL) {
		free(prompt.text);
		prompt.text = line;
	}
	/* From here, not later: else readline begins the next line. */
	rl_callback_handler_remove();
}

static void
set_up(void)
{
	static const char *const variables[][2] = {
		{ "enable-bracketed-paste", "off" },
		{ "bell-style", "none" },
		{ "blink-matching-paren", "off" },
		{ "show-mode-in-prompt", "off" },
		{ "show-all-if-ambiguous", "on" },
		{ "enable-keypad", "off" },
	};
	size_t i;

	rl_readline_name = "twindeck";
	rl_catch_signals = 0;
	rl_catch_sigwinch = 0;
	rl_change_environment = 0;
	rl_getc_function = getc_fed;
	rl_input_available_hook = is_fed;
	rl_redisplay_function = draw_nothing;
	rl_prep_term_function = prepare_nothing;
	rl_deprep_term_function = draw_nothing;
	rl_completion_display_matches_hook = keep_matches;
	rl_attempted_completion_function = complete;
	rl_completer_word_break_characters = " ,=";
	rl_set_screen_size(24, 32767);
	rl_initialize();
	for (i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
		rl_variable_bind(variables[i][0], variables[i][1]);
	prompt.ready = true;
}

void
prompt_open(struct recall *recall, const char *kind, const char *text,
    prompt_words_cb words, void *arg)
{
	size_t i, n;

	prompt_close();
	if (!prompt.ready)
		set_up();
	clear_history();
	using_history();
	n = recall != NULL && kind != NULL ? recall_size(recall, kind) : 0;
	for (i = 0; i < n; i++)
		add_history(recall_at(recall, kind, i));
	prompt.words = words;
	prompt.arg = arg;
	rl_callback_handler_install("", on_line);
	prompt.open = true;
	rl_insert_text(text);
	rl_point = rl_end;
}

bool
prompt_is_open(void)
{
	return prompt.open;
}

enum prompt_event
prompt_key(int32_t key)
{
	char bytes[KEY_BYTES_MAX];
	size_t n;

	if (!prompt.open || key == KEYS_ESC || key == CTRL_KEY('c') ||
	    (key == CTRL_KEY('d') && rl_end == 0))
		return PROMPT_CANCELLED;
	/* Suspending and the like are the program's, not the line's. */
	if (prompt.accepted || (size_t)rl_end > PROMPT_TEXT_MAX)
		return PROMPT_ACCEPTED;
	forget_matches();
	prompt.has_fault = false;
	n = key_bytes(key, bytes);
	memcpy(prompt.bytes, bytes, n);
	prompt.n_bytes = n;
	prompt.next_byte = 0;
	while (is_fed() && !prompt.accepted)
		rl_callback_read_char();
	prompt.n_bytes = prompt.next_byte = 0;
	return prompt.accepted ? PROMPT_ACCEPTED : PROMPT_EDITING;
}

void
prompt_paste(const char *text)
{
	char *copy, *p;

	if (!prompt.open || prompt.accepted ||
	    strlen(text) > PROMPT_TEXT_MAX - (size_t)rl_end)
		return;
	copy = xstrdup(text);
	for (p = copy; *p != '\0'; p++)
		if (*p == '\n' || *p == '\r')
			*p = ' ';
	rl_insert_text(copy);
	free(copy);
}

const char *
prompt_text(void)
{
	if (!prompt.open)
		return "";
	if (prompt.accepted)
		return prompt.text;
	return rl_line_buffer;
}

/* The bytes of so many characters. */
static size_t
bytes_of(const char *text, size_t characters)
{
	size_t at = 0, len = strlen(text);
	uint32_t c;
	int n;

	for (; characters > 0 && at < len; characters--) {
		n = utf8_decode(text + at, len - at, &c);
		at += n > 0 ? (size_t)n : 1;
	}
	return at;
}

void
prompt_words_are_list(void)
{
	prompt.is_list = true;
}

void
prompt_mark_fault(size_t characters)
{
	prompt.has_fault = true;
	prompt.fault = characters;
}

void
prompt_close(void)
{
	if (!prompt.open)
		return;
	if (!prompt.accepted) {
		rl_free_line_state();
		rl_callback_sigcleanup();
		rl_callback_handler_remove();
	}
	rl_replace_line("", 1);
	forget_matches();
	free(prompt.text);
	prompt.text = NULL;
	prompt.open = prompt.accepted = prompt.has_fault = false;
}

void
prompt_draw(struct area a, int y, int x, int width, enum style style)
{
	struct area field = area_sub(a, y, x, 1, width);
	const char *text = prompt_text();
	char *before;
	int cursor, shift;

	/* What readline has to say: it is searching, or wants a count. */
	if (prompt.open && !prompt.accepted && rl_display_prompt != NULL &&
	    rl_display_prompt[0] != '\0') {
		x = area_put(field, 0, 0, STYLE_DIM, rl_display_prompt);
		field = area_sub(field, 0, x, 1, field.cols - x);
	}

	before =
	    xstrndup(text, prompt.accepted ? strlen(text) : (size_t)rl_point);
	cursor = area_width(field, before);
	free(before);
	shift = cursor < field.cols ? 0 : cursor - field.cols + 1;
	area_repeat(field, 0, 0, field.cols, style, ' ');
	area_put(field, 0, -shift, style, text);
	if (prompt.has_fault) {
		before = xstrndup(text, bytes_of(text, prompt.fault));
		area_restyle(
		    field, 0, area_width(field, before) - shift, STYLE_ALERT);
		free(before);
	}
	area_set_cursor(field, 0, cursor - shift, true);
}

const char *const *
prompt_matches(size_t *n)
{
	*n = prompt.n_matches;
	return (const char *const *)prompt.matches;
}
