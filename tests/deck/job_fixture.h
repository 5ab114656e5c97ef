/*
 * A deck on a fake hub, and the job that a test looks at.  What the deck says
 * is kept.
 */
#ifndef TWINDECK_TESTS_DECK_JOB_FIXTURE_H
#define TWINDECK_TESTS_DECK_JOB_FIXTURE_H

#include <stdbool.h>

#include "tests/deck/fake_hub.h"

struct edits;
struct job;
struct job_request;
struct jobs;

struct job_fixture {
	struct fake_hub *hub; /* owned; the rest is its deck's */
	struct jobs *jobs;
	struct edits *edits;
	struct job *job;     /* the last that was added */
	const char *note;    /* that a test waits for */
	char messages[4096]; /* one a line, errors behind a "!" */
};

/* cmocka's fixtures. */
int job_fixture_setup(void **state);
int job_fixture_teardown(void **state);
#define JOB_CASE(test)                   \
	cmocka_unit_test_setup_teardown( \
	    test, job_fixture_setup, job_fixture_teardown)

/* The request as it is; the test fails when it is refused. */
struct job *job_fixture_add(
    struct job_fixture *f, const struct job_request *request);
/* Until it is done; a cancelled job never is. */
void job_fixture_finish(struct job_fixture *f);

#endif
