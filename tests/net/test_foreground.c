#include "config.h"

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <event2/event.h>

#include "core/base/err.h"
#include "core/net/foreground.h"
#include "core/net/loop.h"
#include "tests/support/test.h"

struct fixture {
	struct event_base *base;
	struct net_foreground *program;
	int status, n;
	bool frees;
};

static void
on_end(int status, void *arg)
{
	struct fixture *f = arg;

	f->status = status;
	f->n++;
	if (f->frees) {
		net_foreground_free(f->program);
		f->program = NULL;
	}
	event_base_loopbreak(f->base);
}

static void
run(struct fixture *f, const char *script)
{
	char *argv[] = { (char *)"sh", (char *)"-c", (char *)script, NULL };
	struct timeval patience = { 20, 0 };
	struct err err;

	f->program = net_foreground_new(f->base, argv, on_end, f, &err);
	if (f->program == NULL)
		fail_msg("%s", err.text);
	event_base_loopexit(f->base, &patience);
	event_base_dispatch(f->base);
}

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct err err;

	f->base = net_loop_new(&err);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	net_foreground_free(f->program);
	event_base_free(f->base);
	free(f);
	return 0;
}

static void
test_its_end_is_told_once_with_its_status(void **state)
{
	struct fixture *f = *state;

	run(f, "exit 3");
	assert_int_equal(1, f->n);
	assert_int_equal(3, WEXITSTATUS(f->status));
	net_foreground_free(f->program);
	f->frees = true;
	run(f, "kill -9 $$");
	assert_int_equal(2, f->n);
	assert_true(WIFSIGNALED(f->status));
	assert_int_equal(SIGKILL, WTERMSIG(f->status));
}

static void
test_it_is_in_our_process_group_with_signals_as_a_shell_has_them(void **state)
{
	struct fixture *f = *state;
	char script[200];

	signal(SIGPIPE, SIG_IGN);
	run(f, "kill -PIPE $$");
	assert_int_equal(SIGPIPE, WTERMSIG(f->status));
	net_foreground_free(f->program);
	snprintf(script, sizeof(script),
	    "set -- $(sed 's/.*) //' /proc/$$/stat); test \"$3\" = %ld",
	    (long)getpgrp());
	run(f, script);
	assert_int_equal(0, f->status);
}

static void
test_one_that_still_runs_is_hung_up_on(void **state)
{
	struct fixture *f = *state;
	char *argv[] = { (char *)"sleep", (char *)"60", NULL };
	struct err err;

	f->program = net_foreground_new(f->base, argv, on_end, f, &err);
	assert_non_null(f->program);
	net_foreground_free(f->program);
	f->program = NULL;
	assert_int_equal(0, f->n);
	assert_int_equal(-1, waitpid(-1, NULL, WNOHANG)); /* nobody is left */
}

static void
test_what_is_not_there_is_an_error_in_words(void **state)
{
	struct fixture *f = *state;
	char *argv[] = { (char *)"no-such-program", NULL };
	struct err err;

	f->program = net_foreground_new(f->base, argv, on_end, f, &err);
	assert_null(f->program);
	assert_string_equal(
	    "cannot start no-such-program: No such file or directory",
	    err.text);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_its_end_is_told_once_with_its_status),
		CASE(test_it_is_in_our_process_group_with_signals_as_a_shell_has_them),
		CASE(test_one_that_still_runs_is_hung_up_on),
		CASE(test_what_is_not_there_is_an_error_in_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
