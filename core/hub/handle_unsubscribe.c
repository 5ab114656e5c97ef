#include "config.h"

#include "core/base/str.h"
#include "core/hub/handle.h"
#include "core/hub/hub.h"
#include "core/hub/session.h"
#include "core/hub/sessions.h"
#include "core/mqtt/plain.h"
#include "core/mqtt/protocol.h"
#include "core/mqtt/subscribe.h"

int
hub_handle_unsubscribe(struct hub_session *session,
    const struct mqtt_frame *frame, struct mqtt_reader *in, struct err *err)
{
	struct strbuf done = {0}, failed = {0};
	struct mqtt_subscribe unsubscribe;
	size_t i;

	(void)frame;
	if (mqtt_unsubscribe_read(in, &unsubscribe, err) == -1)
		return -1;
	for (i = 0; i < unsubscribe.n; i++)
		hub_subscriptions_remove(
		    &session->subs, unsubscribe.filters[i].topic_filter);
	if (!session->clean_session &&
	    hub_subscriptions_save(hub_sessions_store(session->hub->sessions),
		session->device_id, &session->subs, err) == -1)
		return -1;
	/* Also where nothing was subscribed [MQTT-3.10.4-5]. */
	mqtt_plain_write_id(&done, MQTT_UNSUBACK, unsubscribe.packet_id);
	hub_session_answer(session, &done, &failed);
	return 0;
}
