/*
 * A doubly linked list whose links sit inside the items.  The head is a link
 * of its own, so no operation needs to know which list an item is on; whoever
 * takes an item off a list owns it.
 */
#ifndef TWINDECK_CORE_BASE_LIST_H
#define TWINDECK_CORE_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
	struct list *prev;
	struct list *next;
};

static inline void
list_init(struct list *head)
{
	head->prev = head;
	head->next = head;
}

static inline bool
list_is_empty(const struct list *head)
{
	return head->next == head;
}

static inline void
list_append(struct list *head, struct list *item)
{
	item->prev = head->prev;
	item->next = head;
	head->prev->next = item;
	head->prev = item;
}

/* The item may be removed again: it is left as a list of its own. */
static inline void
list_remove(struct list *item)
{
	item->prev->next = item->next;
	item->next->prev = item->prev;
	list_init(item);
}

#define LIST_ITEM(link, type, member) \
	((type *)(void *)((char *)(link) - offsetof(type, member)))

#define LIST_FIRST(head, type, member) \
	(list_is_empty(head) ? NULL : LIST_ITEM((head)->next, type, member))

#define LIST_FOREACH(pos, head, type, member) \
	for ((pos) = LIST_ITEM((head)->next, type, member); \
	     &(pos)->member != (head); \
	     (pos) = LIST_ITEM((pos)->member.next, type, member))

/* The body may remove and free pos. */
#define LIST_FOREACH_SAFE(pos, tmp, head, type, member) \
	for ((pos) = LIST_ITEM((head)->next, type, member), \
	    (tmp) = LIST_ITEM((pos)->member.next, type, member); \
	     &(pos)->member != (head); \
	     (pos) = (tmp), (tmp) = LIST_ITEM((tmp)->member.next, type, member))

#endif
