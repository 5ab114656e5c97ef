/*
 * The numbers of MQTT 3.1.1, under the names that the standard gives them.
 */
#ifndef TWINDECK_CORE_MQTT_PROTOCOL_H
#define TWINDECK_CORE_MQTT_PROTOCOL_H

enum mqtt_type {
	MQTT_CONNECT = 1,
	MQTT_CONNACK,
	MQTT_PUBLISH,
	MQTT_PUBACK,
	MQTT_PUBREC,
	MQTT_PUBREL,
	MQTT_PUBCOMP,
	MQTT_SUBSCRIBE,
	MQTT_SUBACK,
	MQTT_UNSUBSCRIBE,
	MQTT_UNSUBACK,
	MQTT_PINGREQ,
	MQTT_PINGRESP,
	MQTT_DISCONNECT,
	MQTT_TYPES
};

enum mqtt_connect_code {
	MQTT_ACCEPTED,
	MQTT_REFUSED_LEVEL,       /* unacceptable protocol version */
	MQTT_REFUSED_CLIENT_ID,   /* identifier rejected */
	MQTT_REFUSED_UNAVAILABLE, /* server unavailable */
	MQTT_REFUSED_PASSWORD,    /* bad user name or password */
	MQTT_REFUSED_NOT_AUTHORIZED
};

#define MQTT_LEVEL 4 /* Protocol Level of 3.1.1 */
#define MQTT_QOS_0 0
#define MQTT_QOS_1 1
#define MQTT_QOS_2 2
#define MQTT_SUBACK_FAILURE 0x80

#define MQTT_STR_MAX ((size_t)65535)           /* bytes of one string */
#define MQTT_REMAINING_MAX ((size_t)268435455) /* what four bytes can say */

#endif
