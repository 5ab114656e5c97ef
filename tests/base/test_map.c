#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/base/map.h"
#include "tests/support/test.h"

#define KEYS 200
#define STEPS 20000

struct thing {
	char key[16];
	int n;
};

/* The same random steps on the map and on an array that cannot be wrong. */
static void
test_random_steps_agree_with_an_array(void **state)
{
	static struct thing things[KEYS];
	struct thing *model[KEYS] = { NULL }, *was;
	struct map *map = map_new();
	size_t i, k, n_model = 0;
	char key[16]; /* not the pointer that stands in the map */

	(void)state;
	srandom(20261122);
	for (k = 0; k < KEYS; k++)
		snprintf(things[k].key, sizeof(things[k].key), "door-%zu", k);
	for (i = 0; i < STEPS; i++) {
		k = (size_t)random() % KEYS;
		memcpy(key, things[k].key, sizeof(key));
		switch (random() % 5) {
		case 0:
		case 1:
			was = map_set(map, things[k].key, &things[k]);
			n_model += model[k] == NULL;
			assert_ptr_equal(model[k], was);
			model[k] = &things[k];
			break;
		case 2:
		case 3:
			was = map_remove(map, key);
			n_model -= model[k] != NULL;
			assert_ptr_equal(model[k], was);
			model[k] = NULL;
			break;
		default:
			assert_ptr_equal(model[k], map_get(map, key));
			break;
		}
		assert_int_equal(n_model, map_size(map));
	}
	map_free(map);
}

static void
test_a_walk_meets_everything_once_and_may_remove(void **state)
{
	static struct thing things[KEYS];
	struct map *map = map_new();
	struct thing *thing;
	size_t cursor = 0, k, left = 0;

	(void)state;
	for (k = 0; k < KEYS; k++) {
		snprintf(things[k].key, sizeof(things[k].key), "%zu", k);
		map_set(map, things[k].key, &things[k]);
	}
	while ((thing = map_next(map, &cursor)) != NULL) {
		thing->n++;
		if (strlen(thing->key) == 1)
			assert_ptr_equal(thing, map_remove(map, thing->key));
	}
	for (k = 0; k < KEYS; k++)
		assert_int_equal(1, things[k].n);
	for (cursor = 0; map_next(map, &cursor) != NULL;)
		left++;
	assert_int_equal(KEYS - 10, left);
	assert_int_equal(KEYS - 10, map_size(map));
	map_free(map);
}

static void
test_a_replaced_value_may_take_its_key_along(void **state)
{
	struct thing *old = calloc(1, sizeof(*old));
	struct thing fresh = { "same", 2 };
	struct map *map = map_new();

	(void)state;
	assert_non_null(old);
	strcpy(old->key, "same");
	assert_null(map_set(map, old->key, old));
	assert_ptr_equal(old, map_set(map, fresh.key, &fresh));
	free(old);
	assert_ptr_equal(&fresh, map_get(map, "same"));
	assert_null(map_get(map, "Same"));
	assert_null(map_get(map, ""));
	map_free(map);
}

/* So that one filled in the order of another has no long chains. */
static void
test_no_two_tables_hash_alike(void **state)
{
	uint32_t one = hash_seed(), other = hash_seed();

	(void)state;
	assert_int_not_equal(one, other);
	assert_int_not_equal(hash_text("door-001", one),
	    hash_text("door-001", other));
	assert_int_equal(hash_text("door-001", one),
	    hash_text("door-001", one));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_steps_agree_with_an_array),
		cmocka_unit_test(
		    test_a_walk_meets_everything_once_and_may_remove),
		cmocka_unit_test(test_a_replaced_value_may_take_its_key_along),
		cmocka_unit_test(test_no_two_tables_hash_alike),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
