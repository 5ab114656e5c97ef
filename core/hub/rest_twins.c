#include "config.h"

#include <stdlib.h>

#include <cjson/cJSON.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/hub/call.h"
#include "core/hub/hub.h"
#include "core/hub/routes.h"
#include "core/hub/twins.h"

static void
answer_twin(struct hub_call *call)
{
	struct strbuf out = { 0 };
	struct err err = { 0 };
	char *etag = NULL;

	if (hub_twins_format(call->hub->twins, hub_call_who(call), &out, &etag,
		&err) == -1) {
		hub_call_fail(call, &err);
		return;
	}
	hub_call_set_etag(call, etag);
	hub_call_answer(call, 200, &out);
	free(etag);
}

void
hub_rest_twin_get(struct hub_call *call)
{
	answer_twin(call);
}

static void
write_twin(struct hub_call *call, bool replace)
{
	struct hub_twins_write write = { .replace = replace };
	struct err err = { 0 };
	cJSON *body = hub_call_json(call);
	char *if_match;

	if (body == NULL)
		return;
	if_match = hub_call_if_match(call);
	write.body = body;
	write.if_match = if_match;
	if (hub_twins_update(
		call->hub->twins, hub_call_who(call), &write, &err) == -1)
		hub_call_fail(call, &err);
	else
		answer_twin(call);
	free(if_match);
	cJSON_Delete(body);
}

void
hub_rest_twin_patch(struct hub_call *call)
{
	write_twin(call, false);
}

void
hub_rest_twin_put(struct hub_call *call)
{
	write_twin(call, true);
}
