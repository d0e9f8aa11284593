/* Field tables: how the members of a model struct are called in Keycloak's JSON. One table per
 * struct (realm.def, client.def, ...) serves the database documents, the Admin API, import, export
 * and the command line, so that a setting is added in one line. */
#ifndef GARITA_CORE_MODEL_FIELDS_H
#define GARITA_CORE_MODEL_FIELDS_H

#include "core/base/arena.h"
#include "core/base/err.h"
#include "core/codec/json.h"

/* What stands for a secret that the caller may not see; in a change it means the secret that is there. */
#define SECRET_MASK "**********"

/* A list of texts, in order. */
struct strs {
    struct str *items;
    size_t count;
};

/* name -> text, unique names, in order of insertion. */
struct str_pair {
    struct str name;
    struct str value;
};
struct str_map {
    struct str_pair *items;
    size_t count;
};

/* name -> list of texts (attributes of users and groups). */
struct attr {
    struct str name;
    struct strs values;
};
struct attrs {
    struct attr *items;
    size_t count;
};

bool strs_has(const struct strs *list, struct str text);
/* Appends a copy; ERR_NO_MEMORY. */
MUST_CHECK int strs_add(struct strs *list, struct arena *a, struct str text);
/* Absent when the name is not there. */
struct str str_map_get(const struct str_map *map, struct str name);
/* true only for the value "true". */
bool str_map_true(const struct str_map *map, struct str name);
MUST_CHECK int str_map_set(struct str_map *map, struct arena *a, struct str name, struct str value);
const struct strs *attrs_get(const struct attrs *attrs, struct str name);
struct str attrs_first(const struct attrs *attrs, struct str name);
MUST_CHECK int attrs_set(struct attrs *attrs, struct arena *a, struct str name, struct strs values);

enum field_kind { FIELD_STR, FIELD_BOOL, FIELD_I64, FIELD_STRS, FIELD_MAP, FIELD_ATTRS };

struct field {
    const char *json; /* member name in JSON */
    size_t offset;    /* in the struct */
    enum field_kind kind;
    int64_t number;   /* default of BOOL and I64 */
    const char *text; /* default of STR */
};

struct field_table {
    const struct field *fields;
    size_t count;
};

/* Writes the defaults of a table into a struct. */
void fields_default(const struct field_table *table, void *object);
/* Takes the members that the table knows and that are present; null means the default. Texts are
 * copied into the arena. A member of the wrong type is ERR_INVALID_REQUEST with its name in
 * ctx->field. Unknown members are ignored (the caller keeps or drops them). */
MUST_CHECK int fields_read(const struct field_table *table, void *object, struct arena *a,
                           const struct json_value *json, struct err_ctx *ctx);
/* The same for a change: null leaves a member alone, as if it were not there (Admin REST clients send
 * null for what they do not set). */
MUST_CHECK int fields_merge(const struct field_table *table, void *object, struct arena *a,
                            const struct json_value *json, struct err_ctx *ctx);
/* Writes all members as members of the object that is open in w; empty texts, lists and maps are
 * left out. */
void fields_write(const struct field_table *table, const void *object, struct json_writer *w);
/* NULL when the table has no such member. */
const struct field *fields_find(const struct field_table *table, struct str json_name);

#endif
