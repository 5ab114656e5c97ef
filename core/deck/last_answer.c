#include "config.h"

#include "core/deck/last_answer.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/xalloc.h"
#include "core/client/client.h"

void
last_answer_fini(struct last_answer *last)
{
	free(last->body);
	*last = (struct last_answer){ 0 };
}

bool
last_answer_keep(struct last_answer *last, const struct client_answer *answer)
{
	bool differs = last->body == NULL || last->len != answer->body_len ||
	    memcmp(last->body, answer->body, last->len) != 0;

	last_answer_fini(last);
	if (answer->body_len > LAST_ANSWER_MAX)
		return differs;
	last->body = xstrndup(answer->body, answer->body_len);
	last->len = answer->body_len;
	last->parsed_ms = clock_mono_ms();
	return differs;
}

void
last_answer_doubt(struct last_answer *last)
{
	last->parsed_ms = 0;
}

void
last_answer_offer(const struct last_answer *last, struct client_call *call)
{
	if (last->body == NULL || last->parsed_ms == 0 ||
	    clock_mono_ms() - last->parsed_ms >= LAST_ANSWER_MS)
		return;
	client_call_knows(call, last->body, last->len);
}
