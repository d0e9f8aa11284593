/* People. What is looked up or listed has columns; attributes and required actions are a document.
 */
#include "core/port/tally.h"
#include "core/port/users.h"

#include "core/base/rng.h"
#include "core/codec/unicode.h"
#include "core/model/name.h"
#include "store/sql/doc.h"
#include "store/sql/name_forms.h"
#include "store/sql/rows.h"
#include "store/sql/user_row.h"

#include "core/base/banned.h"

/* Members of user.def that are columns. */
static const char *const column_members[] = {
    "username",  "email", "emailVerified", "firstName", "lastName", "enabled", "createdTimestamp",
    "notBefore", NULL,
};

int user_row_read(struct query *q, struct arena *a, void *ret_user)
{
    struct user u = {0};
    fields_default(&user_fields, &u);
    u.pk = query_col_i64(q, 0);
    u.id = query_col_id(q, 1, a);
    u.username = query_col_str(q, 2, a);
    struct str email = query_col_str(q, 3, a);
    u.email_verified = query_col_i64(q, 4) != 0;
    struct str first_name = query_col_str(q, 5, a);
    struct str last_name = query_col_str(q, 6, a);
    u.enabled = query_col_i64(q, 7) != 0;
    u.created_ms = query_col_i64(q, 8);
    u.not_before_s = query_col_i64(q, 9);
    u.service_account_client_id = query_col_id(q, 10, a);
    /* Empty texts are stored as NULL; the model has them empty. */
    u.email = str_absent(email) ? STR("") : email;
    u.first_name = str_absent(first_name) ? STR("") : first_name;
    u.last_name = str_absent(last_name) ? STR("") : last_name;
    TRY(q->err);
    TRY(doc_read(&user_fields, &u, a, query_col_view(q, 11)));
    *(struct user *)ret_user = u;
    return 0;
}

static int find_one(struct query *q, struct arena *a, struct user *ret_user)
{
    TRY(query_one(q));
    return user_row_read(q, a, ret_user);
}

int user_find_by_id(struct store_read *r, struct arena *a, struct str id, struct user *ret_user)
{
    static const struct sql select = {"SELECT " USER_COLUMNS " FROM user WHERE id = ?"};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_id(&q, id);
    return find_one(&q, a, ret_user);
}

int user_find_by_pk(struct store_read *r, struct arena *a, int64_t pk, struct user *ret_user)
{
    static const struct sql select = {"SELECT " USER_COLUMNS " FROM user WHERE pk = ?"};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_i64(&q, pk);
    return find_one(&q, a, ret_user);
}

static int find_by_text(struct store_read *r, const struct sql *sql, struct arena *a,
                        struct str text, struct user *ret_user)
{
    QUERY(q);
    TRY(query_open(r->conn, sql, &q));
    query_str(&q, text);
    return find_one(&q, a, ret_user);
}

int user_find_by_username(struct store_read *r, struct arena *a, struct str username,
                          struct user *ret_user)
{
    static const struct sql by_name = {"SELECT " USER_COLUMNS " FROM user WHERE username = ?"};
    static const struct sql by_key = {"SELECT " USER_COLUMNS
                                      " FROM user WHERE name_key = ? ORDER BY pk LIMIT 1"};
    int rc = find_by_text(r, &by_name, a, username, ret_user);
    return rc == ERR_NOT_FOUND ? find_by_text(r, &by_key, a, username, ret_user) : rc;
}

/* With duplicates allowed, who was there first. */
int user_find_by_email(struct store_read *r, struct arena *a, struct str email,
                       struct user *ret_user)
{
    static const struct sql select = {"SELECT " USER_COLUMNS
                                      " FROM user WHERE email = ? ORDER BY pk LIMIT 1"};
    return str_empty(email) ? ERR_NOT_FOUND : find_by_text(r, &select, a, email, ret_user);
}

int user_find_look_alike(struct store_read *r, struct arena *a, const struct user *user,
                         struct str *ret_username)
{
    /* More bytes than characters: the name goes beyond ASCII. */
    static const struct sql select = {
        "SELECT username FROM ("
        "SELECT pk, username FROM user WHERE skeleton = ?1"
        " UNION ALL SELECT pk, username FROM user WHERE username = ?1 AND skeleton IS NULL"
        ") WHERE pk <> ?2 AND (?3 OR length(username) < length(CAST(username AS BLOB)))"
        " ORDER BY pk LIMIT 1"};
    struct str skeleton;
    TRY(name_skeleton(a, user->username, &skeleton));
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_str(&q, skeleton);
    query_i64(&q, user->pk);
    query_i64(&q, !unicode_is_ascii(user->username));
    TRY(query_one(&q));
    *ret_username = query_col_str(&q, 0, a);
    return q.err;
}

int user_list_all(struct store_read *r, struct arena *a, int64_t after_pk, size_t limit,
                  struct user **ret_items, size_t *ret_count)
{
    static const struct sql select = {"SELECT " USER_COLUMNS
                                      " FROM user WHERE pk > ? ORDER BY pk LIMIT ?"};
    struct rows rows = ROWS_OF(struct user);
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_i64(&q, after_pk);
    query_i64(&q, rows_at_most(limit));
    TRY(rows_read(&rows, &q, a, user_row_read));
    *ret_items = rows.items;
    *ret_count = rows.count;
    return 0;
}

int user_count(struct store_read *r, int64_t *ret_count)
{
    return tally_read(r, TALLY_USER, ret_count);
}

/* --- Writing --- */

static int is_there(struct store_write *w, const struct sql *sql, struct str text, int64_t pk,
                    bool *ret_there)
{
    QUERY(q);
    TRY(query_open(write_conn(w), sql, &q));
    query_str(&q, text);
    query_i64(&q, pk);
    return query_next(&q, ret_there);
}

/* A user name may not equal another's e-mail and the other way round (RE-02). E-mails are unique
 * unless the realm says otherwise. */
static int check_names(struct store_write *w, const struct user *u)
{
    static const struct sql by_email = {"SELECT 1 FROM user WHERE email = ? AND pk <> ?"};
    static const struct sql by_username = {"SELECT 1 FROM user WHERE username = ? AND pk <> ?"};
    /* The names of both were there before; only who takes the name anew is in the way. */
    static const struct sql by_key = {
        "SELECT 1 FROM user WHERE name_key = ?1 AND pk <> ?2"
        " AND NOT EXISTS (SELECT 1 FROM user WHERE pk = ?2 AND username = ?1)"};
    bool taken;
    TRY(is_there(w, &by_email, u->username, u->pk, &taken));
    if (!taken)
        TRY(is_there(w, &by_key, u->username, u->pk, &taken));
    if (taken)
        return ERR_CONFLICT;
    if (str_empty(u->email))
        return 0;
    TRY(is_there(w, &by_username, u->email, u->pk, &taken));
    if (!taken && !realm_view_realm(w->reader.view)->duplicate_emails_allowed)
        TRY(is_there(w, &by_email, u->email, u->pk, &taken));
    return taken ? ERR_CONFLICT : 0;
}

static struct str or_null(struct str text)
{
    return str_empty(text) ? str_of(NULL, 0) : text;
}

static int bind_row(struct store_write *w, struct query *q, const struct user *u)
{
    struct str doc, key, skeleton, first_fold, last_fold;
    TRY(doc_write(&user_fields, column_members, u, &w->arena, &doc));
    TRY(name_fold(&w->arena, u->first_name, &first_fold));
    TRY(name_fold(&w->arena, u->last_name, &last_fold));
    TRY(name_forms_of(&w->arena, u->username, &key, &skeleton));
    query_str(q, u->username);
    query_str(q, or_null(u->email));
    query_i64(q, u->email_verified);
    query_str(q, or_null(u->first_name));
    query_str(q, or_null(u->last_name));
    query_i64(q, u->enabled);
    query_i64(q, u->created_ms);
    query_i64(q, u->not_before_s);
    query_id(q, or_null(u->service_account_client_id));
    query_str(q, str_eq(doc, STR("{}")) ? str_of(NULL, 0) : doc);
    query_str(q, key);
    query_str(q, skeleton);
    query_str(q, first_fold);
    query_str(q, last_fold);
    return 0;
}

int user_insert(struct store_write *w, struct user *user)
{
    static const struct sql insert = {
        "INSERT INTO user (username, email, email_verified, first_name, last_name, enabled,"
        " created_ms, not_before_s, service_account_client_id, doc, name_key, skeleton, first_fold,"
        " last_fold, id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
    user->pk = 0;
    TRY(check_names(w, user));
    QUERY(q);
    TRY(query_open(write_conn(w), &insert, &q));
    TRY(bind_row(w, &q, user));
    query_id(&q, user->id);
    TRY(query_run(&q));
    user->pk = sqlite3_last_insert_rowid(write_conn(w)->db);
    return 0;
}

int user_update(struct store_write *w, const struct user *user)
{
    static const struct sql update = {
        "UPDATE user SET username = ?, email = ?, email_verified = ?, first_name = ?,"
        " last_name = ?, enabled = ?, created_ms = ?, not_before_s = ?,"
        " service_account_client_id = ?, doc = ?, name_key = ?, skeleton = ?, first_fold = ?,"
        " last_fold = ? WHERE pk = ?"};
    TRY(check_names(w, user));
    QUERY(q);
    TRY(query_open(write_conn(w), &update, &q));
    TRY(bind_row(w, &q, user));
    query_i64(&q, user->pk);
    return query_run_one(&q);
}

int user_end_logins(struct store_write *w, int64_t user_pk, int64_t not_before_s)
{
    static const struct sql update = {
        "UPDATE user SET not_before_s = max(not_before_s, ?) WHERE pk = ?"};
    QUERY(q);
    TRY(query_open(write_conn(w), &update, &q));
    query_i64(&q, not_before_s);
    query_i64(&q, user_pk);
    return query_run_one(&q);
}

int user_delete(struct store_write *w, int64_t user_pk)
{
    static const struct sql delete_row = {"DELETE FROM user WHERE pk = ?"};
    QUERY(q);
    TRY(query_open(write_conn(w), &delete_row, &q));
    query_i64(&q, user_pk);
    return query_run_one(&q);
}
