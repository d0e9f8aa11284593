/* Two nodes as children of this process, and the cable between them. What goes wrong stands in the pair's
 * complaint, and nothing more is done with it then. */
#ifndef GARITA_TESTS_TORTURE_FAILOVER_PAIR_H
#define GARITA_TESTS_TORTURE_FAILOVER_PAIR_H

#include <sys/types.h>

#include "tests/torture/failover_node.h"
#include "tests/torture/world.h"

struct pair_node {
    char root[WORLD_PATH_MAX];
    pid_t pid; /* 0: it does not run */
    int orders_fd;
    int64_t clock_ms; /* that its wall clock is off */
    bool loaded;
};

struct pair {
    struct history *history;
    enum failover_control control;
    uint64_t seed; /* of the nodes' own choices */
    struct pair_node nodes[2];
    int primary;  /* which of them */
    int cable_fd; /* -1: there is none */
    unsigned serial;
    bool leapt;
    char complaint[400]; /* empty: all is well */
};

/* Fresh folders; nobody runs. */
void pair_found(struct pair *p);
/* Kills who runs. */
void pair_end(struct pair *p);

bool pair_good(const struct pair *p);
void pair_complain(struct pair *p, const char *fmt, ...) PRINTF_LIKE(2, 3);

void pair_start(struct pair *p, int node);
/* Killed so soon after its start that it may be rejoining. */
void pair_start_and_kill(struct pair *p, int node, uint64_t after_us);
void pair_kill(struct pair *p, int node);
/* In order: its process ends by itself. */
void pair_stop(struct pair *p, int node);
bool pair_runs(const struct pair *p, int node);

/* Both run; the one before is cut. dials: which of them. */
void pair_connect(struct pair *p, int dials);
void pair_cut(struct pair *p);
/* Whether one of them hung up: then it is dialled again, as a dialer does. */
bool pair_is_cut(const struct pair *p);

/* The error of the order, which is a complaint unless it may fail. */
int pair_order(struct pair *p, int node, enum order_kind kind, int64_t number,
               struct answer *ret_answer);
/* People begin or end to work there, unless they do or do not. */
void pair_work(struct pair *p, int node, bool works);
void pair_must(struct pair *p, int node, enum order_kind kind, int64_t number);

#endif
