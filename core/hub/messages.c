#include "config.h"

#include "core/hub/messages.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <event2/event.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/hub/commit.h"
#include "core/hub/hub.h"
#include "core/hub/liveness.h"
#include "core/hub/registry.h"
#include "core/hub/send.h"
#include "core/hub/session.h"
#include "core/hub/sessions.h"
#include "core/hub/who.h"
#include "core/mqtt/protocol.h"
#include "core/store/store.h"

/* The properties stand in the Topic Name, behind the device's id. */
#define BAG_MAX (MQTT_STR_MAX - 256)
#define US_PER_S INT64_C(1000000)
#define LOCK_CHECK_S 1 /* while there is one */
#define LOST_MAX 64    /* devices in one turn */

enum statement {
	ANY,
	INSERT,
	COUNT,
	EXPIRE,
	PURGE,
	NEXT,
	SENT,
	DONE,
	ACKNOWLEDGE,
	FORGET_IDS,
	UNLOCK,
	LAST_ID,
	LOST,
	UNLOCK_LOST,
	LOCKED,
	STATEMENTS
};

static const char *const statements[STATEMENTS] = {
	[ANY] = "SELECT 1 FROM message LIMIT 1",
	[INSERT] = "INSERT INTO message (device_id, bag, payload, expiry_us) "
		   "VALUES (?1, ?2, ?3, ?4)",
	[COUNT] = "SELECT count(*) FROM message "
		  "WHERE device_id = ?1 AND expiry_us > ?2",
	[EXPIRE] = "DELETE FROM message "
		   "WHERE device_id = ?1 AND expiry_us <= ?2",
	[PURGE] = "DELETE FROM message WHERE device_id = ?1",
	[NEXT] = "SELECT id, bag, payload, expiry_us, deliveries, packet_id "
		 "FROM message WHERE device_id = ?1 AND locked_until_us = 0 "
		 "ORDER BY id LIMIT 1",
	[SENT] = "UPDATE message SET deliveries = deliveries + 1, "
		 "packet_id = ?2, locked_until_us = ?3 WHERE id = ?1",
	[DONE] = "DELETE FROM message WHERE id = ?1",
	[ACKNOWLEDGE] = "DELETE FROM message "
			"WHERE device_id = ?1 AND packet_id = ?2",
	[FORGET_IDS] = "UPDATE message SET packet_id = NULL, "
		       "locked_until_us = 0 "
		       "WHERE device_id = ?1 AND packet_id IS NOT NULL",
	[UNLOCK] = "UPDATE message SET locked_until_us = 0 "
		   "WHERE device_id = ?1 AND locked_until_us > 0",
	[LAST_ID] = "SELECT max(packet_id) FROM message WHERE device_id = ?1",
	[LOST] = "SELECT DISTINCT device_id FROM message WHERE "
		 "locked_until_us > 0 AND locked_until_us <= ?1 LIMIT ?2",
	[UNLOCK_LOST] = "UPDATE message SET locked_until_us = 0, "
			"packet_id = NULL WHERE device_id = ?1 AND "
			"locked_until_us > 0 AND locked_until_us <= ?2",
	[LOCKED] = "SELECT 1 FROM message WHERE locked_until_us > 0 LIMIT 1",
};

struct hub_messages {
	struct hub *hub;
	struct store_stmt *stmts[STATEMENTS];
	bool has_any; /* there may be one: most hubs never see any */
	struct event *timer; /* pending while there may be a lock */
};

/* One that is on its way out; strings are owned. */
struct message {
	int64_t id;
	char *bag;
	char *payload;
	size_t payload_len;
	int64_t expiry_us;
	int64_t deliveries;
	uint16_t packet_id; /* of the last delivery, or 0 */
};

static void
look_for_locks(struct hub_messages *messages)
{
	struct timeval delay = { .tv_sec = LOCK_CHECK_S };

	if (!evtimer_pending(messages->timer, NULL))
		event_add(messages->timer, &delay);
}

static int
run(struct hub_messages *messages, enum statement which, struct err *err)
{
	hub_commit_begin(messages->hub->commit);
	if (store_run(messages->stmts[which], err) == 0)
		return 0;
	hub_commit_fail(messages->hub->commit);
	return -1;
}

/* Whom a delivery was locked for that is over now; owned. */
static size_t
find_lost(struct hub_messages *messages, int64_t now_us, char **lost)
{
	struct store_stmt *s = messages->stmts[LOST];
	struct err err = { 0 };
	size_t n = 0;

	store_bind_int(s, 1, now_us);
	store_bind_int(s, 2, LOST_MAX);
	while (n < LOST_MAX && store_step(s, &err) == 1)
		lost[n++] = xstrdup(store_column_text(s, 0));
	store_reset(s);
	return n;
}

/* What was not acknowledged in time goes out again, as something new. */
static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct hub_messages *messages = arg;
	int64_t now_us = clock_utc_us();
	char *lost[LOST_MAX];
	struct err err = { 0 };
	size_t n = find_lost(messages, now_us, lost), i;

	(void)fd;
	(void)what;
	for (i = 0; i < n; i++) {
		log_info("mqtt: %s: the lock of a message is lost", lost[i]);
		store_bind_text(messages->stmts[UNLOCK_LOST], 1, lost[i]);
		store_bind_int(messages->stmts[UNLOCK_LOST], 2, now_us);
		if (run(messages, UNLOCK_LOST, &err) == 0 &&
		    messages->hub->sessions != NULL)
			hub_sessions_deliver(messages->hub->sessions, lost[i]);
		free(lost[i]);
	}
	if (store_step(messages->stmts[LOCKED], &err) == 1)
		look_for_locks(messages);
	store_reset(messages->stmts[LOCKED]);
}

struct hub_messages *
hub_messages_new(struct hub *hub, struct err *err)
{
	struct hub_messages *messages = xcalloc(1, sizeof(*messages));
	int i, rc = 0;

	messages->hub = hub;
	messages->timer = evtimer_new(hub->base, on_timer, messages);
	for (i = 0; rc != -1 && i < STATEMENTS; i++) {
		messages->stmts[i] =
		    store_prepare(hub->store, statements[i], err);
		if (messages->stmts[i] == NULL)
			rc = -1;
	}
	if (rc != -1)
		rc = store_step(messages->stmts[ANY], err);
	if (rc == -1) {
		hub_messages_free(messages);
		return NULL;
	}
	messages->has_any = rc == 1;
	store_reset(messages->stmts[ANY]);
	if (messages->has_any)
		look_for_locks(messages);
	return messages;
}

void
hub_messages_free(struct hub_messages *messages)
{
	int i;

	if (messages == NULL)
		return;
	for (i = 0; i < STATEMENTS; i++)
		store_stmt_free(messages->stmts[i]);
	event_free(messages->timer);
	free(messages);
}

static void
put_property(struct strbuf *bag, const char *name, const char *value)
{
	if (value == NULL)
		return;
	if (bag->len > 0)
		strbuf_putc(bag, '&');
	str_percent_encode(bag, name, strlen(name));
	strbuf_putc(bag, '=');
	str_percent_encode(bag, value, strlen(value));
}

/* $.to comes with every message; C's SDK looks for it. */
static int
put_bag(struct strbuf *bag, const char *device_id,
    const struct hub_message *message, int64_t expiry_us, struct err *err)
{
	char *to = xasprintf("/devices/%s/messages/deviceBound", device_id);
	char expiry[CLOCK_STAMP_SIZE];
	const cJSON *item;

	clock_format_iso(expiry, expiry_us);
	put_property(bag, "$.to", to);
	put_property(bag, "$.mid", message->message_id);
	put_property(bag, "$.cid", message->correlation_id);
	put_property(bag, "$.ct", message->content_type);
	put_property(bag, "$.ce", message->content_encoding);
	put_property(bag, "$.exp", expiry);
	free(to);
	cJSON_ArrayForEach(item, message->properties) {
		if (!cJSON_IsString(item))
			return err_set(err, ERR_INVALID,
			    "property %.60s must be a string", item->string);
		put_property(bag, item->string, item->valuestring);
	}
	return 0;
}

static int64_t
count(struct hub_messages *messages, const char *device_id)
{
	struct store_stmt *s = messages->stmts[COUNT];
	struct err err = { 0 };
	int64_t n = 0;

	store_bind_text(s, 1, device_id);
	store_bind_int(s, 2, clock_utc_us());
	if (store_step(s, &err) == 1)
		n = store_column_int(s, 0);
	store_reset(s);
	return n;
}

int64_t
hub_messages_count(struct hub_messages *messages, const char *device_id)
{
	return messages->has_any ? count(messages, device_id) : 0;
}

static int
expire(struct hub_messages *messages, const char *device_id, struct err *err)
{
	store_bind_text(messages->stmts[EXPIRE], 1, device_id);
	store_bind_int(messages->stmts[EXPIRE], 2, clock_utc_us());
	return run(messages, EXPIRE, err);
}

/* Who is told once a message is on disk. */
struct notice {
	struct hub *hub;
	char *device_id;
};

static void
on_committed(bool ok, void *arg)
{
	struct notice *notice = arg;

	if (ok && notice->hub->sessions != NULL)
		hub_sessions_deliver(notice->hub->sessions, notice->device_id);
	free(notice->device_id);
	free(notice);
}

static int
store_message(struct hub_messages *messages, const char *device_id,
    const struct strbuf *bag, const struct hub_message *message,
    int64_t expiry_us, struct err *err)
{
	struct store_stmt *s = messages->stmts[INSERT];
	struct notice *notice;

	store_bind_text(s, 1, device_id);
	store_bind_text_len(s, 2, bag->data, bag->len);
	store_bind_text_len(s, 3, message->payload, message->payload_len);
	store_bind_int(s, 4, expiry_us);
	if (run(messages, INSERT, err) == -1)
		return -1;
	messages->has_any = true;
	notice = xcalloc(1, sizeof(*notice));
	notice->hub = messages->hub;
	notice->device_id = xstrdup(device_id);
	hub_commit_then(messages->hub->commit, on_committed, notice);
	return 0;
}

int
hub_messages_send(struct hub_messages *messages, const char *device_id,
    const struct hub_message *message, struct err *err)
{
	int64_t expiry_us = clock_utc_us() + message->ttl_s * 1000000;
	struct hub_device device = { 0 };
	struct strbuf bag = { 0 };
	int rc = -1;

	if (hub_registry_get(
		messages->hub->registry, device_id, &device, err) == -1)
		return -1;
	hub_device_fini(&device);
	if (put_bag(&bag, device_id, message, expiry_us, err) == -1)
		goto out;
	if (message->payload_len > HUB_MESSAGE_MAX || bag.len > BAG_MAX ||
	    bag.len > HUB_MESSAGE_MAX - message->payload_len) {
		err_set(err, ERR_LIMIT,
		    "a message may have %zu bytes at most, its properties, "
		    "of %zu bytes at most, among them",
		    HUB_MESSAGE_MAX, BAG_MAX);
		goto out;
	}
	if (expire(messages, device_id, err) == -1)
		goto out;
	if (count(messages, device_id) >= HUB_MESSAGES_MAX) {
		err_set(err, ERR_BUSY,
		    "%d messages wait for the device, which is the limit",
		    HUB_MESSAGES_MAX);
		goto out;
	}
	rc = store_message(messages, device_id, &bag, message, expiry_us, err);
out:
	strbuf_fini(&bag);
	return rc;
}

int64_t
hub_messages_purge(
    struct hub_messages *messages, const char *device_id, struct err *err)
{
	struct hub_device device = { 0 };
	int64_t n;

	if (hub_registry_get(
		messages->hub->registry, device_id, &device, err) == -1)
		return -1;
	hub_device_fini(&device);
	n = hub_messages_count(messages, device_id);
	if (n == 0)
		return 0;
	store_bind_text(messages->stmts[PURGE], 1, device_id);
	return run(messages, PURGE, err) == 0 ? n : -1;
}

int
hub_messages_resume(struct hub_messages *messages, struct hub_session *session,
    bool is_kept, struct err *err)
{
	struct store_stmt *s = messages->stmts[LAST_ID];
	int rc;

	if (!messages->has_any)
		return 0;
	if (!is_kept) {
		store_bind_text(
		    messages->stmts[FORGET_IDS], 1, session->device_id);
		return run(messages, FORGET_IDS, err);
	}
	/* New ones begin behind those that will come again. */
	store_bind_text(s, 1, session->device_id);
	rc = store_step(s, err);
	if (rc == 1)
		session->packet_id = (uint16_t)store_column_int(s, 0);
	store_reset(s);
	if (rc != 1 || session->packet_id == 0)
		return rc == -1 ? -1 : 0;
	store_bind_text(messages->stmts[UNLOCK], 1, session->device_id);
	return run(messages, UNLOCK, err);
}

/* The next one that was not sent here: 1, 0 or -1. */
static int
read_next(struct hub_messages *messages, const struct hub_session *session,
    struct message *message, struct err *err)
{
	struct store_stmt *s = messages->stmts[NEXT];
	int rc;

	*message = (struct message){ 0 };
	store_bind_text(s, 1, session->device_id);
	if ((rc = store_step(s, err)) != 1)
		return rc;
	message->id = store_column_int(s, 0);
	message->bag = xstrdup(store_column_text(s, 1));
	message->payload_len = store_column_len(s, 2);
	message->payload = xcalloc(1, message->payload_len + 1);
	if (message->payload_len > 0)
		memcpy(message->payload, store_column_text(s, 2),
		    message->payload_len);
	message->expiry_us = store_column_int(s, 3);
	message->deliveries = store_column_int(s, 4);
	message->packet_id = (uint16_t)store_column_int(s, 5);
	store_reset(s);
	return 1;
}

static int
done_with(struct hub_messages *messages, int64_t id, struct err *err)
{
	store_bind_int(messages->stmts[DONE], 1, id);
	return run(messages, DONE, err);
}

/* Why it is not to be sent any more, or NULL. */
static const char *
why_dead(const struct message *message)
{
	if (message->expiry_us <= clock_utc_us())
		return "it has expired";
	if (message->deliveries >= HUB_MESSAGE_DELIVERIES_MAX)
		return "it was delivered ten times and never acknowledged";
	return NULL;
}

static int
send_one(struct hub_messages *messages, struct hub_session *session,
    const struct message *message, uint8_t qos, struct err *err)
{
	struct store_stmt *s = messages->stmts[SENT];
	const char *why = why_dead(message);
	uint16_t packet_id = message->packet_id;

	if (why != NULL) {
		log_info("mqtt: %s: a message is dropped: %s",
		    session->device_id, why);
		return done_with(messages, message->id, err);
	}
	if (hub_send_devicebound(session, message->bag, message->payload,
		message->payload_len, qos, &packet_id) == -1)
		return -1;
	hub_liveness_touch(messages->hub->liveness, session->device_id);
	if (qos == 0)
		return done_with(messages, message->id, err);
	if (session->messages < UINT16_MAX)
		session->messages++;
	store_bind_int(s, 1, message->id);
	store_bind_int(s, 2, packet_id);
	store_bind_int(
	    s, 3, clock_utc_us() + HUB_MESSAGE_LOCK_S * US_PER_S);
	look_for_locks(messages);
	return run(messages, SENT, err);
}

/* The QoS at which a device listens for messages, or -1. */
static int
listens(const struct hub_session *session)
{
	char *topic =
	    xasprintf("devices/%s/messages/devicebound/", session->device_id);
	int qos = hub_subscriptions_qos(&session->subs, topic);

	free(topic);
	return qos;
}

void
hub_messages_deliver(struct hub_messages *messages, struct hub_session *session)
{
	struct message message;
	struct err err = { 0 };
	int qos, rc = 1;

	if (!messages->has_any ||
	    hub_who_kind(session->device_id) == HUB_MODULE ||
	    (qos = listens(session)) == -1)
		return;
	while (rc == 1 && session->state == HUB_SESSION_CONNECTED) {
		/* It goes on when what is queued has gone out. */
		session->has_more_messages = hub_session_is_full(session);
		if (session->has_more_messages)
			return;
		rc = read_next(messages, session, &message, &err);
		if (rc == 1 &&
		    send_one(messages, session, &message, (uint8_t)qos, &err) ==
			-1)
			rc = -1;
		free(message.bag);
		free(message.payload);
	}
	if (rc == -1 && session->state == HUB_SESSION_CONNECTED)
		log_error(
		    "mqtt: %s: its messages: %s", session->device_id, err.text);
}

void
hub_messages_acknowledge(struct hub_messages *messages,
    struct hub_session *session, uint16_t packet_id)
{
	struct store_stmt *s = messages->stmts[ACKNOWLEDGE];
	struct err err = { 0 };

	if (session->messages == 0)
		return;
	store_bind_text(s, 1, session->device_id);
	store_bind_int(s, 2, packet_id);
	if (run(messages, ACKNOWLEDGE, &err) == -1)
		log_error("mqtt: %s: %s", session->device_id, err.text);
	else if (store_changes(messages->hub->store) > 0)
		session->messages--;
}
