#include "config.h"

#include "tests/support/screen_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/paths.h"
#include "core/base/xalloc.h"
#include "core/deck/deck.h"
#include "tests/support/fake_deck.h"
#include "tests/support/test.h"
#include "tui/app.h"
#include "tui/key.h"
#include "tui/recall.h"

#define SCREEN_MAX ((size_t)256 * 1024)

static void
on_nothing(void *arg)
{
	(void)arg;
}

static void
on_quit(void *arg)
{
	struct screen_rig *rig = arg;

	rig->quits++;
}

static void
on_suspend(void *arg)
{
	struct screen_rig *rig = arg;

	rig->suspends++;
}

static void
on_repaint(void *arg)
{
	struct screen_rig *rig = arg;

	rig->repaints++;
}

static int
copy(const char *text, struct err *err, void *arg)
{
	struct screen_rig *rig = arg;

	if (rig->copy_fails != ERR_NONE)
		return err_set(err, rig->copy_fails, "no clipboard");
	free(rig->copied);
	rig->copied = xstrdup(text);
	return 0;
}

static int
print_later(const char *text, struct err *err, void *arg)
{
	struct screen_rig *rig = arg;

	(void)err;
	free(rig->printed);
	rig->printed = xstrdup(text);
	return 0;
}

static void
forget_lent(struct screen_rig *rig)
{
	free(rig->lent);
	free(rig->lent_place);
	rig->lent = rig->lent_place = NULL;
}

static int
on_lend(char *const *argv, struct err *err, void *arg)
{
	struct screen_rig *rig = arg;
	size_t n = 0;

	(void)err;
	while (argv[n] != NULL)
		n++;
	forget_lent(rig);
	rig->lent = xstrdup(argv[n - 1]);
	rig->lent_place = xstrdup(argv[n - 2]);
	return 0;
}

static const struct app_ops app_ops = {
	.wake = on_nothing,
	.quit = on_quit,
	.suspend = on_suspend,
	.repaint = on_repaint,
	.copy = copy,
	.print_later = print_later,
	.lend = on_lend,
};

void
screen_rig_draw(struct screen_rig *rig)
{
	app_draw(
	    rig->app, rig->canvas, fake_now_ms + rig->later_ms, FAKE_NOW_US);
}

void
screen_rig_resize(struct screen_rig *rig, int cols, int rows)
{
	canvas_resize(rig->canvas, rows, cols);
	app_resize(rig->app, rows, cols);
	screen_rig_draw(rig);
}

void
screen_rig_charset(struct screen_rig *rig, enum canvas_charset charset)
{
	int rows = canvas_rows(rig->canvas), cols = canvas_cols(rig->canvas);

	canvas_free(rig->canvas);
	rig->canvas = canvas_new(rows, cols, charset);
	screen_rig_draw(rig);
}

int
screen_rig_setup(void **state)
{
	struct screen_rig *rig = xcalloc(1, sizeof(*rig));

	setenv("TZ", "UTC", 1);
	rig->deck = fake_deck_new();
	fake_deck_fill(rig->deck);
	rig->recall = recall_new(NULL);
	rig->app = app_new("local demo", rig->recall, &app_ops, rig);
	rig->canvas = canvas_new(24, 80, CANVAS_UTF8);
	app_set_deck(rig->app, rig->deck);
	screen_rig_resize(rig, 80, 24);
	screen_rig_draw(rig); /* the watch knows the focus only now */
	*state = rig;
	return 0;
}

int
screen_rig_teardown(void **state)
{
	struct screen_rig *rig = *state;

	app_free(rig->app);
	recall_free(rig->recall);
	canvas_free(rig->canvas);
	fake_deck_free(rig->deck);
	free(rig->copied);
	free(rig->printed);
	forget_lent(rig);
	free(rig);
	return 0;
}

void
screen_rig_press(struct screen_rig *rig, int32_t key)
{
	app_key(rig->app, key);
	screen_rig_draw(rig);
}

void
screen_rig_type(struct screen_rig *rig, const char *ascii)
{
	for (; *ascii != '\0'; ascii++)
		screen_rig_press(rig, *ascii);
}

void
screen_rig_command(struct screen_rig *rig, const char *line)
{
	screen_rig_press(rig, ':');
	screen_rig_type(rig, line);
	screen_rig_press(rig, KEYS_ENTER);
}

bool
screen_rig_lacks(struct screen_rig *rig, const char *words)
{
	char *text = canvas_to_text(rig->canvas);
	bool found = strstr(text, words) != NULL;

	free(text);
	return !found;
}

bool
screen_rig_shows(struct screen_rig *rig, const char *words)
{
	char *text;

	if (!screen_rig_lacks(rig, words))
		return true;
	text = canvas_to_text(rig->canvas);
	test_show(words, text);
	free(text);
	return false;
}

void
screen_rig_compare(struct screen_rig *rig, const char *name)
{
	const char *srcdir = getenv("srcdir");
	char *path = xasprintf(
	    "%s/tests/tui/screens/%s.txt", srcdir != NULL ? srcdir : ".", name);
	char *expected, *text;
	struct err err;

	rig->later_ms = SCREEN_RIG_LATER_MS;
	screen_rig_draw(rig);
	rig->later_ms = 0;
	text = canvas_to_text(rig->canvas);
	if (getenv("UPDATE_SCREENS") != NULL)
		assert_int_equal(
		    0, paths_write_file(path, text, strlen(text), 0644, &err));
	expected = paths_read_file(path, SCREEN_MAX, NULL, &err);
	if (expected == NULL)
		fail_msg("%s", err.text);
	assert_string_equal(expected, text);
	free(expected);
	free(text);
	free(path);
}

static char home[64];

int
screen_rig_make_home(void **state)
{
	(void)state;
	snprintf(home, sizeof(home), "/tmp/twindeck-screen-XXXXXX");
	if (mkdtemp(home) == NULL)
		return -1;
	unsetenv("VISUAL");
	if (setenv("EDITOR", "/usr/bin/nano", 1) == -1)
		return -1;
	return setenv("XDG_STATE_HOME", home, 1);
}

int
screen_rig_remove_home(void **state)
{
	char path[128];

	(void)state;
	snprintf(path, sizeof(path), "%s/twindeck/edit", home);
	rmdir(path);
	snprintf(path, sizeof(path), "%s/twindeck", home);
	rmdir(path);
	return rmdir(home);
}

const char *
screen_rig_home(void)
{
	return home;
}
