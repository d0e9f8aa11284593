#include "appliance/replication_part.h"

#include <stdio.h>
#include <time.h>

#include "appliance/alike.h"
#include "appliance/given_tls.h"
#include "appliance/promotion.h"
#include "appliance/replication.h"
#include "core/base/log.h"
#include "store/repl/ask.h"
#include "store/repl/forks.h"
#include "store/store_open.h"

#include "core/base/banned.h"

#define TRY_MS            2000
#define BEAT_MOST_MS      1000
#define PAUSE_MS          200
#define TELL_PAUSE_MS     5000 /* between tries to reach a node that may be an old primary */
#define TELL_PAUSE_MAX    30000
#define SHARE_ARENA_BYTES (16 * WEB_TLS_EXPORT_MAX)

/* --- Connections --- */

static bool is_led(const struct replication_part *p)
{
    struct leader_state state;
    leader_state(p->host.leader, &state);
    return state.attached;
}

static int up(void *arg, enum channel_side side, const struct repl_out *out, void **ret_peering)
{
    struct replication_part *p = arg;
    struct peering *peering;
    /* The standby came by itself: a second connection is of no use. */
    if (side == CHANNEL_DIALS && p->host.leader && is_led(p))
        return ERR_CONFLICT;
    TRY(peering_new(&p->host, out, &peering));
    *ret_peering = peering;
    return 0;
}

static int message(void *peering, const struct repl_message *m)
{
    return peering_message(peering, m);
}

static int beat(void *peering, struct repl_heartbeat *ret_beat)
{
    return peering_beat(peering, ret_beat);
}

static void down(void *peering)
{
    peering_end(peering);
}

struct link_user replication_part_user(struct replication_part *p)
{
    return (struct link_user){.up = up, .message = message, .beat = beat, .down = down, .arg = p};
}

struct link_times replication_part_times(const struct config *config)
{
    int64_t quarter_ms = config->failover_lease_ms / 4;
    return (struct link_times){.beat_ms = quarter_ms < BEAT_MOST_MS ? quarter_ms : BEAT_MOST_MS};
}

int replication_part_dial(struct replication_part *p)
{
    struct node_state state;
    node_look(p->node, &state);
    if (p->dialer || !node_has_peer(&state) || (!p->host.leader && !p->host.follower))
        return 0;
    struct link_dialer_config config = {.address = str_c(state.peer.address),
                                        .identity = p->identity,
                                        .times = replication_part_times(p->config),
                                        .user = replication_part_user(p)};
    memcpy(config.pin.bytes, state.peer.pin, sizeof(config.pin.bytes));
    if (p->host.leader) {
        config.least_pause_ms = TELL_PAUSE_MS;
        config.most_pause_ms = TELL_PAUSE_MAX;
    }
    return link_dialer_start(&config, &p->dialer);
}

/* --- The witness --- */

static int may_reign(void *arg, struct err_ctx *ctx)
{
    CLEANUP(arena_free) struct arena a;
    const struct replication_part *p = arg;
    struct follower_state s;
    follower_state(p->host.follower, &s);
    if (s.trouble != 0)
        return err_set(ctx, s.trouble, "changes were not put in place: %s", err_text(s.trouble));
    arena_init(&a, PROMOTION_ARENA_BYTES);
    return promotion_halt(p->store, false, &a, ctx);
}

static void goes_on(void *arg)
{
    const struct replication_part *p = arg;
    promotion_go_on(p->store);
}

int replication_part_keep(struct replication_part *p, bool asks_first, struct err_ctx *err)
{
    struct node_state state;
    bool automatic = str_eq_c(STR("automatic"), p->config->failover);
    if (!automatic && !str_eq_c(STR("manual"), p->config->failover))
        return err_set(err, ERR_CONFIG, "failover is manual or automatic");
    node_look(p->node, &state);
    if (p->warden || !node_has_witness(&state))
        return 0;
    const struct warden_config config = {.node = p->node,
                                         .identity = p->identity,
                                         .leader = p->host.leader,
                                         .takes_over = automatic && p->host.follower,
                                         .may_reign = may_reign,
                                         .goes_on = goes_on,
                                         .arg = p};
    return warden_start(&config, asks_first, &p->warden);
}

/* --- Leading and following --- */

/* Without a standby nobody is waited for, nor are changes refused. */
static enum repl_mode mode_of(const struct node_state *state)
{
    return node_has_peer(state) ? state->mode : REPL_ASYNC;
}

static int begin_leading(struct replication_part *p, const struct node_state *state,
                         struct err_ctx *err)
{
    const struct config *c = p->config;
    bool stops = str_eq_c(STR("stop"), c->replication_without_standby);
    if (!stops && !str_eq_c(STR("continue"), c->replication_without_standby))
        return err_set(err, ERR_CONFIG, "replication-without-standby is continue or stop");
    const struct leader_config config = {
        .cluster = str_c(state->cluster),
        .epoch = state->epoch,
        .mode = mode_of(state),
        .stop_without_standby = stops,
        .confirm_ms = c->replication_wait_ms,
        .kept_bytes = (size_t)c->replication_kept_mib << 20,
        .snapshot_pages_per_s = c->replication_pages_per_s,
    };
    TRY(relaying_new(true, 0, &p->relaying));
    p->host.desk = relaying_desk(p->relaying);
    TRY(leader_new(p->store, &config, &p->host.leader));
    leader_expect_standby(p->host.leader, node_has_peer(state));
    return 0;
}

/* What tells an old primary what it had beyond. */
static void keep_forks(struct replication_part *p, const struct repl_settings *settings)
{
    CLEANUP(arena_free) struct arena a;
    struct buf b;
    struct str text;
    arena_init(&a, 4 * FORKS_BYTES);
    buf_init(&b, &a, FORKS_BYTES);
    for (size_t i = 0; i < settings->count; i++)
        if (str_eq_c(settings->names[i], REPL_SETTING_FORKS))
            buf_add(&b, settings->values[i]);
    if (b.len == 0)
        return;
    int rc = buf_finish(&b, &text);
    if (rc == 0)
        rc = forks_store(node_data_dir(p->node), text);
    if (rc != 0)
        LOG_WARN("replication", "where the reigns began could not be kept: %s", err_text(rc));
}

static int take_setting(struct replication_part *p, struct str name, struct str value)
{
    struct node_state state;
    enum repl_mode mode;
    node_look(p->node, &state);
    if (str_eq_c(name, REPL_SETTING_MODE) && repl_mode_of(value, &mode) == 0 && mode != state.mode)
        return node_set_mode(p->node, mode);
    if (str_eq_c(name, REPL_SETTING_WITNESS) && !str_eq_c(value, state.primary_witness))
        return node_set_primary_witness(p->node, value);
    return 0;
}

/* --- What both nodes should have alike --- */

static void compare_settings(struct replication_part *p, const struct repl_settings *settings)
{
    CLEANUP(arena_free) struct arena a;
    struct follower_state s;
    struct str unlike;
    bool is_news = false;
    if (!alike_is_said(settings))
        return;
    arena_init(&a, SHARE_ARENA_BYTES);
    int err = alike_keep(node_data_dir(p->node), settings, &is_news);
    if (err == 0)
        err = alike_compare(&a, p->config, settings, &unlike);
    if (err != 0) {
        LOG_WARN("replication", "settings of the primary could not be kept: %s", err_text(err));
        return;
    }
    follower_state(p->host.follower, &s);
    follower_note_unlike(p->host.follower, unlike);
    if (str_eq_c(unlike, s.unlike))
        return;
    if (str_empty(unlike))
        LOG_INFO("replication", "the settings are the primary's again");
    else
        LOG_WARN("replication",
                 "these settings are not as the primary has them: %.*s; set them alike, or leave "
                 "them out here, and start again",
                 STR_ARG(unlike));
}

/* With the lock, so that the web is there meanwhile. */
static void use_certificates(struct replication_part *p)
{
    struct err_ctx err = {0};
    (void)pthread_mutex_lock(&p->web_lock);
    int rc = p->web ? web_tls_reload(p->web, &err) : 0;
    (void)pthread_mutex_unlock(&p->web_lock);
    if (rc != 0)
        LOG_ERROR("tls", "the certificate that the primary gave is not used: %s",
                  err.detail[0] ? err.detail : err_text(rc));
}

static void take_certificates(struct replication_part *p, const struct repl_settings *settings)
{
    struct err_ctx err = {0};
    bool is_news;
    int rc = given_tls_keep(p->store, p->config->data, settings, &is_news, &err);
    if (rc != 0)
        LOG_ERROR("tls", "the certificate of the primary could not be kept: %s",
                  err.detail[0] ? err.detail : err_text(rc));
    if (rc != 0 || !is_news)
        return;
    LOG_INFO("tls", "the primary gave another certificate%s",
             p->config->tls_cert_file[0] ? "; tls-cert-file counts here" : "");
    use_certificates(p);
}

void replication_part_share(struct replication_part *p, const struct web *web)
{
    CLEANUP(arena_free) struct arena a;
    struct repl_settings settings = {.count = 0};
    if (!p->host.leader)
        return;
    arena_init(&a, SHARE_ARENA_BYTES);
    int err = alike_add(&a, p->config, &settings);
    if (err == 0)
        err = given_tls_add(p->store, web, &a, &settings);
    if (err == 0)
        err = leader_share(p->host.leader, &settings);
    if (err != 0)
        LOG_ERROR("replication", "the standby does not hear of settings and certificates: %s",
                  err_text(err));
}

int replication_part_open(struct replication_part *p, struct web *web)
{
    TRY(relaying_open(p->relaying, web));
    (void)pthread_mutex_lock(&p->web_lock);
    p->web = web;
    (void)pthread_mutex_unlock(&p->web_lock);
    replication_part_share(p, web);
    if (p->host.follower)
        use_certificates(p); /* those that came while the web started */
    return 0;
}

void replication_part_shut(struct replication_part *p)
{
    relaying_shut(p->relaying);
    (void)pthread_mutex_lock(&p->web_lock);
    p->web = NULL;
    (void)pthread_mutex_unlock(&p->web_lock);
}

/* The primary's mode is the next reign's; without its witness nobody reigns by hand either. */
static void take_settings(void *arg, const struct repl_settings *settings)
{
    struct replication_part *p = arg;
    for (size_t i = 0; i < settings->count; i++) {
        int err = take_setting(p, settings->names[i], settings->values[i]);
        if (err != 0)
            LOG_WARN("replication", "a setting of the primary, %.*s, could not be kept: %s",
                     STR_ARG(settings->names[i]), err_text(err));
    }
    keep_forks(p, settings);
    compare_settings(p, settings);
    take_certificates(p, settings);
}

static int begin_following(struct replication_part *p, const struct node_state *state,
                           struct err_ctx *err)
{
    const struct follower_config config = {.cluster = str_c(state->cluster),
                                           .max_stale_ms =
                                               p->config->standby_max_staleness_s * 1000,
                                           .settings = take_settings,
                                           .arg = p};
    bool forwards = str_eq_c(STR("forward"), p->config->standby_changes);
    if (!forwards && !str_eq_c(STR("refuse"), p->config->standby_changes))
        return err_set(err, ERR_CONFIG, "standby-changes is refuse or forward");
    /* Of the threads that answer, half are never kept waiting for the primary. */
    size_t asks = forwards ? (size_t)p->config->workers / 2 + 1 : 0;
    TRY(relaying_new(false, asks, &p->relaying));
    p->host.relay = relaying_relay(p->relaying);
    return follower_new(p->store, &config, &p->host.follower);
}

int replication_part_begin(struct replication_part *p, struct store *store,
                           const struct config *config, const struct link_identity *identity,
                           struct err_ctx *err)
{
    struct node_state state;
    *p = (struct replication_part){
        .store = store, .config = config, .identity = identity, .node = store_node(store)};
    (void)pthread_mutex_init(&p->web_lock, NULL);
    (void)snprintf(p->address, sizeof(p->address), ":%lld", (long long)config->replication_port);
    p->host = (struct peering_host){.node = p->node, .address = str_c(p->address)};
    node_look(p->node, &state);
    if (state.role == REPL_STANDBY)
        return begin_following(p, &state, err);
    if (node_is_fenced(&state)) {
        LOG_WARN("replication",
                 "a newer primary reigns (epoch %llu): this node changes nothing until it rejoins",
                 (unsigned long long)state.newer_epoch);
        return 0;
    }
    return begin_leading(p, &state, err);
}

void replication_part_end(struct replication_part *p)
{
    warden_stop(p->warden);
    link_dialer_stop(p->dialer);
    leader_free(p->host.leader);
    follower_free(p->host.follower);
    relaying_free(p->relaying);
    (void)pthread_mutex_destroy(&p->web_lock);
    *p = (struct replication_part){0};
}

void replication_part_look(struct replication_part *p, const struct node_state *state)
{
    if (!p->host.leader)
        return;
    leader_witness_changed(p->host.leader);
    leader_set_mode(p->host.leader, mode_of(state));
    leader_expect_standby(p->host.leader, node_has_peer(state));
}

/* --- What is told of it --- */

static void metric(struct buf *b, const char *name, const char *help, int64_t value)
{
    buf_printf(b,
               "# HELP garita_replication_%s %s\n# TYPE garita_replication_%s gauge\n"
               "garita_replication_%s %lld\n",
               name, help, name, name, (long long)value);
}

static void lease_metrics(struct replication_part *p, struct buf *b)
{
    struct lease_look look;
    lease_look(node_lease(p->node), &look);
    if (!look.is_required)
        return;
    metric(b, "witness_connected", "Whether the witness answered the last time.",
           look.is_witness_there);
    if (!p->host.leader)
        return;
    metric(b, "lease_held", "Whether this primary may take changes.", look.is_held);
    metric(b, "lease_milliseconds", "For how long it may, when nobody answers any more.",
           look.left_ms);
}

static void counter(struct buf *b, const char *name, const char *help, uint64_t value)
{
    buf_printf(b,
               "# HELP garita_replication_%s %s\n# TYPE garita_replication_%s counter\n"
               "garita_replication_%s %llu\n",
               name, help, name, name, (unsigned long long)value);
}

static void write_relaying(const struct replication_part *p, struct buf *b)
{
    struct relaying_counts counts;
    if (!p->relaying)
        return;
    relaying_counts(p->relaying, &counts);
    counter(b, "forwarded_requests_total", "Requests that this standby passed on to the primary.",
            counts.passed_on);
    counter(b, "unanswered_requests_total", "Of these, those that were not answered in time.",
            counts.unanswered);
    counter(b, "answered_requests_total",
            "Requests that the standby passed on to this primary and that were answered.",
            counts.answered);
}

void replication_part_metrics(struct replication_part *p, struct buf *b)
{
    struct node_state node;
    node_look(p->node, &node);
    metric(b, "role", "1: primary, 2: standby, 3: fenced, as a newer primary reigns.",
           node_is_fenced(&node)       ? 3
           : node.role == REPL_PRIMARY ? 1
                                       : 2);
    metric(b, "epoch", "The epoch of the history that this node holds.", (int64_t)node.epoch);
    lease_metrics(p, b);
    write_relaying(p, b);
    if (p->host.leader)
        leader_metrics(p->host.leader, b);
    if (!p->host.follower)
        return;
    struct follower_state s;
    follower_state(p->host.follower, &s);
    metric(b, "connected", "Whether the primary is connected.", s.attached);
    metric(b, "heard_timestamp_milliseconds", "When the primary was last heard; 0: never.",
           s.heard_ms);
    metric(b, "applied_timestamp_milliseconds",
           "When the primary made the last change that is in place here; 0: none.", s.applied_ms);
    metric(b, "rewinds",
           "Whether this node rejoined and was not in step with the primary yet: it is not read.",
           node.rewinds);
    metric(b, "stale_milliseconds",
           "How long ago all was here that the primary had; -1: never yet.", s.stale_ms);
}

void replication_part_lag(struct replication_part *p, struct replication_lag *ret_lag)
{
    struct leader_state l;
    struct follower_state f;
    if (p->host.leader) {
        leader_state(p->host.leader, &l);
        *ret_lag = (struct replication_lag){l.behind_ms, (int64_t)l.behind_bytes,
                                            (int64_t)l.behind_commits};
    } else if (p->host.follower) {
        follower_state(p->host.follower, &f);
        *ret_lag = (struct replication_lag){.ms = f.stale_ms > 0 ? f.stale_ms : 0};
    }
}

static const char *state_of_leader(const struct replication_part *p, bool *ret_well)
{
    struct node_state node;
    struct leader_state s;
    node_look(p->node, &node);
    leader_state(p->host.leader, &s);
    struct lease_look lease;
    lease_look(node_lease(p->node), &lease);
    *ret_well = !s.degraded && !p->unconfirmed && (s.in_step || !node_has_peer(&node)) &&
                lease.is_held &&
                (!lease.is_required || (lease.is_witness_there && lease.knows_standby));
    if (!lease.is_held)
        return "changes are refused: neither the witness nor the standby is reached";
    if (p->unconfirmed)
        return "primary, not confirmed by the other node";
    if (!node_has_peer(&node))
        return "primary without a standby";
    if (!s.attached)
        return "standby is away";
    if (lease.is_required && !lease.is_witness_there)
        return "witness is away";
    if (lease.is_required && !lease.knows_standby)
        return "the standby is not paired with the witness";
    return s.in_step ? "standby follows" : "standby catches up";
}

static const char *state_of_follower(const struct replication_part *p, bool *ret_well)
{
    struct follower_state s;
    follower_state(p->host.follower, &s);
    bool stale = store_fresh(p->store) != 0;
    *ret_well = s.attached && s.trouble == 0 && !stale;
    if (stale)
        return "too far behind: no answers about tokens";
    return s.attached ? "follows the primary" : "primary is away";
}

bool replication_part_report(struct replication_part *p, struct json_writer *w)
{
    bool well = false;
    const char *state = p->host.leader     ? state_of_leader(p, &well)
                        : p->host.follower ? state_of_follower(p, &well)
                                           : "fenced: a newer primary reigns";
    jw_begin_object(w);
    jw_member_c(w, "name", "standby");
    jw_member_c(w, "status", well ? "UP" : "DOWN");
    jw_member_object(w, "data");
    jw_member_c(w, "state", state);
    jw_end_object(w);
    jw_end_object(w);
    return well;
}

/* --- Asking the peer --- */

static int ask(struct replication_part *p)
{
    return node_ask_peer(p->node, p->identity, clock_now().monotonic_ms + TRY_MS);
}

void replication_part_confirm(struct replication_part *p)
{
    struct node_state state;
    const struct timespec pause = {0, PAUSE_MS * 1000000};
    node_look(p->node, &state);
    if (!p->host.leader || !node_has_peer(&state) || p->config->replication_confirm_s == 0)
        return;
    bool is_granted = node_has_witness(&state) && lease_is_held(node_lease(p->node));
    int64_t until_ms = clock_now().monotonic_ms + p->config->replication_confirm_s * 1000;
    int err = ask(p);
    while (err != 0 && !is_granted && clock_now().monotonic_ms < until_ms) {
        (void)nanosleep(&pause, NULL);
        err = ask(p);
    }
    p->unconfirmed = err != 0 && !node_has_witness(&state);
    if (p->unconfirmed)
        LOG_ERROR(
            "replication",
            "the other node, %s, cannot be asked whether it reigns now (%s): this node serves as the "
            "primary without knowing",
            state.peer.address, err_text(err));
}
