/*
 * Hashes of texts that come from the network: with a seed that nobody outside
 * can know, nobody can send those that collide.
 */
#ifndef TWINDECK_CORE_BASE_HASH_H
#define TWINDECK_CORE_BASE_HASH_H

#include <stdint.h>

/* Another one for each table; the kernel is asked once a process. */
uint32_t hash_seed(void);
/* FNV-1a, its high bits folded into the low ones. */
uint32_t hash_text(const char *text, uint32_t seed);

#endif
