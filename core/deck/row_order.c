#include "config.h"

#include "core/deck/row_order.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/xalloc.h"

#define CHUNK_ROWS 508 /* with its header two kilobytes, less malloc's */
#define NOWHERE UINT16_MAX

struct chunk {
	uint32_t rows[CHUNK_ROWS];
};

/* Where the last walk ended: the next one mostly goes on from there. */
struct hint {
	size_t place, before; /* the chunk in line; rows before it */
};

/*
 * The sequence is cut into chunks.  A chunk keeps its number while others come
 * and go before it, so that chunk_of can say where a row stands; line is the
 * numbers in order, and counts their rows, together because every walk to a
 * place adds them up.  Chunks merge when they grow thin: as many as a 16-bit
 * number can tell are never reached with the rows that a fleet may have.
 */
struct row_order {
	struct chunk **chunks; /* by number; NULL: not in use */
	uint16_t *place;       /* by number: where in line */
	uint16_t *line, *counts;
	size_t n_chunks, cap;
	uint16_t *chunk_of; /* by row; NOWHERE: not in the sequence */
	size_t n_chunk_of;
	size_t n_rows;
	struct hint *hint; /* owned; reading moves it */
};

struct row_order *
row_order_new(void)
{
	struct row_order *order = xcalloc(1, sizeof(*order));

	order->hint = xcalloc(1, sizeof(*order->hint));
	return order;
}

void
row_order_free(struct row_order *order)
{
	size_t i;

	if (order == NULL)
		return;
	for (i = 0; i < order->n_chunks; i++)
		free(order->chunks[order->line[i]]);
	free(order->chunks);
	free(order->place);
	free(order->line);
	free(order->counts);
	free(order->chunk_of);
	free(order->hint);
	free(order);
}

size_t
row_order_size(const struct row_order *order)
{
	return order->n_rows;
}

static struct chunk *
chunk_at(const struct row_order *order, size_t place)
{
	return order->chunks[order->line[place]];
}

/* The chunk that holds place *i of the sequence; *i becomes its place there. */
static size_t
chunk_with(const struct row_order *order, size_t *i)
{
	struct hint hint = { 0 };

	if (*i >= order->hint->before)
		hint = *order->hint;
	while (*i - hint.before >= order->counts[hint.place])
		hint.before += order->counts[hint.place++];
	*order->hint = hint;
	*i -= hint.before;
	return hint.place;
}

uint32_t
row_order_at(const struct row_order *order, size_t i)
{
	size_t place = chunk_with(order, &i);

	return chunk_at(order, place)->rows[i];
}

void
row_order_copy(const struct row_order *order, uint32_t *rows)
{
	size_t i;

	for (i = 0; i < order->n_chunks; i++) {
		memcpy(rows, chunk_at(order, i)->rows,
		    order->counts[i] * sizeof(*rows));
		rows += order->counts[i];
	}
}

bool
row_order_has(const struct row_order *order, uint32_t row)
{
	return row < order->n_chunk_of && order->chunk_of[row] != NOWHERE;
}

static size_t
place_in_chunk(const struct chunk *chunk, uint32_t row)
{
	size_t i = 0;

	while (chunk->rows[i] != row)
		i++;
	return i;
}

ssize_t
row_order_index(const struct row_order *order, uint32_t row)
{
	size_t place, i, before = 0;

	if (!row_order_has(order, row))
		return -1;
	place = order->place[order->chunk_of[row]];
	for (i = 0; i < place; i++)
		before += order->counts[i];
	return (ssize_t)(before + place_in_chunk(chunk_at(order, place), row));
}

static void
renumber(struct row_order *order, size_t from)
{
	for (; from < order->n_chunks; from++)
		order->place[order->line[from]] = (uint16_t)from;
}

static void
make_room(struct row_order *order)
{
	size_t was = order->cap;

	if (order->n_chunks < was)
		return;
	order->cap = was == 0 ? 4 : was * 2;
	order->chunks =
	    xreallocarray(order->chunks, order->cap, sizeof(*order->chunks));
	memset(order->chunks + was, 0,
	    (order->cap - was) * sizeof(*order->chunks));
	order->place =
	    xreallocarray(order->place, order->cap, sizeof(*order->place));
	order->line =
	    xreallocarray(order->line, order->cap, sizeof(*order->line));
	order->counts =
	    xreallocarray(order->counts, order->cap, sizeof(*order->counts));
}

/* An empty chunk at this place of the line. */
static struct chunk *
new_chunk(struct row_order *order, size_t place)
{
	size_t n = order->n_chunks, after = n - place;
	uint16_t number = (uint16_t)n;

	make_room(order);
	/* A number below n is free if one has gone since. */
	if (order->chunks[n] != NULL)
		for (number = 0; order->chunks[number] != NULL; number++)
			;
	memmove(order->line + place + 1, order->line + place,
	    after * sizeof(*order->line));
	memmove(order->counts + place + 1, order->counts + place,
	    after * sizeof(*order->counts));
	order->chunks[number] = xmalloc(sizeof(struct chunk));
	order->line[place] = number;
	order->counts[place] = 0;
	order->n_chunks++;
	renumber(order, place);
	return order->chunks[number];
}

static void
drop_chunk(struct row_order *order, size_t place)
{
	uint16_t number = order->line[place];
	size_t after = --order->n_chunks - place;

	free(order->chunks[number]);
	order->chunks[number] = NULL;
	memmove(order->line + place, order->line + place + 1,
	    after * sizeof(*order->line));
	memmove(order->counts + place, order->counts + place + 1,
	    after * sizeof(*order->counts));
	renumber(order, place);
}

/* Moves the rows of a chunk from one of its places on to the end of another. */
static void
move_rows(struct row_order *order, size_t from, size_t first, size_t to)
{
	struct chunk *source = chunk_at(order, from);
	struct chunk *target = chunk_at(order, to);
	size_t n = order->counts[from] - first, i;

	memcpy(target->rows + order->counts[to], source->rows + first,
	    n * sizeof(source->rows[0]));
	for (i = 0; i < n; i++)
		order->chunk_of[source->rows[first + i]] = order->line[to];
	order->counts[to] = (uint16_t)(order->counts[to] + n);
	order->counts[from] = (uint16_t)first;
}

static void
reach(struct row_order *order, uint32_t row)
{
	size_t n = order->n_chunk_of == 0 ? 64 : order->n_chunk_of;

	if (row < order->n_chunk_of)
		return;
	while (n <= row)
		n += n / 4;
	order->chunk_of =
	    xreallocarray(order->chunk_of, n, sizeof(*order->chunk_of));
	memset(order->chunk_of + order->n_chunk_of, 0xff,
	    (n - order->n_chunk_of) * sizeof(*order->chunk_of));
	order->n_chunk_of = n;
}

/*
 * Where a row for place *i goes; *i becomes its place in that chunk.  A full
 * chunk is halved, but at its end a new one begins: rows that come in order
 * leave full ones behind.
 */
static size_t
room_for(struct row_order *order, size_t *i)
{
	size_t place = 0;

	if (order->n_chunks == 0)
		new_chunk(order, 0);
	if (*i == order->n_rows) {
		/* Whole lists are built so: no walk for each row. */
		place = order->n_chunks - 1;
		*i = order->counts[place];
	}
	while (*i > order->counts[place])
		*i -= order->counts[place++];
	if (order->counts[place] < CHUNK_ROWS)
		return place;
	new_chunk(order, place + 1);
	if (*i < CHUNK_ROWS) {
		move_rows(order, place, CHUNK_ROWS / 2, place + 1);
		if (*i <= CHUNK_ROWS / 2)
			return place;
	}
	*i -= order->counts[place];
	return place + 1;
}

void
row_order_insert(struct row_order *order, size_t i, uint32_t row)
{
	size_t place = room_for(order, &i), after;
	struct chunk *chunk = chunk_at(order, place);

	*order->hint = (struct hint){ 0 };
	reach(order, row);
	after = order->counts[place]++ - i;
	memmove(chunk->rows + i + 1, chunk->rows + i,
	    after * sizeof(chunk->rows[0]));
	chunk->rows[i] = row;
	order->chunk_of[row] = order->line[place];
	order->n_rows++;
}

void
row_order_append(struct row_order *order, uint32_t row)
{
	row_order_insert(order, order->n_rows, row);
}

/* Joins two neighbours that are thin together. */
static void
join(struct row_order *order, size_t place)
{
	if (place + 1 >= order->n_chunks ||
	    order->counts[place] + order->counts[place + 1] > CHUNK_ROWS / 2)
		return;
	move_rows(order, place + 1, 0, place);
	drop_chunk(order, place + 1);
}

void
row_order_remove(struct row_order *order, uint32_t row)
{
	size_t place, i, after;
	struct chunk *chunk;

	if (!row_order_has(order, row))
		return;
	place = order->place[order->chunk_of[row]];
	chunk = chunk_at(order, place);
	i = place_in_chunk(chunk, row);
	after = --order->counts[place] - i;
	memmove(chunk->rows + i, chunk->rows + i + 1,
	    after * sizeof(chunk->rows[0]));
	order->chunk_of[row] = NOWHERE;
	*order->hint = (struct hint){ 0 };
	order->n_rows--;
	if (order->counts[place] == 0) {
		drop_chunk(order, place);
	} else if (order->counts[place] < CHUNK_ROWS / 4) {
		join(order, place);
		if (place > 0)
			join(order, place - 1);
	}
}

size_t
row_order_search(const struct row_order *order,
    bool (*is_before)(uint32_t row, void *arg), void *arg)
{
	size_t low = 0, high = order->n_chunks, middle, place, i, before = 0;
	const struct chunk *chunk;

	/* The last chunk that begins before it, then the place in there. */
	while (low < high) {
		middle = low + (high - low) / 2;
		if (is_before(chunk_at(order, middle)->rows[0], arg))
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0)
		return 0;
	place = low - 1;
	chunk = chunk_at(order, place);
	for (i = 0; i < place; i++)
		before += order->counts[i];
	low = 1;
	high = order->counts[place];
	while (low < high) {
		middle = low + (high - low) / 2;
		if (is_before(chunk->rows[middle], arg))
			low = middle + 1;
		else
			high = middle;
	}
	return before + low;
}
