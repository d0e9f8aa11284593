/* A node as a process: its store, its part in replication (store/repl, over the real link), and people who
 * work on it. The parent tells it what to do over a socket (failover_pair.h) and may kill it at any moment. */
#ifndef GARITA_TESTS_TORTURE_FAILOVER_NODE_H
#define GARITA_TESTS_TORTURE_FAILOVER_NODE_H

#include "store/repl/node.h"
#include "tests/torture/history.h"

enum order_kind {
    ORDER_LINK, /* over the socket that comes with it, from now on; number: whether it dials */
    ORDER_LOAD, /* number: whether people work, enum load_kind */
    ORDER_BEGIN_ANEW, /* the store, in the same process; without a cable then */
    ORDER_SETTLE,     /* of a primary: returns when the standby has everything */
    ORDER_HEAR,       /* of an old primary: returns when it knows that it is fenced */
    ORDER_CHECK,      /* the store against the history; number: whether codes are tried */
    ORDER_VERIFY,    /* all pages against the standby's: the answer's number says how many differ */
    ORDER_PROMOTE,   /* number: whether realms that are not whole are given up */
    ORDER_DISK_FULL, /* number: from the how manieth write on; 0: there is room again */
    ORDER_CLOCK,     /* number: milliseconds that the wall clock is off */
    ORDER_END
};

enum load_kind {
    LOAD_NONE,
    LOAD_KNOWN,   /* who is refused but by a primary without standby is surprised */
    LOAD_WHATEVER /* a clock leapt: what expires did */
};

struct order {
    enum order_kind kind;
    int64_t number;
};

struct answer {
    int err;
    int64_t number;
    char text[300]; /* of an error */
};

/* Faults of the product that the test must find. */
enum failover_control {
    CONTROL_NONE,
    CONTROL_ASYNC,    /* answers do not wait for the standby */
    CONTROL_EARLY_ACK /* the standby confirms what it has not put in place */
};

struct failover_node {
    const char *root; /* data folder: root/data */
    struct history *history;
    enum failover_control control;
    unsigned serial; /* of this process among all: names what it makes */
    uint64_t seed;
    int orders_fd;
};

/* Runs until it is told to end, or is killed. An old primary that is fenced rejoins first. */
_Noreturn void failover_node_run(const struct failover_node *node);

/* Makes two data folders out of one with realms: the first a primary, the other its empty standby. */
void failover_found(const char *primary_root, const char *standby_root);
/* What the node in a folder is, while no process has it. */
void failover_look(const char *root, struct node_state *ret_state);

#endif
