/*
 * What a test of the whole program needs: a folder of its own, a loop that
 * waits for nothing without end, and in it a hub that is another process.
 */
#ifndef TWINDECK_TESTS_SUPPORT_E2E_H
#define TWINDECK_TESTS_SUPPORT_E2E_H

#include <stdint.h>
#include <sys/types.h>

#include "core/iothub/connstr.h"

struct event;
struct event_base;

struct e2e {
	struct event_base *base;
	char *dir; /* empty at first; a hub's state */
	struct event *tick;
	/* Of the hub, while it runs. */
	pid_t pid; /* 0: none does */
	struct connstr cs; /* a service's; holds a secret */
	char *ca_file;
	uint16_t mqtt_port;
};

/* Fail the test, as cmocka has it, where they cannot do what they say. */
void e2e_init(struct e2e *e2e);
/* Kills the hub and removes its state. */
void e2e_fini(struct e2e *e2e);

/* Runs the program that TWINDECK names, on free ports; once it is ready. */
void e2e_start_hub(struct e2e *e2e);
/* Sends it the signal, and waits until it is gone.  None may run. */
void e2e_end_hub(struct e2e *e2e, int sig);

#endif
