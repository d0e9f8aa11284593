/* Forward-only migrations, embedded in the program as numbered SQL files. */
#include "store/migrate.h"

#include "core/base/asset.h"
#include "core/base/log.h"
#include "store/log_state.h"
#include "store/sql/name_forms.h"
#include "store/sql/page.h"
#include "store/sql/position.h"

#include "core/base/banned.h"

#define REALM_PREFIX  "store/migrations/"
#define MASTER_PREFIX "store/migrations/master/"
#define NUMBER_DIGITS 4

static int64_t number_of(const struct asset *asset, const char *prefix)
{
    struct str path = str_c(asset->path);
    struct str name = str_from(path, strlen(prefix));
    int64_t number;
    if (!str_starts(path, str_c(prefix)) || str_find(name, '/') >= 0)
        return 0;
    return str_to_i64(str_sub(name, 0, NUMBER_DIGITS), &number) == 0 ? number : 0;
}

static int read_version(struct conn *conn, const char *pragma, int64_t *ret_version)
{
    sqlite3_stmt *stmt;
    int rc = sqlite3_prepare_v2(conn->db, pragma, -1, &stmt, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW)
        *ret_version = sqlite3_column_int64(stmt, 0);
    (void)sqlite3_finalize(stmt);
    if (rc == SQLITE_ROW)
        return 0;
    int err = conn_err(conn, rc);
    return err ? err : ERR_STORE_FAILED;
}

static int apply(struct conn *conn, const struct asset *asset)
{
    int err = conn_exec(conn, "BEGIN IMMEDIATE");
    if (err == 0)
        err = conn_exec(conn, (const char *)asset->data);
    if (err == 0)
        err = position_forget_if_any(conn); /* who follows the database takes it anew */
    if (err == 0)
        err = conn_exec(conn, "COMMIT");
    if (err != 0) {
        LOG_ERROR("store", "migration %s failed: %s", asset->path, err_text(err));
        if (!sqlite3_get_autocommit(conn->db))
            (void)sqlite3_exec(conn->db, "ROLLBACK", NULL, NULL, NULL);
    }
    return err;
}

/* Assets are sorted by path, so the numbers rise. */
static int64_t newest_of(const char *prefix)
{
    int64_t newest = 0;
    size_t count;
    const struct asset *assets = asset_all(&count);
    for (size_t i = 0; i < count; i++) {
        int64_t number = number_of(&assets[i], prefix);
        if (number > newest)
            newest = number;
    }
    return newest;
}

static int migrate_part(struct conn *conn, const char *prefix, int64_t version)
{
    size_t count;
    const struct asset *assets = asset_all(&count);
    for (size_t i = 0; i < count; i++)
        if (number_of(&assets[i], prefix) > version)
            TRY(apply(conn, &assets[i]));
    return 0;
}

/* A database is empty, or has a version and the tables that every version has. */
static int check_ours(struct conn *conn, int64_t version, struct err_ctx *ctx)
{
    int64_t tables, known;
    TRY(page_tables(conn, &tables, &known));
    if (version == 0 ? tables == 0 : known == PAGE_KNOWN_TABLES)
        return 0;
    (void)conn_err(conn, SQLITE_NOTADB);
    return err_set(ctx, ERR_STORE_CORRUPT,
                   "it is a database of another program: move it away, or restore the realm from "
                   "a backup");
}

/* The database of a realm in the place of master's: it has content and no list of realms. */
static int check_master(struct conn *conn, int64_t version, int64_t list_version,
                        struct err_ctx *ctx)
{
    int64_t realms = 0;
    if (version > 0 && list_version == 0)
        TRY(page_realms(conn, &realms));
    if (realms == 0)
        return 0;
    return err_set(
        ctx, ERR_STORE_CORRUPT,
        "its file holds another realm: put its own file there, or restore it from a backup");
}

static int check_version(int64_t version, const char *prefix, struct err_ctx *ctx)
{
    int64_t newest = newest_of(prefix);
    if (version <= newest)
        return 0;
    return err_set(
        ctx, ERR_STORE_VERSION,
        "its version is %lld and this program knows %lld: start the newer program again, "
        "or restore a backup of before the upgrade",
        (long long)version, (long long)newest);
}

/* https://sqlite.org/fileformat2.html#the_database_header */
#define USER_VERSION_AT   60
#define APPLICATION_ID_AT 68

static int64_t get_u32(const unsigned char *p)
{
    return (int64_t)p[0] << 24 | (int64_t)p[1] << 16 | (int64_t)p[2] << 8 | p[3];
}

int migrate_compare(const unsigned char *first_page, bool master)
{
    int64_t version = get_u32(first_page + USER_VERSION_AT);
    int64_t list_version = get_u32(first_page + APPLICATION_ID_AT);
    if (version == 0)
        return ERR_STORE_BUSY;
    bool same =
        version == newest_of(REALM_PREFIX) && (!master || list_version == newest_of(MASTER_PREFIX));
    return same ? 0 : ERR_STORE_VERSION;
}

int migrate(struct conn *conn, bool master)
{
    return migrate_told(conn, master, NULL);
}

int migrate_told(struct conn *conn, bool master, struct err_ctx *ctx)
{
    int64_t version, list_version;
    TRY(read_version(conn, "PRAGMA user_version", &version));
    TRY(read_version(conn, "PRAGMA application_id", &list_version));
    TRY(check_ours(conn, version, ctx));
    TRY(check_version(version, REALM_PREFIX, ctx));
    if (master) {
        TRY(check_master(conn, version, list_version, ctx));
        TRY(check_version(list_version, MASTER_PREFIX, ctx));
    }
    TRY(name_forms_register(conn));
    if (version < newest_of(REALM_PREFIX) || (master && list_version < newest_of(MASTER_PREFIX)))
        TRY(log_state_forget(conn));
    TRY(migrate_part(conn, REALM_PREFIX, version));
    return master ? migrate_part(conn, MASTER_PREFIX, list_version) : 0;
}
