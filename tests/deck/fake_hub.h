/*
 * An IoT Hub in a test's own loop: it holds twins, counts what it is asked,
 * and answers calls as it is told.  Only what the deck asks of a hub is there.
 */
#ifndef TWINDECK_TESTS_DECK_FAKE_HUB_H
#define TWINDECK_TESTS_DECK_FAKE_HUB_H

#include <stdbool.h>
#include <stddef.h>

struct deck;
struct event_base;
struct fake_device;
struct fake_hub;

/* One for the whole program; cmocka's group fixtures. */
int fake_hub_setup_ca(void **state);
int fake_hub_teardown_ca(void **state);

/* With a loop of its own, that fails the test after some seconds. */
struct fake_hub *fake_hub_new(void);
void fake_hub_free(struct fake_hub *hub);
struct event_base *fake_hub_base(struct fake_hub *hub);
struct deck *fake_hub_deck(struct fake_hub *hub); /* made with the hub */

/* Turns the loop until it holds; the test fails when it never does. */
void fake_hub_until(struct fake_hub *hub, bool (*holds)(void *arg), void *arg);
void fake_hub_run_ms(struct fake_hub *hub, int ms);

struct fake_device *fake_hub_add(struct fake_hub *hub, const char *id);
void fake_hub_remove(struct fake_hub *hub, const char *id);
/* From now on every request ends in a killed connection, or no longer. */
void fake_hub_break(struct fake_hub *hub, bool broken);
int fake_hub_requests(const struct fake_hub *hub);
int fake_hub_queries(const struct fake_hub *hub);
/* The next queries with that part get this whole HTTP answer instead. */
void fake_hub_refuse(struct fake_hub *hub, const char *part,
    const char *answer, int times);
void fake_hub_set_page(struct fake_hub *hub, size_t devices); /* of a page */

/*
 * The hub's own jobs: one, that stands as it is told; rows are those of
 * devices.jobs, and both are borrowed.
 */
void fake_hub_job(
    struct fake_hub *hub, const char *status, const char *rows);
void fake_hub_job_found(struct fake_hub *hub, int devices); /* more than rows */
void fake_hub_job_busy(struct fake_hub *hub, int puts); /* 429004, so often */
void fake_hub_job_lose(struct fake_hub *hub); /* the answer to a PUT */
void fake_hub_job_keep(struct fake_hub *hub); /* and not cancel it */
const char *fake_hub_job_body(const struct fake_hub *hub); /* NULL: none yet */
int fake_hub_job_puts(const struct fake_hub *hub);
int fake_hub_job_cancels(const struct fake_hub *hub);

/* Merges JSON into reported, as a device does: $version and stamps move. */
void fake_device_report(struct fake_device *device, const char *patch);
void fake_device_connect(struct fake_device *device, bool connected);
/* Somebody else writes desired properties. */
void fake_device_write(struct fake_device *device, const char *patch);
/* "tags" or "desired" as JSON text; the caller's. */
char *fake_device_section(const struct fake_device *device, const char *name);
const char *fake_device_etag(const struct fake_device *device); /* borrowed */
int fake_device_gets(const struct fake_device *device);
int fake_device_calls(const struct fake_device *device); /* methods read */
int fake_device_patches(const struct fake_device *device); /* PATCHes read */

/*
 * What the next calls get, in order; behind the last one its like again.
 * FAKE_OK is status 200; others are whole HTTP answers.  Both lists are for
 * methods and PATCHes alike.
 */
extern const char fake_ok[];      /* 200 {"Response":"ok"}; a PATCH is done */
extern const char fake_refused[]; /* status 409 {"reason":"busy"} */
extern const char fake_offline[];
extern const char fake_timeout[]; /* 504101 */
extern const char fake_throttled[];
extern const char fake_unauthorized[];
extern const char fake_killed[];  /* read, then the connection goes */
extern const char fake_silent[];
void fake_device_script(struct fake_device *device, const char *first,
    const char *second, const char *third);
/* A method that is answered also reports this at once. */
void fake_device_acts(struct fake_device *device, const char *patch);

#endif
