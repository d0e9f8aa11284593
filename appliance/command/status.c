/* garita status: what this node is, and how far the other one is behind. */
#include "appliance/command/commands.h"
#include "core/model/plain.h"
#include "store/repl/follower.h"
#include "store/repl/leader.h"
#include "store/store_open.h"

#include "core/base/banned.h"

#define LIST_PAGE 500

static const char *role_word(const struct node_state *s)
{
    if (node_is_fenced(s))
        return "fenced";
    return s->role == REPL_PRIMARY ? "primary" : s->role == REPL_STANDBY ? "standby" : "alone";
}

static int count_realms(struct call *call, int64_t *ret_count)
{
    struct realm_summary *items;
    size_t count = LIST_PAGE;
    struct str after = STR("");
    *ret_count = 0;
    while (count == LIST_PAGE) {
        TRY(store_realm_list(call->store, call->arena, after, LIST_PAGE, &items, &count));
        *ret_count += (int64_t)count;
        if (count > 0)
            after = items[count - 1].name;
    }
    return 0;
}

static void write_node(struct json_writer *w, const struct node_state *s)
{
    jw_member_c(w, "role", role_word(s));
    if (s->role == REPL_ALONE)
        return;
    jw_member_c(w, "node", s->id);
    jw_member_c(w, "cluster", s->cluster);
    jw_member_i64(w, "epoch", (int64_t)s->epoch);
    if (s->newer_epoch > s->epoch)
        jw_member_i64(w, "newerEpoch", (int64_t)s->newer_epoch);
    jw_member_c(w, "mode", repl_mode_word(s->mode));
    if (!node_has_peer(s))
        return;
    jw_member_object(w, "peer");
    jw_member_c(w, "node", s->peer.node);
    jw_member_c(w, "address", s->peer.address);
    jw_end_object(w);
}

static void write_witness(struct json_writer *w, struct store *store, const struct node_state *s)
{
    struct lease_look look;
    lease_look(node_lease(store_node(store)), &look);
    jw_member_object(w, "witness");
    jw_member_c(w, "address", s->witness.address);
    jw_member_bool(w, "connected", look.is_witness_there);
    if (look.witness_wall_ms != 0) {
        plain_write_time(w, "heard", look.witness_wall_ms);
        jw_member_c(w, "countsOn", lease_stance_word(look.stance));
    }
    jw_end_object(w);
    if (!leader_of(store))
        return;
    jw_member_object(w, "lease");
    jw_member_bool(w, "held", look.is_held);
    jw_member_i64(w, "leftMs", look.left_ms);
    jw_end_object(w);
}

static void write_leader(struct json_writer *w, struct leader *leader)
{
    struct leader_state s;
    leader_state(leader, &s);
    jw_member_object(w, "standby");
    jw_member_bool(w, "connected", s.attached);
    jw_member_bool(w, "inStep", s.in_step);
    jw_member_bool(w, "degraded", s.degraded);
    jw_member_i64(w, "behindCommits", (int64_t)s.behind_commits);
    jw_member_i64(w, "behindBytes", (int64_t)s.behind_bytes);
    jw_member_i64(w, "behindMs", s.behind_ms);
    if (s.verified_ms != 0)
        plain_write_time(w, "verified", s.verified_ms);
    jw_end_object(w);
}

static void write_follower(struct json_writer *w, struct follower *follower)
{
    struct follower_state s;
    follower_state(follower, &s);
    jw_member_object(w, "primary");
    jw_member_bool(w, "connected", s.attached);
    if (s.heard_ms != 0)
        plain_write_time(w, "heard", s.heard_ms);
    if (s.applied_ms != 0)
        plain_write_time(w, "applied", s.applied_ms);
    jw_end_object(w);
}

static void say(struct call *call, const struct node_state *s, struct leader *leader,
                int64_t realms)
{
    call_say(call, "%s, %lld realms", role_word(s), (long long)realms);
    if (s->role == REPL_ALONE)
        return;
    call_say(call, "epoch %llu, mode %s, other node %s", (unsigned long long)s->epoch,
             repl_mode_word(s->mode), node_has_peer(s) ? s->peer.address : "none");
    if (!leader)
        return;
    struct leader_state l;
    leader_state(leader, &l);
    call_say(call, "standby %s%s, %llu commits (%llu bytes, %lld ms) behind",
             !l.attached ? "away"
             : l.in_step ? "in step"
                         : "catching up",
             l.degraded ? ", answers do not wait for it" : "", (unsigned long long)l.behind_commits,
             (unsigned long long)l.behind_bytes, (long long)l.behind_ms);
}

void replication_status_write(struct store *store, struct json_writer *w)
{
    struct node_state state;
    struct leader *leader = leader_of(store);
    struct follower *follower = follower_of(store);
    node_look(store_node(store), &state);
    write_node(w, &state);
    if (node_has_witness(&state))
        write_witness(w, store, &state);
    if (leader)
        write_leader(w, leader);
    if (follower)
        write_follower(w, follower);
}

static int status(struct call *call)
{
    struct node_state state;
    int64_t realms;
    node_look(store_node(call->store), &state);
    if (count_realms(call, &realms) != 0)
        realms = 0; /* a standby to which they are still to come */
    jw_begin_object(&call->out);
    replication_status_write(call->store, &call->out);
    jw_member_i64(&call->out, "realms", realms);
    jw_end_object(&call->out);
    say(call, &state, leader_of(call->store), realms);
    return 0;
}

static int verify(struct call *call)
{
    struct leader *leader = leader_of(call->store);
    int err = leader ? leader_verify(leader) : ERR_NOT_FOUND;
    if (err != 0)
        return err_set(&call->err, ERR_CONFLICT,
                       "no standby is connected to this node, or it is still catching up");
    call_say(call, "all pages are being compared: garita status tells when it was done");
    return 0;
}

const struct command status_commands[] = {
    {"status", "", 0, 0, "say what this node is, and how far the other one is behind", NULL, NULL,
     0, false, NULL, status, NULL, NULL},
    {"standby verify", "", 0, 0, "compare every page of the standby with this node's",
     "Goes on in the background. Pages that differ are an error in the log, counted in the metrics, and "
     "replaced.",
     NULL, 0, false, NULL, verify, NULL, NULL},
};
const size_t status_command_count = ARRAY_LEN(status_commands);
