#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/intern.h"
#include "core/base/strpool.h"
#include "core/base/xalloc.h"
#include "core/deck/row_index.h"
#include "core/deck/row_order.h"
#include "tests/support/test.h"

#define ROWS 5000
#define STEPS 60000

/* What the order is held against: the same in the plainest way. */
struct model {
	uint32_t rows[ROWS];
	size_t n;
};

static void
check_order(const struct row_order *order, const struct model *model)
{
	static uint32_t copy[ROWS];
	size_t i;

	assert_int_equal(model->n, row_order_size(order));
	row_order_copy(order, copy);
	for (i = 0; i < model->n; i++) {
		assert_int_equal(model->rows[i], copy[i]);
		assert_int_equal(model->rows[i], row_order_at(order, i));
		assert_int_equal(i, row_order_index(order, model->rows[i]));
	}
}

static void
toggle(struct row_order *order, struct model *model, uint32_t row)
{
	size_t i;

	for (i = 0; i < model->n && model->rows[i] != row; i++)
		;
	assert_int_equal(i < model->n, row_order_has(order, row));
	if (i < model->n) {
		row_order_remove(order, row);
		model->n--;
		memmove(model->rows + i, model->rows + i + 1,
		    (model->n - i) * sizeof(model->rows[0]));
		return;
	}
	i = (size_t)rand() % (model->n + 1);
	row_order_insert(order, i, row);
	memmove(model->rows + i + 1, model->rows + i,
	    (model->n - i) * sizeof(model->rows[0]));
	model->rows[i] = row;
	model->n++;
}

static void
test_an_order_keeps_every_row_at_its_place(void **state)
{
	struct row_order *order = row_order_new();
	struct model *model = xcalloc(1, sizeof(*model));
	size_t span = ROWS;
	int step;

	(void)state;
	srand(20261122);
	for (step = 1; step <= STEPS; step++) {
		/* Few rows of many: it grows, and falls to almost nothing. */
		if (step % 10000 == 0)
			span = step % 20000 == 0 ? ROWS : 20;
		if (span < ROWS && model->n > span)
			toggle(order, model, model->rows[rand() % 20]);
		else
			toggle(order, model, (uint32_t)((size_t)rand() % span));
		if (step % 5000 == 0)
			check_order(order, model);
	}
	row_order_free(order);
	free(model);
}

static bool
is_smaller(uint32_t row, void *arg)
{
	return row < *(uint32_t *)arg;
}

static void
test_a_sorted_order_stays_sorted(void **state)
{
	struct row_order *order = row_order_new();
	uint32_t row, i;

	(void)state;
	assert_int_equal(-1, row_order_index(order, 3));
	for (i = 0; i < ROWS; i++) {
		row = i * 2789 % ROWS; /* each once */
		row_order_insert(
		    order, row_order_search(order, is_smaller, &row), row);
	}
	for (i = 0; i < ROWS; i++)
		assert_int_equal(i, row_order_at(order, i));
	row_order_free(order);
}

static const char *
id_of(uint32_t row, const void *arg)
{
	return ((const char *const *)arg)[row];
}

static void
test_an_index_finds_what_is_in_it_and_nothing_else(void **state)
{
	struct strpool *pool = strpool_new();
	const char **ids = xcalloc(ROWS, sizeof(*ids));
	struct row_index *index = row_index_new(id_of, ids);
	bool in[ROWS] = { false };
	uint32_t row;
	char id[16];
	int step;

	(void)state;
	srand(7);
	for (step = 0; step < STEPS; step++) {
		row = (uint32_t)rand() % ROWS;
		snprintf(id, sizeof(id), "%x-%u", row * 40503u, row);
		assert_int_equal(
		    in[row] ? (int)row : -1, row_index_find(index, id));
		if (in[row]) {
			row_index_remove(index, row);
			strpool_drop(pool, ids[row]);
		} else {
			ids[row] = strpool_dup(pool, id);
			row_index_add(index, row);
		}
		in[row] = !in[row];
	}
	for (row = 0; row < ROWS; row++)
		if (in[row])
			assert_int_equal(row, row_index_find(index, ids[row]));
	row_index_free(index);
	strpool_free(pool);
	free(ids);
}

static void
test_a_text_is_kept_once_and_while_it_is_held(void **state)
{
	struct intern *intern = intern_new();
	uint32_t a, b, numbers[ROWS], i;
	char text[16];

	(void)state;
	assert_int_equal(0, intern_take(intern, NULL));
	assert_null(intern_text(intern, 0));
	a = intern_take(intern, "1.4.2");
	assert_int_equal(a, intern_take(intern, "1.4.2"));
	b = intern_take(intern, "1.5.0");
	assert_int_not_equal(a, b);
	intern_drop(intern, a);
	assert_string_equal("1.4.2", intern_text(intern, a));
	intern_drop(intern, a);
	assert_null(intern_text(intern, a));
	assert_string_equal("1.5.0", intern_text(intern, b));
	for (i = 0; i < ROWS; i++) {
		snprintf(text, sizeof(text), "text-%u", i);
		numbers[i] = intern_take(intern, text);
	}
	for (i = 0; i < ROWS; i += 2)
		intern_drop(intern, numbers[i]);
	for (i = 0; i < ROWS; i++) {
		snprintf(text, sizeof(text), "text-%u", i);
		if (i % 2 == 1)
			assert_string_equal(
			    text, intern_text(intern, numbers[i]));
		else
			assert_null(intern_text(intern, numbers[i]));
	}
	assert_true(intern_end(intern) <= ROWS + 3);
	intern_free(intern);
}

static void
test_a_text_stays_while_there_is_a_pin(void **state)
{
	struct intern *intern = intern_new();
	uint32_t a, b;

	(void)state;
	a = intern_take(intern, "1.4.2");
	b = intern_take(intern, "1.5.0");
	intern_pin(intern);
	intern_pin(intern);
	intern_drop(intern, a);
	intern_drop(intern, b);
	assert_string_equal("1.4.2", intern_text(intern, a));
	/* Taken again, and given back again, it is not gone twice. */
	assert_int_equal(a, intern_take(intern, "1.4.2"));
	intern_drop(intern, a);
	assert_int_equal(b, intern_take(intern, "1.5.0"));
	assert_int_not_equal(a, intern_take(intern, "2.0.0"));
	intern_unpin(intern);
	assert_string_equal("1.4.2", intern_text(intern, a));
	intern_unpin(intern);
	assert_null(intern_text(intern, a));
	assert_string_equal("1.5.0", intern_text(intern, b));
	assert_int_equal(a, intern_take(intern, "2.1.0"));
	intern_free(intern);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_order_keeps_every_row_at_its_place),
		cmocka_unit_test(test_a_sorted_order_stays_sorted),
		cmocka_unit_test(
		    test_an_index_finds_what_is_in_it_and_nothing_else),
		cmocka_unit_test(
		    test_a_text_is_kept_once_and_while_it_is_held),
		cmocka_unit_test(test_a_text_stays_while_there_is_a_pin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
