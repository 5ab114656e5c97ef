#include "config.h"

#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/str.h"
#include "core/hub/handle.h"
#include "core/hub/hub.h"
#include "core/hub/session.h"
#include "core/hub/sessions.h"
#include "core/hub/who.h"
#include "core/iothub/topic.h"
#include "core/mqtt/protocol.h"
#include "core/mqtt/subscribe.h"

#define LOGGED_MAX 128 /* bytes of a filter that is refused */

/* A device may name only itself in a topic. */
static bool
is_anothers(const struct hub_session *session, struct mqtt_str filter)
{
	struct topic topic;

	topic_parse(filter.s, filter.len, &topic);
	return topic.device_id.s != NULL &&
	    !hub_who_is(session->device_id, topic.device_id.s,
		topic.device_id.len, topic.module_id.s, topic.module_id.len);
}

int
hub_handle_subscribe(struct hub_session *session,
    const struct mqtt_frame *frame, struct mqtt_reader *in, struct err *err)
{
	struct strbuf done = { 0 }, failed = { 0 };
	struct mqtt_subscribe subscribe;
	struct mqtt_suback suback;
	struct mqtt_str filter;
	size_t i;

	(void)frame;
	if (mqtt_subscribe_read(in, &subscribe, err) == -1)
		return -1;
	suback.packet_id = subscribe.packet_id;
	suback.n = subscribe.n;
	for (i = 0; i < subscribe.n; i++) {
		filter = subscribe.filters[i].topic_filter;
		if (is_anothers(session, filter))
			return err_set(err, ERR_REFUSED,
			    "SUBSCRIBE of another device's topic, %.*s",
			    (int)filter.len, filter.s);
		suback.codes[i] = hub_subscriptions_add(&session->subs,
		    session->device_id, filter, subscribe.filters[i].qos);
		if (suback.codes[i] == MQTT_SUBACK_FAILURE)
			log_info("mqtt: %s: may not subscribe to %.*s",
			    session->device_id,
			    (int)(filter.len < LOGGED_MAX ? filter.len
							  : LOGGED_MAX),
			    filter.s);
	}
	if (!session->clean_session &&
	    hub_subscriptions_save(hub_sessions_store(session->hub->sessions),
		session->device_id, &session->subs, err) == -1)
		return -1;
	mqtt_suback_write(&done, &suback);
	hub_session_answer(session, &done, &failed);
	return 0;
}
