/*
 * CONNECT and its answer, CONNACK.
 */
#ifndef TWINDECK_CORE_MQTT_CONNECT_H
#define TWINDECK_CORE_MQTT_CONNECT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/mqtt/reader.h"

struct err;
struct strbuf;

/* Strings are views; those that are not there have s NULL. */
struct mqtt_connect {
	struct mqtt_str client_id;
	struct mqtt_str will_topic; /* there if the Will Flag is set */
	struct mqtt_str will_message;
	struct mqtt_str user_name;
	struct mqtt_str password; /* a secret */
	uint16_t keep_alive_s;    /* 0: none */
	uint8_t will_qos;
	bool will_retain;
	bool clean_session;
};

/*
 * Returns 0, or -1 with err set: ERR_UNSUPPORTED (another version of MQTT, to
 * be answered with MQTT_REFUSED_LEVEL [MQTT-3.1.2-2]), ERR_PROTOCOL.
 */
int mqtt_connect_read(
    struct mqtt_reader *in, struct mqtt_connect *connect, struct err *err);
void mqtt_connect_write(struct strbuf *out, const struct mqtt_connect *connect);

struct mqtt_connack {
	bool session_present;
	uint8_t code; /* enum mqtt_connect_code */
};

int mqtt_connack_read(
    struct mqtt_reader *in, struct mqtt_connack *connack, struct err *err);
void mqtt_connack_write(struct strbuf *out, const struct mqtt_connack *connack);

#endif
