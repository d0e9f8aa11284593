/* Puts the server together: hashing places, store, first realm, web, socket, jobs. */
#include "appliance/app.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "appliance/archiving.h"
#include "appliance/backup_copies.h"
#include "appliance/backups.h"
#include "appliance/checks.h"
#include "appliance/command/commands.h"
#include "appliance/command/realm_import.h"
#include "appliance/exports.h"
#include "appliance/fetch_settings.h"
#include "appliance/given_tls.h"
#include "appliance/invitation.h"
#include "appliance/ipc.h"
#include "appliance/jobs.h"
#include "appliance/promotion.h"
#include "appliance/replication.h"
#include "appliance/sampler.h"
#include "appliance/status.h"
#include "appliance/store_setup.h"
#include "core/admin/setup.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "web/oidc/cors.h"
#include "web/operations/figures.h"
#include "web/operations/log_tail.h"
#include "web/web.h"

#include "core/base/banned.h"

#define APP_ARENA_BYTES ((size_t)64 << 20)
#define FOLDER_WAIT_MS  60000
#define LOOK_MS         10

struct app {
    struct arena arena; /* texts of the web's configuration */
    const struct config *config;
    struct store *store;
    struct web_config web_config;
    struct web_services services;
    struct web *web;
    struct ipc_server *ipc;
    struct jobs *jobs;
    struct checks *checks;
    struct backups *backups;
    struct backup_copies *copies;
    struct exports *exports;
    struct replication *replication;
    struct archiving *archiving;
    struct sampler *sampler;
    pthread_mutex_t parts_lock; /* held by who asks the parts for their state */
    bool is_whole;              /* under it: all parts are there, and stay while it is held */
    int64_t started_ms;
    struct str url;
};

static enum log_level level_of(const char *name)
{
    enum log_level level = LOG_LEVEL_INFO;
    (void)log_level_find(str_c(name), &level);
    return level;
}

void app_log_setup(const struct config *config)
{
    bool human = strcmp(config->log_format, "human") == 0 ||
                 (strcmp(config->log_format, "auto") == 0 && isatty(STDERR_FILENO));
    log_setup(level_of(config->log_level), STDERR_FILENO, human);
}

static const char *or_null(const char *text)
{
    return text[0] ? text : NULL;
}

static void set_limits(const struct config *c, struct web_limits *l)
{
    l->connections = (size_t)c->max_connections;
    l->connections_per_address = (size_t)c->max_connections_per_address;
    l->workers = (size_t)c->workers;
    l->header_bytes = (size_t)c->max_header_bytes;
    l->uri_bytes = (size_t)c->max_uri_bytes;
    l->body_bytes = (size_t)c->max_body_bytes;
    l->parked_bytes = (size_t)c->max_parked_bytes;
    l->handshake_ms = c->handshake_timeout_s * 1000;
    l->header_ms = c->header_timeout_s * 1000;
    l->body_rate_bytes = c->min_rate_bytes;
    l->keep_alive_ms = c->keep_alive_s * 1000;
    l->stop_ms = c->stop_timeout_s * 1000;
}

static void set_grpc(const struct config *c, bool https, struct web_grpc_config *g)
{
    g->address = or_null(c->grpc_address);
    g->port = (uint16_t)c->grpc_port;
    g->plaintext = c->grpc_plaintext || (c->dev && !https);
    g->threads = (size_t)c->grpc_threads;
    g->connections = (size_t)c->grpc_max_connections;
    g->streams = (size_t)c->grpc_max_streams;
    g->message_bytes = (size_t)c->grpc_max_message_bytes;
    g->idle_ms = c->grpc_idle_timeout_s * 1000;
}

static void set_rates(const struct config *c, struct web_rate *rates)
{
    rates[RATE_LOGIN] = (struct web_rate){c->rate_login_per_minute, c->rate_login_burst};
    rates[RATE_TOKEN] = (struct web_rate){c->rate_token_per_minute, c->rate_token_burst};
    rates[RATE_READ] = (struct web_rate){c->rate_read_per_minute, c->rate_read_burst};
}

/* "host cert.pem key.pem" */
static int parse_sni(struct arena *a, struct str item, struct web_sni *ret_sni, struct err_ctx *err)
{
    const char **members[] = {&ret_sni->host, &ret_sni->cert_file, &ret_sni->key_file};
    struct str rest = item, word;
    size_t n = 0;
    while (str_next_word(&rest, &word)) {
        if (n == ARRAY_LEN(members))
            return err_set(err, ERR_CONFIG, "tls-sni: each item is \"host cert.pem key.pem\"");
        word = arena_str(a, word);
        if (str_absent(word))
            return ERR_NO_MEMORY;
        *members[n++] = word.ptr;
    }
    if (n != ARRAY_LEN(members))
        return err_set(err, ERR_CONFIG, "tls-sni: each item is \"host cert.pem key.pem\"");
    return 0;
}

/* Where the self-signed pair is made at the first start. */
static int make_tls_folder(const char *folder, struct err_ctx *err)
{
    if (mkdir(folder, S_IRWXU) == 0 || errno == EEXIST)
        return 0;
    return err_set(err, errno == ENOSPC ? ERR_STORE_FULL : ERR_IO, "cannot make %s: %s", folder,
                   strerror(errno));
}

static int read_given_tls(void *arg, struct arena *a, struct str *ret_text)
{
    const struct app *app = arg;
    return given_tls_read(app->store, app->config->data, a, ret_text);
}

static void forget_given_tls(void *arg)
{
    const struct app *app = arg;
    given_tls_forget(app->config->data);
}

static int set_tls(struct app *app, struct web_tls_config *tls, struct err_ctx *err)
{
    const struct config *c = app->config;
    struct web_sni *sni = ARENA_ARRAY(&app->arena, c->tls_sni.count + 1, struct web_sni);
    struct str folder = ARENA_CONCAT(&app->arena, str_c(c->data), STR("/tls"));
    if (!sni || str_absent(folder))
        return ERR_NO_MEMORY;
    const struct web_config *w = &app->web_config;
    bool wanted = w->https_port != 0 || (w->grpc.port != 0 && !w->grpc.plaintext);
    if (wanted && !c->tls_cert_file[0])
        TRY(make_tls_folder(folder.ptr, err));
    for (size_t i = 0; i < c->tls_sni.count; i++)
        TRY(parse_sni(&app->arena, c->tls_sni.items[i], &sni[i], err));
    *tls = (struct web_tls_config){
        .cert_file = or_null(c->tls_cert_file),
        .key_file = or_null(c->tls_key_file),
        .folder = folder.ptr,
        .given = read_given_tls,
        .forget_given = forget_given_tls,
        .given_arg = app,
        .sni = sni,
        .sni_count = c->tls_sni.count,
        .tls13_only = c->tls13_only,
        .client_certs = c->tls_client_certificates,
        .ticket_lifetime_s = c->tls_ticket_lifetime_s,
    };
    return 0;
}

static int join_list(struct arena *a, const struct strs *list, struct str *ret_text)
{
    struct buf b;
    buf_init(&b, a, (size_t)64 << 10);
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0)
            buf_add_byte(&b, ' ');
        buf_add(&b, list->items[i]);
    }
    return buf_finish(&b, ret_text);
}

static int set_web(struct app *app, struct err_ctx *err)
{
    const struct config *c = app->config;
    struct web_config *w = &app->web_config;
    web_config_defaults(w);
    /* In development HTTPS is there only for who asks for it. */
    bool https = !c->dev || c->origin[PARAM_https_port].source != CONFIG_DEFAULT;
    w->https_address = or_null(c->https_address);
    w->https_port = https ? (uint16_t)c->https_port : 0;
    w->http_address = or_null(c->http_address);
    w->http_port = (uint16_t)c->http_port;
    w->admin_address = or_null(c->admin_address);
    w->admin_port = (uint16_t)c->admin_port;
    w->management_address = or_null(c->management_address);
    w->management_port = (uint16_t)c->management_port;
    w->dev = c->dev;
    w->hostname = c->hostname[0] ? str_c(c->hostname) : str_of(NULL, 0);
    w->base_path = str_c(c->base_path);
    w->default_realm = str_c(c->default_realm);
    w->hsts_max_age_s = c->hsts_max_age_s;
    TRY(join_list(&app->arena, &c->trusted_proxies, &w->trusted_proxies));
    set_grpc(c, https, &w->grpc);
    TRY(set_tls(app, &w->tls, err));
    set_limits(c, &w->limits);
    set_rates(c, w->rates);
    return 0;
}

static enum web_health health(void *context, struct json_writer *checks)
{
    static const enum web_health states[] = {
        [STORE_WELL] = WEB_WELL, [STORE_DEGRADED] = WEB_DEGRADED, [STORE_DOWN] = WEB_DOWN};
    struct app *app = context;
    enum store_state state = store_report(app->store, checks);
    if (!replication_report(app->replication, checks) && state == STORE_WELL)
        state = STORE_DEGRADED;
    return states[state];
}

static void add_metrics(void *context, struct buf *out)
{
    struct app *app = context;
    store_metrics(app->store, out);
    replication_metrics(app->replication, out);
}

/* Store figures, at their places among the live ones. */
static void add_figures(void *context, int64_t *io_values)
{
    struct app *app = context;
    struct store_figures f;
    store_figures(app->store, &f);
    io_values[FIGURE_logins] += f.logins;
    io_values[FIGURE_loginFailures] += f.login_failures;
    io_values[FIGURE_cacheHits] += f.cache_hits;
    io_values[FIGURE_cacheAsked] += f.cache_asked;
    io_values[FIGURE_commits] += f.commits;
    io_values[FIGURE_flushes] += f.flushes;
    io_values[FIGURE_flushUs] += f.flush_us;
    io_values[FIGURE_diskFreeBytes] += f.free_bytes;
    io_values[FIGURE_openRealms] += f.open_realms;
    struct replication_lag lag;
    replication_lag(app->replication, &lag);
    io_values[FIGURE_lagMs] += lag.ms;
    io_values[FIGURE_lagBytes] += lag.bytes;
    io_values[FIGURE_lagCommits] += lag.commits;
}

/* While the server starts and stops, parts are missing. */
static int lock_parts(struct app *app)
{
    (void)pthread_mutex_lock(&app->parts_lock);
    if (app->is_whole)
        return 0;
    (void)pthread_mutex_unlock(&app->parts_lock);
    return ERR_OVERLOADED;
}

static int write_status(void *context, struct arena *a, struct json_writer *w)
{
    struct app *app = context;
    TRY(lock_parts(app));
    const struct status_parts parts = {health,      app,       app->config,
                                       app->store,  app->web,  app->backups,
                                       app->checks, app->jobs, app->started_ms};
    int rc = status_write(&parts, a, w);
    (void)pthread_mutex_unlock(&app->parts_lock);
    return rc;
}

static int try_backup(void *context, struct err_ctx *err)
{
    struct app *app = context;
    TRY(lock_parts(app));
    int rc = backups_try(app->backups, err);
    (void)pthread_mutex_unlock(&app->parts_lock);
    return rc;
}

static int make_backup(void *context, struct err_ctx *err)
{
    struct app *app = context;
    TRY(lock_parts(app));
    int rc = backups_make(app->backups, err);
    (void)pthread_mutex_unlock(&app->parts_lock);
    return rc;
}

/* Without the lock of the parts, as the node's change begins one: the store outlives the web. */
static int invite_standby(void *context, struct arena *a, int64_t expires_ms, struct str *ret_token,
                          struct err_ctx *err)
{
    struct app *app = context;
    if (app->config->replication_port == 0)
        return err_set(err, ERR_CONFLICT,
                       "No standby is awaited: replication-port is 0 in the configuration");
    return invitation_make(app->store, a, expires_ms, ret_token, err);
}

/* Without the lock of the parts, as it may take a while: the store is there until the web has ended. */
static int promote(void *context, struct arena *a, const struct web_promotion *wish,
                   uint64_t *ret_epoch, struct err_ctx *err)
{
    struct app *app = context;
    struct node_word word = {.why = ""};
    if (wish->user_id.len >= sizeof(word.user) || wish->username.len >= sizeof(word.name) ||
        wish->why.len >= sizeof(word.why))
        return ERR_INVALID_REQUEST;
    memcpy(word.user, wish->user_id.ptr, wish->user_id.len);
    memcpy(word.name, wish->username.ptr, wish->username.len);
    memcpy(word.why, wish->why.ptr, wish->why.len);
    const struct promotion p = {.store = app->store,
                                .arena = a,
                                .is_sure = true,
                                .names_epoch = true,
                                .epoch = wish->epoch,
                                .incomplete = wish->incomplete,
                                .without_witness = wish->without_witness,
                                .word = &word};
    LOG_WARN("replication", "promotion is asked for by %s: %s", word.name, word.why);
    return promotion_run(&p, ret_epoch, err);
}

static int pass_on(void *context, const struct web_relayed *relayed, struct buf *ret_answer,
                   bool *ret_ends)
{
    struct app *app = context;
    return replication_pass_on(app->replication, relayed, ret_answer, ret_ends);
}

static void tls_changed(void *context)
{
    struct app *app = context;
    replication_share(app->replication);
}

static void set_whole(struct app *app, bool is_whole)
{
    (void)pthread_mutex_lock(&app->parts_lock);
    app->is_whole = is_whole;
    (void)pthread_mutex_unlock(&app->parts_lock);
}

static int start_web(struct app *app, struct err_ctx *err)
{
    TRY(set_web(app, err));
    app->services = (struct web_services){
        .store = app->store,
        .health = health,
        .metrics = add_metrics,
        .figures = add_figures,
        .status = write_status,
        .try_backup = try_backup,
        .make_backup = make_backup,
        .invite_standby = invite_standby,
        .promote = promote,
        .tls_changed = tls_changed,
        .pass_on = pass_on,
        .cors_allowed = oidc_cors_allowed,
        .context = app,
    };
    TRY(web_start(&app->web_config, &app->services, err, &app->web));
    app->url = ARENA_CONCAT(&app->arena, app->web->public_origin, app->web_config.base_path);
    return str_absent(app->url) ? ERR_NO_MEMORY : 0;
}

static int make_archiving(struct app *app)
{
    const struct config *c = app->config;
    const struct archiving_settings settings = {.interval_ms = c->archive_interval_ms,
                                                .pages_per_s = c->backup_pages_per_s};
    return archiving_new(or_null(c->backup_dir), &settings, &app->archiving);
}

/* On a standby all of it comes from the primary. */
static int make_realms(struct app *app, char *const *environment, const char *import_path,
                       struct err_ctx *err)
{
    struct arena a;
    if (store_is_standby(app->store))
        return import_path ? err_set(err, ERR_STORE_STANDBY,
                                     "this is a standby: import realms at the primary")
                           : 0;
    arena_init(&a, APP_ARENA_BYTES);
    int rc = folder_prepare(app->store, &a, environment, NULL, err);
    if (rc == 0 && import_path)
        rc = import_at_start(app->store, &a, import_path, err);
    arena_free(&a);
    return rc;
}

/* again: this process had the folder a moment ago and let it go, to begin in another role. A command that found
 * it free then has it for a while, and must not be the end of this server. */
static int open_store(struct app *app, bool again, struct err_ctx *err)
{
    const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000L};
    int64_t until_ms = clock_now().monotonic_ms + (again ? FOLDER_WAIT_MS : 0);
    int rc;
    while ((rc = store_open_serving(app->config, archiving_sink(app->archiving), &app->store,
                                    err)) == ERR_STORE_LOCKED &&
           clock_now().monotonic_ms < until_ms) {
        *err = (struct err_ctx){0};
        (void)nanosleep(&pause, NULL);
    }
    return rc;
}

static int start_store(struct app *app, char *const *environment, const char *import_path,
                       bool again, struct err_ctx *err)
{
    hashing_setup((size_t)app->config->hashing_places, (size_t)app->config->workers);
    TRY(fetch_settings_apply(&app->arena, app->config, err));
    TRY(make_archiving(app));
    TRY(open_store(app, again, err));
    return make_realms(app, environment, import_path, err);
}

static int start_jobs(struct app *app)
{
    const struct config *c = app->config;
    const struct jobs_settings settings = {
        .sweep_interval_s = c->sweep_interval_s,
        .audit_sign_interval_s = c->audit_sign_interval_s,
        .audit = {.archive_days = c->audit_archive_days,
                  .retention_days = c->audit_retention_days,
                  .unknown_days = c->audit_unknown_days},
    };
    return jobs_start(app->store, app->web, &settings, &app->jobs);
}

static int start_backups(struct app *app)
{
    const struct config *c = app->config;
    const struct backups_settings settings = {.hour = c->backup_hour,
                                              .pages_per_s = c->backup_pages_per_s,
                                              .keep_days = c->backup_keep_days,
                                              .keep_months = c->backup_keep_months,
                                              .archive_days = c->archive_keep_days};
    if (store_is_standby(app->store))
        return 0; /* the primary makes them */
    return backups_start(app->store, &settings, &app->backups);
}

static int start_exports(struct app *app, struct err_ctx *err)
{
    const struct config *c = app->config;
    const struct exports_settings settings = {.dir = or_null(c->export_dir),
                                              .hour = c->export_hour,
                                              .keep_days = c->export_keep_days,
                                              .secrets = c->export_secrets};
    if (settings.dir)
        TRY(exports_check_folder(settings.dir, or_null(c->backup_dir), err));
    if (store_is_standby(app->store))
        return 0; /* the primary makes them */
    return exports_start(app->store, &settings, &app->exports);
}

static int start_copies(struct app *app, struct err_ctx *err)
{
    if (store_is_standby(app->store))
        return 0; /* the primary makes them */
    return backup_copies_start(app->store, app->config, err, &app->copies);
}

/* A primary that hears of a newer one begins again as a node that changes nothing. */
static int start_data(struct app *app, char *const *environment, const struct app_start *how,
                      struct err_ctx *err)
{
    TRY(start_store(app, environment, how->import_path, how->again, err));
    TRY(replication_start(app->store, app->config, !how->again, err, &app->replication));
    if (!replication_has_ended(app->replication))
        return 0;
    replication_stop(app->replication);
    app->replication = NULL;
    store_close(app->store);
    app->store = NULL;
    archiving_free(app->archiving);
    app->archiving = NULL;
    TRY(start_store(app, environment, NULL, true, err));
    return replication_start(app->store, app->config, false, err, &app->replication);
}

static int start_all(struct app *app, char *const *environment, const struct app_start *how,
                     struct err_ctx *err)
{
    TRY(start_data(app, environment, how, err));
    TRY(start_copies(app, err));
    TRY(start_exports(app, err));
    /* Before it says on the network that it is ready: commands find the folder held from now on. */
    TRY(ipc_start(app->config->data, app->store, err, &app->ipc));
    TRY(start_web(app, err));
    TRY(replication_open(app->replication, app->web));
    TRY(start_jobs(app));
    if (!store_is_standby(app->store)) /* the primary keeps it */
        TRY(archiving_start(app->archiving, app->store));
    TRY(start_backups(app));
    TRY(checks_start(app->store, app->config->check_pages_per_s, app->config->check_interval_h,
                     &app->checks));
    TRY(sampler_start(app->web, &app->sampler));
    set_whole(app, true);
    replication_announce(app->replication);
    return 0;
}

int app_start(const struct config *config, char *const *environment, const struct app_start *how,
              struct err_ctx *err, struct app **ret_app)
{
    struct app *app = calloc(1, sizeof(*app));
    if (!app)
        return ERR_NO_MEMORY;
    arena_init(&app->arena, (size_t)4 << 20);
    app->config = config;
    log_keep_lines(log_tail_add);
    (void)pthread_mutex_init(&app->parts_lock, NULL);
    app->started_ms = clock_now().wall_ms;
    int rc = start_all(app, environment, how, err);
    if (rc != 0) {
        app_stop(app);
        return rc;
    }
    *ret_app = app;
    return 0;
}

/* In the order in which nobody is left who needs what goes. */
void app_stop(struct app *app)
{
    if (!app)
        return;
    set_whole(app, false);
    ipc_stop(app->ipc);
    sampler_stop(app->sampler);
    checks_stop(app->checks);
    backup_copies_stop(app->copies);
    exports_stop(app->exports);
    backups_stop(app->backups);
    jobs_stop(app->jobs);
    replication_shut(app->replication);
    web_stop(app->web);
    replication_stop(app->replication); /* requests may have waited for the other node */
    archiving_stop(app->archiving);
    if (app->store)
        store_close(app->store);
    archiving_free(app->archiving);
    (void)pthread_mutex_destroy(&app->parts_lock);
    arena_free(&app->arena);
    free(app);
}

void app_reload(struct app *app, const struct config *config)
{
    struct err_ctx err = {0};
    app_log_setup(config);
    int rc = web_tls_reload(app->web, &err);
    if (rc == 0)
        replication_share(app->replication);
    if (rc != 0)
        LOG_ERROR("tls", "certificates were not read again: %s",
                  err.detail[0] ? err.detail : err_text(rc));
    else
        LOG_INFO("garita", "certificates and log level read again");
}

bool app_has_ended(struct app *app)
{
    return replication_has_ended(app->replication);
}

bool app_is_well(struct app *app)
{
    return store_health(app->store) != ERR_STORE_FAILED;
}

struct str app_url(const struct app *app)
{
    return app->url;
}

int app_setup_link(struct app *app, struct arena *a, struct str *ret_link)
{
    CLEANUP(realm_view_release_p) struct realm_view *view = NULL;
    const struct now now = clock_now();
    struct err_ctx err = {0};
    struct str token;
    *ret_link = str_of(NULL, 0);
    if (store_is_standby(app->store))
        return 0;
    struct auth_ctx ctx = {
        .arena = a, .now = &now, .err = &err, .issuer = STR(""), .base_url = STR("")};
    program_actor(&ctx.actor);
    TRY(realm_view_acquire(app->store, STR(REALM_MASTER), &view));
    ctx.view = view;
    int rc = setup_token_new(&ctx, &token);
    if (rc == ERR_NO_STANDBY || rc == ERR_NO_LEASE || rc == ERR_UNCONFIRMED ||
        rc == ERR_STORE_FULL) {
        LOG_WARN("garita", "there is no setup link: %s", err_text(rc));
        return 0;
    }
    TRY(rc);
    *ret_link = token;
    if (!str_absent(token))
        *ret_link = ARENA_CONCAT(a, app->url, STR("/setup?token="), token);
    return !str_absent(token) && str_absent(*ret_link) ? ERR_NO_MEMORY : 0;
}
