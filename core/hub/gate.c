#include "config.h"

#include "core/hub/gate.h"

#include <stdbool.h>
#include <stdlib.h>

#include <event2/event.h>
#include <event2/http.h>

#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/hub/call.h"
#include "core/hub/faults.h"
#include "core/hub/hub.h"
#include "core/hub/routes.h"

/* A REST request that is put off, with what is to become of it. */
struct hub_gate_wait {
	struct hub_call *call;
	const struct hub_route *route;
	struct hub_gate_verdict verdict;
	struct event *timer;
};

/* What is asked for: bytes count for the day's messages, and for methods. */
struct request {
	enum hub_op op;
	size_t len;
};

static void
refuse_for(struct hub_gate_verdict *verdict, enum iothub_error_id error,
    char *text)
{
	verdict->way = HUB_GATE_REFUSE;
	verdict->error = error;
	snprintf(verdict->text, sizeof(verdict->text), "%s", text);
	free(text);
}

/* What a service reads is billed by its answer, in call.c. */
static bool
is_billed_late(enum hub_op op)
{
	return op == HUB_OP_TWIN_READ || op == HUB_OP_QUERY;
}

/* The tier's word: late, or no. */
static void
ask_tier(struct hub *hub, const struct request *request,
    struct hub_gate_verdict *verdict)
{
	enum hub_op op = request->op;
	bool is_metered = hub_tier_is_metered(op);
	size_t amount =
	    op == HUB_OP_METHOD ? hub_tier_method_size(request->len) : 1;
	int64_t delay_ms;

	if (is_metered && hub_tier_is_spent(hub->tier)) {
		refuse_for(verdict, IOTHUB_QUOTA_EXCEEDED,
		    hub_tier_spent_text(hub->tier));
		return;
	}
	delay_ms = hub_tier_take(hub->tier, op, amount);
	if (delay_ms == HUB_TIER_REFUSED) {
		refuse_for(verdict, IOTHUB_THROTTLING, hub_tier_refusal(op));
		return;
	}
	verdict->delay_ms += delay_ms;
	if (is_metered && !is_billed_late(op))
		hub_tier_bill(hub->tier, request->len);
}

/* A fault on purpose comes before the quotas, and spares them. */
static void
ask(struct hub *hub, const char *device_id, const struct request *request,
    struct hub_gate_verdict *verdict)
{
	struct hub_fault_hit hit = hub_faults_roll(hub->faults, device_id);

	verdict->delay_ms = hit.delay_ms;
	switch (hit.fault) {
	case HUB_FAULT_NONE:
		ask_tier(hub, request, verdict);
		break;
	case HUB_FAULT_LOSS:
		verdict->way = HUB_GATE_LOSE;
		snprintf(verdict->text, sizeof(verdict->text),
		    "a message is lost, on purpose");
		break;
	case HUB_FAULT_ANSWER_LOSS:
		verdict->way = HUB_GATE_LOSE_ANSWER;
		break;
	case HUB_FAULT_ERROR:
		verdict->way = HUB_GATE_REFUSE;
		verdict->error = hit.error;
		snprintf(
		    verdict->text, sizeof(verdict->text), "a fault on purpose");
		break;
	}
}

/* As the service does: the wait stands in the text, and the connection is
 * closed; a header only where somebody wants one. */
static void
refuse(struct hub_call *call, enum hub_op op,
    const struct hub_gate_verdict *verdict)
{
	char seconds[16];

	if (verdict->error == IOTHUB_THROTTLING) {
		hub_call_set_header(call, "Connection", "close");
		snprintf(
		    seconds, sizeof(seconds), "%d", HUB_TIER_RETRY_AFTER_S);
		if (call->hub->sends_retry_after)
			hub_call_set_header(call, "Retry-After", seconds);
	}
	if (op == HUB_OP_METHOD)
		hub_call_error_method(call, verdict->error, verdict->text, -1);
	else
		hub_call_error(call, verdict->error, verdict->text);
}

static void
go_on(struct hub_call *call, const struct hub_route *route, enum hub_op op,
    const struct hub_gate_verdict *verdict)
{
	switch (verdict->way) {
	case HUB_GATE_PASS:
		route->run(call);
		break;
	case HUB_GATE_REFUSE:
		refuse(call, op, verdict);
		break;
	case HUB_GATE_LOSE:
		hub_call_drop(call);
		break;
	case HUB_GATE_LOSE_ANSWER:
		call->is_lost = true;
		route->run(call);
		break;
	}
}

static enum hub_op
op_of(const struct hub_call *call, const struct hub_route *route)
{
	return hub_tier_op_of(
	    (int)evhttp_request_get_command(call->request), route->pattern);
}

static void
on_time(evutil_socket_t fd, short what, void *arg)
{
	struct hub_gate_wait *wait = arg;
	struct hub_gate_verdict verdict = wait->verdict;
	const struct hub_route *route = wait->route;
	struct hub_call *call = wait->call;

	(void)fd;
	(void)what;
	call->wait = NULL;
	hub_gate_wait_free(wait);
	go_on(call, route, op_of(call, route), &verdict);
}

static void
put_off(struct hub_call *call, const struct hub_route *route,
    const struct hub_gate_verdict *verdict)
{
	struct timeval delay = { .tv_sec = verdict->delay_ms / 1000,
		.tv_usec = verdict->delay_ms % 1000 * 1000 };
	struct hub_gate_wait *wait = xcalloc(1, sizeof(*wait));

	wait->call = call;
	wait->route = route;
	wait->verdict = *verdict;
	wait->timer = evtimer_new(call->hub->base, on_time, wait);
	event_add(wait->timer, &delay);
	call->wait = wait;
}

void
hub_gate_wait_free(struct hub_gate_wait *wait)
{
	if (wait == NULL)
		return;
	event_free(wait->timer);
	free(wait);
}

/* Which device a request is about; NULL: none, or many. */
static const char *
device_of(const struct hub_call *call, const struct hub_route *route)
{
	return str_starts_with(route->pattern, "devices/*") ||
		str_starts_with(route->pattern, "twins/*")
	    ? hub_call_arg(call, 0)
	    : NULL;
}

void
hub_gate_call(struct hub_call *call, const struct hub_route *route)
{
	struct hub_gate_verdict verdict = { .way = HUB_GATE_PASS };
	struct request request = { .op = op_of(call, route) };

	if ((call->hub->tier == NULL &&
		hub_faults_is_empty(call->hub->faults)) ||
	    route->rights == 0 ||
	    str_starts_with(route->pattern, HUB_ROUTE_CONTROL)) {
		route->run(call);
		return;
	}
	hub_call_body(call, &request.len);
	ask(call->hub, device_of(call, route), &request, &verdict);
	call->is_billed = is_billed_late(request.op);
	if (verdict.delay_ms > 0)
		put_off(call, route, &verdict);
	else
		go_on(call, route, request.op, &verdict);
}

struct hub_gate_verdict
hub_gate_message(
    struct hub *hub, const char *device_id, enum hub_op op, size_t len)
{
	struct hub_gate_verdict verdict = { .way = HUB_GATE_PASS };
	struct request request = { op, len };

	ask(hub, device_id, &request, &verdict);
	if (op == HUB_OP_CONNECT &&
	    hub_faults_is_offline(hub->faults, device_id))
		verdict.way = HUB_GATE_LOSE;
	if (verdict.way == HUB_GATE_REFUSE &&
	    verdict.error == IOTHUB_QUOTA_EXCEEDED)
		verdict.way = HUB_GATE_LOSE;
	if (verdict.way == HUB_GATE_REFUSE &&
	    verdict.error == IOTHUB_THROTTLING &&
	    verdict.delay_ms < HUB_TIER_DELAY_MAX_MS)
		verdict.delay_ms = HUB_TIER_DELAY_MAX_MS;
	return verdict;
}
