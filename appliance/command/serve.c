/* garita serve and garita init. */
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "appliance/alike.h"
#include "appliance/app.h"
#include "appliance/command/commands.h"
#include "appliance/notify.h"
#include "appliance/store_setup.h"
#include "core/base/log.h"

#include "core/base/banned.h"

#define FILES_WANTED 65536

/* Blocked in every thread before the first one is made; the main thread waits for them. */
static void block_signals(sigset_t *ret_set)
{
    (void)sigemptyset(ret_set);
    (void)sigaddset(ret_set, SIGTERM);
    (void)sigaddset(ret_set, SIGINT);
    (void)sigaddset(ret_set, SIGHUP);
    (void)sigaddset(ret_set, SIGUSR1); /* app_has_ended */
    (void)pthread_sigmask(SIG_BLOCK, ret_set, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
}

static void raise_limits(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return;
    rlim_t wanted = files.rlim_max < FILES_WANTED ? files.rlim_max : FILES_WANTED;
    if (files.rlim_cur < wanted) {
        files.rlim_cur = wanted;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
}

/* malloc keeps free memory apart for up to eight places a processor; what a thousand realms needed
 * in turn would stay in each of them. One place a processor costs no measurable speed. */
static void bound_free_memory(void)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    (void)mallopt(M_ARENA_MAX, processors > 1 && processors < 1024 ? (int)processors : 1);
}

static void print_banner(const struct config *config, struct app *app, struct str setup_link,
                         int64_t started_ns)
{
    struct str url = app_url(app);
    (void)printf("garita %s\n", GARITA_VERSION);
    (void)printf("  address      %.*s\n", STR_ARG(url));
    (void)printf("  data         %s\n", config->data);
    if (config->admin_port != 0)
        (void)printf("  admin        port %lld\n", (long long)config->admin_port);
    if (config->management_port != 0)
        (void)printf("  management   http://%s:%lld/health\n", config->management_address,
                     (long long)config->management_port);
    if (config->grpc_port != 0)
        (void)printf("  gRPC         port %lld\n", (long long)config->grpc_port);
    if (!str_absent(setup_link))
        (void)printf("  first administrator, one-time setup link:\n    %.*s\n",
                     STR_ARG(setup_link));
    (void)printf("  ready in %lld ms\n",
                 (long long)((clock_monotonic_ns() - started_ns) / 1000000));
    (void)fflush(stdout);
}

static void reload(struct cli *cli, struct app *app)
{
    struct arena a;
    struct config config;
    struct cli again = *cli;
    arena_init(&a, (size_t)4 << 20);
    again.arena = &a;
    again.err = (struct err_ctx){0};
    notify_send("RELOADING=1");
    if (cli_config(&again, &config) == 0)
        app_reload(app, &config);
    else
        LOG_ERROR("garita", "the configuration was not read again: %s", again.err.detail);
    notify_send("READY=1");
    arena_free(&a);
}

/* Waits for signals and gives systemd its signs of life while the process is well. True: the app is to be
 * started again. */
static bool wait_for_end(struct cli *cli, struct app *app, const sigset_t *set)
{
    int64_t watchdog_ms = notify_watchdog_ms();
    int64_t pause_ms = watchdog_ms != 0 ? watchdog_ms : 60000;
    const struct timespec pause = {(time_t)(pause_ms / 1000), (long)(pause_ms % 1000) * 1000000};
    for (;;) {
        if (watchdog_ms != 0 && app_is_well(app))
            notify_send("WATCHDOG=1");
        int signal_number = sigtimedwait(set, NULL, &pause);
        if (signal_number == SIGTERM || signal_number == SIGINT)
            return false;
        if (app_has_ended(app))
            return true;
        if (signal_number == SIGHUP)
            reload(cli, app);
    }
}

struct running {
    struct cli *cli;
    const struct config *config;
    const sigset_t *set;
    int64_t started_ns;
    struct app_start how;
};

static int run_app(const struct running *r, struct app *app, bool *ret_again)
{
    struct str link;
    TRY(app_setup_link(app, r->cli->arena, &link));
    print_banner(r->config, app, link, r->started_ns);
    LOG_INFO("garita", "ready");
    notify_send("READY=1");
    *ret_again = wait_for_end(r->cli, app, r->set);
    if (!*ret_again)
        notify_send("STOPPING=1");
    LOG_INFO("garita", *ret_again ? "starting again in another role" : "stopping");
    return 0;
}

/* Until it is told to end, through all roles that the node has meanwhile. */
static int run(struct running *r)
{
    int rc;
    bool again;
    do {
        struct app *app = NULL;
        again = false;
        TRY(app_start(r->config, r->cli->environment, &r->how, &r->cli->err, &app));
        rc = run_app(r, app, &again);
        app_stop(app);
        r->how = (struct app_start){.again = true};
        r->started_ns = clock_monotonic_ns();
    } while (rc == 0 && again);
    if (rc == 0)
        LOG_INFO("garita", "stopped");
    return rc;
}

static int serve(struct cli *cli)
{
    struct config config;
    sigset_t set;
    struct running r = {
        .cli = cli, .config = &config, .set = &set, .started_ns = clock_monotonic_ns()};
    TRY(cli_config(cli, &config));
    app_log_setup(&config);
    TRY(alike_take(cli->arena, &config));
    block_signals(&set);
    raise_limits();
    bound_free_memory();
    struct str from = args_get(cli->args, "import-realm");
    r.how.import_path = str_absent(from) ? NULL : arena_cstr(cli->arena, from);
    if (!str_absent(from) && !r.how.import_path)
        return ERR_NO_MEMORY;
    return run(&r);
}

static int init(struct cli *cli)
{
    struct config config;
    struct store *store;
    struct reply reply = {0};
    bool made = false;
    TRY(cli_config(cli, &config));
    TRY(store_open_configured(&config, &store, &cli->err));
    int rc = folder_prepare(store, cli->arena, cli->environment, &made, &cli->err);
    store_close(store);
    TRY(rc);
    reply.message = arena_printf(cli->arena,
                                 made ? "%s is ready: garita serve --data %s"
                                      : "%s was ready already: garita serve --data %s",
                                 config.data, config.data);
    return cli_show(cli, &reply);
}

static const struct option serve_options[] = {
    {"import-realm", "FILE|DIR",
     "first take in realms that Keycloak exported and that are not there", 0},
};

const struct command serve_commands[] = {
    {"serve", "", 0, 0, "start the server",
     "An empty data folder is made ready first, with the realm master. While there is no "
     "administrator, a one-time setup link is printed; the environment variables "
     "GARITA_BOOTSTRAP_ADMIN_USERNAME and GARITA_BOOTSTRAP_ADMIN_PASSWORD (or Keycloak's) make one "
     "without it.",
     OPTIONS(serve_options), true, NULL, NULL, serve, NULL},
    {"init", "", 0, 0, "make a data folder ready without starting",
     "The same that the first start does: keys, the realm master and, from the environment, the "
     "first administrator.",
     NULL, 0, true, NULL, NULL, init, NULL},
};
const size_t serve_command_count = ARRAY_LEN(serve_commands);
