/* A set of claims while it is being made: an ordered tree of named values. */
#ifndef GARITA_CORE_OIDC_CLAIMS_H
#define GARITA_CORE_OIDC_CLAIMS_H

#include "core/base/arena.h"
#include "core/base/err.h"
#include "core/codec/json.h"
#include "core/model/fields.h"

struct claim {
    struct str name;
    struct str json;     /* the value as JSON text; absent: an object with members */
    struct claim *first; /* members */
    struct claim *next;
};

struct claims {
    struct arena *arena;
    struct claim *first;
};

/* Where a claim goes: one part per level. Config spells it "a.b.c", with "\." for a dot that belongs
 * to the name. */
#define CLAIM_PATH_MAX 8
struct claim_path {
    struct str parts[CLAIM_PATH_MAX];
    size_t count;
};
/* ERR_INVALID_SYNTAX for empty parts and too many levels, ERR_NO_MEMORY. */
MUST_CHECK int claim_path_parse(struct arena *a, struct str text, struct claim_path *ret_path);
struct claim_path claim_path_of(struct str name);

void claims_init(struct claims *c, struct arena *a);
/* Sets (or replaces) a value that is JSON text. ERR_NO_MEMORY. */
MUST_CHECK int claims_set_json(struct claims *c, const struct claim_path *path, struct str json);
MUST_CHECK int claims_set_str(struct claims *c, struct str name, struct str value);
MUST_CHECK int claims_set_i64(struct claims *c, struct str name, int64_t value);
MUST_CHECK int claims_set_strs(struct claims *c, struct str name, const struct strs *values);
bool claims_has(const struct claims *c, struct str name);
/* The object as text, registered names first, in Keycloak's order. */
MUST_CHECK int claims_write(const struct claims *c, struct str *ret_json);

/* Texts as JSON: a string, an array of strings. */
MUST_CHECK int claim_json_str(struct arena *a, struct str value, struct str *ret_json);
MUST_CHECK int claim_json_strs(struct arena *a, const struct strs *values, struct str *ret_json);

#endif
