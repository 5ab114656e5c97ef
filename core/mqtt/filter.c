#include "config.h"

#include "core/mqtt/filter.h"

#include <string.h>

/* Takes the level that s starts with; *more says whether another follows. */
static struct mqtt_str
take_level(struct mqtt_str *s, bool *more)
{
	const char *slash = memchr(s->s, '/', s->len);
	struct mqtt_str level = *s;

	*more = slash != NULL;
	if (slash == NULL) {
		s->s += s->len;
		s->len = 0;
		return level;
	}
	level.len = (size_t)(slash - s->s);
	s->s = slash + 1;
	s->len -= level.len + 1;
	return level;
}

bool
mqtt_topic_is_valid(struct mqtt_str topic_name)
{
	return topic_name.len > 0 &&
	    memchr(topic_name.s, '#', topic_name.len) == NULL &&
	    memchr(topic_name.s, '+', topic_name.len) == NULL;
}

bool
mqtt_filter_is_valid(struct mqtt_str topic_filter)
{
	struct mqtt_str level;
	bool more = topic_filter.len > 0;

	if (!more)
		return false;
	while (more) {
		level = take_level(&topic_filter, &more);
		if (memchr(level.s, '#', level.len) != NULL &&
		    (level.len > 1 || more))
			return false;
		if (memchr(level.s, '+', level.len) != NULL && level.len > 1)
			return false;
	}
	return true;
}

bool
mqtt_filter_matches(struct mqtt_str topic_filter, struct mqtt_str topic_name)
{
	struct mqtt_str want, have;
	bool more_want = true, more_have = true;

	/* A wildcard in front does not reach $iothub [MQTT-4.7.2-1]. */
	if (topic_name.s[0] == '$' &&
	    (topic_filter.s[0] == '#' || topic_filter.s[0] == '+'))
		return false;
	while (more_want && more_have) {
		want = take_level(&topic_filter, &more_want);
		if (mqtt_str_equal(want, "#"))
			return true;
		have = take_level(&topic_name, &more_have);
		if (!mqtt_str_equal(want, "+") &&
		    (want.len != have.len ||
			memcmp(want.s, have.s, want.len) != 0))
			return false;
	}
	/* "a/#" covers "a" itself. */
	return more_want == more_have ||
	    (more_want && mqtt_str_equal(topic_filter, "#"));
}
