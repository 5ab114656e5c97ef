#include "config.h"

#include "core/deck/fleet_sort.h"

#include <string.h>

#include "core/deck/fleet_view.h"
#include "core/deck/row_order.h"

static int
compare_texts(const char *a, const char *b)
{
	return strverscmp(a != NULL ? a : "", b != NULL ? b : "");
}

static int
compare_values(const char *a, const char *b, bool reverse)
{
	if (a == NULL || b == NULL)
		return reverse ? (b == NULL) - (a == NULL)
			       : (a == NULL) - (b == NULL);
	return strverscmp(a, b);
}

int
fleet_sort_compare(const struct fleet *fleet, enum fleet_sort by,
    bool reverse, const struct fleet_row *a, const struct fleet_row *b)
{
	switch (by) {
	case SORT_DEVICE:
	case SORTS:
		return 0;
	case SORT_LINK:
		return (int)a->link - (int)b->link;
	case SORT_FIRMWARE:
		if (a->phase != b->phase)
			return (int)a->phase - (int)b->phase;
		return compare_texts(
		    fleet_row_version(fleet, a), fleet_row_version(fleet, b));
	case SORT_DOOR:
		return (int)b->door - (int)a->door;
	case SORT_DRIFT:
		return (int)b->drift - (int)a->drift;
	case SORT_VERSION:
		return compare_values(fleet_row_version(fleet, a),
		    fleet_row_version(fleet, b), reverse);
	case SORT_TAGS:
		return compare_values(fleet_row_tags(fleet, a),
		    fleet_row_tags(fleet, b), reverse);
	case SORT_SEEN:
		return (a->seen > b->seen) - (a->seen < b->seen);
	case SORT_VALUE:
		break;
	}
	return compare_values(
	    fleet_row_value(fleet, a, (size_t)by - SORT_VALUE),
	    fleet_row_value(fleet, b, (size_t)by - SORT_VALUE), reverse);
}

struct place {
	const struct fleet *fleet;
	const struct fleet_row *row;
	enum fleet_sort by;
	bool reverse;
};

static bool
is_before(uint32_t number, void *arg)
{
	const struct place *place = arg;
	const struct fleet_row *row = fleet_row_at(place->fleet, number);
	int order = fleet_sort_compare(
	    place->fleet, place->by, place->reverse, row, place->row);

	if (order == 0)
		order = fleet_id_compare(row->id, place->row->id);
	return order < 0;
}

size_t
fleet_sort_place(const struct fleet *fleet, enum fleet_sort by, bool reverse,
    const struct row_order *order, const struct fleet_row *row)
{
	struct place place = { fleet, row, by, reverse };

	return row_order_search(order, is_before, &place);
}
