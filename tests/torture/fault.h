/* Which operation on files fails next. The layers that can fail (fault_vfs.c under SQLite,
 * fault_libc.c under the store's own calls) ask here before they act; a test says here what it
 * wants. Safe from many threads. */
#ifndef GARITA_TESTS_TORTURE_FAULT_H
#define GARITA_TESTS_TORTURE_FAULT_H

#include <stdbool.h>
#include <stdint.h>

enum fault_op {
    FAULT_OPEN,
    FAULT_READ,
    FAULT_WRITE,
    FAULT_TRUNCATE,
    FAULT_SYNC,
    FAULT_ACCESS,
    FAULT_NAME, /* making, renaming and removing files and folders */
    FAULT_OPS
};
#define FAULT_BIT(op) (1u << (op))
#define FAULT_ALL     ((1u << FAULT_OPS) - 1)

enum fault_kind {
    FAULT_EIO,
    FAULT_ENOSPC,
    FAULT_SHORT /* a write gets half way, then there is no space */
};

struct fault_plan {
    unsigned ops; /* bits of those that count and fail */
    enum fault_kind kind;
    uint64_t nth; /* the first of them that fails, from 1; 0: none */
    bool for_ever;
};

/* Counting starts anew. */
void fault_arm(const struct fault_plan *plan);
void fault_clear(void);
/* Counts an operation; true when it must fail, as *ret_kind says. */
bool fault_due(enum fault_op op, enum fault_kind *ret_kind);
/* Operations of that kind since fault_arm, whether the plan is about them or not. */
uint64_t fault_count(enum fault_op op);
/* errno of a kind. */
int fault_errno(enum fault_kind kind);

/* A drive that says "flushed" and did nothing. */
void fault_lie_about_sync(bool lie);
bool fault_lies(void);

/* SQLite's own calls of the C library are the file layer's business, not fault_libc.c's. */
void fault_enter_sqlite(void);
void fault_leave_sqlite(void);
bool fault_in_sqlite(void);

#endif
