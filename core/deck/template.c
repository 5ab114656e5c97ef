#include "config.h"

#include "core/deck/template.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/xalloc.h"
#include "core/iothub/method.h"

int
template_name_check(const char *name, struct err *err)
{
	size_t i;

	for (i = 0; name[i] != '\0'; i++)
		if (!isalnum((unsigned char)name[i]) &&
		    strchr("-_.", name[i]) == NULL)
			break;
	if (i > 0 && i <= TEMPLATE_NAME_MAX && name[i] == '\0')
		return 0;
	return err_set(err, ERR_INVALID,
	    "a template's name has 1 to %zu letters, digits, '-', '_' or '.'",
	    TEMPLATE_NAME_MAX);
}

static void
add_json(cJSON *to, const char *name, const char *text)
{
	cJSON *json =
	    text != NULL ? json_parse(text, strlen(text), NULL) : NULL;

	cJSON_AddItemToObject(
	    to, name, json != NULL ? json : cJSON_CreateNull());
}

char *
template_format(const struct job_request *r, struct err *err)
{
	cJSON *json;
	char *text;

	if (r->action != JOB_METHOD && r->patch == NULL) {
		err_set(err, ERR_INVALID,
		    "an undo is made for its devices and fits no others");
		return NULL;
	}
	json = cJSON_CreateObject();
	if (r->action == JOB_METHOD) {
		cJSON_AddStringToObject(json, "method", r->method);
		add_json(json, "payload", r->payload);
		cJSON_AddNumberToObject(
		    json, "answer-in", r->response_timeout_s);
		cJSON_AddNumberToObject(
		    json, "connect-in", r->connect_timeout_s);
	} else {
		add_json(
		    json, r->action == JOB_TAGS ? "tags" : "desired", r->patch);
	}
	if (r->at_once > 0)
		cJSON_AddNumberToObject(json, "at-once", r->at_once);
	if (r->engine != JOB_HERE)
		cJSON_AddStringToObject(
		    json, "engine", job_engine_name(r->engine));
	text = json_print(json);
	cJSON_Delete(json);
	return text;
}

static int
read_number(const cJSON *json, const char *name, int least, int most,
    int *number, struct err *err)
{
	int64_t value = json_get_int(json, name, 0);

	if (json_get(json, name) == NULL)
		return 0;
	if (value < least || value > most)
		return err_set(
		    err, ERR_INVALID, "%s is from %d to %d", name, least, most);
	*number = (int)value;
	return 0;
}

static int
read_method(const cJSON *json, struct template *t, struct err *err)
{
	const char *method = json_get_string(json, "method");
	const cJSON *payload = json_get(json, "payload");

	if (method_name_check(method, err) == -1 ||
	    read_number(json, "answer-in", METHOD_RESPONSE_TIMEOUT_MIN,
		METHOD_RESPONSE_TIMEOUT_MAX, &t->response_timeout_s,
		err) == -1 ||
	    read_number(json, "connect-in", 0, METHOD_CONNECT_TIMEOUT_MAX,
		&t->connect_timeout_s, err) == -1)
		return -1;
	t->action = JOB_METHOD;
	t->method = xstrdup(method);
	if (payload != NULL && !cJSON_IsNull(payload))
		t->payload = json_print(payload);
	return 0;
}

static int
read_patch(const cJSON *json, struct template *t, struct err *err)
{
	const cJSON *patch = json_get(json, "desired");

	t->action = patch != NULL ? JOB_DESIRED : JOB_TAGS;
	if (patch == NULL)
		patch = json_get(json, "tags");
	if (!cJSON_IsObject(patch) || patch->child == NULL)
		return err_set(err, ERR_INVALID,
		    "a template has a method, desired or tags");
	t->payload = json_print(patch);
	return 0;
}

int
template_parse(const char *text, struct template *t, struct err *err)
{
	cJSON *json = json_parse(text, strlen(text), err);
	int rc;

	*t = (struct template){ 0 };
	if (json == NULL)
		return -1;
	rc = json_get_string(json, "method") != NULL ? read_method(json, t, err)
						     : read_patch(json, t, err);
	if (rc == 0 && json_get_string(json, "engine") != NULL)
		rc = job_engine_parse(
		    json_get_string(json, "engine"), &t->engine, err);
	if (rc == 0)
		rc = read_number(
		    json, "at-once", 1, JOBS_AT_ONCE_MAX, &t->at_once, err);
	cJSON_Delete(json);
	if (rc == -1)
		template_fini(t);
	return rc;
}

void
template_fini(struct template *t)
{
	free(t->method);
	free(t->payload);
	*t = (struct template){ 0 };
}
