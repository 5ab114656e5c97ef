#include "config.h"

#include "tui/mode_screen.h"

#include <stdlib.h>

#include <event2/event.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/options.h"
#include "core/base/paths.h"
#include "core/base/xalloc.h"
#include "core/net/foreground.h"
#include "core/net/turn.h"
#include "tui/app.h"
#include "tui/canvas.h"
#include "tui/recall.h"
#include "tui/screen.h"

#define TICK_MS 500
#define WORK_PAINT_MS 100
#define NEWS_MS 4000  /* changes are marked for two seconds */
#define QUIET_MS 2000 /* without news: ages go in steps, a second hand not */
#define EAGER_MS                                                     \
	1000 /* behind a key, and the start: news is painted at once \
	      */

/*
 * Keys and a resize are painted at the end of the turn they came in.  News
 * waits for the tick, unless somebody has just pressed a key and looks for
 * what it did.  The tick is late where there is no news.
 */
struct mode_screen {
	struct event_base *base;
	struct screen *screen;
	struct app *app;
	struct recall *recall;
	struct canvas *canvas;
	struct net_turn *turn;
	struct event *tick;
	struct event *work; /* once more in the next turn */
	int64_t eager_until_ms;
	int64_t news_ms, painted_ms;    /* the last ones; 0: none yet */
	int64_t tick_ms;                /* the next; 0: none */
	struct net_foreground *program; /* that has the terminal, or NULL */
	/* Who opens another hub, or NULL. */
	int (*on_hub)(const char *name, struct err *err, void *arg);
	void *on_hub_arg;
};

/* The next paint is not later than that. */
static void
tick_within(struct mode_screen *s, int64_t ms)
{
	int64_t at = s->painted_ms + ms;
	int64_t left = at - clock_mono_ms();
	struct timeval tv = { 0 };

	if (s->tick == NULL || (s->tick_ms != 0 && s->tick_ms <= at))
		return;
	s->tick_ms = at;
	if (left > 0) {
		tv.tv_sec = left / 1000;
		tv.tv_usec = left % 1000 * 1000;
	}
	evtimer_add(s->tick, &tv);
}

/* Not at the end of this turn: keys that came in the meantime go first. */
static void
work_next(struct mode_screen *s)
{
	static const struct timeval at_once = { 0, 0 };

	if (s->work != NULL && app_works(s->app))
		evtimer_add(s->work, &at_once);
}

static void
paint(void *arg)
{
	struct mode_screen *s = arg;
	int64_t due_ms;

	s->painted_ms = clock_mono_ms();
	app_advance(s->app, s->painted_ms);
	s->tick_ms = 0;
	/* News is shown as such for a while, and then no longer. */
	tick_within(s,
	    s->painted_ms - s->news_ms < NEWS_MS ||
		    app_is_restless(s->app, s->painted_ms)
		? TICK_MS
		: QUIET_MS);
	app_draw(s->app, s->canvas, s->painted_ms, clock_utc_us());
	screen_paint(s->screen, s->canvas);
	due_ms = app_due_ms(s->app);
	if (due_ms < s->painted_ms + QUIET_MS)
		tick_within(s,
		    due_ms > s->painted_ms ? due_ms - s->painted_ms : 0);
	work_next(s);
}

/* How far it is need not be seen at each step. */
static void
on_work(evutil_socket_t fd, short what, void *arg)
{
	struct mode_screen *s = arg;

	(void)fd;
	(void)what;
	app_work(s->app);
	if (!app_works(s->app) ||
	    clock_mono_ms() - s->painted_ms >= WORK_PAINT_MS)
		paint(s);
	else
		work_next(s);
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	paint(arg);
}

static void
be_eager(struct mode_screen *s)
{
	s->news_ms = clock_mono_ms();
	s->eager_until_ms = s->news_ms + EAGER_MS;
	net_turn_end(s->turn);
}

static void
on_key(int32_t key, void *arg)
{
	struct mode_screen *s = arg;

	app_key(s->app, key);
	be_eager(s);
}

static void
on_mouse(const struct mouse *mouse, void *arg)
{
	struct mode_screen *s = arg;

	app_mouse(s->app, mouse);
	be_eager(s);
}

static void
on_paste(const char *text, void *arg)
{
	struct mode_screen *s = arg;

	app_paste(s->app, text);
	be_eager(s);
}

static void
on_resize(int rows, int cols, void *arg)
{
	struct mode_screen *s = arg;

	canvas_resize(s->canvas, rows, cols);
	app_resize(s->app, rows, cols);
	be_eager(s);
}

static void
on_leave(void *arg)
{
	struct mode_screen *s = arg;

	event_base_loopbreak(s->base);
}

static const struct screen_ops screen_ops = {
	.on_key = on_key,
	.on_mouse = on_mouse,
	.on_paste = on_paste,
	.on_resize = on_resize,
	.on_leave = on_leave,
};

static void
wake(void *arg)
{
	struct mode_screen *s = arg;

	s->news_ms = clock_mono_ms();
	if (s->painted_ms == 0)
		return; /* it is about to be */
	if (s->news_ms < s->eager_until_ms)
		net_turn_end(s->turn);
	else
		tick_within(s, TICK_MS);
}

static void
suspend(void *arg)
{
	struct mode_screen *s = arg;

	screen_suspend(s->screen);
}

static void
repaint(void *arg)
{
	struct mode_screen *s = arg;

	screen_repaint(s->screen);
}

static void
on_program_end(int status, void *arg)
{
	struct mode_screen *s = arg;

	net_foreground_free(s->program);
	s->program = NULL;
	screen_take_back(s->screen);
	app_lend_ended(s->app, status);
	be_eager(s);
}

static int
lend(char *const *argv, struct err *err, void *arg)
{
	struct mode_screen *s = arg;

	screen_lend(s->screen);
	s->program = net_foreground_new(s->base, argv, on_program_end, s, err);
	if (s->program != NULL)
		return 0;
	screen_take_back(s->screen);
	return -1;
}

static void
set_mouse(bool on, void *arg)
{
	struct mode_screen *s = arg;

	screen_set_mouse(s->screen, on);
}

static void
set_theme(const struct theme *theme, void *arg)
{
	struct mode_screen *s = arg;

	screen_set_theme(s->screen, theme);
}

static int
copy(const char *text, struct err *err, void *arg)
{
	struct mode_screen *s = arg;

	return screen_copy(s->screen, text, err);
}

static int
print_later(const char *text, struct err *err, void *arg)
{
	struct mode_screen *s = arg;

	return screen_print_later(s->screen, text, err);
}

static int
open_hub(const char *name, struct err *err, void *arg)
{
	struct mode_screen *s = arg;

	if (s->on_hub == NULL)
		return err_set(err, ERR_UNSUPPORTED,
		    "there is only this one hub here");
	return s->on_hub(name, err, s->on_hub_arg);
}

static const struct app_ops app_ops = {
	.wake = wake,
	.quit = on_leave,
	.suspend = suspend,
	.repaint = repaint,
	.lend = lend,
	.set_mouse = set_mouse,
	.set_theme = set_theme,
	.copy = copy,
	.print_later = print_later,
	.open_hub = open_hub,
};

/* Without a home nothing is kept, and nothing is lost by that. */
static struct recall *
open_recall(void)
{
	char *dir = paths_dir(PATHS_STATE, NULL);
	char *path = dir != NULL ? xasprintf("%s/typed.json", dir) : NULL;
	struct recall *recall = recall_new(path);

	free(path);
	free(dir);
	return recall;
}

struct mode_screen *
mode_screen_new(struct event_base *base, const char *title,
    const struct options *options, struct profile *profile, const char *notice,
    struct err *err)
{
	struct mode_screen *s = xcalloc(1, sizeof(*s));
	int rows, cols;

	s->base = base;
	s->screen = screen_new(
	    base, options_flag(options, "ascii"), &screen_ops, s, err);
	if (s->screen == NULL) {
		free(s);
		return NULL;
	}
	s->turn = net_turn_new(base, paint, s);
	s->recall = open_recall();
	s->app = app_new(title, s->recall, &app_ops, s);
	if (profile != NULL)
		app_set_profile(s->app, profile);
	screen_size(s->screen, &rows, &cols);
	s->canvas = canvas_new(rows, cols, screen_charset(s->screen));
	app_resize(s->app, rows, cols);
	app_ask_theme(s->app, options_string(options, "theme"));
	if (notice != NULL)
		app_set_notice(s->app, notice);
	s->tick = evtimer_new(base, on_tick, s);
	s->work = evtimer_new(base, on_work, s);
	/* What came while the terminal was set up is read first. */
	net_turn_end_next(s->turn);
	s->eager_until_ms = clock_mono_ms() + EAGER_MS;
	return s;
}

struct app *
mode_screen_app(struct mode_screen *s)
{
	return s->app;
}

void
mode_screen_on_hub(struct mode_screen *s,
    int (*on_hub)(const char *name, struct err *err, void *arg), void *arg)
{
	s->on_hub = on_hub;
	s->on_hub_arg = arg;
}

void
mode_screen_run(struct mode_screen *s)
{
	event_base_dispatch(s->base);
}

void
mode_screen_free(struct mode_screen *s)
{
	if (s == NULL)
		return;
	net_foreground_free(s->program);
	screen_free(s->screen);
	event_free(s->tick);
	event_free(s->work);
	net_turn_free(s->turn);
	app_free(s->app);
	canvas_free(s->canvas);
	recall_save(s->recall, NULL);
	recall_free(s->recall);
	free(s);
}
