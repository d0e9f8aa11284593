/* The plan of a run as people read it. */
#ifndef GARITA_APPLIANCE_APPLY_SHOW_H
#define GARITA_APPLIANCE_APPLY_SHOW_H

#include "core/codec/json.h"

struct show {
    bool members;  /* what was before and what comes, member by member */
    bool coloured; /* for a terminal */
    bool planned;  /* it was only tried */
};

/* result: what web/apply writes. */
void show_plan(struct buf *b, const struct json_value *result, const struct show *show);

#endif
