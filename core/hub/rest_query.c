#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/str.h"
#include "core/hub/call.h"
#include "core/hub/choices.h"
#include "core/hub/hub.h"
#include "core/hub/query.h"
#include "core/hub/routes.h"

static void
run(struct hub_call *call, const char *text, struct hub_query_page *page)
{
	struct strbuf out = { 0 };
	struct err err = { 0 };

	if (hub_query_run(call->hub, text, strlen(text), page, &out, &err) ==
	    -1) {
		hub_call_fail(call, &err);
		strbuf_fini(&out);
		return;
	}
	hub_call_set_header(call, "x-ms-item-type", page->item_type);
	/* Absent on the last page: an empty one would mean another page. */
	if (page->next != NULL)
		hub_call_set_header(call, "x-ms-continuation", page->next);
	hub_call_answer(call, 200, &out);
	free(page->next);
}

void
hub_rest_query(struct hub_call *call)
{
	struct hub_query_page page = { .size = HUB_CHOICE_PAGE_ROWS };
	const char *size = hub_call_header(call, "x-ms-max-item-count");
	cJSON *body = hub_call_json(call);
	const char *text;
	int64_t n;

	if (body == NULL)
		return;
	text = cJSON_GetStringValue(json_get_nocase(body, "query"));
	page.token = hub_call_header(call, "x-ms-continuation");
	if (page.token != NULL && *page.token == '\0')
		page.token = NULL;
	/* More than the most is no error: a page may be shorter. */
	if (size != NULL && str_to_int64(size, 1, INT64_MAX, &n) == -1)
		hub_call_error(call, IOTHUB_ARGUMENT_INVALID,
		    "x-ms-max-item-count must be a number from 1");
	else if (text == NULL)
		hub_call_error(call, IOTHUB_ARGUMENT_NULL, "query is missing");
	else {
		if (size != NULL && n < HUB_CHOICE_PAGE_ROWS)
			page.size = n;
		run(call, text, &page);
	}
	cJSON_Delete(body);
}
