/*
 * What the hub does about each packet that a client may send.
 */
#ifndef TWINDECK_CORE_HUB_HANDLE_H
#define TWINDECK_CORE_HUB_HANDLE_H

struct err;
struct hub_session;
struct mqtt_frame;
struct mqtt_reader;

/*
 * body is the packet behind its fixed header, borrowed.  Returns 0, or -1
 * with err set: the connection is to be closed.
 */
int hub_handle(struct hub_session *session, const struct mqtt_frame *frame,
    const void *body, struct err *err);

/* One row each of the table in handle.c. */
int hub_handle_connect(struct hub_session *session,
    const struct mqtt_frame *frame, struct mqtt_reader *in, struct err *err);
int hub_handle_publish(struct hub_session *session,
    const struct mqtt_frame *frame, struct mqtt_reader *in, struct err *err);
int hub_handle_subscribe(struct hub_session *session,
    const struct mqtt_frame *frame, struct mqtt_reader *in, struct err *err);
int hub_handle_unsubscribe(struct hub_session *session,
    const struct mqtt_frame *frame, struct mqtt_reader *in, struct err *err);

#endif
