/* JSON inside columns: settings of a field table, maps, attributes, lists. */
#ifndef GARITA_STORE_SQL_DOC_H
#define GARITA_STORE_SQL_DOC_H

#include "core/model/fields.h"
#include "store/conn.h"

#define DOC_MAX_BYTES ((size_t)1 << 20)

/* All members of the table but those named in without (a NULL-terminated list, may be NULL). */
MUST_CHECK int doc_write(const struct field_table *table, const char *const *without,
                         const void *object, struct arena *a, struct str *ret_text);
/* The members that are in the text; absent text: none. ERR_STORE_CORRUPT when it is not what
 * doc_write made. */
MUST_CHECK int doc_read(const struct field_table *table, void *object, struct arena *a,
                        struct str text);

/* Absent for empty ones. */
MUST_CHECK int doc_write_map(const struct str_map *map, struct arena *a, struct str *ret_text);
MUST_CHECK int doc_read_map(struct str text, struct arena *a, struct str_map *ret_map);
MUST_CHECK int doc_write_attrs(const struct attrs *attrs, struct arena *a, struct str *ret_text);
MUST_CHECK int doc_read_attrs(struct str text, struct arena *a, struct attrs *ret_attrs);
/* Never absent. */
MUST_CHECK int doc_write_strs(const struct strs *strs, struct arena *a, struct str *ret_text);
MUST_CHECK int doc_read_strs(struct str text, struct arena *a, struct strs *ret_strs);

#endif
