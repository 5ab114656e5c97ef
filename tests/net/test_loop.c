#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include <event2/event.h>

#include "core/base/err.h"
#include "core/net/loop.h"
#include "core/net/turn.h"
#include "tests/support/test.h"

#define PATIENCE_S 20

struct fixture {
	struct event_base *base;
	struct net_turn *turn;
	struct event *ready[3];
	int n_ready, n_ends;
	int asks_again; /* the end asks for another end, so often */
};

static void
on_ready(evutil_socket_t fd, short what, void *arg)
{
	struct fixture *f = arg;

	(void)fd;
	(void)what;
	f->n_ready++;
	net_turn_end(f->turn);
	net_turn_end(f->turn);
}

static void
on_end(void *arg)
{
	struct fixture *f = arg;

	if (f->n_ends++ == 0)
		assert_int_equal(N_ROWS(f->ready), f->n_ready);
	if (f->asks_again-- > 0)
		net_turn_end(f->turn);
}

static void
test_the_end_of_a_turn_comes_once_behind_all_that_was_ready(void **state)
{
	struct fixture f = { .asks_again = 2 };
	struct err err = { 0 };
	size_t i;

	(void)state;
	f.base = net_loop_new(&err);
	f.turn = net_turn_new(f.base, on_end, &f);
	for (i = 0; i < N_ROWS(f.ready); i++) {
		f.ready[i] = event_new(f.base, -1, 0, on_ready, &f);
		event_active(f.ready[i], EV_TIMEOUT, 1);
	}
	event_base_dispatch(f.base);
	assert_int_equal(3, f.n_ends);
	event_active(f.ready[0], EV_TIMEOUT, 1);
	event_base_dispatch(f.base);
	assert_int_equal(4, f.n_ends);
	for (i = 0; i < N_ROWS(f.ready); i++)
		event_free(f.ready[i]);
	net_turn_end(f.turn);
	net_turn_free(f.turn); /* what was asked for goes with it */
	event_base_dispatch(f.base);
	assert_int_equal(4, f.n_ends);
	event_base_free(f.base);
}

/* A pipe that is filled at the end of one turn, and read in the next. */
struct later {
	struct net_turn *turn;
	int fds[2];
	int n_ends;
	bool has_read;
};

static void
on_byte(evutil_socket_t fd, short what, void *arg)
{
	struct later *later = arg;
	char byte;

	(void)what;
	assert_int_equal(1, read(fd, &byte, 1));
	assert_int_equal(1, later->n_ends);
	later->has_read = true;
}

static void
on_end_of_two(void *arg)
{
	struct later *later = arg;

	assert_int_equal(later->n_ends > 0, later->has_read);
	if (later->n_ends++ > 0)
		return;
	assert_int_equal(1, write(later->fds[1], "x", 1));
	net_turn_end_next(later->turn);
}

static void
test_the_next_turn_ends_behind_what_it_has_read(void **state)
{
	struct later later = { .n_ends = 0 };
	struct err err = { 0 };
	struct event_base *base = net_loop_new(&err);
	struct event *event;

	(void)state;
	assert_int_equal(0, pipe(later.fds));
	later.turn = net_turn_new(base, on_end_of_two, &later);
	event = event_new(base, later.fds[0], EV_READ, on_byte, &later);
	event_add(event, NULL);
	net_turn_end(later.turn);
	event_base_dispatch(base);
	assert_int_equal(2, later.n_ends);
	event_free(event);
	net_turn_free(later.turn);
	event_base_free(base);
	close(later.fds[0]);
	close(later.fds[1]);
}

/* Whether a process that is to leave at the end of this input does. */
static bool
leaves_at_the_end_of(int fd)
{
	const struct timeval patience = { PATIENCE_S, 0 };
	struct err err = { 0 };
	struct event_base *base = net_loop_new(&err);
	struct net_leave *leave;
	int was = dup(STDIN_FILENO);
	bool left;

	assert_int_not_equal(-1, dup2(fd, STDIN_FILENO));
	leave = net_leave_new(base, true);
	event_base_loopexit(base, &patience);
	event_base_dispatch(base);
	left = event_base_got_break(base);
	net_leave_free(leave);
	event_base_free(base);
	dup2(was, STDIN_FILENO);
	close(was);
	return left;
}

static void
test_the_end_of_any_standard_input_is_noticed(void **state)
{
	char path[] = "/tmp/twindeck-loop-XXXXXX";
	int fds[2], fd;

	(void)state;
	assert_int_equal(0, pipe(fds));
	assert_int_equal(5, write(fds[1], "words", 5));
	close(fds[1]);
	assert_true(leaves_at_the_end_of(fds[0]));
	close(fds[0]);

	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_true(leaves_at_the_end_of(fd));
	close(fd);

	fd = mkstemp(path);
	assert_int_not_equal(-1, fd);
	assert_int_equal(5, write(fd, "words", 5));
	lseek(fd, 0, SEEK_SET);
	assert_true(leaves_at_the_end_of(fd));
	close(fd);
	unlink(path);
}

static void
send_signal(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	raise(*(int *)arg);
}

static void
test_a_signal_ends_the_loop_and_a_closed_input_need_not(void **state)
{
	static int signals[] = { SIGINT, SIGTERM, SIGHUP };
	const struct timeval soon = { 0, 50000 }, patience = { PATIENCE_S, 0 };
	struct err err = { 0 };
	struct event_base *base;
	struct net_leave *leave;
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(signals); i++) {
		base = net_loop_new(&err);
		leave = net_leave_new(base, false);
		event_base_once(
		    base, -1, EV_TIMEOUT, send_signal, &signals[i], &soon);
		event_base_loopexit(base, &patience);
		event_base_dispatch(base);
		assert_true(event_base_got_break(base));
		net_leave_free(leave);
		event_base_free(base);
	}
}

static void
test_a_write_beyond_a_limit_is_an_error_and_not_the_end(void **state)
{
	char path[] = "/tmp/twindeck-loop-XXXXXX";
	struct rlimit was, limit;
	struct err err = { 0 };
	struct event_base *base = net_loop_new(&err);
	int fd = mkstemp(path), fds[2];

	(void)state;
	assert_int_not_equal(-1, fd);
	assert_int_equal(0, getrlimit(RLIMIT_FSIZE, &was));
	limit = was;
	limit.rlim_cur = 4;
	assert_int_equal(0, setrlimit(RLIMIT_FSIZE, &limit));
	assert_int_equal(4, write(fd, "words", 5));
	assert_int_equal(-1, write(fd, "words", 5));
	assert_int_equal(EFBIG, errno);
	setrlimit(RLIMIT_FSIZE, &was);
	close(fd);
	unlink(path);

	assert_int_equal(0, pipe(fds));
	close(fds[0]);
	assert_int_equal(-1, write(fds[1], "words", 5));
	assert_int_equal(EPIPE, errno);
	close(fds[1]);
	event_base_free(base);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_the_end_of_a_turn_comes_once_behind_all_that_was_ready),
		cmocka_unit_test(
		    test_the_next_turn_ends_behind_what_it_has_read),
		cmocka_unit_test(test_the_end_of_any_standard_input_is_noticed),
		cmocka_unit_test(
		    test_a_write_beyond_a_limit_is_an_error_and_not_the_end),
		cmocka_unit_test(
		    test_a_signal_ends_the_loop_and_a_closed_input_need_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
