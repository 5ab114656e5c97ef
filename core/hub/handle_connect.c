#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/hub/auth.h"
#include "core/hub/choices.h"
#include "core/hub/gate.h"
#include "core/hub/handle.h"
#include "core/hub/hub.h"
#include "core/hub/identity.h"
#include "core/hub/messages.h"
#include "core/hub/newcomers.h"
#include "core/hub/send.h"
#include "core/hub/session.h"
#include "core/hub/sessions.h"
#include "core/hub/twins.h"
#include "core/hub/who.h"
#include "core/iothub/sas.h"
#include "core/iothub/topic.h"
#include "core/mqtt/connect.h"
#include "core/mqtt/protocol.h"

/* "host/device[/module]/?api-version=…&model-id=…"; views, s NULL if absent. */
struct user_name {
	struct mqtt_str host;
	struct mqtt_str device_id; /* raw: an id may hold '%' */
	struct mqtt_str module_id;
	struct mqtt_str api_version;
	struct mqtt_str model_id; /* still encoded */
};

static struct mqtt_str
take_until(struct mqtt_str *s, char stop)
{
	const char *end = memchr(s->s, stop, s->len);
	struct mqtt_str head = *s;

	if (end == NULL) {
		s->s += s->len;
		s->len = 0;
		return head;
	}
	head.len = (size_t)(end - s->s);
	s->s = end + 1;
	s->len -= head.len + 1;
	return head;
}

static void
read_pairs(struct mqtt_str s, struct user_name *name)
{
	struct mqtt_str pair, key;

	while (s.len > 0) {
		pair = take_until(&s, '&');
		key = take_until(&pair, '=');
		/* The first of two wins, as in IoT Edge. */
		if (mqtt_str_equal(key, "api-version") &&
		    name->api_version.s == NULL)
			name->api_version = pair;
		else if (mqtt_str_equal(key, "model-id") &&
		    name->model_id.s == NULL)
			name->model_id = pair;
	}
}

static void
read_user_name(struct mqtt_str s, struct user_name *name)
{
	struct mqtt_str ahead;

	*name = (struct user_name){0};
	if (s.s == NULL)
		return;
	name->host = take_until(&s, '/');
	name->device_id = take_until(&s, '/');
	ahead = s;
	if (s.len > 0 && s.s[0] == '?') {
		take_until(&s, '?');
	} else if (memchr(s.s, '/', s.len) != NULL) {
		name->module_id = take_until(&s, '/');
		if (s.len > 0 && s.s[0] == '?')
			take_until(&s, '?');
	} else if (memchr(s.s, '=', s.len) == NULL && s.len > 0) {
		name->module_id = ahead;
		s.len = 0;
	}
	read_pairs(s, name);
}

/* "localhost:8883" and "[::1]:8883" are this hub as well. */
static bool
is_me(const struct hub *hub, struct mqtt_str host)
{
	size_t len = host.len, i;

	for (i = len; i > 0 && host.s[i - 1] >= '0' && host.s[i - 1] <= '9';
	     i--)
		continue;
	if (i > 1 && i < len && host.s[i - 1] == ':' &&
	    (memchr(host.s, ':', i - 1) == NULL || host.s[i - 2] == ']'))
		len = i - 1;
	if (len > 1 && host.s[0] == '[' && host.s[len - 1] == ']') {
		host.s++;
		len -= 2;
	}
	return hub_identity_is_me(hub->identity, host.s, len);
}

static int
check_names(const struct hub *hub, const struct mqtt_connect *connect,
    const struct user_name *name, struct err *err)
{
	char *who;
	int rc;

	if (connect->user_name.s == NULL)
		return err_set(err, ERR_UNAUTHORIZED, "no user name");
	if (!is_me(hub, name->host))
		return err_set(err, ERR_UNAUTHORIZED,
		    "the user name is for the host %.*s", (int)name->host.len,
		    name->host.s);
	who = xstrndup(connect->client_id.s, connect->client_id.len);
	if (strlen(who) != connect->client_id.len ||
	    !hub_who_is(who, name->device_id.s, name->device_id.len,
		name->module_id.s, name->module_id.len))
		rc = err_set(err, ERR_UNAUTHORIZED,
		    "the user name is for another Client Identifier");
	else
		rc = hub_who_check(who, err);
	/* Such a device could not be told from a wildcard in its topics. */
	if (rc == 0 && strpbrk(who, "#+") != NULL)
		rc = err_set(
		    err, ERR_UNSUPPORTED, "an id with # or + cannot use MQTT");
	free(who);
	return rc;
}

/* A device without a password shows a certificate. */
static int
check_credentials(struct hub_session *session, const struct mqtt_connect *connect,
    const char *device_id, struct err *err)
{
	char *token;
	int rc;

	if (connect->password.len == 0)
		return hub_auth_certificate(session->hub,
		    hub_session_certificate(session),
		    hub_session_chain(session), device_id, err);
	if (connect->password.len > SAS_TOKEN_MAX ||
	    memchr(connect->password.s, '\0', connect->password.len) != NULL)
		return err_set(err, ERR_UNAUTHORIZED, "that is no SAS token");
	token = xstrndup(connect->password.s, connect->password.len);
	rc = hub_auth_device(
	    session->hub, token, device_id, &session->expiry_s, err);
	xfree_secret(token);
	return rc;
}

/* A will is a last message of the device's own, at QoS 0 or 1. */
static int
check_will(
    const struct mqtt_connect *connect, const char *device_id, struct err *err)
{
	struct topic topic;

	if (connect->will_topic.s == NULL)
		return 0;
	topic_parse(connect->will_topic.s, connect->will_topic.len, &topic);
	if (topic.kind != TOPIC_TELEMETRY ||
	    !hub_who_is(device_id, topic.device_id.s, topic.device_id.len,
		topic.module_id.s, topic.module_id.len))
		return err_set(
		    err, ERR_UNAUTHORIZED, "its will is no message of its own");
	if (connect->will_qos > MQTT_QOS_1)
		return err_set(err, ERR_UNSUPPORTED, "its will asks for QoS 2");
	return 0;
}

/* Finds the session that is kept, or begins one, or drops it. */
static int
open_session(struct hub_session *session, bool *present, struct err *err)
{
	struct hub_subscriptions_store *store =
	    hub_sessions_store(session->hub->sessions);
	int kept = hub_subscriptions_load(
	    store, session->device_id, &session->subs, err);

	*present = kept == 1 && !session->clean_session;
	if (kept == -1)
		return -1;
	if (session->clean_session) { /* [MQTT-3.1.2-6] */
		hub_subscriptions_fini(&session->subs);
		if (kept == 1)
			return hub_subscriptions_drop(
			    store, session->device_id, err);
	} else if (kept == 0) {
		return hub_subscriptions_save(
		    store, session->device_id, &session->subs, err);
	}
	return 0;
}

static void
keep_model_id(struct hub_session *session, struct mqtt_str encoded)
{
	char *model_id;
	size_t len;

	if (encoded.s == NULL)
		return;
	model_id = xstrndup(encoded.s, encoded.len);
	len = str_percent_decode(model_id, encoded.len);
	model_id[len] = '\0';
	/* It becomes part of a twin's JSON, which all services read. */
	if (utf8_is_valid(model_id, len))
		hub_twins_set_model_id(
		    session->hub->twins, session->device_id, model_id);
	else
		log_info("mqtt: %s: a model-id that is no UTF-8 is ignored",
		    session->device_id);
	free(model_id);
}

/* The service marks it by a property of its own.  NULL: there is none. */
static struct hub_session_will *
keep_will(const struct mqtt_connect *connect)
{
	struct hub_session_will *will;
	struct topic topic;

	if (connect->will_topic.s == NULL)
		return NULL;
	topic_parse(connect->will_topic.s, connect->will_topic.len, &topic);
	will = xcalloc(1, sizeof(*will));
	will->bag = xasprintf("%.*s%siothub-MessageType=Will",
	    (int)topic.bag.len, topic.bag.len > 0 ? topic.bag.s : "",
	    topic.bag.len > 0 ? "&" : "");
	will->payload_len = connect->will_message.len;
	will->payload = xcalloc(1, will->payload_len + 1);
	if (will->payload_len > 0)
		memcpy(will->payload, connect->will_message.s,
		    will->payload_len);
	will->qos = connect->will_qos;
	return will;
}

static int
refuse(struct hub_session *session, uint8_t code, struct mqtt_str client_id,
    const struct err *err)
{
	log_info("mqtt: %.*s: CONNECT refused with %u: %s", (int)client_id.len,
	    client_id.s != NULL ? client_id.s : "", code, err->text);
	hub_send_refusal(session, code);
	return 0;
}

static int
let_in(struct hub_session *session, const struct mqtt_connect *connect,
    const struct user_name *name, struct err *err)
{
	struct mqtt_connack connack = {.code = MQTT_ACCEPTED};
	struct strbuf done = {0}, failed = {0};
	unsigned int keep_alive_s = connect->keep_alive_s;

	if (keep_alive_s == 0 || keep_alive_s > HUB_KEEP_ALIVE_MAX_S)
		keep_alive_s = HUB_KEEP_ALIVE_MAX_S;
	session->silence_ms = keep_alive_s * 1500; /* [MQTT-3.1.2-24] */
	session->clean_session = connect->clean_session;
	session->will = keep_will(connect);
	session->device_id =
	    xstrndup(connect->client_id.s, connect->client_id.len);
	session->state = HUB_SESSION_CONNECTING;
	hub_newcomers_remove(&session->newcomer);
	hub_sessions_take(session->hub->sessions, session);
	if (open_session(session, &connack.session_present, err) == -1 ||
	    hub_messages_resume(session->hub->messages, session,
		connack.session_present, err) == -1)
		return refuse(session, MQTT_REFUSED_UNAVAILABLE,
		    connect->client_id, err);
	keep_model_id(session, name->model_id);
	log_info("mqtt: %s: connected, %s session%s", session->device_id,
	    connack.session_present ? "kept" : "new",
	    name->api_version.s == NULL ? ", without api-version" : "");

	mqtt_connack_write(&done, &connack);
	connack.code = MQTT_REFUSED_UNAVAILABLE;
	mqtt_connack_write(&failed, &connack);
	hub_session_answer(session, &done, &failed);
	return 0;
}

static int
pass_gate(struct hub_session *session, const struct mqtt_connect *connect,
    const struct user_name *name, const char *device_id, struct err *err)
{
	struct hub_gate_verdict verdict =
	    hub_gate_message(session->hub, device_id, HUB_OP_CONNECT, 0);

	if (verdict.way == HUB_GATE_REFUSE) {
		err_set(err, ERR_THROTTLED, "%s", verdict.text);
		return refuse(session, MQTT_REFUSED_UNAVAILABLE,
		    connect->client_id, err);
	}
	if (verdict.way == HUB_GATE_LOSE)
		return err_set(err, ERR_REFUSED,
		    "%s: offline or lost, on purpose", device_id);
	hub_session_delay(session, verdict.delay_ms,
	    verdict.way == HUB_GATE_LOSE_ANSWER);
	return let_in(session, connect, name, err);
}

int
hub_handle_connect(struct hub_session *session, const struct mqtt_frame *frame,
    struct mqtt_reader *in, struct err *err)
{
	struct mqtt_connect connect;
	struct user_name name;
	char *device_id;
	int rc;

	(void)frame;
	if (session->state != HUB_SESSION_NEW)
		return err_set(
		    err, ERR_PROTOCOL, "a second CONNECT [MQTT-3.1.0-2]");
	rc = mqtt_connect_read(in, &connect, err);
	if (rc == -1 && err->code == ERR_UNSUPPORTED)
		return refuse(
		    session, MQTT_REFUSED_LEVEL, connect.client_id, err);
	if (rc == -1)
		return -1;
	if (connect.client_id.len == 0) {
		err_set(err, ERR_INVALID,
		    "an empty Client Identifier [MQTT-3.1.3-8]");
		return refuse(
		    session, MQTT_REFUSED_CLIENT_ID, connect.client_id, err);
	}

	read_user_name(connect.user_name, &name);
	device_id = xstrndup(connect.client_id.s, connect.client_id.len);
	/* The connection it takes the place of is closed only once this one
	 * has shown who it is. */
	if (check_names(session->hub, &connect, &name, err) == -1 ||
	    check_credentials(session, &connect, device_id, err) == -1 ||
	    check_will(&connect, device_id, err) == -1)
		rc = refuse(session,
		    err->code == ERR_REFUSED ? HUB_CHOICE_CONNACK_DISABLED
					     : MQTT_REFUSED_NOT_AUTHORIZED,
		    connect.client_id, err);
	else
		rc = pass_gate(session, &connect, &name, device_id, err);
	free(device_id);
	return rc;
}
