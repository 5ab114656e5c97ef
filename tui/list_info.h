/*
 * The words in the frame of the list: how many are shown, marked and hidden,
 * the filter, the order; less of it where there is little room.
 */
#ifndef TWINDECK_TUI_LIST_INFO_H
#define TWINDECK_TUI_LIST_INFO_H

#include <stdbool.h>
#include <stddef.h>

#include "tui/canvas.h"

struct fleet;
struct fleet_view;

#define LIST_INFO_SIZE 256

struct list_info { /* all borrowed */
	const struct fleet *fleet;
	const struct fleet_view *view;
	const char *sort; /* the column's name */
	const char *work; /* what the list is busy with; NULL: nothing */
	bool has_range;
	size_t range_n;
};

/* At most room cells of area a; "" before anything is known. */
void list_info_write(const struct list_info *info, struct area a, int room,
    char out[LIST_INFO_SIZE]);

#endif
