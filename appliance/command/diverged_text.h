/* How a row that differs is written. Settings (texts of JSON) are taken apart: of a row that changed only the
 * members that did, and of a member whose name tells of a secret nothing but that it is there. */
#ifndef GARITA_APPLIANCE_COMMAND_DIVERGED_TEXT_H
#define GARITA_APPLIANCE_COMMAND_DIVERGED_TEXT_H

#include "core/codec/json.h"
#include "store/repl/difference.h"

/* An object: table, change, key; row, or columns with what was kept and what is now. ERR_NO_MEMORY; what the
 * writer's buffer refuses shows later. */
MUST_CHECK int diverged_row_json(struct json_writer *w, struct str realm,
                                 const struct row_difference *row, struct arena *a);
/* A line and a line for each column. Control characters are '?'. */
MUST_CHECK int diverged_row_text(struct buf *b, struct str realm, const struct row_difference *row,
                                 struct arena *a);

#endif
