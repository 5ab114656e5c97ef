/*
 * The REST resources of the hub: one row each, with the right it needs.
 */
#ifndef TWINDECK_CORE_HUB_ROUTES_H
#define TWINDECK_CORE_HUB_ROUTES_H

struct hub_call;

struct hub_route {
	int method;          /* enum evhttp_cmd_type */
	const char *pattern; /* segments; a lone star is open */
	int rights;          /* enum hub_right, all of them; 0: no token */
	void (*run)(struct hub_call *call);
};

#define HUB_ROUTE_CONTROL "control/" /* how patterns of ours begin */

/* The row that fits, or NULL with the call answered; fills call->args. */
const struct hub_route *hub_route_find(struct hub_call *call);

/* rest_configurations.c */
void hub_rest_configuration_apply(struct hub_call *call);
void hub_rest_configuration_delete(struct hub_call *call);
void hub_rest_configuration_get(struct hub_call *call);
void hub_rest_configuration_list(struct hub_call *call);
void hub_rest_configuration_put(struct hub_call *call);
void hub_rest_configuration_test(struct hub_call *call);
/* rest_control.c: for tests, and not of IoT Hub */
void hub_rest_faults_get(struct hub_call *call);
void hub_rest_faults_put(struct hub_call *call);
void hub_rest_faults_delete(struct hub_call *call);
void hub_rest_calls_get(struct hub_call *call);
void hub_rest_calls_delete(struct hub_call *call);
void hub_rest_monitor(struct hub_call *call);
void hub_rest_packets(struct hub_call *call);
/* rest_devices.c */
void hub_rest_device_get(struct hub_call *call);
void hub_rest_device_put(struct hub_call *call);
void hub_rest_device_delete(struct hub_call *call);
void hub_rest_device_list(struct hub_call *call);
void hub_rest_module_list(struct hub_call *call);
void hub_rest_device_bulk(struct hub_call *call);
void hub_rest_statistics_devices(struct hub_call *call);
void hub_rest_statistics_service(struct hub_call *call);
/* rest_jobs.c */
void hub_rest_job_put(struct hub_call *call);
void hub_rest_job_get(struct hub_call *call);
void hub_rest_job_cancel(struct hub_call *call);
void hub_rest_job_query(struct hub_call *call);
/* rest_messages.c */
void hub_rest_message_send(struct hub_call *call);
void hub_rest_messages_purge(struct hub_call *call);
/* rest_methods.c */
void hub_rest_method(struct hub_call *call);
/* rest_query.c */
void hub_rest_query(struct hub_call *call);
/* rest_twins.c */
void hub_rest_twin_get(struct hub_call *call);
void hub_rest_twin_patch(struct hub_call *call);
void hub_rest_twin_put(struct hub_call *call);
/* rest_websocket.c */
void hub_rest_websocket(struct hub_call *call);

#endif
