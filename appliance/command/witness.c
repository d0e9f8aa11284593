/* garita witness ...: the third party, and a node's way to it. */
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "appliance/app.h"
#include "appliance/command/commands.h"
#include "appliance/notify.h"
#include "core/admin/record.h"
#include "core/base/log.h"
#include "core/crypto/init.h"
#include "core/model/plain.h"
#include "store/folder.h"
#include "store/store_open.h"
#include "store/witness/call.h"
#include "store/witness/tokens.h"
#include "store/witness/witness.h"

#include "core/base/banned.h"

#define MINUTE_MS   INT64_C(60000)
#define PAIR_MS     15000
#define MINUTES_MAX 10080

/* --- On the machine of the witness --- */

static int run(struct cli *cli, const struct config *config, const sigset_t *set)
{
    struct witness *witness;
    const struct witness_config w = {.data_dir = config->data,
                                     .address = config->replication_address,
                                     .port = (uint16_t)config->replication_port};
    int64_t watchdog_ms = notify_watchdog_ms();
    int64_t pause_ms = watchdog_ms != 0 ? watchdog_ms : 60000;
    const struct timespec pause = {(time_t)(pause_ms / 1000), (long)(pause_ms % 1000) * 1000000};
    int signal_number;
    TRY(witness_start(&w, &cli->err, &witness));
    LOG_INFO("witness", "ready, port %u", witness_port(witness));
    notify_send("READY=1");
    do {
        if (watchdog_ms != 0)
            notify_send("WATCHDOG=1");
        signal_number = sigtimedwait(set, NULL, &pause);
    } while (signal_number != SIGTERM && signal_number != SIGINT);
    notify_send("STOPPING=1");
    witness_stop(witness);
    LOG_INFO("witness", "stopped");
    return 0;
}

static int witness(struct cli *cli)
{
    struct config config;
    sigset_t set;
    TRY(cli_config(cli, &config));
    if (config.replication_port == 0)
        return err_set(&cli->err, ERR_CONFIG, "replication-port is 0: a witness awaits its nodes");
    app_log_setup(&config);
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGHUP);
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    return run(cli, &config, &set);
}

static int make_token(int dir_fd, int64_t minutes, char text[PAIRING_TOKEN_MAX],
                      struct err_ctx *err)
{
    struct link_identity identity;
    int64_t now_ms = clock_now().wall_ms;
    TRY(link_identity_load(dir_fd, true, &identity));
    int rc = witness_token_new(dir_fd, &identity.pin, now_ms, now_ms + minutes * MINUTE_MS, text);
    link_identity_free(&identity);
    return rc == ERR_LIMIT_REACHED ? err_set(err, rc,
                                             "%d tokens wait for a node: use one, or let "
                                             "them expire",
                                             WITNESS_TOKENS_MAX)
                                   : rc;
}

static int token(struct cli *cli)
{
    struct config config;
    struct reply reply = {0};
    char text[PAIRING_TOKEN_MAX];
    int64_t minutes;
    int dir_fd;
    TRY(cli_config(cli, &config));
    TRY(args_number(cli->args, "expires", 1, MINUTES_MAX, 60, &minutes, &cli->err));
    TRY(crypto_init());
    (void)umask(077);
    TRY(folder_enter(config.data, &dir_fd, &cli->err));
    int rc = make_token(dir_fd, minutes, text, &cli->err);
    (void)close(dir_fd);
    TRY(rc);
    reply.message = arena_str_c(cli->arena, text); /* and nothing else: it goes into a file */
    if (cli->args->json)
        reply.data = arena_printf(cli->arena, "{\"token\":\"%s\"}", text);
    secret_wipe(text, sizeof(text));
    return str_absent(reply.message) ? ERR_NO_MEMORY : cli_show(cli, &reply);
}

static int read_ledger(struct cli *cli, struct ledger *ret_ledger)
{
    struct config config;
    int dir_fd;
    TRY(cli_config(cli, &config));
    TRY(folder_enter(config.data, &dir_fd, &cli->err));
    int rc = witness_read(dir_fd, ret_ledger, &cli->err);
    (void)close(dir_fd);
    return rc;
}

static void write_ledger(struct json_writer *w, const struct ledger *l)
{
    jw_begin_object(w);
    jw_member_c(w, "cluster", l->cluster);
    jw_member_i64(w, "epoch", (int64_t)l->epoch);
    jw_member_c(w, "primary", l->holder);
    jw_member_c(w, "standby", l->standby);
    jw_member_c(w, "countsOn", lease_stance_word(l->stance));
    jw_member_i64(w, "leaseMs", l->lease_ms);
    jw_member_array(w, "nodes");
    for (size_t i = 0; i < l->member_count; i++)
        jw_str(w, str_c(l->members[i].node));
    jw_end_array(w);
    jw_end_object(w);
}

static struct str say_ledger(struct arena *a, const struct ledger *l)
{
    struct str standby =
        l->standby[0] ? arena_printf(a, "standby %s (%s)", l->standby, lease_stance_word(l->stance))
                      : STR("no standby is counted on");
    if (str_absent(standby))
        return standby;
    return arena_printf(a, "%zu of %d nodes paired; epoch %llu, primary %s, %.*s; lease %u ms",
                        l->member_count, LEDGER_MEMBERS, (unsigned long long)l->epoch,
                        l->holder[0] ? l->holder : "not known", STR_ARG(standby), l->lease_ms);
}

static int show(struct cli *cli)
{
    struct ledger l;
    struct reply reply = {0};
    struct json_writer w;
    struct buf b;
    TRY(read_ledger(cli, &l));
    buf_init(&b, cli->arena, LEDGER_TEXT_MAX);
    jw_init(&w, &b);
    write_ledger(&w, &l);
    TRY(jw_finish(&w, &reply.data));
    reply.message = say_ledger(cli->arena, &l);
    return str_absent(reply.message) ? ERR_NO_MEMORY : cli_show(cli, &reply);
}

/* --- On the nodes --- */

static int begin(struct call *call, struct work *work)
{
    struct node_state state;
    node_look(store_node(call->store), &state);
    if (state.role != REPL_PRIMARY || node_is_fenced(&state))
        return 0; /* where nothing can be written: the log tells */
    TRY(work_open(call, STR(REALM_MASTER), work));
    return store_write_begin_own(work->ctx.view, work->ctx.now, &work->w);
}

static int record(struct call *call, enum event_type type, const char *address)
{
    CLEANUP(work_close) struct work work = {0};
    struct node_state state;
    node_look(store_node(call->store), &state);
    TRY(begin(call, &work));
    LOG_INFO("replication", "witness %s: %s", address,
             type == EVENT_WitnessPaired ? "paired" : "forgotten");
    if (!work.w)
        return 0;
    TRY(ADMIN_RECORD(&work.ctx, work.w, type, "node", str_c(state.id),
                     {"address", str_c(address)}));
    return store_commit_p(&work.w, DURABLE_LOCAL);
}

static int pair_with(struct call *call, const struct witness_wish *wish)
{
    struct link_identity identity;
    struct witness_wish with = *wish;
    TRY(link_identity_load(node_data_dir(wish->node), true, &identity));
    with.identity = &identity;
    int rc = witness_pair(&with, &call->err);
    link_identity_free(&identity);
    return rc;
}

static int pair(struct call *call)
{
    struct pairing_token given;
    struct node_state state;
    struct witness_wish wish = {.node = store_node(call->store),
                                .address = call->args->positionals[0],
                                .token = &given,
                                .deadline_ms = call->now.monotonic_ms + PAIR_MS};
    if (pairing_token_read(call->input, &given) != 0)
        return err_set(&call->err, ERR_USAGE, "the file holds no token of garita witness token");
    int rc = pair_with(call, &wish);
    secret_wipe(&given, sizeof(given));
    TRY(rc);
    node_look(wish.node, &state);
    TRY(record(call, EVENT_WitnessPaired, state.witness.address));
    call_say(call, "%s is this node's witness: pair the other node with it, too",
             state.witness.address);
    return 0;
}

static int forget(struct call *call)
{
    struct node_state state;
    struct node *node = store_node(call->store);
    node_look(node, &state);
    if (!node_has_witness(&state))
        return err_set(&call->err, ERR_NOT_FOUND, "this node has no witness");
    if (!args_has(call->args, "yes"))
        return err_set(&call->err, ERR_USAGE,
                       "the other node must not reign, and not ask the witness any more, or both "
                       "would take changes: --yes to forget it");
    TRY(witness_forget(node));
    TRY(record(call, EVENT_WitnessForgotten, state.witness.address));
    call_say(call, "this node has no witness any more: let the other node forget it, too");
    return 0;
}

static const struct option token_options[] = {
    {"expires", "MINUTES", "for how long it is good (60)", 0},
};

static const struct option pair_options[] = {
    {"token-file", "FILE", "file with the token; - is standard input",
     OPTION_REQUIRED | OPTION_INPUT},
};

static const struct option forget_options[] = {
    {"yes", NULL, "the other node forgets it, too, or is gone", 0},
};

const struct command witness_commands[] = {
    {"witness", "", 0, 0, "be the witness of two nodes",
     "On a third machine, with a small folder of its own. It says which of the nodes may take changes, so "
     "that never both do, and lets the standby reign when the primary is gone. It listens at "
     "replication-port; of the settings only data, replication-port, replication-address and those of the "
     "log count. It holds no data of the nodes and none of their keys.",
     NULL, 0, true, NULL, NULL, witness, NULL},
    {"witness token", "", 0, 0, "make a token that pairs a node with this witness",
     "Good once, for an hour; the witness may be running. Each of the two nodes needs one.",
     OPTIONS(token_options), true, NULL, NULL, token, NULL},
    {"witness show", "", 0, 0, "say what the witness knows: its nodes, and which of them reigns",
     "epoch and primary: who reigns. standby: the one that the primary counts on; no other one may reign. "
     "countsOn: whether it has all that was answered (covered), may lack the last moments (async), or does not "
     "reign by itself (alone). leaseMs: how long the primary takes changes after it was last heard.",
     NULL, 0, true, NULL, NULL, show, NULL},
    {"standby witness", "HOST:PORT", 1, 1, "pair this node with a witness",
     "On the primary and on its standby, each with a token of its own (garita witness token). From then on "
     "the primary takes changes only while it reaches the witness or the standby.",
     OPTIONS(pair_options), false, NULL, pair, NULL, NULL},
    {"standby forget-witness", "", 0, 0, "go on without a witness",
     "On both nodes. Without a witness nothing but the operator keeps two primaries apart.",
     OPTIONS(forget_options), false, NULL, forget, NULL, NULL},
};
const size_t witness_command_count = ARRAY_LEN(witness_commands);
