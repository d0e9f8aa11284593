/* Forms of names, for rows that are written and for those that were there before. */
#include "store/sql/name_forms.h"

#include "core/codec/unicode.h"
#include "core/model/name.h"
#include "core/model/name_search.h"
#include "core/model/user.h"

#include "core/base/banned.h"

#define SCRATCH_BYTES ((size_t)1 << 20)
#define NAMES_MAX     4 /* of a person, in a search */

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

/* A text that is no UTF-8, which only an older version can have stored, is found as it stands. */
int name_fold(struct arena *a, struct str name, struct str *ret_fold)
{
    *ret_fold = str_of(NULL, 0);
    if (str_empty(name) || name.len > NAME_FOLD_MAX_BYTES)
        return 0;
    int rc = unicode_fold(a, name, ret_fold);
    if (rc == ERR_INVALID_UTF8)
        *ret_fold = name;
    return rc == ERR_INVALID_UTF8 ? 0 : rc;
}

static struct str text_of(sqlite3_value *value)
{
    const unsigned char *text = sqlite3_value_text(value);
    return str_of((const char *)text, text ? (size_t)sqlite3_value_bytes(value) : 0);
}

static void answer_text(sqlite3_context *context, struct str text)
{
    if (!str_absent(text))
        sqlite3_result_text64(context, text.ptr, text.len, SQLITE_TRANSIENT, SQLITE_UTF8);
}

static void answer(sqlite3_context *context, sqlite3_value *value, bool skeleton)
{
    CLEANUP(arena_free) struct arena a;
    struct str key, like;
    arena_init(&a, SCRATCH_BYTES);
    if (name_forms_of(&a, text_of(value), &key, &like) != 0) {
        sqlite3_result_error(context, "this name has no forms", -1);
        return;
    }
    answer_text(context, skeleton ? like : key);
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

static void answer_fold(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    CLEANUP(arena_free) struct arena a;
    struct str fold;
    (void)argc;
    arena_init(&a, SCRATCH_BYTES);
    if (name_fold(&a, text_of(argv[0]), &fold) != 0)
        sqlite3_result_error_nomem(context);
    else
        answer_text(context, fold);
}

static void answer_finds(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    struct name_search search;
    struct str names[NAMES_MAX];
    size_t count = 0;
    if (argc < 1 || name_search_split(text_of(argv[0]), &search) != 0) {
        sqlite3_result_error(context, "this search is too long", -1);
        return;
    }
    for (int i = 1; i < argc && count < NAMES_MAX; i++)
        names[count++] = text_of(argv[i]);
    sqlite3_result_int(context, name_search_finds(&search, names, count));
}

int name_finds_register(struct conn *conn)
{
    const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC;
    return conn_err(conn, sqlite3_create_function(conn->db, "name_finds", 1 + NAMES_MAX, flags,
                                                  NULL, answer_finds, NULL, NULL));
}

int name_forms_register(struct conn *conn)
{
    const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC;
    int rc = sqlite3_create_function(conn->db, "name_key", 1, flags, NULL, answer_key, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_create_function(conn->db, "name_skeleton", 1, flags, NULL, answer_skeleton,
                                     NULL, NULL);
    if (rc == SQLITE_OK)
        rc =
            sqlite3_create_function(conn->db, "name_fold", 1, flags, NULL, answer_fold, NULL, NULL);
    return rc == SQLITE_OK ? 0 : conn_err(conn, rc);
}
