/* Forms of names, for rows that are written and for those that were there before. */
#include "store/sql/name_forms.h"

#include "core/model/name.h"
#include "core/model/user.h"

#include "core/base/banned.h"

#define SCRATCH_BYTES ((size_t)1 << 20)

static struct str unless_same(struct str form, struct str name)
{
    return str_eq(form, name) ? str_of(NULL, 0) : form;
}

int name_forms_of(struct arena *a, struct str name, struct str *ret_key, struct str *ret_skeleton)
{
    struct str key, skeleton;
    int rc = username_canonical(a, name, &key, NULL);
    if (rc == ERR_NO_MEMORY)
        return rc;
    *ret_key = rc == 0 ? unless_same(key, name) : str_of(NULL, 0);
    TRY(name_skeleton(a, name, &skeleton));
    *ret_skeleton = unless_same(skeleton, name);
    return 0;
}

static void answer(sqlite3_context *context, sqlite3_value *value, bool skeleton)
{
    CLEANUP(arena_free) struct arena a;
    struct str key, like;
    struct str name =
        str_of((const char *)sqlite3_value_text(value), (size_t)sqlite3_value_bytes(value));
    arena_init(&a, SCRATCH_BYTES);
    if (name_forms_of(&a, name, &key, &like) != 0) {
        sqlite3_result_error(context, "this name has no forms", -1);
        return;
    }
    struct str form = skeleton ? like : key;
    if (!str_absent(form))
        sqlite3_result_text64(context, form.ptr, form.len, SQLITE_TRANSIENT, SQLITE_UTF8);
}

static void answer_key(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    (void)argc;
    answer(context, argv[0], false);
}

static void answer_skeleton(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    (void)argc;
    answer(context, argv[0], true);
}

int name_forms_register(struct conn *conn)
{
    const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC;
    int rc = sqlite3_create_function(conn->db, "name_key", 1, flags, NULL, answer_key, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_create_function(conn->db, "name_skeleton", 1, flags, NULL, answer_skeleton,
                                     NULL, NULL);
    return rc == SQLITE_OK ? 0 : conn_err(conn, rc);
}
