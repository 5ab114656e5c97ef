#include "config.h"

#include "core/deck/job_line.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/json.h"
#include "core/base/str.h"
#include "core/deck/jobs.h"
#include "core/deck/twin_path.h"

/* What twindeck run has where nothing is said. */
#define TIMEOUT_S_DEF 30
#define CONNECT_S_DEF 0

static void
put_call(struct strbuf *line, const struct job_request *request)
{
	strbuf_puts(line, " call ");
	strbuf_put_shell(line, request->method);
	if (request->payload != NULL) {
		strbuf_putc(line, ' ');
		strbuf_put_shell(line, request->payload);
	}
	if (request->response_timeout_s != TIMEOUT_S_DEF)
		strbuf_printf(
		    line, " --timeout %d", request->response_timeout_s);
	if (request->connect_timeout_s != CONNECT_S_DEF)
		strbuf_printf(
		    line, " --connect-timeout %d", request->connect_timeout_s);
}

/* Each key of the patch as a word of its own: 'building=43'. */
static void
put_patch(struct strbuf *line, const struct job_request *request)
{
	cJSON *patch = cJSON_Parse(request->patch);
	const cJSON *item;

	strbuf_puts(line, request->action == JOB_TAGS ? " set-tags" : " set");
	cJSON_ArrayForEach(item, patch) {
		struct strbuf word = { 0 };
		char *value = json_print(item);

		twin_path_put_key(&word, item->string);
		strbuf_printf(&word, "=%s", value);
		strbuf_putc(line, ' ');
		strbuf_put_shell(line, word.data);
		strbuf_fini(&word);
		free(value);
	}
	cJSON_Delete(patch);
}

/* False where --on cannot name them. */
static bool
put_devices(struct strbuf *line, const struct job *job)
{
	struct strbuf ids = { 0 };
	bool can = job_size(job) <= JOB_LINE_DEVICES_MAX;
	const char *id;
	size_t i;

	for (i = 0; can && i < job_size(job); i++) {
		id = job_device(job, i)->device_id;
		can = strchr(id, ',') == NULL;
		strbuf_printf(&ids, "%s%s", i > 0 ? "," : "", id);
	}
	if (can) {
		strbuf_puts(line, " --on ");
		strbuf_put_shell(line, strbuf_str(&ids));
	}
	strbuf_fini(&ids);
	return can;
}

char *
job_line(const struct job *job, const char *hub)
{
	const struct job_request *request = job_request(job);
	struct strbuf line = { 0 };

	if (request->action != JOB_METHOD && request->patch == NULL)
		return NULL;
	strbuf_puts(&line, "twindeck run");
	if (hub != NULL) {
		strbuf_puts(&line, " --hub ");
		strbuf_put_shell(&line, hub);
	}
	if (request->action == JOB_METHOD)
		put_call(&line, request);
	else
		put_patch(&line, request);
	if (request->at_once != 0 && request->at_once != JOBS_AT_ONCE_DEF)
		strbuf_printf(&line, " --at-once %d", request->at_once);
	if (request->engine == JOB_HUB)
		strbuf_puts(&line, " --engine hub");
	if (request->ack_only)
		strbuf_puts(&line, " --ack");
	if (put_devices(&line, job))
		return strbuf_take(&line);
	strbuf_fini(&line);
	return NULL;
}
