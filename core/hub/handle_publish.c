#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/str.h"
#include "core/hub/gate.h"
#include "core/hub/handle.h"
#include "core/hub/hub.h"
#include "core/hub/liveness.h"
#include "core/hub/methods.h"
#include "core/hub/monitor.h"
#include "core/hub/send.h"
#include "core/hub/session.h"
#include "core/hub/tier.h"
#include "core/hub/twins.h"
#include "core/hub/who.h"
#include "core/iothub/topic.h"
#include "core/mqtt/frame.h"
#include "core/mqtt/protocol.h"
#include "core/mqtt/publish.h"

/* What a device calls its requests by: SDKs send numbers and UUIDs. */
#define RID_MAX 256

#define NOT_STORED "the report could not be stored"

/* Each acknowledges the message when it has been taken care of. */
typedef int (*topic_handler)(struct hub_session *session,
    const struct mqtt_publish *publish, const struct topic *topic,
    struct err *err);

static void
acknowledge(struct hub_session *session, const struct mqtt_publish *publish)
{
	struct strbuf out = {0}, failed = {0};

	hub_send_put_puback(&out, publish->packet_id);
	if (hub_session_is_delayed(session)) {
		hub_session_answer(session, &out, &failed);
		return;
	}
	hub_session_send(session, &out);
	strbuf_fini(&out);
}

/* Messages are not kept: who listens gets them now. */
static int
on_telemetry(struct hub_session *session, const struct mqtt_publish *publish,
    const struct topic *topic, struct err *err)
{
	if (!hub_who_is(session->device_id, topic->device_id.s,
		topic->device_id.len, topic->module_id.s,
		topic->module_id.len))
		return err_set(err, ERR_REFUSED,
		    "PUBLISH to another device's topic, devices/%.*s",
		    (int)topic->device_id.len, topic->device_id.s);
	log_debug("mqtt: %s: message of %zu bytes", session->device_id,
	    publish->payload.len);
	hub_monitor_tell(session->hub->monitor,
	    &(struct hub_monitor_message){
		.who = session->device_id,
		.bag = topic->bag.s,
		.bag_len = topic->bag.len,
		.payload = publish->payload.s,
		.payload_len = publish->payload.len,
		.qos = publish->qos,
		.retain = publish->retain,
	    });
	acknowledge(session, publish);
	return 0;
}

static int
on_twin_get(struct hub_session *session, const struct mqtt_publish *publish,
    const struct topic *topic, struct err *err)
{
	struct hub_session_failure failure = {
	    .packet_id = publish->packet_id,
	    .rid = topic->rid,
	    .why = "the twin could not be read",
	};
	struct strbuf done = {0};
	char *twin;

	hub_send_put_puback(&done, publish->packet_id);
	if (topic->rid.s == NULL) {
		hub_send_put_twin_error(session, &done, topic->rid,
		    IOTHUB_ARGUMENT_INVALID, "the topic has no $rid");
	} else {
		twin = hub_twins_device_view(
		    session->hub->twins, session->device_id, err);
		if (twin == NULL) {
			strbuf_fini(&done);
			return -1;
		}
		hub_send_put_twin(session, &done, 200, topic->rid, -1, twin);
		hub_tier_bill(session->hub->tier, strlen(twin));
		cJSON_free(twin);
	}
	hub_session_answer_twin(session, &done, &failure);
	return 0;
}

/* Reads and merges what a device reports; version gets the new $version. */
static int
report(struct hub_session *session, const struct mqtt_publish *publish,
    const struct topic *topic, int64_t *version, struct err *err)
{
	cJSON *patch;
	int rc;

	if (topic->rid.s == NULL)
		return err_set(err, ERR_INVALID, "the topic has no $rid");
	patch = json_parse(publish->payload.s, publish->payload.len, err);
	if (patch == NULL)
		return -1;
	rc = hub_twins_report(
	    session->hub->twins, session->device_id, patch, version, err);
	cJSON_Delete(patch);
	return rc;
}

static int
on_reported_patch(struct hub_session *session,
    const struct mqtt_publish *publish, const struct topic *topic,
    struct err *err)
{
	struct hub_session_failure failure = {
	    .rid = topic->rid,
	    .why = NOT_STORED,
	};
	struct strbuf done = {0};
	int64_t version;

	hub_send_put_puback(&done, publish->packet_id);
	if (report(session, publish, topic, &version, err) == 0) {
		hub_send_put_twin(session, &done, 204, topic->rid, version, "");
	} else if (err->code == ERR_INVALID || err->code == ERR_LIMIT) {
		log_info("mqtt: %s: report refused: %s", session->device_id,
		    err->text);
		hub_send_put_twin_error(session, &done, topic->rid,
		    IOTHUB_ARGUMENT_INVALID, err->text);
	} else {
		log_error("mqtt: %s: report: %s", session->device_id,
		    err->text);
		hub_send_put_twin_error(session, &done, topic->rid,
		    IOTHUB_SERVER_ERROR, NOT_STORED);
	}
	hub_session_answer_twin(session, &done, &failure);
	return 0;
}

static int
on_method_response(struct hub_session *session,
    const struct mqtt_publish *publish, const struct topic *topic,
    struct err *err)
{
	(void)err;
	acknowledge(session, publish);
	hub_tier_bill(session->hub->tier, publish->payload.len);
	hub_methods_answer(session->hub->methods, session->device_id,
	    topic->rid, topic->status, publish->payload.s,
	    publish->payload.len);
	return 0;
}

/* The gate refuses a twin request in an answer; what has none is let in, late.
 */
static const struct topic_row {
    topic_handler handle;
    enum hub_op op;
} topic_rows[] = {
    [TOPIC_TELEMETRY] = {on_telemetry, HUB_OP_TELEMETRY},
    [TOPIC_TWIN_GET] = {on_twin_get, HUB_OP_TWIN_READ},
    [TOPIC_REPORTED_PATCH] = {on_reported_patch, HUB_OP_TWIN_WRITE},
    [TOPIC_METHOD_RESPONSE] = {on_method_response, HUB_OP_FREE},
};

static const struct topic_row *
find_row(enum topic_kind kind)
{
	if (kind >= sizeof(topic_rows) / sizeof(topic_rows[0]) ||
	    topic_rows[kind].handle == NULL)
		return NULL;
	return &topic_rows[kind];
}

static void
refuse(struct hub_session *session, const struct mqtt_publish *publish,
    const struct topic *topic, const struct hub_gate_verdict *verdict)
{
	struct strbuf done = {0}, failed = {0};

	hub_send_put_puback(&done, publish->packet_id);
	hub_send_put_twin_error(
	    session, &done, topic->rid, verdict->error, verdict->text);
	hub_session_answer(session, &done, &failed);
}

static int
pass_gate(struct hub_session *session, const struct topic_row *row,
    const struct mqtt_publish *publish, const struct topic *topic,
    struct err *err)
{
	bool is_twin = topic->kind == TOPIC_TWIN_GET ||
	    topic->kind == TOPIC_REPORTED_PATCH;
	struct hub_gate_verdict verdict;

	verdict = hub_gate_message(session->hub, session->device_id, row->op,
	    publish->payload.len);
	if (verdict.way == HUB_GATE_LOSE)
		return err_set(err, ERR_REFUSED, "%s", verdict.text);
	hub_session_delay(session, verdict.delay_ms,
	    verdict.way == HUB_GATE_LOSE_ANSWER);
	if (verdict.way == HUB_GATE_REFUSE && is_twin &&
	    topic->rid.s != NULL) {
		refuse(session, publish, topic, &verdict);
		return 0;
	}
	return row->handle(session, publish, topic, err);
}

int
hub_handle_publish(struct hub_session *session, const struct mqtt_frame *frame,
    struct mqtt_reader *in, struct err *err)
{
	struct mqtt_publish publish;
	struct topic topic;
	const struct topic_row *row;

	if (mqtt_publish_read(in, frame->flags, &publish, err) == -1)
		return -1;
	if (publish.qos > MQTT_QOS_1)
		return err_set(err, ERR_UNSUPPORTED,
		    "PUBLISH at QoS 2, which IoT Hub does not have");
	if (publish.payload.len > HUB_PAYLOAD_MAX)
		return err_set(err, ERR_LIMIT,
		    "PUBLISH of %zu bytes, the limit is %zu",
		    publish.payload.len, HUB_PAYLOAD_MAX);
	topic_parse(publish.topic_name.s, publish.topic_name.len, &topic);
	row = find_row(topic.kind);
	if (row == NULL)
		return err_set(err, ERR_REFUSED,
		    "PUBLISH to no topic of IoT Hub, %.*s",
		    (int)publish.topic_name.len, publish.topic_name.s);
	if (topic.rid.len > RID_MAX)
		return err_set(err, ERR_LIMIT,
		    "$rid of %zu bytes, the limit is %d", topic.rid.len,
		    RID_MAX);
	hub_liveness_touch(session->hub->liveness, session->device_id);
	return pass_gate(session, row, &publish, &topic, err);
}
