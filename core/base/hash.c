#include "config.h"

#include "core/base/hash.h"

#include <sys/random.h>

uint32_t
hash_seed(void)
{
	static uint32_t seed; /* 0: not asked yet */

	if (seed == 0 && getrandom(&seed, sizeof(seed), 0) == -1)
		seed = (uint32_t)(uintptr_t)&seed;
	/* No two tables walk in one order: one that is filled in the order of
	 * another would come to have long chains. */
	seed = (seed + 0x9e3779b9u) | 1;
	return seed;
}

uint32_t
hash_text(const char *text, uint32_t seed)
{
	uint32_t h = 2166136261u ^ seed;

	for (; *text != '\0'; text++)
		h = (h ^ (uint8_t)*text) * 16777619u;
	return h ^ (h >> 15);
}
