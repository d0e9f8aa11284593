/* What an event says about a change: the members that differ, before and after, from the field
 * tables. Secrets are not members of any table; values of map members whose names speak of secrets
 * are masked all the same (AU-01). */
#ifndef GARITA_CORE_AUDIT_CHANGE_H
#define GARITA_CORE_AUDIT_CHANGE_H

#include "core/model/fields.h"

/* {name_key: name, "before": {...}, "after": {...}} as JSON text. before NULL: a creation, after
 * NULL: a deletion; then the other one stands there as a whole. ret_changed (may be NULL) tells
 * whether anything differs. ERR_NO_MEMORY, ERR_TOO_LARGE. */
MUST_CHECK int change_data(struct arena *a, const struct field_table *table, const void *before,
                           const void *after, const char *name_key, struct str name,
                           struct str *ret_data, bool *ret_changed);

/* Flat details as JSON text: pairs of member name and text, ended by a NULL name. Absent texts are
 * left out. */
struct detail {
    const char *name;
    struct str text;
};
MUST_CHECK int detail_data(struct arena *a, const struct detail *details, struct str *ret_data);

/* change_data with details after the name. */
MUST_CHECK int change_data_with(struct arena *a, const struct field_table *table,
                                const void *before, const void *after, const char *name_key,
                                struct str name, const struct detail *details, struct str *ret_data,
                                bool *ret_changed);

/* Whether two objects of a table have the same members. */
bool fields_equal(const struct field_table *table, const void *a, const void *b);

#endif
