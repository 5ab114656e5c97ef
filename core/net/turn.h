/*
 * The end of a turn: a callback that runs once, after every callback that was
 * ready in this turn of the loop.  The hub commits there, the deck paints.
 */
#ifndef TWINDECK_CORE_NET_TURN_H
#define TWINDECK_CORE_NET_TURN_H

struct event_base;
struct net_turn;

typedef void (*net_turn_cb)(void *arg);

struct net_turn *net_turn_new(
    struct event_base *base, net_turn_cb cb, void *arg);
void net_turn_free(struct net_turn *turn); /* NULL does nothing */

/* Asks for cb at the end of this turn; asking twice is asking once. */
void net_turn_end(struct net_turn *turn);
/* The same at the end of the turn after this one. */
void net_turn_end_next(struct net_turn *turn);

#endif
