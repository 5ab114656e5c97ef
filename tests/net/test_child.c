#include "config.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <event2/event.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/str.h"
#include "core/net/child.h"
#include "core/net/loop.h"
#include "tests/support/test.h"

/* This program is its own child: argv[1] says which part it plays. */
static int
play(const char *part)
{
	char line[256];
	struct dirent *d;
	DIR *dir;

	if (strcmp(part, "talk") == 0) {
		printf("one\ntwo\n");
		fflush(stdout);
		printf("three\nwithout an end");
		return 7;
	}
	if (strcmp(part, "echo") == 0) {
		while (fgets(line, sizeof(line), stdin) != NULL) {
			printf("%s", line);
			fflush(stdout);
		}
		return 0;
	}
	if (strcmp(part, "deaf") == 0) { /* does not leave by itself */
		signal(SIGTERM, SIG_IGN);
		printf("here\n");
		fflush(stdout);
		for (;;)
			pause();
	}
	if (strcmp(part, "flood") == 0) {
		memset(line, 'x', sizeof(line));
		for (;;)
			if (fwrite(line, sizeof(line), 1, stdout) != 1)
				return 0;
	}
	if (strcmp(part, "descriptors") == 0) {
		dir = opendir("/proc/self/fd");
		while (dir != NULL && (d = readdir(dir)) != NULL)
			if (d->d_name[0] != '.' &&
			    atoi(d->d_name) != dirfd(dir))
				printf("%s ", d->d_name);
		printf("%d\n", getsid(0) == getpid());
		return dir == NULL || closedir(dir) == -1;
	}
	return 99;
}

struct fixture {
	struct event_base *base;
	struct net_child *child;
	struct strbuf lines; /* each with a semicolon behind it */
	int status;          /* -1: not over */
	const char *free_at; /* the line at which the callback frees it */
	const char *stop_at; /* the line at which the loop ends */
};

static void
on_line(struct net_child *child, const char *line, void *arg)
{
	struct fixture *f = arg;

	strbuf_printf(&f->lines, "%s;", line);
	if (f->free_at != NULL && strcmp(line, f->free_at) == 0) {
		net_child_free(child, 5000);
		f->child = NULL;
		event_base_loopbreak(f->base);
	} else if (f->stop_at != NULL && strcmp(line, f->stop_at) == 0) {
		event_base_loopbreak(f->base);
	}
}

static void
on_child_exit(struct net_child *child, int status, void *arg)
{
	struct fixture *f = arg;

	(void)child;
	f->status = status;
	event_base_loopbreak(f->base);
}

static void
start(struct fixture *f, const char *part)
{
	static const struct net_child_ops ops = { on_line, on_child_exit };
	char *argv[] = { (char *)"child", strdup(part), NULL };
	const struct timeval patience = { 20, 0 };
	struct err err = { 0 };

	f->base = net_loop_new(&err);
	f->status = -1;
	f->child = net_child_new(f->base, argv, -1, &ops, f, &err);
	free(argv[1]);
	assert_non_null(f->child);
	event_base_loopexit(f->base, &patience);
}

static void
finish(struct fixture *f)
{
	net_child_free(f->child, 5000);
	event_base_free(f->base);
	strbuf_fini(&f->lines);
	/* Whatever happened, nobody is left to wait for. */
	assert_int_equal(-1, waitpid(-1, NULL, WNOHANG));
}

static void
test_lines_come_before_the_end_and_none_is_lost(void **state)
{
	struct fixture f = { 0 };
	int i;

	(void)state;
	for (i = 0; i < 20; i++) { /* the end may come first, or last */
		f = (struct fixture){ 0 };
		start(&f, "talk");
		event_base_dispatch(f.base);
		assert_string_equal("one;two;three;", strbuf_str(&f.lines));
		assert_true(WIFEXITED(f.status));
		assert_int_equal(7, WEXITSTATUS(f.status));
		finish(&f);
	}
}

static void
test_a_child_that_ended_before_we_listened_is_noticed(void **state)
{
	struct fixture f = { 0 };

	(void)state;
	start(&f, "talk");
	usleep(200000); /* its signal has gone by */
	event_base_dispatch(f.base);
	assert_int_equal(7, WEXITSTATUS(f.status));
	finish(&f);
}

static void
test_what_is_written_arrives(void **state)
{
	struct fixture f = { .stop_at = "second" };
	struct err err = { 0 };

	(void)state;
	start(&f, "echo");
	assert_int_equal(
	    0, net_child_write(f.child, "first\nsecond\n", 13, &err));
	event_base_dispatch(f.base);
	assert_string_equal("first;second;", strbuf_str(&f.lines));
	assert_int_equal(-1, f.status);
	assert_true(net_child_pid(f.child) > 0);
	finish(&f); /* closes its input: it leaves */
}

static void
test_a_child_may_be_freed_at_its_own_line(void **state)
{
	struct fixture f = { .free_at = "two" };

	(void)state;
	start(&f, "talk");
	event_base_dispatch(f.base);
	assert_string_equal("one;two;", strbuf_str(&f.lines));
	assert_null(f.child);
	finish(&f);
}

static void
test_one_that_does_not_leave_is_killed(void **state)
{
	struct fixture f = { .stop_at = "here" };
	int64_t start_ms;

	(void)state;
	start(&f, "deaf");
	event_base_dispatch(f.base);
	start_ms = clock_mono_ms();
	net_child_free(f.child, 100);
	f.child = NULL;
	assert_true(clock_mono_ms() - start_ms >= 100);
	assert_true(clock_mono_ms() - start_ms < 10000);
	finish(&f);
}

static void
test_a_line_without_end_is_not_taken_in(void **state)
{
	const struct timeval while_it_floods = { 0, 300000 };
	struct fixture f = { 0 };

	(void)state;
	start(&f, "flood");
	event_base_loopexit(f.base, &while_it_floods);
	event_base_dispatch(f.base);
	assert_string_equal("", strbuf_str(&f.lines));
	finish(&f);
}

static void
test_it_has_three_descriptors_and_a_session_of_its_own(void **state)
{
	struct fixture f = { 0 };
	int fd;

	(void)state;
	for (fd = 3; fd < 1024; fd++) /* what came from whoever ran the test */
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	start(&f, "descriptors");
	event_base_dispatch(f.base);
	assert_string_equal("0 1 2 1;", strbuf_str(&f.lines));
	finish(&f);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_lines_come_before_the_end_and_none_is_lost),
		cmocka_unit_test(
		    test_a_child_that_ended_before_we_listened_is_noticed),
		cmocka_unit_test(test_what_is_written_arrives),
		cmocka_unit_test(test_a_child_may_be_freed_at_its_own_line),
		cmocka_unit_test(test_one_that_does_not_leave_is_killed),
		cmocka_unit_test(test_a_line_without_end_is_not_taken_in),
		cmocka_unit_test(
		    test_it_has_three_descriptors_and_a_session_of_its_own),
	};

	if (argc > 1)
		return play(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
