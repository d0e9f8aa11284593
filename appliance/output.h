/* What people see of a result: a table, a list of members, a line. */
#ifndef GARITA_APPLIANCE_OUTPUT_H
#define GARITA_APPLIANCE_OUTPUT_H

#include "core/codec/json.h"

/* An array as a table of these columns (JSON names separated by commas; NULL: those of the first
 * element), an object as lines "name: value". Control characters of values are shown as '?', so that
 * stored text cannot drive a terminal. */
void output_human(const struct json_value *value, const char *columns, struct buf *b);

/* A text with control characters shown as '?'. */
void output_safe(struct buf *b, struct str text);

#endif
