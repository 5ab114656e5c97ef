#include "config.h"

#include "core/net/http.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <curl/curl.h>
#include <event2/event.h>

#include "core/base/err.h"
#include "core/base/list.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"

#define CONNECT_MS_DEF 10000
#define TIMEOUT_MS_DEF 30000
#define IDLE_CONNECTION_S 240L
#define REDIRECTS_MAX 5L

/*
 * libcurl says by callback which sockets it waits on and when it next wants
 * to be called; every event is handed to curl_multi_socket_action(), and what
 * is then done is taken from its message queue.
 */
struct net_http {
	struct event_base *base;
	CURLM *multi;
	struct event *timer;
	struct list calls;
	bool delivering; /* a callback is on the stack */
	bool dead;       /* freed inside it: finished off after it */
	char *ca_file;  /* or NULL */
	char *no_proxy; /* loopback never goes through a proxy */
};

struct net_http_call {
	struct list link;
	struct net_http *http;
	CURL *easy;
	struct curl_slist *headers;
	char *body; /* owned */
	size_t body_len, body_read;
	struct strbuf answer;
	bool repeatable, too_large, is_stream;
	char reason[CURL_ERROR_SIZE];
	int (*on_body)(const char *data, size_t len, void *arg);
	net_http_cb cb; /* NULL: it is being called, the call goes after it */
	void *arg;
};

static void
call_free(struct net_http_call *call)
{
	curl_multi_remove_handle(call->http->multi, call->easy);
	curl_easy_cleanup(call->easy);
	curl_slist_free_all(call->headers);
	list_remove(&call->link);
	strbuf_fini(&call->answer);
	free(call->body);
	free(call);
}

/* Sets err from what libcurl says of a call that is over. */
static void
judge(struct net_http_call *call, CURLcode code, struct err *err)
{
	const char *reason =
	    call->reason[0] != '\0' ? call->reason : curl_easy_strerror(code);
	long sent = 0;

	err_clear(err);
	if (code == CURLE_OK)
		return;
	if (call->too_large) {
		err_set(err, ERR_UNKNOWN, "the answer is over %zu bytes",
		    NET_HTTP_BODY_MAX);
		return;
	}
	curl_easy_getinfo(call->easy, CURLINFO_REQUEST_SIZE, &sent);
	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_CONNECT:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_URL_MALFORMAT:
	case CURLE_UNSUPPORTED_PROTOCOL:
		sent = 0;
		break;
	case CURLE_SEND_FAIL_REWIND:
		reason = "the connection broke before an answer came";
		sent = 1;
		break;
	default:
		break;
	}
	err_set(err, sent > 0 ? ERR_UNKNOWN : ERR_UNREACHABLE, "%s", reason);
}

static void
finish(struct net_http_call *call, CURLcode code)
{
	struct net_http_answer answer = { 0 };
	net_http_cb cb;
	struct err err;
	curl_off_t us = 0;
	long status = 0;

	judge(call, code, &err);
	curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(call->easy, CURLINFO_TOTAL_TIME_T, &us);
	answer.err = &err;
	answer.status = (int)status;
	answer.body = strbuf_str(&call->answer);
	answer.body_len = call->answer.len;
	answer.elapsed_us = us;
	cb = call->cb;
	call->cb = NULL;
	cb(call, &answer, call->arg);
	call_free(call);
}

static void
collect(struct net_http *http)
{
	struct net_http_call *call;
	CURLMsg *msg;
	int left;

	http->delivering = true;
	while (!http->dead &&
	    (msg = curl_multi_info_read(http->multi, &left)) != NULL) {
		if (msg->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &call);
		finish(call, msg->data.result);
	}
	http->delivering = false;
	if (http->dead)
		net_http_free(http);
}

static void
on_socket(evutil_socket_t fd, short what, void *arg)
{
	struct net_http *http = arg;
	int running, action = 0;

	if ((what & EV_READ) != 0)
		action |= CURL_CSELECT_IN;
	if ((what & EV_WRITE) != 0)
		action |= CURL_CSELECT_OUT;
	curl_multi_socket_action(http->multi, fd, action, &running);
	collect(http);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct net_http *http = arg;
	int running;

	(void)fd;
	(void)what;
	curl_multi_socket_action(
	    http->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	collect(http);
}

static int
want_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
	struct net_http *http = arg;
	struct event *event = socket_arg;
	short kinds = EV_PERSIST;

	(void)easy;
	if (event != NULL)
		event_free(event);
	event = NULL;
	if (what != CURL_POLL_REMOVE) {
		if (what != CURL_POLL_OUT)
			kinds |= EV_READ;
		if (what != CURL_POLL_IN)
			kinds |= EV_WRITE;
		event = event_new(http->base, fd, kinds, on_socket, http);
		event_add(event, NULL);
	}
	curl_multi_assign(http->multi, fd, event);
	return 0;
}

static int
want_timer(CURLM *multi, long timeout_ms, void *arg)
{
	struct net_http *http = arg;
	struct timeval tv;

	(void)multi;
	if (timeout_ms < 0) {
		event_del(http->timer);
		return 0;
	}
	tv.tv_sec = timeout_ms / 1000;
	tv.tv_usec = timeout_ms % 1000 * 1000;
	event_add(http->timer, &tv);
	return 0;
}

struct net_http *
net_http_new(struct event_base *base, const char *ca_file, struct err *err)
{
	const char *no_proxy = getenv("no_proxy");
	struct net_http *http;

	/* libcurl reports an unreadable file only as a failed handshake. */
	if (ca_file != NULL && access(ca_file, R_OK) == -1) {
		err_set(err, ERR_IO, "cannot read the CA certificates in %s: %s",
		    ca_file, strerror(errno));
		return NULL;
	}
	http = xcalloc(1, sizeof(*http));
	http->base = base;
	list_init(&http->calls);
	http->ca_file = xstrdup(ca_file);
	if (no_proxy == NULL)
		no_proxy = getenv("NO_PROXY");
	if (no_proxy != NULL && strcmp(no_proxy, "*") == 0)
		http->no_proxy = xstrdup(no_proxy); /* only alone it means all */
	else
		http->no_proxy = xasprintf("localhost,127.0.0.1,::1%s%s",
		    no_proxy != NULL ? "," : "",
		    no_proxy != NULL ? no_proxy : "");
	http->timer = evtimer_new(base, on_timer, http);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	http->multi = curl_multi_init();
	curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, want_socket);
	curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
	curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, want_timer);
	curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
	return http;
}

void
net_http_free(struct net_http *http)
{
	struct net_http_call *call, *tmp;

	if (http == NULL)
		return;
	if (http->delivering) {
		http->dead = true;
		return;
	}
	LIST_FOREACH_SAFE(call, tmp, &http->calls, struct net_http_call, link)
		call_free(call);
	curl_multi_cleanup(http->multi);
	event_free(http->timer);
	free(http->ca_file);
	free(http->no_proxy);
	free(http);
}

static size_t
take_answer(char *data, size_t size, size_t n, void *arg)
{
	struct net_http_call *call = arg;
	long status = 0;

	n *= size;
	if (call->on_body != NULL)
		curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
	if (call->on_body != NULL && (status == 200 || !call->is_stream))
		return status != 200 || call->on_body(data, n, call->arg) == 0
		    ? n
		    : 0;
	if (n > NET_HTTP_BODY_MAX - call->answer.len) {
		call->too_large = true;
		return 0;
	}
	strbuf_put(&call->answer, data, n);
	return n;
}

static size_t
give_body(char *to, size_t size, size_t n, void *arg)
{
	struct net_http_call *call = arg;
	size_t left = call->body_len - call->body_read;

	n *= size;
	if (n > left)
		n = left;
	if (n > 0)
		memcpy(to, call->body + call->body_read, n);
	call->body_read += n;
	return n;
}

/*
 * libcurl rewinds the body to send a request again.  Refused once a byte of a
 * change is out: the server may have read the request, and acted.
 */
static int
seek_body(void *arg, curl_off_t offset, int origin)
{
	struct net_http_call *call = arg;

	if (offset != 0 || origin != SEEK_SET ||
	    (call->body_read > 0 && !call->repeatable))
		return CURL_SEEKFUNC_FAIL;
	call->body_read = 0;
	return CURL_SEEKFUNC_OK;
}

static void
set_body(struct net_http_call *call, const struct net_http_request *request)
{
	CURL *easy = call->easy;

	if (request->body == NULL && strcmp(request->method, "GET") == 0)
		return;
	if (!request->repeatable && request->body_len == 0) {
		/* Nothing to rewind, so the seek callback cannot say no; a
		 * connection of its own is not tried twice. */
		curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
	}
	curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
	if (request->body == NULL && strcmp(request->method, "POST") != 0)
		return;
	call->body_len = request->body_len;
	if (call->body_len > 0) {
		call->body = xmalloc(call->body_len);
		memcpy(call->body, request->body, call->body_len);
	}
	curl_easy_setopt(easy, CURLOPT_POST, 1L);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
	    (curl_off_t)call->body_len);
	curl_easy_setopt(easy, CURLOPT_READFUNCTION, give_body);
	curl_easy_setopt(easy, CURLOPT_READDATA, call);
	curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, seek_body);
	curl_easy_setopt(easy, CURLOPT_SEEKDATA, call);
}

static void
set_download(struct net_http_call *call, const struct net_http_request *request)
{
	bool tls = strncasecmp(request->url, "https:", 6) == 0;

	if (request->on_body == NULL)
		return;
	call->on_body = request->on_body;
	call->is_stream = request->is_stream;
	if (request->is_stream) {
		curl_easy_setopt(call->easy, CURLOPT_TIMEOUT_MS, 0L);
		return;
	}
	curl_easy_setopt(call->easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(call->easy, CURLOPT_REDIR_PROTOCOLS_STR,
	    tls ? "https" : "http,https");
	curl_easy_setopt(call->easy, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(call->easy, CURLOPT_MAXREDIRS, REDIRECTS_MAX);
}

static void
set_headers(struct net_http_call *call, const struct net_http_request *request)
{
	const char *const *h;

	/* Waiting for 100 Continue would cost a second on a hub without it. */
	call->headers = curl_slist_append(NULL, "Expect:");
	for (h = request->headers; h != NULL && *h != NULL; h++)
		call->headers = curl_slist_append(call->headers, *h);
	curl_easy_setopt(call->easy, CURLOPT_HTTPHEADER, call->headers);
}

struct net_http_call *
net_http_send(struct net_http *http, const struct net_http_request *request,
    net_http_cb cb, void *arg)
{
	struct net_http_call *call = xcalloc(1, sizeof(*call));
	CURL *easy = curl_easy_init();

	call->http = http;
	call->easy = easy;
	call->cb = cb;
	call->arg = arg;
	call->repeatable = request->repeatable;
	list_append(&http->calls, &call->link);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->reason);
	curl_easy_setopt(easy, CURLOPT_URL, request->url);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_NOPROXY, http->no_proxy);
	curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, IDLE_CONNECTION_S);
	if (http->ca_file != NULL) {
		curl_easy_setopt(easy, CURLOPT_CAINFO, http->ca_file);
		/* Else the system's CAs would be trusted beside it. */
		curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	}
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
	    (long)(request->connect_ms > 0 ? request->connect_ms
					   : CONNECT_MS_DEF));
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS,
	    (long)(request->timeout_ms > 0 ? request->timeout_ms
					   : TIMEOUT_MS_DEF));
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_answer);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
	set_body(call, request);
	set_download(call, request);
	set_headers(call, request);
	curl_multi_add_handle(http->multi, easy);
	return call;
}

void
net_http_cancel(struct net_http_call *call)
{
	if (call->cb != NULL)
		call_free(call);
}

const char *
net_http_header(struct net_http_call *call, const char *name)
{
	struct curl_header *header;

	if (curl_easy_header(call->easy, name, 0, CURLH_HEADER, -1, &header) !=
	    CURLHE_OK)
		return NULL;
	return header->value;
}
