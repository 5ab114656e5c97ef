#include "config.h"

#include "tests/support/e2e.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cjson/cJSON.h>
#include <event2/event.h>

#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/xalloc.h"
#include "core/hub/hub.h"
#include "core/net/loop.h"
#include "tests/support/test.h"

#define TICK_US 50000

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
}

void
e2e_init(struct e2e *e2e)
{
	const char *tmp = getenv("TMPDIR");
	struct timeval tick = { .tv_usec = TICK_US };
	struct err err = { 0 };

	*e2e = (struct e2e){ 0 };
	e2e->dir =
	    xasprintf("%s/twindeck-test-XXXXXX", tmp != NULL ? tmp : "/tmp");
	assert_non_null(mkdtemp(e2e->dir));
	e2e->base = net_loop_new(&err);
	assert_non_null(e2e->base);
	e2e->tick = event_new(e2e->base, -1, EV_PERSIST, on_tick, NULL);
	event_add(e2e->tick, &tick);
}

void
e2e_fini(struct e2e *e2e)
{
	e2e_end_hub(e2e, SIGKILL);
	hub_remove_state(e2e->dir);
	event_free(e2e->tick);
	event_base_free(e2e->base);
	free(e2e->dir);
}

static void
read_ready(struct e2e *e2e, FILE *out)
{
	char line[4096];
	struct err err = { 0 };
	cJSON *ready;

	if (fgets(line, sizeof(line), out) == NULL)
		fail_msg("the hub does not start");
	ready = json_parse(line, strlen(line), &err);
	assert_non_null(ready);
	assert_int_equal(0,
	    connstr_parse(json_get_string(ready, "serviceConnectionString"),
		&e2e->cs, &err));
	e2e->ca_file = xstrdup(json_get_string(ready, "caFile"));
	e2e->mqtt_port = (uint16_t)json_get(ready, "mqttPort")->valueint;
	explicit_bzero(line, sizeof(line));
	cJSON_Delete(ready);
}

void
e2e_start_hub(struct e2e *e2e)
{
	const char *program = getenv("TWINDECK");
	int fds[2];
	FILE *out;

	assert_non_null(program);
	assert_int_equal(0, pipe(fds));
	fflush(stdout);
	e2e->pid = fork();
	if (e2e->pid == 0) {
		dup2(fds[1], STDOUT_FILENO);
		close(fds[0]);
		close(fds[1]);
		dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
		execl(program, "twindeck", "hub", "--json", "--https-port", "0",
		    "--mqtt-port", "0", "--state-dir", e2e->dir, (char *)NULL);
		_exit(127);
	}
	assert_int_not_equal(-1, e2e->pid);
	close(fds[1]);
	out = fdopen(fds[0], "r");
	read_ready(e2e, out);
	fclose(out);
}

void
e2e_end_hub(struct e2e *e2e, int sig)
{
	if (e2e->pid == 0)
		return;
	kill(e2e->pid, sig);
	waitpid(e2e->pid, NULL, 0);
	e2e->pid = 0;
	connstr_fini(&e2e->cs);
	free(e2e->ca_file);
	e2e->ca_file = NULL;
}
