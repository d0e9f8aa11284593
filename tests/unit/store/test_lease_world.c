/* Two nodes and their witness, with clocks that differ in rate, messages that are lost or come late, and
 * processes that stop, go on and begin anew: at no moment may two of them take changes, and no standby reigns
 * by itself while the primary answers without it (RP-02). A primary that counts from the answer instead of from
 * its question is found out, and so is a witness that hears what was said over connections that were given up:
 * so it is known that the world is hard enough. */
#include "tests/unit/store/store_support.h"

#include "store/witness/ledger.h"

#define LEASE  1000
#define TICK   5
#define TICKS  40000
#define WORLDS 40
#define MAIL   64

static const char *const ids[] = {"00000000-0000-0000-0000-00000000000a",
                                  "00000000-0000-0000-0000-00000000000b"};
#define CLUSTER "00000000-0000-0000-0000-0000000000cc"

/* --- Chance and time --- */

static uint64_t seed;

static uint32_t chance(uint32_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 11) % below;
}

static int64_t true_ms;
static int64_t rates[3], offsets[3]; /* of a, b and the witness; a thousand is true */

static int64_t clock_of(int who)
{
    return offsets[who] + true_ms * rates[who] / 1000;
}

static int64_t clock_a(void)
{
    return clock_of(0);
}

static int64_t clock_b(void)
{
    return clock_of(1);
}

/* --- The world --- */

struct someone {
    struct lease lease;
    enum repl_role role;
    uint64_t epoch, newer_epoch;
    int64_t paused_until, asked_ms, beaten_ms, claimed_ms;
    int64_t question; /* number of the request that waits for an answer; 0: none */
    int64_t question_asked_ms;
    uint64_t turn; /* at the witness; 0: to be begun */
    enum lease_stance tells;
};

enum letter_kind { LETTER_BEAT, LETTER_PROMISE, LETTER_REQUEST, LETTER_ANSWER, LETTER_EPOCH };

struct letter {
    enum letter_kind kind;
    int64_t at; /* 0: none */
    int to;     /* 2: the witness */
    int from;
    int64_t question;
    struct repl_heartbeat beat;
    struct witness_request request;
    struct witness_answer answer;
    uint64_t epoch;
};

static struct someone nodes[2];
static struct ledger ledger;
static int64_t witness_until, witness_paused_until, questions;
static struct letter mail[MAIL];
static bool cut[3]; /* a with b, a with the witness, b with it */
static bool counts_from_answer, hears_what_is_late;
static int failovers, lost;

static bool *wire(int from, int to)
{
    int sum = from + to; /* 1: a b; 2: a w; 3: b w */
    return &cut[sum - 1];
}

static void post(struct letter letter)
{
    if (*wire(letter.from, letter.to) || chance(20) == 0)
        return;
    for (size_t i = 0; i < MAIL; i++) {
        if (mail[i].at != 0)
            continue;
        mail[i] = letter;
        mail[i].at = true_ms + 1 + (chance(4) == 0 ? chance(1500) : chance(20));
        return;
    }
}

static bool reigns(const struct someone *n)
{
    return n->role == REPL_PRIMARY && n->newer_epoch <= n->epoch;
}

static void hear(struct someone *n, uint64_t epoch)
{
    if (n->role == REPL_PRIMARY && epoch > n->epoch)
        n->newer_epoch = epoch;
    else if (n->role == REPL_STANDBY && epoch > n->epoch)
        n->epoch = epoch;
}

static void ask(int who, enum witness_kind kind)
{
    struct someone *n = &nodes[who];
    struct letter l = {.kind = LETTER_REQUEST, .to = 2, .from = who, .question = ++questions};
    n->tells = chance(4) ? LEASE_COVERED : LEASE_ALONE;
    if (n->turn == 0)
        kind = WITNESS_LOOK;
    l.request = (struct witness_request){
        .kind = kind, .epoch = n->epoch, .turn = n->turn, .stance = n->tells, .lease_ms = LEASE};
    memcpy(l.request.cluster, CLUSTER, sizeof(CLUSTER));
    memcpy(l.request.node, ids[who], sizeof(l.request.node));
    memcpy(l.request.standby, ids[1 - who], sizeof(l.request.standby));
    n->question = l.question;
    n->question_asked_ms = lease_now_ms(&n->lease);
    n->asked_ms = true_ms;
    if (kind == WITNESS_RENEW)
        lease_tell(&n->lease, n->tells);
    post(l);
}

static void take_answer(int who, const struct letter *l)
{
    struct someone *n = &nodes[who];
    bool claims = n->role == REPL_STANDBY && n->claimed_ms != 0;
    if (l->question != n->question)
        return; /* of a connection that was given up */
    bool begins = n->turn == 0;
    n->question = 0;
    n->turn = l->answer.verdict == WITNESS_LATE ? 0 : l->answer.turn;
    if (n->role == REPL_PRIMARY && l->answer.verdict == WITNESS_GRANTED && !begins) {
        lease_extend(&n->lease,
                     counts_from_answer ? lease_now_ms(&n->lease) : n->question_asked_ms);
        lease_set_told(&n->lease, n->tells);
        lease_count_on(&n->lease, ids[1 - who]); /* as it asked */
    }
    if (n->role == REPL_PRIMARY && l->answer.verdict == WITNESS_OUTRUN) {
        lease_drop(&n->lease);
        hear(n, l->answer.epoch);
    }
    if (!claims)
        return;
    n->claimed_ms = 0;
    lease_claim_end(&n->lease);
    if (l->answer.verdict == WITNESS_GRANTED && !begins && l->answer.epoch == n->epoch + 1) {
        n->role = REPL_PRIMARY;
        n->epoch++;
        failovers++;
    }
}

/* A reign that is given although the primary answers what the standby lacks loses that. */
static void count_lost(int claims, uint64_t epoch_before)
{
    const struct someone *other = &nodes[1 - claims];
    if (ledger.epoch != epoch_before && other->role == REPL_PRIMARY &&
        other->epoch == epoch_before && lease_may_answer_alone(&nodes[1 - claims].lease, false))
        lost++;
}

static void take_request(const struct letter *l, struct witness_answer *ret_answer)
{
    struct ledger_member *m = ledger_member(&ledger, ledger.members[l->from].pin);
    struct witness_request q = l->request;
    uint64_t epoch = ledger.epoch;
    if (hears_what_is_late && q.turn != 0)
        q.turn = m->turn;
    ledger_answer(&ledger, &witness_until, clock_of(2), m, &q, ret_answer);
    count_lost(l->from, epoch);
}

static void take(const struct letter *l)
{
    struct letter back = {.to = l->from, .from = l->to, .question = l->question};
    if (l->to == 2) {
        take_request(l, &back.answer);
        back.kind = LETTER_ANSWER;
        post(back);
        return;
    }
    struct someone *n = &nodes[l->to];
    switch (l->kind) {
    case LETTER_BEAT:
        if (n->role != REPL_STANDBY || l->epoch < n->epoch) {
            back.kind = LETTER_EPOCH;
            back.epoch = n->epoch;
            post(back);
            return;
        }
        hear(n, l->epoch);
        back.kind = LETTER_PROMISE;
        if (lease_promise(&n->lease, &l->beat, &back.beat))
            post(back);
        break;
    case LETTER_PROMISE:
        if (reigns(n))
            lease_take_promise(&n->lease, &l->beat);
        break;
    case LETTER_EPOCH: hear(n, l->epoch); break;
    case LETTER_ANSWER: take_answer(l->to, l); break;
    case LETTER_REQUEST: break;
    }
}

static void live(int who)
{
    struct someone *n = &nodes[who];
    if (n->question != 0 && true_ms - n->asked_ms > 300) { /* given up */
        n->question = 0;
        n->turn = 0;
        n->claimed_ms = 0;
        lease_claim_end(&n->lease);
    }
    if (reigns(n) && true_ms - n->beaten_ms > 200) {
        struct letter l = {.kind = LETTER_BEAT, .to = 1 - who, .from = who, .epoch = n->epoch};
        lease_ask(&n->lease, &l.beat);
        n->beaten_ms = true_ms;
        post(l);
    }
    if (reigns(n) && n->question == 0 && true_ms - n->asked_ms > 250)
        ask(who, WITNESS_RENEW);
    if (n->role == REPL_PRIMARY && !reigns(n) && chance(200) == 0) { /* rejoins */
        n->role = REPL_STANDBY;
        n->epoch = n->newer_epoch;
        n->newer_epoch = 0;
        n->question = 0;
    }
    if (n->role == REPL_STANDBY && n->question == 0 && lease_is_over(&n->lease) &&
        lease_claim_begin(&n->lease) == 0) {
        n->claimed_ms = true_ms;
        ask(who, WITNESS_CLAIM);
    }
}

/* A process begins anew: it knows what it had on disk. */
static void restart(int who)
{
    struct someone *n = &nodes[who];
    lease_destroy(&n->lease);
    lease_init(&n->lease, who == 0 ? clock_a : clock_b);
    lease_set_length(&n->lease, LEASE);
    lease_require(&n->lease, true);
    lease_attach(&n->lease, ids[1 - who]);
    n->question = n->claimed_ms = 0;
    n->turn = 0;
}

/* All connections end with its process. */
static void restart_witness(void)
{
    witness_until = clock_of(2) + ledger.lease_ms;
    for (size_t i = 0; i < MAIL; i++)
        if (mail[i].from == 2 || mail[i].to == 2)
            mail[i].at = 0;
    for (int i = 0; i < 2; i++)
        nodes[i].turn = ledger.members[i].turn = 0;
}

static void disturb(void)
{
    int who = (int)chance(3);
    switch (chance(6)) {
    case 0: cut[who] = !cut[who]; break;
    case 1: cut[who] = false; break;
    case 2:
        if (who < 2)
            nodes[who].paused_until = true_ms + chance(4000);
        else
            witness_paused_until = true_ms + chance(4000);
        break;
    case 3:
        if (who < 2)
            restart(who);
        else
            restart_witness();
        break;
    default: break;
    }
}

static bool is_paused(int who)
{
    return true_ms < (who == 2 ? witness_paused_until : nodes[who].paused_until);
}

static void deliver(void)
{
    for (size_t i = 0; i < MAIL; i++) {
        if (mail[i].at == 0 || mail[i].at > true_ms || is_paused(mail[i].to))
            continue;
        struct letter l = mail[i];
        mail[i].at = 0;
        take(&l);
    }
}

static void begin(uint64_t number)
{
    static const struct letter none = {0};
    seed = number * UINT64_C(0x9e3779b97f4a7c15) + 1;
    true_ms = 1000000;
    for (int i = 0; i < 3; i++) {
        rates[i] = 970 + chance(61);
        offsets[i] = chance(1000000);
        cut[i] = false;
    }
    for (size_t i = 0; i < MAIL; i++)
        mail[i] = none;
    ledger = (struct ledger){.lease_ms = LEASE, .member_count = 2, .epoch = 1};
    memcpy(ledger.cluster, CLUSTER, sizeof(CLUSTER));
    memcpy(ledger.holder, ids[0], sizeof(ledger.holder));
    for (int i = 0; i < 2; i++) {
        memcpy(ledger.members[i].node, ids[i], sizeof(ledger.members[i].node));
        memset(ledger.members[i].pin, i + 1, NODE_PIN_BYTES);
        nodes[i] = (struct someone){.role = i == 0 ? REPL_PRIMARY : REPL_STANDBY, .epoch = 1};
        lease_init(&nodes[i].lease, i == 0 ? clock_a : clock_b);
        lease_require(&nodes[i].lease, true);
        restart(i);
    }
    witness_until = clock_of(2) + LEASE;
    witness_paused_until = 0;
    failovers = lost = 0;
}

/* Ticks with two nodes that take changes. */
static int run(uint64_t number)
{
    int doubles = 0;
    begin(number);
    for (int t = 0; t < TICKS; t++) {
        true_ms += TICK;
        if (chance(100) == 0)
            disturb();
        deliver();
        int taking = 0;
        for (int i = 0; i < 2; i++) {
            if (!is_paused(i))
                live(i);
            taking += reigns(&nodes[i]) && lease_is_held(&nodes[i].lease);
        }
        doubles += taking > 1;
    }
    for (int i = 0; i < 2; i++)
        lease_destroy(&nodes[i].lease);
    return doubles;
}

static void never_two(void **state)
{
    int all = 0;
    (void)state;
    counts_from_answer = hears_what_is_late = false;
    for (uint64_t i = 1; i <= WORLDS; i++) {
        assert_int_equal(run(i), 0);
        assert_int_equal(lost, 0);
        all += failovers;
    }
    assert_true(all > WORLDS);
}

static void who_counts_from_the_answer_is_found_out(void **state)
{
    int doubles = 0;
    (void)state;
    counts_from_answer = true;
    hears_what_is_late = false;
    for (uint64_t i = 1; i <= WORLDS; i++)
        doubles += run(i);
    assert_true(doubles > 0);
}

static void who_hears_what_is_late_is_found_out(void **state)
{
    int all = 0;
    (void)state;
    counts_from_answer = false;
    hears_what_is_late = true;
    for (uint64_t i = 1; i <= WORLDS; i++) {
        (void)run(i);
        all += lost;
    }
    assert_true(all > 0);
}

/* RP-02: the witness may let another standby reign than the one that promises. */
static void only_who_is_counted_on_promises(void **state)
{
    struct lease lease, standby;
    struct repl_heartbeat question = {0}, promise = {0};
    (void)state;
    begin(1);
    lease_init(&lease, clock_a);
    lease_init(&standby, clock_b);
    lease_require(&lease, true);
    lease_count_on(&lease, ids[0]);
    lease_attach(&lease, ids[1]);
    lease_ask(&lease, &question);
    assert_true(lease_promise(&standby, &question, &promise));
    lease_take_promise(&lease, &promise);
    assert_false(lease_is_held(&lease));
    assert_false(lease_is_counted_on(&lease));
    lease_count_on(&lease, ids[1]);
    lease_take_promise(&lease, &promise);
    assert_true(lease_is_held(&lease));
    lease_destroy(&lease);
    lease_destroy(&standby);
    for (int i = 0; i < 2; i++)
        lease_destroy(&nodes[i].lease);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(never_two),
        cmocka_unit_test(who_counts_from_the_answer_is_found_out),
        cmocka_unit_test(who_hears_what_is_late_is_found_out),
        cmocka_unit_test(only_who_is_counted_on_promises),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
