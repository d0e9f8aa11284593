/* garita standby ...: how a second node comes to be, and goes. */
#include <stdio.h>
#include <unistd.h>

#include "appliance/alike.h"
#include "appliance/command/commands.h"
#include "appliance/file.h"
#include "appliance/invitation.h"
#include "appliance/promotion.h"
#include "appliance/replication.h"
#include "core/admin/record.h"
#include "core/base/log.h"
#include "core/model/plain.h"
#include "store/folder.h"
#include "store/link/pairing.h"
#include "store/repl/join.h"
#include "store/repl/rejoin.h"
#include "store/store_open.h"
#include "store/witness/call.h"

#include "core/base/banned.h"

#define MINUTE_MS   INT64_C(60000)
#define JOIN_MS     30000
#define MINUTES_MAX 10080
#define TELL_MS     3000 /* for the witness to hear that a standby was let go */

/* --- On the primary --- */

/* What the event says is done before it is committed: one that could not be stored takes nothing back,
 * and what was not told to anybody is of no use. */
static int begin(struct call *call, struct work *work)
{
    TRY(work_open(call, STR(REALM_MASTER), work));
    return work_write(work);
}

static int token(struct call *call)
{
    CLEANUP(work_close) struct work work = {0};
    struct str text;
    int64_t minutes;
    TRY(call_number(call, "expires", 1, MINUTES_MAX, 60, &minutes));
    int64_t expires_ms = call->now.wall_ms + minutes * MINUTE_MS;
    TRY(begin(call, &work));
    TRY(ADMIN_RECORD(&work.ctx, work.w, EVENT_StandbyInvited, "node", STR("standby"),
                     {"minutes", arena_printf(call->arena, "%lld", (long long)minutes)}));
    TRY(invitation_make(call->store, call->arena, expires_ms, &text, &call->err));
    TRY(work_commit(&work));
    call_say(call, "%.*s", STR_ARG(text)); /* and nothing else: it goes into a file */
    if (call->args->json) {
        jw_begin_object(&call->out);
        jw_member_str(&call->out, "token", text);
        plain_write_time(&call->out, "expires", expires_ms);
        jw_end_object(&call->out);
    }
    return 0;
}

static int record_mode(struct call *call, const struct node_state *state, struct str word)
{
    CLEANUP(work_close) struct work work = {0};
    TRY(begin(call, &work));
    TRY(ADMIN_RECORD(&work.ctx, work.w, EVENT_StandbyModeChanged, "node", str_c(state->id),
                     {"mode", word}));
    return work_commit(&work);
}

/* The event is written while nobody is waited for: where changes are refused for want of a standby, this and
 * forget are the ways out. */
static int mode(struct call *call)
{
    struct node *node = store_node(call->store);
    struct node_state state;
    enum repl_mode wanted;
    struct str word = call->args->positionals[0];
    if (repl_mode_of(word, &wanted) != 0)
        return err_set(&call->err, ERR_USAGE, "the mode is async, sync-flush or sync-apply");
    node_look(node, &state);
    if (state.role != REPL_PRIMARY)
        return err_set(&call->err, ERR_CONFLICT, "this node is no primary (garita standby token)");
    if (wanted == REPL_ASYNC)
        TRY(node_set_mode(node, wanted));
    TRY(record_mode(call, &state, word));
    TRY(node_set_mode(node, wanted));
    call_say(call, "changes are answered in mode %.*s", STR_ARG(word));
    return 0;
}

static int drop_peer(void *arg, struct node_state *state)
{
    (void)arg;
    state->peer = (struct node_peer){0};
    secret_wipe(state->tokens, sizeof(state->tokens));
    state->token_count = 0;
    return 0;
}

static int tell_witness(struct node *node)
{
    struct link_identity identity;
    TRY(link_identity_load(node_data_dir(node), true, &identity));
    int err = witness_let_go(node, &identity, clock_now().monotonic_ms + TELL_MS);
    link_identity_free(&identity);
    return err;
}

static int forget(struct call *call)
{
    CLEANUP(work_close) struct work work = {0};
    struct node *node = store_node(call->store);
    struct node_state state;
    node_look(node, &state);
    if (node_is_fenced(&state))
        return promotion_say_reigned(&state, &call->err);
    if (state.role != REPL_PRIMARY || (!node_has_peer(&state) && state.token_count == 0))
        return err_set(&call->err, ERR_NOT_FOUND, "this node has no standby");
    TRY(node_change(node, drop_peer, NULL));
    int told = tell_witness(node);
    TRY(begin(call, &work));
    TRY(ADMIN_RECORD(&work.ctx, work.w, EVENT_StandbyForgotten, "node", str_c(state.id),
                     {"standby", str_c(state.peer.node)}));
    TRY(work_commit(&work));
    call_say(call,
             "there is no standby any more; its folder still holds all data and the master key");
    if (told != 0)
        call_say(
            call,
            "the witness did not hear of it (%s): until it does, it may still let that node reign",
            err_text(told));
    return 0;
}

/* --- Another primary --- */

static int promote(struct call *call)
{
    struct promotion p = {.store = call->store,
                          .arena = call->arena,
                          .is_sure = args_has(call->args, "yes"),
                          .names_epoch = args_has(call->args, "epoch"),
                          .incomplete = args_has(call->args, "incomplete"),
                          .without_witness = args_has(call->args, "without-witness")};
    int64_t named;
    uint64_t epoch;
    TRY(call_number(call, "epoch", 1, INT64_MAX, 0, &named));
    p.epoch = (uint64_t)named;
    TRY(promotion_run(&p, &epoch, &call->err));
    jw_begin_object(&call->out);
    jw_member_i64(&call->out, "epoch", (int64_t)epoch);
    jw_end_object(&call->out);
    call_say(call, "this node is the primary, epoch %llu", (unsigned long long)epoch);
    return 0;
}

/* --- On the machine of the standby --- */

/* Certificates went to their places; of the rest the owner is told what to set. */
static void write_settings(struct json_writer *w, const struct repl_settings *settings)
{
    jw_member_object(w, "settings");
    for (size_t i = 0; i < settings->count; i++)
        if (!str_starts(settings->names[i], STR("file:"))) {
            jw_key_s(w, settings->names[i]);
            jw_str(w, settings->values[i]);
        }
    jw_end_object(w);
}

static int show_joined(struct cli *cli, const struct config *config, const struct str from,
                       const struct pairing_gift *gift)
{
    struct reply reply = {0};
    struct json_writer w;
    struct buf b;
    buf_init(&b, cli->arena, REPLY_MAX_BYTES);
    jw_init(&w, &b);
    jw_begin_object(&w);
    jw_member_c(&w, "cluster", gift->cluster);
    jw_member_c(&w, "primary", gift->node);
    jw_member_i64(&w, "epoch", (int64_t)gift->epoch);
    jw_member_c(&w, "mode", repl_mode_word(gift->mode));
    write_settings(&w, &gift->settings);
    jw_end_object(&w);
    TRY(jw_finish(&w, &reply.data));
    reply.message = arena_printf(cli->arena, "%s is a standby of %.*s: garita serve --data %s",
                                 config->data, STR_ARG(from), config->data);
    return str_absent(reply.message) ? ERR_NO_MEMORY : cli_show(cli, &reply);
}

/* So that the first start has them already; what fails here the link brings. */
static void keep_settings(const struct config *config, const struct pairing_gift *gift)
{
    struct err_ctx err = {0};
    bool is_news;
    int fd, rc = folder_enter(config->data, &fd, &err);
    if (rc != 0)
        return;
    rc = alike_keep(fd, &gift->settings, &is_news);
    if (rc != 0)
        LOG_WARN("replication", "settings of the primary could not be kept: %s", err_text(rc));
    (void)close(fd);
}

static int own_address(struct cli *cli, const struct config *config, struct str *ret_address)
{
    *ret_address = args_get(cli->args, "address");
    if (str_absent(*ret_address))
        *ret_address = arena_printf(cli->arena, ":%lld", (long long)config->replication_port);
    return str_absent(*ret_address) ? ERR_NO_MEMORY : 0;
}

static int read_token(struct cli *cli, struct pairing_token *ret_token)
{
    struct str text;
    const char *file = arena_cstr(cli->arena, args_get(cli->args, "token-file"));
    if (!file)
        return ERR_NO_MEMORY;
    TRY(secret_read(cli->arena, file, &text, &cli->err));
    if (pairing_token_read(text, ret_token) != 0)
        return err_set(&cli->err, ERR_USAGE, "%s holds no token of garita standby token", file);
    return 0;
}

static int init(struct cli *cli)
{
    struct config config;
    struct pairing_gift gift;
    struct pairing_token given;
    struct join_wish wish = {
        .from = args_get(cli->args, "from"), .token = &given, .wait_ms = JOIN_MS};
    TRY(cli_config(cli, &config));
    TRY(own_address(cli, &config, &wish.address));
    wish.master_key_path = config.master_key_file[0] ? config.master_key_file : NULL;
    TRY(read_token(cli, &given));
    int rc = join_folder(config.data, &wish, cli->arena, &gift, &cli->err);
    secret_wipe(&given, sizeof(given));
    TRY(rc);
    keep_settings(&config, &gift);
    rc = show_joined(cli, &config, wish.from, &gift);
    pairing_gift_free(&gift);
    return rc;
}

static int rejoin(struct cli *cli)
{
    struct config config;
    struct reply reply = {.data = STR("{}")};
    char aside[REJOIN_ASIDE_MAX];
    TRY(cli_config(cli, &config));
    const struct rejoin_wish wish = {.wait_ms = JOIN_MS, .anew = args_has(cli->args, "anew")};
    TRY(rejoin_folder(config.data, &wish, aside, &cli->err));
    reply.message = arena_printf(
        cli->arena,
        "%s is a standby now; what it had is in %s/%s (garita standby diverged list): garita serve --data %s",
        config.data, config.data, aside, config.data);
    return str_absent(reply.message) ? ERR_NO_MEMORY : cli_show(cli, &reply);
}

static const struct option token_options[] = {
    {"expires", "MINUTES", "for how long it is good (60)", 0},
};

static const struct option promote_options[] = {
    {"yes", NULL, "the primary is gone, or stopped", 0},
    {"epoch", "N", "only if this is the newest epoch that this node knows (garita status)", 0},
    {"incomplete", NULL, "although realms have not come whole: they are lost", 0},
    {"without-witness", NULL,
     "the witness is lost, too: it is forgotten, not asked. Two primaries, unless the old one is gone",
     0},
};

static const struct option rejoin_options[] = {
    {"anew", NULL, "move the databases instead, which takes no room; all of them come anew", 0},
};

static const struct option init_options[] = {
    {"from", "HOST:PORT", "where the primary listens (replication-port)", OPTION_REQUIRED},
    {"token-file", "FILE", "file with the token; - is standard input", OPTION_REQUIRED},
    {"address", "HOST:PORT",
     "where the primary finds this node; without it, where it came from, and replication-port", 0},
};

const struct command standby_commands[] = {
    {"standby token", "", 0, 0, "make a token that pairs a standby",
     "Good once, for an hour. It names this node's key, so that the standby tells its secret to nobody "
     "else; carry it by a way that only you see. Whoever uses it gets all data and the master key.",
     OPTIONS(token_options), false, NULL, token, NULL, NULL},
    {"standby init", "", 0, 0, "make a new data folder that of a standby",
     "Pairs with the primary by its token and fetches the master key, the certificates that the primary "
     "made for itself, and what the two should have alike. All of it or nothing. Then garita serve runs "
     "the standby.",
     OPTIONS(init_options), true, NULL, NULL, init, NULL},
    {"standby mode", "async|sync-flush|sync-apply", 1, 1, "say when changes are answered",
     "async: when they are on the primary's disk. sync-flush: when they are on the standby's, too. "
     "sync-apply: and when whoever asks the standby sees them.",
     NULL, 0, false, NULL, mode, NULL, NULL},
    {"promote", "", 0, 0, "make this standby the primary",
     "A new epoch begins here; the old primary is refused from then on, and refuses changes as soon as it "
     "hears of it. What the old primary answered in mode async in its last moments may be missing. Where there "
     "is a witness, it is asked, and grants it once the old primary was silent for failover-lease.",
     OPTIONS(promote_options), false, NULL, promote, NULL, NULL},
    {"standby rejoin", "", 0, 0, "make an old primary the standby of the new one",
     "With the server stopped. Databases that may hold what the new primary has not are first copied into "
     "replication/diverged-EPOCH (garita standby diverged list); then the new primary sends what differs. Until "
     "this node is in step, its realms are not read.",
     OPTIONS(rejoin_options), true, NULL, NULL, rejoin, NULL},
    {"standby forget", "", 0, 0, "let the standby go", NULL, NULL, 0, false, NULL, forget, NULL,
     NULL},
};
const size_t standby_command_count = ARRAY_LEN(standby_commands);
