#include "store/witness/ledger.h"

#include "core/base/ct.h"

#include "core/base/banned.h"

static bool is_same(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static void name(char to[REPL_NODE_ID_LEN + 1], const char *from)
{
    memcpy(to, from, REPL_NODE_ID_LEN + 1);
}

static const char nobody[REPL_NODE_ID_LEN + 1] = "";

bool ledger_equal(const struct ledger *a, const struct ledger *b)
{
    bool equal = is_same(a->cluster, b->cluster) && a->member_count == b->member_count &&
                 a->epoch == b->epoch && is_same(a->holder, b->holder) &&
                 is_same(a->standby, b->standby) && a->stance == b->stance &&
                 a->lease_ms == b->lease_ms;
    for (size_t i = 0; equal && i < a->member_count; i++)
        equal = is_same(a->members[i].node, b->members[i].node) &&
                memcmp(a->members[i].pin, b->members[i].pin, NODE_PIN_BYTES) == 0;
    return equal;
}

struct ledger_member *ledger_member(struct ledger *l, const unsigned char pin[NODE_PIN_BYTES])
{
    struct ledger_member *found = NULL;
    for (size_t i = 0; i < l->member_count; i++)
        if (ct_eq(str_of((const char *)l->members[i].pin, NODE_PIN_BYTES),
                  str_of((const char *)pin, NODE_PIN_BYTES)))
            found = &l->members[i];
    return found;
}

static void begin_reign(struct ledger *l, const char *node, uint64_t epoch, const char *standby,
                        enum lease_stance stance)
{
    name(l->standby, standby);
    l->epoch = epoch;
    l->stance = stance;
    name(l->holder, node);
}

/* A higher epoch than was given here is one that an operator began without a witness: it reigns, and who
 * reigned before hears of it from here, too. */
static enum witness_verdict renew(struct ledger *l, int64_t *until_ms, int64_t now_ms,
                                  const struct witness_request *r)
{
    bool is_known = l->holder[0] != '\0' && r->epoch <= l->epoch;
    if (r->epoch < l->epoch || (is_known && !is_same(l->holder, r->node)))
        return WITNESS_OUTRUN;
    begin_reign(l, r->node, r->epoch, r->standby, r->stance);
    l->lease_ms = r->lease_ms;
    *until_ms = now_ms + r->lease_ms > *until_ms ? now_ms + r->lease_ms : *until_ms;
    return WITNESS_GRANTED;
}

/* Everything that speaks against it, in the order in which it is told. */
static enum witness_verdict judge_claim(const struct ledger *l, int64_t until_ms, int64_t now_ms,
                                        const struct witness_request *r)
{
    if (r->epoch < l->epoch)
        return WITNESS_OUTRUN;
    if (l->member_count < LEDGER_MEMBERS || l->holder[0] == '\0' || r->epoch != l->epoch ||
        is_same(l->holder, r->node) || r->epoch >= INT64_MAX || r->lease_ms < l->lease_ms)
        return WITNESS_UNSURE;
    bool is_counted_on = is_same(l->standby, r->node);
    if (!is_counted_on && l->standby[0] != '\0')
        return WITNESS_UNCOUNTED;
    if (now_ms < until_ms)
        return WITNESS_TOO_EARLY;
    bool has_all = is_counted_on && l->stance != LEASE_ALONE;
    return has_all || r->flag ? WITNESS_GRANTED : WITNESS_BEHIND;
}

/* Who was given the reign and did not hear of it asks again. */
static bool has_it_already(const struct ledger *l, const struct witness_request *r)
{
    return l->epoch > 0 && r->epoch == l->epoch - 1 && is_same(l->holder, r->node);
}

static enum witness_verdict claim(struct ledger *l, int64_t *until_ms, int64_t now_ms,
                                  const struct witness_request *r)
{
    enum witness_verdict verdict =
        has_it_already(l, r) ? WITNESS_GRANTED : judge_claim(l, *until_ms, now_ms, r);
    if (verdict != WITNESS_GRANTED)
        return verdict;
    begin_reign(l, r->node, r->epoch + 1, nobody, LEASE_ALONE);
    l->lease_ms = r->lease_ms;
    *until_ms = now_ms + r->lease_ms;
    return WITNESS_GRANTED;
}

static enum witness_verdict decide(struct ledger *l, int64_t *until_ms, int64_t now_ms,
                                   struct ledger_member *member, const struct witness_request *r)
{
    bool is_late = r->turn == 0 || r->turn != member->turn;
    if (!is_same(member->node, r->node) || !is_same(l->cluster, r->cluster))
        return WITNESS_STRANGER;
    switch (r->kind) {
    case WITNESS_RENEW: return is_late ? WITNESS_LATE : renew(l, until_ms, now_ms, r);
    case WITNESS_CLAIM: return is_late ? WITNESS_LATE : claim(l, until_ms, now_ms, r);
    case WITNESS_LOOK: member->turn++; return WITNESS_GRANTED;
    case WITNESS_JOIN: break;
    }
    return WITNESS_STRANGER;
}

static bool knows_standby(const struct ledger *l)
{
    bool knows = l->standby[0] == '\0';
    for (size_t i = 0; i < l->member_count; i++)
        knows = knows || is_same(l->members[i].node, l->standby);
    return knows;
}

static void say(const struct ledger *l, enum witness_verdict verdict,
                struct witness_answer *ret_answer)
{
    *ret_answer = (struct witness_answer){.verdict = verdict,
                                          .stance = l->stance,
                                          .knows_standby = knows_standby(l),
                                          .epoch = l->epoch};
    name(ret_answer->holder, l->holder);
}

void ledger_answer(struct ledger *l, int64_t *until_ms, int64_t now_ms,
                   struct ledger_member *member, const struct witness_request *r,
                   struct witness_answer *ret_answer)
{
    enum witness_verdict verdict = decide(l, until_ms, now_ms, member, r);
    say(l, verdict, ret_answer);
    ret_answer->turn = verdict == WITNESS_STRANGER ? 0 : member->turn;
    if (*until_ms > now_ms)
        ret_answer->wait_ms = (uint32_t)(*until_ms - now_ms);
}

/* --- Pairing --- */

static struct ledger_member *place_of(struct ledger *l, const char *node)
{
    for (size_t i = 0; i < l->member_count; i++)
        if (is_same(l->members[i].node, node))
            return &l->members[i];
    if (l->member_count < LEDGER_MEMBERS)
        return &l->members[l->member_count++];
    for (size_t i = 0; i < l->member_count; i++)
        if (!is_same(l->members[i].node, l->holder))
            return &l->members[i];
    return NULL;
}

/* A standby's word tells of an epoch and not of who reigns in it. */
static void believe(struct ledger *l, const struct witness_request *r)
{
    if (r->epoch < l->epoch || (r->epoch == l->epoch && l->holder[0] != '\0'))
        return;
    if (r->epoch > l->epoch)
        l->holder[0] = '\0';
    l->epoch = r->epoch;
    name(l->standby, nobody);
    if (r->flag)
        name(l->holder, r->node);
    if (r->flag || l->lease_ms < r->lease_ms)
        l->lease_ms = r->lease_ms;
}

void ledger_join(struct ledger *l, const struct witness_request *r,
                 const unsigned char pin[NODE_PIN_BYTES], struct witness_answer *ret_answer)
{
    struct ledger_member *place = NULL;
    if (l->cluster[0] == '\0' || is_same(l->cluster, r->cluster))
        place = place_of(l, r->node);
    if (place) {
        name(l->cluster, r->cluster);
        name(place->node, r->node);
        memcpy(place->pin, pin, NODE_PIN_BYTES);
        place->turn++;
        l->stance = LEASE_ALONE; /* what was counted on was another standby */
        believe(l, r);
    }
    say(l, place ? WITNESS_GRANTED : WITNESS_STRANGER, ret_answer);
    ret_answer->turn = place ? place->turn : 0;
}
