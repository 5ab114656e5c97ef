/*
 * The MQTT packets of one device, as twindeck's own hub tells them to its
 * owner: they join the traffic.  Other hubs tell nobody.
 */
#ifndef TWINDECK_CORE_DECK_PACKETS_H
#define TWINDECK_CORE_DECK_PACKETS_H

struct client;
struct packets;
struct traffic;

#define PACKETS_LINE_MAX ((size_t)64 * 1024) /* bytes; longer is dropped */
#define PACKETS_RETRY_MS 2000

/* Both are borrowed. */
struct packets *packets_new(struct client *client, struct traffic *traffic);
void packets_free(struct packets *packets); /* NULL does nothing */

/*
 * Whose packets are wanted from now on; NULL: nobody's.  To be told again and
 * again, as it also mends what broke off.
 */
void packets_watch(struct packets *packets, const char *device_id);

#endif
