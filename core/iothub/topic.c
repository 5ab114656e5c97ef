#include "config.h"

#include "core/iothub/topic.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/str.h"
#include "core/base/xalloc.h"

/* Takes a literal off the front. */
static bool
take(struct topic_str *s, const char *literal)
{
	size_t n = strlen(literal);

	if (s->len < n || memcmp(s->s, literal, n) != 0)
		return false;
	s->s += n;
	s->len -= n;
	return true;
}

/* Takes what stands before the first of any of the stops, which stays. */
static struct topic_str
take_until(struct topic_str *s, const char *stops)
{
	struct topic_str head = { s->s, 0 };

	while (head.len < s->len && s->s[head.len] != '\0' &&
	    strchr(stops, s->s[head.len]) == NULL)
		head.len++;
	s->s += head.len;
	s->len -= head.len;
	return head;
}

static bool
to_number(struct topic_str s, int64_t min, int64_t max, int64_t *n)
{
	char text[24];

	if (s.len == 0 || s.len >= sizeof(text))
		return false;
	memcpy(text, s.s, s.len);
	text[s.len] = '\0';
	return str_to_int64(text, min, max, n) == 0;
}

/* "/?$rid=R&$version=N"; SDKs put other pairs there too.  Or nothing. */
static bool
read_query(struct topic_str s, struct topic *topic)
{
	struct topic_str pair;
	int64_t version;

	take(&s, "/");
	if (!take(&s, "?"))
		return s.len == 0;
	while (s.len > 0) {
		pair = take_until(&s, "&");
		take(&s, "&");
		if (topic->rid.s == NULL && take(&pair, "$rid="))
			topic->rid = pair;
		else if (take(&pair, "$version=") &&
		    to_number(pair, 0, INT64_MAX, &version))
			topic->version = version;
	}
	return true;
}

static bool
read_status(struct topic_str *s, struct topic *topic)
{
	int64_t status;

	if (!to_number(take_until(s, "/?"), INT32_MIN, INT32_MAX, &status))
		return false;
	topic->status = (int)status;
	return true;
}

static enum topic_kind
read_iothub(struct topic_str s, struct topic *topic)
{
	enum topic_kind kind = TOPIC_OTHER;

	if (take(&s, "twin/GET"))
		kind = TOPIC_TWIN_GET;
	else if (take(&s, "twin/PATCH/properties/reported"))
		kind = TOPIC_REPORTED_PATCH;
	else if (take(&s, "twin/PATCH/properties/desired"))
		kind = TOPIC_DESIRED_PATCH;
	else if (take(&s, "twin/res/"))
		kind = read_status(&s, topic) ? TOPIC_TWIN_RESPONSE
					      : TOPIC_OTHER;
	else if (take(&s, "methods/res/"))
		kind = read_status(&s, topic) ? TOPIC_METHOD_RESPONSE
					      : TOPIC_OTHER;
	else if (take(&s, "methods/POST/")) {
		kind = TOPIC_METHOD;
		topic->name = take_until(&s, "/?");
	}
	if (kind == TOPIC_METHOD && topic->name.len == 0)
		return TOPIC_OTHER;
	return read_query(s, topic) ? kind : TOPIC_OTHER;
}

static enum topic_kind
read_devices(struct topic_str s, struct topic *topic)
{
	enum topic_kind kind;

	topic->device_id = take_until(&s, "/");
	if (take(&s, "/modules/"))
		topic->module_id = take_until(&s, "/");
	if (take(&s, "/messages/events"))
		kind = TOPIC_TELEMETRY;
	else if (take(&s, "/messages/devicebound"))
		kind = TOPIC_DEVICEBOUND;
	else
		return TOPIC_OTHER;
	if (s.len > 0 && !take(&s, "/"))
		return TOPIC_OTHER;
	topic->bag = s;
	return kind;
}

void
topic_parse(const char *text, size_t len, struct topic *topic)
{
	struct topic_str s = { text, len };

	*topic = (struct topic){ .version = -1 };
	if (take(&s, "$iothub/"))
		topic->kind = read_iothub(s, topic);
	else if (take(&s, "devices/"))
		topic->kind = read_devices(s, topic);
}

char *
topic_format_twin_get(const char *rid)
{
	return xasprintf("$iothub/twin/GET/?$rid=%s", rid);
}

char *
topic_format_reported_patch(const char *rid)
{
	return xasprintf("$iothub/twin/PATCH/properties/reported/?$rid=%s",
	    rid);
}

char *
topic_format_method_response(int status, struct topic_str rid)
{
	return xasprintf("$iothub/methods/res/%d/?$rid=%.*s", status,
	    (int)rid.len, rid.s);
}

char *
topic_format_telemetry(const char *device_id)
{
	return xasprintf("devices/%s/messages/events/", device_id);
}

char *
topic_format_twin_response(int status, struct topic_str rid, int64_t version)
{
	/* $rid first, straight behind "/?": the C SDK looks there and only
	 * there. */
	if (version < 0)
		return xasprintf("$iothub/twin/res/%d/?$rid=%.*s", status,
		    (int)rid.len, rid.s);
	return xasprintf("$iothub/twin/res/%d/?$rid=%.*s&$version=%" PRId64,
	    status, (int)rid.len, rid.s, version);
}

char *
topic_format_desired_patch(int64_t version)
{
	return xasprintf("$iothub/twin/PATCH/properties/desired/?$version=%"
	    PRId64, version);
}

char *
topic_format_method(const char *name, const char *rid)
{
	return xasprintf("$iothub/methods/POST/%s/?$rid=%s", name, rid);
}

char *
topic_format_devicebound_filter(const char *device_id, const char *module_id)
{
	if (module_id != NULL)
		return xasprintf("devices/%s/modules/%s/messages/devicebound/#",
		    device_id, module_id);
	return xasprintf("devices/%s/messages/devicebound/#", device_id);
}
