#include "appliance/replication.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "appliance/alike.h"
#include "appliance/command/commands.h"
#include "appliance/file.h"
#include "appliance/hook.h"
#include "appliance/reign.h"
#include "appliance/replication_part.h"
#include "core/admin/record.h"
#include "core/base/log.h"
#include "store/link/listener.h"
#include "store/link/pairing.h"
#include "store/repl/join.h"
#include "store/store_open.h"

#include "core/base/banned.h"

#define ARENA_BYTES  ((size_t)8 << 20)
#define PAIRING_MS   15000
#define STRANGERS_MS 60000
#define PASS_ON_MS   10000 /* besides what the primary waits for this standby */

struct replication {
    struct store *store;
    const struct config *config;
    struct node *node;
    struct link_identity identity;
    struct {
        pthread_mutex_t lock;
        int64_t told_ms, untold; /* the last line about them; of them since */
    } strangers;
    pthread_mutex_t lock; /* of what follows */
    bool has_identity, stopping;
    bool is_new_role;    /* since the server ran in another one */
    bool answers;        /* the node does */
    struct reign *reign; /* of a primary with a witness, once it answers; else NULL */
    struct web *web;     /* that answers; NULL: none does */
    struct link_listener *listener;
    bool has_part, ends_part; /* ends_part: another role is wanted */
    struct node_state began;  /* with this one */
    struct replication_part part;
};

/* --- What both nodes should have alike --- */

static void add_setting(struct repl_settings *s, const char *name, struct str value)
{
    if (s->count == ARRAY_LEN(s->names))
        return;
    s->names[s->count] = str_c(name);
    s->values[s->count++] = value;
}

/* Those that the server made for itself; whoever has others takes them to both machines. */
static int add_files(struct arena *a, const struct config *c, struct repl_settings *s)
{
    if (c->tls_cert_file[0])
        return 0;
    for (size_t i = 0; i < join_file_count; i++) {
        const struct join_file *f = &join_files[i];
        struct str bytes, path = arena_printf(a, "%s/%s/%s", c->data, f->folder, f->name);
        if (str_absent(path))
            return ERR_NO_MEMORY;
        int rc = file_read(a, path.ptr, UINT16_MAX, &bytes);
        if (rc == 0)
            add_setting(s, f->setting, bytes);
        else if (rc != ERR_NOT_FOUND)
            return rc;
    }
    return 0;
}

static int collect_settings(struct arena *a, const struct config *c,
                            struct repl_settings *ret_settings)
{
    *ret_settings = (struct repl_settings){0};
    TRY(alike_add(a, c, ret_settings));
    return add_files(a, c, ret_settings);
}

/* --- Pairing --- */

/* An event in master, of what happened to this node. */
struct own_event {
    struct realm_view *view;
    struct store_write *w;
    struct now now;
    struct err_ctx err;
    struct auth_ctx ctx;
};

static void own_event_close(struct own_event *e)
{
    store_rollback(e->w);
    realm_view_release_p(&e->view);
}

static int own_event_begin(struct replication *r, struct arena *a, struct own_event *e)
{
    e->now = clock_now();
    e->ctx = (struct auth_ctx){
        .arena = a, .now = &e->now, .err = &e->err, .issuer = STR(""), .base_url = STR("")};
    program_actor(&e->ctx.actor);
    e->ctx.actor.client_id = STR("garita-replication");
    TRY(realm_view_acquire(r->store, STR(REALM_MASTER), &e->view));
    e->ctx.view = e->view;
    return store_write_begin_own(e->view, &e->now, &e->w);
}

static int append_paired(struct replication *r, struct arena *a, const struct node_state *state)
{
    CLEANUP(own_event_close) struct own_event e = {0};
    TRY(own_event_begin(r, a, &e));
    TRY(ADMIN_RECORD(&e.ctx, e.w, EVENT_StandbyPaired, "node", str_c(state->id),
                     {"standby", str_c(state->peer.node)},
                     {"address", str_c(state->peer.address)}));
    return store_commit_p(&e.w, DURABLE_LOCAL);
}

static void name_promoter(struct event_actor *actor, const struct node_word *word)
{
    actor->user_id = str_c(word->user);
    actor->username = str_c(word->name);
    actor->realm = STR(REALM_MASTER);
    actor->justification = str_c(word->why);
}

static int append_promoted(struct replication *r, struct arena *a, const struct node_state *state)
{
    CLEANUP(own_event_close) struct own_event e = {0};
    struct str epoch = arena_printf(a, "%llu", (unsigned long long)state->epoch);
    TRY(own_event_begin(r, a, &e));
    if (state->word.user[0])
        name_promoter(&e.ctx.actor, &state->word);
    TRY(ADMIN_RECORD(&e.ctx, e.w, EVENT_Promoted, "node", str_c(state->id), {"epoch", epoch},
                     {"before", str_c(state->peer.node)}));
    if (state->failed_over)
        TRY(ADMIN_RECORD(&e.ctx, e.w, EVENT_FailedOver, "node", str_c(state->id), {"epoch", epoch},
                         {"witness", str_c(state->witness.address)}));
    return store_commit_p(&e.w, DURABLE_LOCAL);
}

static int append_met(struct replication *r, struct arena *a, const struct node_state *state)
{
    CLEANUP(own_event_close) struct own_event e = {0};
    enum event_type type = state->peer.met == MET_FENCED ? EVENT_Fenced : EVENT_Rejoined;
    TRY(own_event_begin(r, a, &e));
    TRY(ADMIN_RECORD(&e.ctx, e.w, type, "node", str_c(state->peer.node),
                     {"address", str_c(state->peer.address)},
                     {"epoch", arena_printf(a, "%llu", (unsigned long long)state->epoch)}));
    return store_commit_p(&e.w, DURABLE_LOCAL);
}

/* By a thread of the link, at the first words of a connection. */
static void on_met(void *arg, enum node_met met)
{
    CLEANUP(arena_free) struct arena a;
    struct replication *r = arg;
    struct node_state state;
    bool is_news;
    int rc = node_met_peer(r->node, met, &is_news);
    if (rc == 0 && !is_news)
        return;
    node_look(r->node, &state);
    arena_init(&a, ARENA_BYTES);
    if (rc == 0)
        rc = append_met(r, &a, &state);
    if (rc != 0)
        LOG_WARN("replication", "the event about the other node was not stored: %s", err_text(rc));
}

static void tell_paired(struct replication *r, struct arena *a)
{
    struct node_state state;
    node_look(r->node, &state);
    LOG_INFO("replication", "%s was paired as the standby", state.peer.address);
    int rc = append_paired(r, a, &state);
    if (rc != 0)
        LOG_WARN("replication", "the event of the pairing was not stored: %s", err_text(rc));
}

/* Anybody who reaches the port can bring this about: one line a minute, which says how many there were. */
static void warn_of_stranger(struct replication *r, int err)
{
    int64_t now_ms = clock_now().monotonic_ms;
    pthread_mutex_lock(&r->strangers.lock);
    bool tells = r->strangers.told_ms == 0 || now_ms - r->strangers.told_ms >= STRANGERS_MS;
    int64_t untold = tells ? r->strangers.untold : ++r->strangers.untold;
    if (tells) {
        r->strangers.told_ms = now_ms;
        r->strangers.untold = 0;
    }
    pthread_mutex_unlock(&r->strangers.lock);
    if (tells)
        LOG_WARN("replication",
                 "a node without a good token was refused: %s (and %lld others before)",
                 err_text(err), (long long)untold);
}

static void on_stranger(void *arg, struct channel *channel, const struct link_pin *pin)
{
    CLEANUP(arena_free) struct arena a;
    struct replication *r = arg;
    struct pairing_offer offer;
    struct repl_settings settings;
    arena_init(&a, ARENA_BYTES);
    pairing_offer_of(r->store, &offer);
    offer.settings = &settings;
    offer.deadline_ms = clock_now().monotonic_ms + PAIRING_MS;
    int rc = collect_settings(&a, r->config, &settings);
    if (rc == 0)
        rc = pairing_give(&offer, channel, pin);
    if (rc == 0)
        tell_paired(r, &a);
    else
        warn_of_stranger(r, rc);
}

/* --- The port --- */

static bool is_peer(void *arg, const struct link_pin *pin)
{
    struct replication *r = arg;
    struct node_state state;
    struct link_pin known;
    node_look(r->node, &state);
    memcpy(known.bytes, state.peer.pin, sizeof(known.bytes));
    return node_has_peer(&state) && link_pin_equal(&known, pin);
}

static int listen_for_peer(struct replication *r, struct err_ctx *err)
{
    const struct link_listener_config config = {
        .address = r->config->replication_address,
        .port = (uint16_t)r->config->replication_port,
        .identity = &r->identity,
        .times = replication_part_times(r->config),
        .is_peer = is_peer,
        .stranger = on_stranger,
        .arg = r,
        .user = replication_part_user(&r->part),
    };
    if (r->config->replication_port == 0)
        return 0;
    return link_listener_start(&config, &r->listener, err);
}

/* --- The part --- */

/* The thread that waits for signals starts the server anew (serve.c). */
static void end_part(struct replication *r)
{
    repl_gate_shut(r->store); /* the end takes as long as what is under way */
    r->ends_part = true;
    (void)kill(getpid(), SIGUSR1);
}

static bool has_another_role(const struct node_state *began, const struct node_state *now)
{
    return now->role != began->role || node_is_fenced(now) != node_is_fenced(began) ||
           (now->role == REPL_PRIMARY && now->epoch != began->epoch);
}

static int begin_part(struct replication *r, const struct node_state *state, bool confirms,
                      struct err_ctx *err)
{
    TRY(replication_part_begin(&r->part, r->store, r->config, &r->identity, err));
    r->has_part = true;
    r->part.host.met = on_met;
    r->part.host.arg = r;
    TRY(replication_part_keep(&r->part, true, err));
    if (r->web)
        TRY(replication_part_open(&r->part, r->web));
    r->began = *state;
    if (confirms)
        replication_part_confirm(&r->part);
    struct node_state now;
    node_look(r->node, &now);
    r->ends_part = has_another_role(state, &now);
    if (r->ends_part)
        repl_gate_shut(r->store);
    return 0;
}

static void dial_peer(struct replication *r, const struct node_state *state)
{
    int rc = replication_part_dial(&r->part);
    if (rc != 0)
        LOG_ERROR("replication", "%s cannot be dialled: %s", state->peer.address, err_text(rc));
}

/* Nothing more is said to a node that was forgotten. Under the lock; what dials it is to be stopped without
 * it. */
static struct link_dialer *let_peer_go(struct replication *r)
{
    struct node_state now;
    struct link_dialer *dialer = r->part.dialer;
    node_look(r->node, &now);
    if (!r->has_part || !node_has_peer(&r->began) || strcmp(now.peer.node, r->began.peer.node) == 0)
        return NULL;
    r->part.dialer = NULL;
    if (r->listener)
        link_listener_hang_up(r->listener);
    return dialer;
}

/* Under the lock. Of a node that got its witness while it reigned, told: REIGN_ON. */
static void watch_reign(struct replication *r, enum reign_told told)
{
    struct node_state state;
    node_look(r->node, &state);
    if (!r->answers || r->stopping || r->reign || !r->part.host.leader || !node_has_witness(&state))
        return;
    if (reign_start(r->config, r->node, told, &r->reign) != 0)
        LOG_ERROR("replication", "no memory to watch the lease: hooks do not hear of it");
}

/* Under the lock. What runs already goes on. */
static int take_part(struct replication *r, bool confirms, struct err_ctx *err)
{
    struct node_state state;
    node_look(r->node, &state);
    if (state.role == REPL_ALONE || r->stopping)
        return 0;
    if (r->has_part)
        replication_part_look(&r->part, &state);
    if (r->has_part && has_another_role(&r->began, &state)) {
        end_part(r);
        return 0;
    }
    if (!r->has_identity) {
        int rc = link_identity_load(node_data_dir(r->node), true, &r->identity);
        if (rc != 0)
            return err_set(err, rc, "the key of this node for replication: %s", err_text(rc));
        r->has_identity = true;
    }
    if (!r->has_part)
        TRY(begin_part(r, &state, confirms, err));
    TRY(replication_part_keep(&r->part, false, err));
    r->began = state;
    watch_reign(r, REIGN_ON);
    if (!r->listener)
        TRY(listen_for_peer(r, err));
    dial_peer(r, &state);
    return 0;
}

static void on_change(void *arg)
{
    struct replication *r = arg;
    struct err_ctx err = {0};
    pthread_mutex_lock(&r->lock);
    struct link_dialer *forgotten = let_peer_go(r);
    int rc = take_part(r, false, &err);
    pthread_mutex_unlock(&r->lock);
    link_dialer_stop(forgotten); /* who forgets is no thread of the link */
    if (rc != 0)
        LOG_ERROR("replication", "%s", err.detail[0] ? err.detail : err_text(rc));
}

static void tell_reign(struct replication *r, const struct node_state *state)
{
    CLEANUP(arena_free) struct arena a;
    LOG_INFO("replication", "this node is the primary, epoch %llu",
             (unsigned long long)state->epoch);
    arena_init(&a, ARENA_BYTES);
    int rc = append_promoted(r, &a, state);
    if (rc != 0)
        LOG_WARN("replication", "the event of the promotion was not stored: %s", err_text(rc));
    if (!node_has_witness(state)) /* else when it has its lease */
        hook_run(r->config->promote_hook, "promote", state->epoch);
}

static void tell_role(struct replication *r)
{
    struct node_state state;
    node_look(r->node, &state);
    if (state.role == REPL_PRIMARY && !node_is_fenced(&state))
        tell_reign(r, &state);
    else
        hook_run(r->config->demote_hook, "demote", state.epoch);
}

void replication_announce(struct replication *r)
{
    if (r->is_new_role)
        tell_role(r);
    pthread_mutex_lock(&r->lock);
    r->is_new_role = false;
    r->answers = true;
    watch_reign(r, REIGN_UNTOLD);
    pthread_mutex_unlock(&r->lock);
}

int replication_start(struct store *store, const struct config *config, bool confirms,
                      struct err_ctx *err, struct replication **ret_replication)
{
    struct replication *r = calloc(1, sizeof(*r));
    if (!r)
        return ERR_NO_MEMORY;
    r->store = store;
    r->config = config;
    r->node = store_node(store);
    (void)pthread_mutex_init(&r->lock, NULL);
    (void)pthread_mutex_init(&r->strangers.lock, NULL);
    int rc = take_part(r, confirms, err);
    if (rc != 0) {
        replication_stop(r);
        return rc;
    }
    node_on_change(r->node, on_change, r);
    on_change(r); /* what was heard before that */
    r->is_new_role = !confirms;
    *ret_replication = r;
    return 0;
}

int replication_open(struct replication *r, struct web *web)
{
    pthread_mutex_lock(&r->lock);
    r->web = web;
    int rc = r->has_part ? replication_part_open(&r->part, web) : 0;
    pthread_mutex_unlock(&r->lock);
    return rc;
}

void replication_shut(struct replication *r)
{
    if (!r)
        return;
    pthread_mutex_lock(&r->lock);
    r->web = NULL;
    bool has_part = r->has_part; /* it stays until replication_stop */
    pthread_mutex_unlock(&r->lock);
    if (has_part)
        replication_part_shut(&r->part);
}

void replication_share(struct replication *r)
{
    pthread_mutex_lock(&r->lock);
    if (r->has_part && r->web)
        replication_part_share(&r->part, r->web);
    pthread_mutex_unlock(&r->lock);
}

/* The part of a standby stays until replication_stop, which comes after the web's end. */
int replication_pass_on(struct replication *r, const struct web_relayed *relayed,
                        struct buf *ret_answer, bool *ret_ends)
{
    pthread_mutex_lock(&r->lock);
    bool follows = r->has_part && !r->stopping && r->part.host.follower;
    struct relaying *relaying = follows ? r->part.relaying : NULL;
    pthread_mutex_unlock(&r->lock);
    if (!follows)
        return ERR_STORE_STANDBY;
    return relaying_pass_on(relaying, r->part.host.follower, relayed,
                            PASS_ON_MS + r->config->replication_wait_ms, ret_answer, ret_ends);
}

bool replication_has_ended(struct replication *r)
{
    pthread_mutex_lock(&r->lock);
    bool ended = r->ends_part;
    pthread_mutex_unlock(&r->lock);
    return ended;
}

void replication_metrics(struct replication *r, struct buf *b)
{
    pthread_mutex_lock(&r->lock);
    if (r->has_part)
        replication_part_metrics(&r->part, b);
    pthread_mutex_unlock(&r->lock);
}

void replication_lag(struct replication *r, struct replication_lag *ret_lag)
{
    pthread_mutex_lock(&r->lock);
    *ret_lag = (struct replication_lag){0};
    if (r->has_part)
        replication_part_lag(&r->part, ret_lag);
    pthread_mutex_unlock(&r->lock);
}

bool replication_report(struct replication *r, struct json_writer *checks)
{
    pthread_mutex_lock(&r->lock);
    bool well = !r->has_part || replication_part_report(&r->part, checks);
    pthread_mutex_unlock(&r->lock);
    return well;
}

/* A connection that goes may change the node: it is waited for without the lock. */
void replication_stop(struct replication *r)
{
    if (!r)
        return;
    pthread_mutex_lock(&r->lock);
    r->stopping = true;
    pthread_mutex_unlock(&r->lock);
    reign_stop(r->reign);
    link_listener_stop(r->listener);
    if (r->has_part)
        replication_part_end(&r->part);
    node_on_change(r->node, NULL, NULL);
    if (r->has_identity)
        link_identity_free(&r->identity);
    (void)pthread_mutex_destroy(&r->lock);
    (void)pthread_mutex_destroy(&r->strangers.lock);
    free(r);
}
