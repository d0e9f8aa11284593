/* People who work on a primary all the time, as the history is told. */
#ifndef GARITA_TESTS_TORTURE_FAILOVER_LOAD_H
#define GARITA_TESTS_TORTURE_FAILOVER_LOAD_H

#include "store/store_open.h"
#include "tests/torture/failover_node.h"

struct failover_load;

struct failover_load *failover_load_begin(struct store *store, const struct failover_node *node,
                                          enum load_kind kind);
/* 0, or an error that a primary has no reason for; with the step. NULL is fine. */
MUST_CHECK int failover_load_surprise(struct failover_load *load, char *text, size_t size);
/* NULL is fine. */
void failover_load_end(struct failover_load *load);

#endif
