/* What a connection may do once it runs: nothing but reading known tables and, for writers, changing
 * their rows. SQLite asks when a statement is prepared. The audit trail can be appended to and
 * nothing else (AU-03); schema, settings and other files are out of reach. */
#include "store/conn.h"

#include "core/base/banned.h"

static const char *const tables[] = {
    "realm",
    "user",
    "credential",
    "login_failure",
    "consent",
    "role",
    "role_composite",
    "user_role",
    "grp",
    "group_role",
    "user_group",
    "client",
    "scope",
    "mapper",
    "client_scope",
    "client_role",
    "scope_role",
    "signing_key",
    "session",
    "client_session",
    "auth_code",
    "refresh_family",
    "pushed_request",
    "device_code",
    "action_token",
    "once",
    "event",
    "event_text",
    "event_head",
    "event_segment",
    "person_key",
    "realm_list",
    "store_info",
    "store_clock",
    "user_attribute",
    "event_step",
    "document",
    "federated_identity",
    "issuer",
    "record",
    "organization_member",
    "repl_pos",
    "tally",
    "rs_object",
    "rs_link",
    "rs_word",
};

/* SQLite's reading of JSON as rows, by which the triggers of user keep user_attribute. */
static const char *const readable[] = {"json_each", "sqlite_sequence"};

static const char *const functions[] = {
    "count",  "max",   "min",          "lower",      "coalesce", "changes",
    "length", "instr", "json_extract", "name_finds", "substr",
};

static bool listed(const char *const *list, size_t count, const char *name)
{
    for (size_t i = 0; name && i < count; i++)
        if (str_eq(str_c(list[i]), str_c(name)))
            return true;
    return false;
}

static bool known_table(const char *name)
{
    return listed(tables, ARRAY_LEN(tables), name);
}

/* The audit trail is appended to. Events and heads leave when they are archived, and then nothing but
 * that is being done; rows of archives and of persons' keys change and stay (the triggers of the
 * schema say how). */
static bool may_change(const struct conn *conn, int action, const char *table)
{
    static const char *const archived[] = {"event", "event_head"};
    static const char *const kept[] = {"event_segment", "person_key"};
    if (listed(archived, ARRAY_LEN(archived), table))
        return conn->archives && action == SQLITE_DELETE;
    if (listed(kept, ARRAY_LEN(kept), table))
        return action == SQLITE_UPDATE;
    return !(table && str_eq_c(str_c(table), "event_text"));
}

static bool may_write(const struct conn *conn, int action, const char *table)
{
    if (conn->role != CONN_WRITER)
        return false;
    /* SQLite keeps the highest keys of AUTOINCREMENT tables there by itself. */
    if (!known_table(table))
        return action != SQLITE_DELETE && table && str_eq_c(str_c(table), "sqlite_sequence");
    return action == SQLITE_INSERT || may_change(conn, action, table);
}

int conn_authorize(void *arg, int action, const char *a, const char *b, const char *c,
                   const char *d)
{
    const struct conn *conn = arg;
    (void)c;
    (void)d;
    bool allowed = false;
    if (!conn->guarded)
        return SQLITE_OK;
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_RECURSIVE:
    case SQLITE_TRANSACTION:
    case SQLITE_SAVEPOINT: allowed = true; break;
    case SQLITE_READ: allowed = known_table(a) || listed(readable, ARRAY_LEN(readable), a); break;
    case SQLITE_FUNCTION: allowed = listed(functions, ARRAY_LEN(functions), b); break;
    case SQLITE_INSERT:
    case SQLITE_UPDATE:
    case SQLITE_DELETE: allowed = may_write(conn, action, a); break;
    default: break;
    }
    return allowed ? SQLITE_OK : SQLITE_DENY;
}
