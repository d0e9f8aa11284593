/* garita status: what this node is, and how far the other one is behind. */
#include "appliance/command/commands.h"
#include "core/model/plain.h"
#include "store/repl/backup.h"
#include "store/repl/follower.h"
#include "store/repl/leader.h"
#include "store/store_open.h"

#include "core/base/banned.h"

#define LIST_PAGE      500
#define TEXT_MAX_BYTES ((size_t)8 << 10)

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
    jw_member_i64(w, "archivesWanted", (int64_t)s.archives_wanted);
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
    if (s.stale_ms >= 0)
        jw_member_i64(w, "staleMs", s.stale_ms);
    if (s.heard_ms != 0)
        plain_write_time(w, "heard", s.heard_ms);
    if (s.applied_ms != 0)
        plain_write_time(w, "applied", s.applied_ms);
    jw_member_c(w, "settingsUnlike", s.unlike);
    jw_end_object(w);
}

/* --- Backups --- */

struct kept {
    struct store_figures disk;
    struct backups_told backup;
    struct archive_told archive;
    struct exports_told exports;
    struct copies_told copies;
};

static void look(struct store *store, struct kept *ret_kept)
{
    store_figures(store, &ret_kept->disk);
    store_backup_told(store, &ret_kept->backup);
    store_archive_told(store, &ret_kept->archive);
    store_exports_told(store, &ret_kept->exports);
    store_copies_told(store, &ret_kept->copies);
}

static int64_t age_s(int64_t since_ms)
{
    int64_t age_ms = clock_now().wall_ms - since_ms;
    return age_ms > 0 ? age_ms / 1000 : 0;
}

/* A moment and how long ago it was; nothing when there was none. */
static void write_moment(struct json_writer *w, const char *name, const char *age, int64_t ms)
{
    if (ms == 0)
        return;
    plain_write_time(w, name, ms);
    jw_member_i64(w, age, age_s(ms));
}

static void write_kept(struct json_writer *w, const struct kept *k)
{
    jw_member_object(w, "disk");
    jw_member_i64(w, "freeBytes", k->disk.free_bytes);
    jw_member_i64(w, "totalBytes", k->disk.total_bytes);
    jw_end_object(w);
    jw_member_object(w, "backup");
    jw_member_bool(w, "failed", k->backup.failed);
    write_moment(w, "last", "ageSeconds", k->backup.made_ms);
    write_moment(w, "proved", "provedAgeSeconds", k->backup.proved_ms);
    if (k->copies.wanted) {
        jw_member_bool(w, "copyFailed", k->copies.failed);
        write_moment(w, "copied", "copiedAgeSeconds", k->copies.copied_ms);
    }
    jw_end_object(w);
    if (k->archive.there) {
        jw_member_object(w, "archive");
        jw_member_bool(w, "failed", k->archive.failed);
        write_moment(w, "until", "ageSeconds", k->archive.until_ms);
        jw_end_object(w);
    }
    if (k->exports.wanted) {
        jw_member_object(w, "export");
        jw_member_bool(w, "failed", k->exports.failed);
        write_moment(w, "last", "ageSeconds", k->exports.last.made_ms);
        jw_end_object(w);
    }
}

/* --- For people: a line each --- */

static void say_age(struct buf *b, const char *what, int64_t ms, bool failed)
{
    int64_t s = age_s(ms);
    buf_printf(b, "\n%s: ", what);
    if (ms == 0)
        buf_add_c(b, "none");
    else if (s < 7200)
        buf_printf(b, "%lld min ago", (long long)(s / 60));
    else
        buf_printf(b, "%lld h ago", (long long)(s / 3600));
    buf_add_c(b, failed ? ", and the last try failed" : "");
}

static void say_kept(struct buf *b, const struct kept *k)
{
    buf_printf(b, "\ndisk: %lld MiB free of %lld", (long long)(k->disk.free_bytes >> 20),
               (long long)(k->disk.total_bytes >> 20));
    say_age(b, "last backup", k->backup.made_ms, k->backup.failed);
    if (k->backup.proved_ms != 0)
        say_age(b, "last trial of a backup", k->backup.proved_ms, false);
    if (k->copies.wanted)
        say_age(b, "copied elsewhere", k->copies.copied_ms, k->copies.failed);
    if (k->archive.there)
        say_age(b, "archive reaches to", k->archive.until_ms, k->archive.failed);
    if (k->exports.wanted)
        say_age(b, "last export", k->exports.last.made_ms, k->exports.failed);
}

static void say_standby(struct buf *b, struct leader *leader)
{
    struct leader_state l;
    leader_state(leader, &l);
    buf_printf(b, "\nstandby %s%s, %llu commits (%llu bytes, %lld ms) behind",
               !l.attached ? "away"
               : l.in_step ? "in step"
                           : "catching up",
               l.degraded ? ", answers do not wait for it" : "",
               (unsigned long long)l.behind_commits, (unsigned long long)l.behind_bytes,
               (long long)l.behind_ms);
    if (l.archives_wanted > 0)
        buf_printf(b, ", archives of %zu realms on their way", l.archives_wanted);
}

static void say_primary(struct buf *b, struct follower *follower)
{
    struct follower_state f;
    follower_state(follower, &f);
    buf_printf(b, "\nprimary %s", f.attached ? "connected" : "away");
    if (f.stale_ms >= 0)
        buf_printf(b, ", all is here as of %lld ms ago", (long long)f.stale_ms);
    if (f.unlike[0])
        buf_printf(b, "\nsettings not as the primary has them: %s", f.unlike);
}

static int say(struct call *call, const struct node_state *s, const struct kept *k, int64_t realms)
{
    struct buf b;
    struct leader *leader = leader_of(call->store);
    struct follower *follower = follower_of(call->store);
    buf_init(&b, call->arena, TEXT_MAX_BYTES);
    buf_printf(&b, "%s, %lld realms", role_word(s), (long long)realms);
    if (s->role != REPL_ALONE)
        buf_printf(&b, "\nepoch %llu, mode %s, other node %s", (unsigned long long)s->epoch,
                   repl_mode_word(s->mode), node_has_peer(s) ? s->peer.address : "none");
    if (leader && node_has_peer(s))
        say_standby(&b, leader);
    if (follower)
        say_primary(&b, follower);
    say_kept(&b, k);
    return buf_finish(&b, &call->message);
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
    struct kept kept;
    int64_t realms;
    look(call->store, &kept);
    node_look(store_node(call->store), &state);
    if (count_realms(call, &realms) != 0)
        realms = 0; /* a standby to which they are still to come */
    jw_begin_object(&call->out);
    replication_status_write(call->store, &call->out);
    jw_member_i64(&call->out, "realms", realms);
    write_kept(&call->out, &kept);
    jw_end_object(&call->out);
    return say(call, &state, &kept, realms);
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
