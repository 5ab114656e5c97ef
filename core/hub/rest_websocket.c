#include "config.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <event2/bufferevent.h>
#include <event2/http.h>
#include <openssl/evp.h>

#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/hub/call.h"
#include "core/hub/http_gauge.h"
#include "core/hub/hub.h"
#include "core/hub/routes.h"
#include "core/hub/sessions.h"
#include "core/hub/websocket.h"

#define WEBSOCKET_VERSION "13"
#define KEY_LEN 16 /* bytes behind the base64 of Sec-WebSocket-Key */
#define GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11" /* [RFC 6455, 1.3] */
#define PROTOCOL "mqtt"

/*
 * Finds a word in a header that is a list, in any case; the caller's, spelled
 * as it stands there, or NULL.
 */
static char *
find_word(const struct hub_call *call, const char *name, const char *word)
{
	const char *list = hub_call_header(call, name);
	size_t len;

	while (list != NULL && *list != '\0') {
		list += strspn(list, ", \t");
		len = strcspn(list, ", \t");
		if (len == strlen(word) && strncasecmp(list, word, len) == 0)
			return xstrndup(list, len);
		list += len;
	}
	return NULL;
}

static bool
has_word(const struct hub_call *call, const char *name, const char *word)
{
	char *found = find_word(call, name, word);

	free(found);
	return found != NULL;
}

/* Whether it may become a WebSocket; answers the call if not. */
static bool
check(struct hub_call *call)
{
	const char *version = hub_call_header(call, "Sec-WebSocket-Version");
	const char *key = hub_call_header(call, "Sec-WebSocket-Key");
	unsigned char bytes[KEY_LEN];

	if (!has_word(call, "Upgrade", "websocket") ||
	    !has_word(call, "Connection", "Upgrade")) {
		hub_call_set_header(call, "Upgrade", "websocket");
		hub_call_refuse(call, 426, "this resource is a WebSocket");
	} else if (version == NULL || strcmp(version, WEBSOCKET_VERSION) != 0) {
		hub_call_set_header(
		    call, "Sec-WebSocket-Version", WEBSOCKET_VERSION);
		hub_call_refuse(call, 426,
		    "Sec-WebSocket-Version must be " WEBSOCKET_VERSION);
	} else if (key == NULL ||
	    str_base64_decode(key, strlen(key), bytes, sizeof(bytes)) !=
		KEY_LEN) {
		hub_call_refuse(
		    call, 400, "Sec-WebSocket-Key must be 16 bytes in base64");
	} else if (!has_word(call, "Sec-WebSocket-Protocol", PROTOCOL)) {
		hub_call_refuse(
		    call, 400, "Sec-WebSocket-Protocol must offer " PROTOCOL);
	} else {
		return true;
	}
	return false;
}

/* The proof that this server has understood [4.2.2]; the caller's. */
static char *
accept_of(const char *key)
{
	char *text = xasprintf("%s" GUID, key), *accept;
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int len = 0;

	EVP_Digest(text, strlen(text), digest, &len, EVP_sha1(), NULL);
	accept = str_base64_encode(digest, len);
	free(text);
	return accept;
}

/*
 * No token is asked for: who this is, CONNECT will say.  evhttp cannot send
 * 101, so that the answer is written by hand; from then on it has nothing to
 * do with this connection.
 */
void
hub_rest_websocket(struct hub_call *call)
{
	struct evhttp_connection *connection =
	    evhttp_request_get_connection(call->request);
	struct hub *hub = call->hub;
	struct strbuf answer = { 0 };
	struct hub_websocket *ws;
	char *accept, *protocol;

	if (!check(call))
		return;
	accept = accept_of(hub_call_header(call, "Sec-WebSocket-Key"));
	protocol = find_word(call, "Sec-WebSocket-Protocol", PROTOCOL);
	strbuf_printf(&answer,
	    "HTTP/1.1 101 Switching Protocols\r\n"
	    "Upgrade: websocket\r\n"
	    "Connection: Upgrade\r\n"
	    "Sec-WebSocket-Accept: %s\r\n"
	    "Sec-WebSocket-Protocol: %s\r\n\r\n",
	    accept, protocol);
	hub_http_gauge_leave(call->request);
	hub_call_free(call);

	ws = hub_websocket_new(connection);
	bufferevent_write(hub_websocket_bev(ws), answer.data, answer.len);
	hub_sessions_take_websocket(hub->sessions, ws);
	strbuf_fini(&answer);
	free(protocol);
	free(accept);
}
