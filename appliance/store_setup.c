/* Opening the store, and making an empty data folder ready. */
#include "appliance/store_setup.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "appliance/command/commands.h"
#include "core/admin/bootstrap.h"
#include "core/admin/realms.h"
#include "core/admin/setup.h"
#include "store/repl/node.h"

#include "core/base/banned.h"

/* "256MiB", "2GiB", "5%", "0". */
static int parse_reserve(struct str text, struct store_config *store, struct err_ctx *err)
{
    static const struct {
        const char *unit;
        int64_t bytes; /* 0: percent */
    } units[] = {{"MiB", 1 << 20}, {"GiB", 1 << 30}, {"%", 0}};
    int64_t number;
    if (str_eq(text, STR("0")))
        return 0;
    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        struct str unit = str_c(units[i].unit);
        bool percent = units[i].bytes == 0;
        if (!str_ends(text, unit) ||
            str_to_i64(str_sub(text, 0, text.len - unit.len), &number) != 0 || number < 1 ||
            number > (percent ? 50 : 1 << 20))
            continue;
        store->reserve_percent = percent ? number : 0;
        store->reserve_bytes = number * units[i].bytes;
        return 0;
    }
    return err_set(err, ERR_CONFIG, "disk-reserve: must look like 256MiB, 2GiB, 5%% or 0");
}

static int open_store(const struct config *config, bool serving, const struct repl_sink *sink,
                      struct store **ret_store, struct err_ctx *err)
{
    struct store_config store = {
        .data_dir = config->data,
        .master_key_path = config->master_key_file[0] ? config->master_key_file : NULL,
        .backup_dir = config->backup_dir[0] ? config->backup_dir : NULL,
        .max_open_realms = (size_t)config->open_realms,
        .readers_per_realm = (size_t)config->readers_per_realm,
        .max_views = (size_t)config->cached_realms,
        .checkpoint_pages = config->checkpoint_pages,
        .cache_memory_bytes = config->cache_memory_bytes ? config->cache_memory_bytes : -1,
        .sink = sink,
        .cache_disk_bytes = serving ? config->cache_disk_bytes : 0,
        .ctx = err,
    };
    err->detail[0] = '\0';
    TRY(parse_reserve(str_c(config->disk_reserve), &store, err));
    int rc = store_open(&store, ret_store);
    if (rc == 0)
        lease_set_length(node_lease(store_node(*ret_store)), config->failover_lease_ms);
    if (rc == 0 || strstr(err->detail, config->data))
        return rc;
    struct err_ctx inner = *err;
    return err_set(err, rc, "%.128s: %.100s", config->data,
                   inner.detail[0] ? inner.detail : err_text(rc));
}

int store_open_configured(const struct config *config, struct store **ret_store,
                          struct err_ctx *err)
{
    return open_store(config, false, NULL, ret_store, err);
}

int store_open_serving(const struct config *config, const struct repl_sink *sink,
                       struct store **ret_store, struct err_ctx *err)
{
    return open_store(config, true, sink, ret_store, err);
}

void program_actor(struct event_actor *ret_actor)
{
    *ret_actor = (struct event_actor){.client_id = STR("garita-cli")};
}

static int make_master(const struct auth_ctx *ctx, struct store *store)
{
    struct realm realm;
    TRY(bootstrap_settings(ctx->arena, STR(REALM_MASTER), &realm));
    realm.display_name = STR("Garita");
    return admin_realm_create(ctx, store, &realm);
}

/* Pairs of names that Keycloak users have in their files today; ours come first. */
static const char *const admin_variables[][2] = {
    {"GARITA_BOOTSTRAP_ADMIN_USERNAME", "GARITA_BOOTSTRAP_ADMIN_PASSWORD"},
    {"KC_BOOTSTRAP_ADMIN_USERNAME", "KC_BOOTSTRAP_ADMIN_PASSWORD"},
    {"KEYCLOAK_ADMIN", "KEYCLOAK_ADMIN_PASSWORD"},
};

static const char *variable(char *const *environment, const char *name)
{
    size_t len = strlen(name);
    for (; environment && *environment; environment++)
        if (strncmp(*environment, name, len) == 0 && (*environment)[len] == '=')
            return *environment + len + 1;
    return NULL;
}

/* Set-up that is over is no error here: the variables stay in unit files for ever (RE-04). */
static int admin_from_environment(const struct auth_ctx *ctx, char *const *environment)
{
    struct user user;
    bool open;
    for (size_t i = 0; i < ARRAY_LEN(admin_variables); i++) {
        const char *name = variable(environment, admin_variables[i][0]);
        const char *password = variable(environment, admin_variables[i][1]);
        if (!name && !password)
            continue;
        TRY(setup_is_open(ctx, &open));
        if (!open)
            return 0;
        if (!password || !*password)
            return err_set(ctx->err, ERR_CONFIG, "%s is needed too", admin_variables[i][1]);
        return setup_from_environment(ctx, name && *name ? str_c(name) : STR("admin"),
                                      str_c(password), &user);
    }
    return 0;
}

int folder_prepare(struct store *store, struct arena *a, char *const *environment, bool *ret_made,
                   struct err_ctx *err)
{
    CLEANUP(realm_view_release_p) struct realm_view *view = NULL;
    const struct now now = clock_now();
    struct auth_ctx ctx = {
        .arena = a, .now = &now, .err = err, .issuer = STR(""), .base_url = STR("")};
    program_actor(&ctx.actor);
    int rc = realm_view_acquire(store, STR(REALM_MASTER), &view);
    bool made = rc == ERR_NOT_FOUND;
    if (made) {
        TRY(make_master(&ctx, store));
        rc = realm_view_acquire(store, STR(REALM_MASTER), &view);
    }
    TRY(rc);
    ctx.view = view;
    TRY(admin_from_environment(&ctx, environment));
    if (ret_made)
        *ret_made = made;
    return 0;
}
