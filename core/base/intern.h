/*
 * Texts that many things share: each is kept once, counts who holds it, and is
 * known by a number of 32 bits.
 */
#ifndef TWINDECK_CORE_BASE_INTERN_H
#define TWINDECK_CORE_BASE_INTERN_H

#include <stdint.h>

struct intern;

struct intern *intern_new(void);
void intern_free(struct intern *intern); /* NULL does nothing */

/* The text's number, held once more; 0 for NULL. */
uint32_t intern_take(struct intern *intern, const char *text);
/* Gives one hold back; with the last one the text goes.  0 does nothing. */
void intern_drop(struct intern *intern, uint32_t number);
/* Borrowed while it is held; NULL for 0 and for a number that nobody holds. */
const char *intern_text(const struct intern *intern, uint32_t number);
/*
 * While there is a pin no text goes: one that nobody holds any more stays as
 * it is under its number, and goes with the last pin.
 */
void intern_pin(struct intern *intern);
void intern_unpin(struct intern *intern);
/* Behind the largest number in use: to walk them. */
uint32_t intern_end(const struct intern *intern);

#endif
