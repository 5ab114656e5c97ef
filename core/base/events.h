/*
 * News flows up: a module fires an event, whoever subscribed hears of it.  A
 * subscriber may come and go while events are being delivered.
 */
#ifndef TWINDECK_CORE_BASE_EVENTS_H
#define TWINDECK_CORE_BASE_EVENTS_H

struct events;
struct events_subscription;

/* kind and news are the firing module's; news is borrowed during the call. */
typedef void (*events_cb)(int kind, const void *news, void *arg);

struct events *events_new(void);
/*
 * Ends every subscription; not from inside a delivery.  NULL does nothing.
 */
void events_free(struct events *events);

struct events_subscription *events_subscribe(
    struct events *events, events_cb cb, void *arg);
/* NULL does nothing. */
void events_unsubscribe(struct events_subscription *subscription);

void events_fire(struct events *events, int kind, const void *news);

#endif
