/* Forward-only migrations, embedded in the program as numbered SQL files. */
#include "store/migrate.h"

#include "core/base/asset.h"
#include "core/base/log.h"
#include "store/sql/name_forms.h"

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
        err = conn_exec(conn, "COMMIT");
    if (err != 0) {
        LOG_ERROR("store", "migration %s failed: %s", asset->path, err_text(err));
        if (!sqlite3_get_autocommit(conn->db))
            (void)sqlite3_exec(conn->db, "ROLLBACK", NULL, NULL, NULL);
    }
    return err;
}

/* Assets are sorted by path, so the numbers rise. */
static int migrate_part(struct conn *conn, const char *prefix, const char *pragma)
{
    int64_t version;
    int64_t newest = 0;
    size_t count;
    const struct asset *assets = asset_all(&count);
    TRY(read_version(conn, pragma, &version));
    for (size_t i = 0; i < count; i++) {
        int64_t number = number_of(&assets[i], prefix);
        if (number > newest)
            newest = number;
        if (number > version)
            TRY(apply(conn, &assets[i]));
    }
    if (version > newest)
        return ERR_STORE_VERSION;
    return 0;
}

int migrate(struct conn *conn, bool master)
{
    TRY(name_forms_register(conn));
    TRY(migrate_part(conn, REALM_PREFIX, "PRAGMA user_version"));
    return master ? migrate_part(conn, MASTER_PREFIX, "PRAGMA application_id") : 0;
}
