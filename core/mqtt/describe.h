/*
 * A packet in words, for people who watch a connection.  The password of a
 * CONNECT is never among them.
 */
#ifndef TWINDECK_CORE_MQTT_DESCRIBE_H
#define TWINDECK_CORE_MQTT_DESCRIBE_H

#include <stddef.h>

struct strbuf;

#define MQTT_DESCRIBE_PAYLOAD_MAX ((size_t)1024) /* bytes that are shown */

/*
 * Appends "PUBLISH q1 id 7 devices/a/messages/events/ {"t":1}", in UTF-8 as
 * the packet has it.  What cannot be read is said to be so.
 */
void mqtt_describe(struct strbuf *out, const void *packet, size_t len);

#endif
