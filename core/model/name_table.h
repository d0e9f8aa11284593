/* The Unicode data behind name.c: which characters a name may hold, of which scripts they are, and
 * what they look like. The tables are generated at build time (appliance/build/name_tables.c). */
#ifndef GARITA_CORE_MODEL_NAME_TABLE_H
#define GARITA_CORE_MODEL_NAME_TABLE_H

#include <stddef.h>
#include <stdint.h>

/* A set of scripts, one bit each. Writing systems that mix scripts have a bit of their own, which
 * the letters of each of their scripts carry (UTS #39 5.1). */
#define NAME_SCRIPT_LATIN        (UINT64_C(1) << 0)
#define NAME_SCRIPT_JAPANESE     (UINT64_C(1) << 1)
#define NAME_SCRIPT_HAN_BOPOMOFO (UINT64_C(1) << 2)
#define NAME_SCRIPT_KOREAN       (UINT64_C(1) << 3)
#define NAME_SCRIPT_FIRST_OTHER  4
#define NAME_SCRIPT_ANY          UINT64_MAX /* common and inherited characters */

/* Allowed characters beyond ASCII (Identifier_Status, UTS #39 3.1), in rising order. */
struct name_range {
    uint32_t first;
    uint16_t count;
    uint8_t scripts; /* index into name_script_sets */
};
extern const struct name_range name_ranges[];
extern const size_t name_range_count;
extern const uint64_t name_script_sets[];

/* Characters that look like something else (UTS #39 4), in rising order: only those that are their
 * own canonical decomposition and their own case folding. */
struct name_confusable {
    uint32_t code_point;
    uint16_t at; /* of the prototype in name_prototypes, UTF-8 */
    uint8_t bytes;
};
extern const struct name_confusable name_confusables[];
extern const size_t name_confusable_count;
extern const unsigned char name_prototypes[];

#endif
