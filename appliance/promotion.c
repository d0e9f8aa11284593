#include "appliance/promotion.h"

#include <stdio.h>

#include "core/admin/each_realm.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "store/repl/follower.h"
#include "store/repl/forks.h"
#include "store/store_open.h"
#include "store/witness/call.h"

#include "core/base/banned.h"

#define CLAIM_MS 3000  /* beyond the lease */
#define HALT_MS  30000 /* for what came to be put in place */

#define MISSING_BYTES 512 /* names of realms and why */

/* --- What speaks against it --- */

int promotion_say_reigned(const struct node_state *state, struct err_ctx *err)
{
    return err_set(
        err, ERR_CONFLICT,
        "a newer primary reigns: make this node its standby (garita standby rejoin), or, "
        "when that one is lost for good, garita promote --yes --epoch %llu",
        (unsigned long long)state->newer_epoch);
}

static int may_promote(const struct promotion *p, const struct node_state *state,
                       struct err_ctx *err)
{
    if (state->role == REPL_ALONE)
        return err_set(err, ERR_CONFLICT, "this node has no part in replication");
    if (state->role == REPL_PRIMARY && !node_is_fenced(state))
        return err_set(err, ERR_CONFLICT, "this node is the primary already");
    if (state->role == REPL_PRIMARY && !p->names_epoch)
        return promotion_say_reigned(state, err);
    if (state->rewinds)
        return err_set(err, ERR_CONFLICT,
                       "this node rejoined and was not in step with the new primary yet: what it "
                       "holds is its own history");
    if (!p->is_sure)
        return err_set(err, ERR_USAGE,
                       "the primary must have stopped for good, or both would take changes: "
                       "--yes to promote");
    if (p->names_epoch && p->epoch != node_newest_epoch(state))
        return err_set(err, ERR_CONFLICT, "the epoch is %llu, not the one that was named",
                       (unsigned long long)node_newest_epoch(state));
    return 0;
}

/* Nobody but the witness knows whether the primary has a lease. */
static bool lacks_witness(const struct node_state *state)
{
    return state->role == REPL_STANDBY && !node_has_witness(state) &&
           state->primary_witness[0] != '\0';
}

static int check_witness(const struct promotion *p, const struct node_state *state,
                         struct err_ctx *err)
{
    if (p->without_witness || !lacks_witness(state))
        return 0;
    return err_set(
        err, ERR_CONFLICT,
        "this standby is not paired with its primary's witness: pair it (garita standby "
        "witness %.80s --token-file FILE), or, when the old primary is stopped for good, "
        "--without-witness: else both may take changes",
        state->primary_witness);
}

#define NAMES_SHOWN 3

struct looking {
    struct store *store;
    struct buf forks;   /* where each database stands */
    struct buf missing; /* names of realms that are not whole, the first ones */
    size_t missing_count;
};

static int look_at(struct looking *l, struct realm_view *view)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    TRY(store_read_begin(view, &r));
    return forks_add(r, &l->forks);
}

static int visit(struct looking *l, struct str name)
{
    struct store_visit visit;
    struct realm_view *view;
    TRY(store_visit_begin(l->store, name, &visit));
    int rc = realm_view_acquire(l->store, name, &view);
    if (rc == 0) {
        int noted = look_at(l, view);
        l->forks.failed = l->forks.failed || noted != 0;
        realm_view_release(view);
    }
    store_visit_end(&visit);
    return rc;
}

static void note_missing(struct looking *l, struct str name, int why)
{
    if (++l->missing_count > NAMES_SHOWN)
        return;
    buf_add_c(&l->missing, l->missing_count > 1 ? ", " : "");
    buf_add(&l->missing, name);
    if (why != ERR_STORE_BUSY)
        buf_printf(&l->missing, " (%s)", err_text(why));
}

static int is_whole(void *arg, const struct realm_summary *realm)
{
    struct looking *l = arg;
    int rc = visit(l, realm->name);
    if (rc == ERR_NO_MEMORY)
        return rc;
    if (rc != 0)
        note_missing(l, realm->name, rc);
    return 0;
}

/* What to do comes first: names may be long. */
static int say_missing(const struct looking *l, struct err_ctx *err)
{
    char others[48] = "";
    if (l->missing_count > NAMES_SHOWN)
        (void)snprintf(others, sizeof(others), " and %zu others", l->missing_count - NAMES_SHOWN);
    return err_set(err, ERR_CONFLICT,
                   "not every realm has arrived whole: let this standby follow its primary until "
                   "it has (garita status), or give up with --incomplete what is missing: %.*s%s",
                   STR_ARG(buf_str(&l->missing)), others);
}

/* A standby that waits for databases would be a primary without them. */
static int check_any(struct store *store, struct arena *a, struct err_ctx *err)
{
    struct realm_summary *items;
    size_t count = 0;
    int rc = store_realm_list(store, a, STR(""), 1, &items, &count);
    return rc == 0 && count > 0
               ? 0
               : err_set(
                     err, ERR_CONFLICT,
                     "realm master has not arrived, and without it nothing is promoted: let this "
                     "standby follow its primary (garita serve), or, when that one is lost for "
                     "good, restore a backup (garita restore)");
}

/* So that an old primary learns what it has beyond. A reign does not fail for it. */
static void note_forks(struct store *store, struct buf *forks)
{
    struct node_state state;
    struct str lines;
    struct node *node = store_node(store);
    node_look(node, &state);
    int rc = buf_finish(forks, &lines);
    if (rc == 0)
        rc = forks_put(node_data_dir(node), node_newest_epoch(&state) + 1, lines);
    if (rc != 0)
        LOG_WARN("replication", "where this reign begins was not noted: %s", err_text(rc));
}

static int check_realms(struct store *store, struct arena *a, struct err_ctx *err)
{
    struct looking l = {.store = store};
    buf_init(&l.forks, a, FORKS_BYTES);
    buf_init(&l.missing, a, MISSING_BYTES);
    TRY(check_any(store, a, err));
    TRY(each_realm(store, a, is_whole, &l));
    if (l.missing_count > 0)
        return say_missing(&l, err);
    note_forks(store, &l.forks);
    return 0;
}

/* What the primary said last may name a realm whose database is still to come: nothing may arrive between
 * the look and the reign. */
int promotion_halt(struct store *store, bool incomplete, struct arena *a, struct err_ctx *err)
{
    struct follower *follower = follower_of(store);
    if (follower && follower_halt(follower, HALT_MS) != 0)
        return err_set(err, ERR_TIMEOUT, "what came from the primary is not in place yet");
    int rc = incomplete ? check_any(store, a, err) : check_realms(store, a, err);
    if (rc != 0)
        promotion_go_on(store);
    return rc;
}

void promotion_go_on(struct store *store)
{
    struct follower *follower = follower_of(store);
    if (follower)
        follower_resume(follower);
}

/* --- Promotion --- */

struct reign {
    uint64_t expected, epoch;
    bool forgets_witness;
    const struct node_word *word; /* NULL */
};

static int begin_reign(void *arg, struct node_state *state)
{
    struct reign *r = arg;
    if (!r->forgets_witness && lacks_witness(state)) /* it heard of that just now */
        return ERR_CONFLICT;
    if (r->forgets_witness)
        state->witness = (struct node_witness){0};
    TRY(node_reign(state, r->expected, clock_now().wall_ms));
    if (r->word)
        state->word = *r->word;
    r->epoch = state->epoch;
    return 0;
}

static int ask_witness(struct node *node, struct err_ctx *err)
{
    struct link_identity identity;
    int rc = link_identity_load(node_data_dir(node), false, &identity);
    if (rc != 0)
        return err_set(err, rc, "the key of this node for replication: %s", err_text(rc));
    int64_t until_ms = clock_now().monotonic_ms + lease_length_ms(node_lease(node)) + CLAIM_MS;
    rc = witness_claim(node, &identity, true, until_ms, err);
    link_identity_free(&identity);
    return rc;
}

static int reign(const struct promotion *p, const struct node_state *state, uint64_t *ret_epoch,
                 struct err_ctx *err)
{
    struct node *node = store_node(p->store);
    struct reign r = {.expected = node_newest_epoch(state),
                      .forgets_witness = p->without_witness,
                      .word = p->word};
    bool claims = node_has_witness(state) && !p->without_witness;
    if (claims)
        TRY(ask_witness(node, err));
    int rc = node_change(node, begin_reign, &r);
    if (rc != 0 && claims)
        lease_claim_end(node_lease(node));
    if (rc == ERR_CONFLICT) {
        struct node_state now;
        node_look(node, &now);
        TRY(check_witness(p, &now, err));
        return err_set(err, rc, "another epoch began meanwhile");
    }
    *ret_epoch = r.epoch;
    return rc;
}

int promotion_run(const struct promotion *p, uint64_t *ret_epoch, struct err_ctx *err)
{
    struct node_state state;
    node_look(store_node(p->store), &state);
    TRY(may_promote(p, &state, err));
    TRY(check_witness(p, &state, err));
    TRY(promotion_halt(p->store, p->incomplete, p->arena, err));
    int rc = reign(p, &state, ret_epoch, err);
    if (rc != 0)
        promotion_go_on(p->store);
    return rc;
}
