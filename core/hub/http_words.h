/*
 * What evhttp refuses by itself, before any request of it is whole: bytes that
 * are no HTTP, a verb it does not know, a body without end.  It says so with a
 * page of HTML and has no hook to change that; a client of IoT Hub wants an
 * error of the service.  So the page is replaced in the connection's output,
 * in the turn of the loop in which it was put there.
 */
#ifndef TWINDECK_CORE_HUB_HTTP_WORDS_H
#define TWINDECK_CORE_HUB_HTTP_WORDS_H

#include <stdbool.h>

struct bufferevent;
struct event;

/* Of one connection. */
struct hub_http_words {
	struct bufferevent *bev; /* borrowed */
	struct event *turn;      /* NULL: nothing was ever replaced */
	bool is_ours;            /* what goes out now was written by the hub */
};

/* bev has sent nothing yet. */
void hub_http_words_init(struct hub_http_words *words, struct bufferevent *bev);
/* bev may be gone. */
void hub_http_words_fini(struct hub_http_words *words);

/* A request is whole: what follows is its answer. */
void hub_http_words_answer(struct hub_http_words *words);
/* It is about to be something else than HTTP: all that follows is the hub's. */
void hub_http_words_leave(struct hub_http_words *words);

#endif
