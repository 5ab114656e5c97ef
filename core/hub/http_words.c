#include "config.h"

#include "core/hub/http_words.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/util.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/str.h"
#include "core/hub/call.h"
#include "core/hub/http.h"
#include "core/iothub/error.h"

#define STATUS_LINE_MIN (sizeof("HTTP/1.1 200") - 1)

#define STRING_OF(x) #x
#define DIGITS(x) STRING_OF(x)

/* By evhttp's status; the last row is for any other. */
static const struct words {
	int status;
	int says; /* the status that is said instead */
	enum iothub_error_id error;
	const char *text;
} words_table[] = {
	{ 413, 413, IOTHUB_MESSAGE_TOO_LARGE,
	    "the body is over the limit of "
	    DIGITS(HUB_HTTP_BODY_MAX_KB) " KB, or its chunks cannot be read" },
	{ 417, 417, IOTHUB_INVALID_OPERATION,
	    "nothing but 100-continue can be expected" },
	{ 501, 405, IOTHUB_INVALID_OPERATION,
	    "this resource does not know this method" },
	{ 0, 400, IOTHUB_FORMAT_ERROR,
	    "this is no HTTP request, or its head is over the limit of "
	    DIGITS(HUB_HTTP_HEADERS_MAX_KB) " KB" },
};

static const struct words *
find_words(int status)
{
	const struct words *row = words_table;

	while (row->status != 0 && row->status != status)
		row++;
	return row;
}

/* evhttp closes the connection when this is out, as of its own page. */
static void
replace_page(struct hub_http_words *words, struct evbuffer *out, int status)
{
	const struct words *row = find_words(status);
	const struct iothub_error *error = iothub_error_get(row->error);
	char *body = iothub_error_format_a(row->error, row->text);
	time_t now_s = (time_t)(clock_utc_us() / 1000000);
	char date[64];
	struct tm tm;

	log_info("a request is refused: %s", row->text);
	gmtime_r(&now_s, &tm);
	evutil_date_rfc1123(date, sizeof(date), &tm);
	evbuffer_drain(out, evbuffer_get_length(out));
	words->is_ours = true;
	evbuffer_add_printf(out,
	    "HTTP/1.1 %d %s\r\n"
	    "iothub-errorcode: %s\r\n"
	    "Content-Type: " HUB_CALL_JSON_TYPE "\r\n"
	    "Connection: close\r\n"
	    "Date: %s\r\n"
	    "Content-Length: %zu\r\n\r\n%s",
	    row->says, error->name, error->name, date, strlen(body), body);
	free(body);
}

static void
on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct hub_http_words *words = arg;
	struct evbuffer *out = bufferevent_get_output(words->bev);
	char line[STATUS_LINE_MIN + 1] = "";
	int64_t status;

	(void)fd;
	(void)what;
	evbuffer_copyout(out, line, STATUS_LINE_MIN);
	/* Anything but "100 Continue". */
	if (str_to_int64(line + sizeof("HTTP/1.1"), 400, 599, &status) == 0)
		replace_page(words, out, (int)status);
}

static void
wake(struct hub_http_words *words)
{
	if (words->turn == NULL)
		words->turn = evtimer_new(
		    bufferevent_get_base(words->bev), on_turn, words);
	event_active(words->turn, EV_TIMEOUT, 0);
}

/* Nothing leaves before the loop has gone round. */
static void
on_output(struct evbuffer *out, const struct evbuffer_cb_info *info, void *arg)
{
	struct hub_http_words *words = arg;

	if (words->is_ours)
		words->is_ours = evbuffer_get_length(out) > 0;
	else if (info->orig_size == 0 && info->n_added > 0)
		wake(words);
}

void
hub_http_words_init(struct hub_http_words *words, struct bufferevent *bev)
{
	*words = (struct hub_http_words){ .bev = bev };
	evbuffer_add_cb(bufferevent_get_output(bev), on_output, words);
}

void
hub_http_words_fini(struct hub_http_words *words)
{
	if (words->turn != NULL)
		event_free(words->turn);
}

void
hub_http_words_answer(struct hub_http_words *words)
{
	words->is_ours = true;
}

void
hub_http_words_leave(struct hub_http_words *words)
{
	evbuffer_remove_cb(
	    bufferevent_get_output(words->bev), on_output, words);
}
