/* One plan at a time, counted by atomics. */
#include "tests/torture/fault.h"

#include <errno.h>
#include <stdatomic.h>

static atomic_uint ops;
static atomic_int kind_now;
static atomic_uint_fast64_t nth;
static atomic_bool for_ever;
static atomic_uint_fast64_t seen;
static atomic_uint_fast64_t counts[FAULT_OPS];
static atomic_bool lies;
static _Thread_local int depth;

void fault_arm(const struct fault_plan *plan)
{
    atomic_store(&ops, 0);
    atomic_store(&seen, 0);
    for (int i = 0; i < FAULT_OPS; i++)
        atomic_store(&counts[i], 0);
    atomic_store(&kind_now, plan->kind);
    atomic_store(&nth, plan->nth);
    atomic_store(&for_ever, plan->for_ever);
    atomic_store(&ops, plan->ops);
}

void fault_clear(void)
{
    atomic_store(&ops, 0);
}

bool fault_due(enum fault_op op, enum fault_kind *ret_kind)
{
    atomic_fetch_add(&counts[op], 1);
    if (!(atomic_load(&ops) & FAULT_BIT(op)))
        return false;
    uint64_t number = atomic_fetch_add(&seen, 1) + 1;
    uint64_t first = atomic_load(&nth);
    *ret_kind = (enum fault_kind)atomic_load(&kind_now);
    return first != 0 && (number == first || (number > first && atomic_load(&for_ever)));
}

uint64_t fault_count(enum fault_op op)
{
    return atomic_load(&counts[op]);
}

int fault_errno(enum fault_kind kind)
{
    return kind == FAULT_EIO ? EIO : ENOSPC;
}

void fault_lie_about_sync(bool lie)
{
    atomic_store(&lies, lie);
}

bool fault_lies(void)
{
    return atomic_load(&lies);
}

void fault_enter_sqlite(void)
{
    depth++;
}

void fault_leave_sqlite(void)
{
    depth--;
}

bool fault_in_sqlite(void)
{
    return depth > 0;
}
