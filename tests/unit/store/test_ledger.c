/* What a witness answers, rule by rule, and that it is the same after a new start (RP-02). */
#include "tests/unit/store/store_support.h"

#include "store/witness/ledger.h"

#define CLUSTER "5b1d7f0e-1f2a-4e55-8f4b-9a3a6f0c1d2e"
#define A       "0b54a7cc-63f6-4a7e-9d0c-0d3f7c1a2b3c"
#define B       "1b54a7cc-63f6-4a7e-9d0c-0d3f7c1a2b3c"
#define C       "2b54a7cc-63f6-4a7e-9d0c-0d3f7c1a2b3c"
#define LEASE   3000

static struct ledger ledger;
static struct witness_answer answer;
static int64_t until_ms, now_ms;
static unsigned char pins[3][NODE_PIN_BYTES];

static const char *id_of(int who)
{
    return who == 0 ? A : who == 1 ? B : C;
}

/* In the newest turn of this node. */
static struct witness_request request(int who, enum witness_kind kind, uint64_t epoch)
{
    const struct ledger_member *m = ledger_member(&ledger, pins[who]);
    struct witness_request q = {
        .kind = kind, .epoch = epoch, .lease_ms = LEASE, .turn = m ? m->turn : 0};
    memcpy(q.cluster, CLUSTER, sizeof(q.cluster));
    memcpy(q.node, id_of(who), sizeof(q.node));
    return q;
}

static enum witness_verdict put(int who, const struct witness_request *q)
{
    struct ledger_member *m = ledger_member(&ledger, pins[who]);
    assert_non_null(m);
    ledger_answer(&ledger, &until_ms, now_ms, m, q, &answer);
    return answer.verdict;
}

/* standby: -1: nobody. */
static enum witness_verdict renew_with(int who, uint64_t epoch, int standby,
                                       enum lease_stance stance)
{
    struct witness_request q = request(who, WITNESS_RENEW, epoch);
    q.stance = stance;
    if (standby >= 0)
        memcpy(q.standby, id_of(standby), sizeof(q.standby));
    return put(who, &q);
}

static enum witness_verdict renew(int who, uint64_t epoch, enum lease_stance stance)
{
    return renew_with(who, epoch, 1 - who, stance);
}

static enum witness_verdict claim(int who, uint64_t epoch, bool by_hand)
{
    struct witness_request q = request(who, WITNESS_CLAIM, epoch);
    q.flag = by_hand;
    return put(who, &q);
}

static enum witness_verdict join(int who, uint64_t epoch, bool reigns)
{
    struct witness_request q = request(who, WITNESS_JOIN, epoch);
    q.flag = reigns;
    ledger_join(&ledger, &q, pins[who], &answer);
    return answer.verdict;
}

static int begin(void **state)
{
    (void)state;
    ledger = (struct ledger){.lease_ms = LEASE};
    now_ms = 100000;
    until_ms = 0;
    for (int i = 0; i < 3; i++)
        memset(pins[i], i + 1, NODE_PIN_BYTES);
    return 0;
}

static int pair_both(void **state)
{
    (void)begin(state);
    assert_int_equal(join(0, 1, true), WITNESS_GRANTED);
    assert_int_equal(join(1, 1, false), WITNESS_GRANTED);
    return 0;
}

static void a_reign_is_given_only_when_the_lease_is_over(void **state)
{
    (void)state;
    assert_int_equal(renew(0, 1, LEASE_COVERED), WITNESS_GRANTED);
    assert_int_equal(claim(1, 1, false), WITNESS_TOO_EARLY);
    assert_int_equal(answer.wait_ms, LEASE);
    now_ms += LEASE - 1;
    assert_int_equal(claim(1, 1, true), WITNESS_TOO_EARLY);
    now_ms += 1;
    assert_int_equal(claim(1, 1, false), WITNESS_GRANTED);
    assert_int_equal(answer.epoch, 2);
    assert_string_equal(answer.holder, B);
}

static void the_old_primary_is_outrun(void **state)
{
    (void)state;
    assert_int_equal(renew(0, 1, LEASE_ASYNC), WITNESS_GRANTED);
    now_ms += LEASE;
    assert_int_equal(claim(1, 1, false), WITNESS_GRANTED);
    assert_int_equal(renew(0, 1, LEASE_ASYNC), WITNESS_OUTRUN);
    assert_int_equal(answer.epoch, 2);
    assert_int_equal(renew(0, 2, LEASE_ASYNC),
                     WITNESS_OUTRUN); /* nor of an epoch that is another's */
    assert_int_equal(claim(0, 1, true), WITNESS_OUTRUN);
    assert_int_equal(renew(1, 2, LEASE_ALONE), WITNESS_GRANTED);
}

static void who_did_not_hear_that_it_reigns_asks_again(void **state)
{
    (void)state;
    assert_int_equal(renew(0, 1, LEASE_COVERED), WITNESS_GRANTED);
    now_ms += LEASE;
    assert_int_equal(claim(1, 1, false), WITNESS_GRANTED);
    assert_int_equal(claim(1, 1, false), WITNESS_GRANTED);
    assert_int_equal(answer.epoch, 2);
}

static void a_standby_that_lacks_something_reigns_only_by_hand(void **state)
{
    (void)state;
    assert_int_equal(renew(0, 1, LEASE_ALONE), WITNESS_GRANTED);
    now_ms += LEASE;
    assert_int_equal(claim(1, 1, false), WITNESS_BEHIND);
    assert_int_equal(claim(1, 1, true), WITNESS_GRANTED);
}

static void without_both_nodes_nothing_is_given(void **state)
{
    (void)state;
    assert_int_equal(join(1, 1, false), WITNESS_GRANTED);
    assert_int_equal(claim(1, 1, true), WITNESS_UNSURE);
    assert_int_equal(join(0, 1, true), WITNESS_GRANTED);
    assert_int_equal(claim(1, 1, true), WITNESS_GRANTED);
}

static void where_nobody_is_known_to_reign_nothing_is_given(void **state)
{
    (void)state;
    assert_int_equal(join(0, 3, false), WITNESS_GRANTED);
    assert_int_equal(join(1, 3, false), WITNESS_GRANTED);
    assert_int_equal(claim(1, 3, true), WITNESS_UNSURE);
    assert_int_equal(claim(1, 4, true), WITNESS_UNSURE);
    assert_int_equal(renew(0, 3, LEASE_COVERED), WITNESS_GRANTED);
    now_ms += LEASE;
    assert_int_equal(claim(1, 3, false), WITNESS_GRANTED);
}

static void a_shorter_lease_than_the_primarys_claims_nothing(void **state)
{
    struct witness_request q = request(1, WITNESS_CLAIM, 1);
    (void)state;
    assert_int_equal(renew(0, 1, LEASE_COVERED), WITNESS_GRANTED);
    now_ms += LEASE;
    q.lease_ms = LEASE - 1;
    assert_int_equal(put(1, &q), WITNESS_UNSURE);
}

static void an_epoch_begun_without_the_witness_is_believed(void **state)
{
    (void)state;
    assert_int_equal(renew(0, 1, LEASE_COVERED), WITNESS_GRANTED);
    assert_int_equal(renew(1, 2, LEASE_ALONE), WITNESS_GRANTED);
    assert_int_equal(renew(0, 1, LEASE_COVERED), WITNESS_OUTRUN);
}

static void another_standby_takes_the_place_of_the_one_before(void **state)
{
    (void)state;
    assert_int_equal(renew(0, 1, LEASE_COVERED), WITNESS_GRANTED);
    assert_int_equal(join(2, 1, false), WITNESS_GRANTED);
    assert_int_equal(ledger.member_count, 2);
    assert_null(ledger_member(&ledger, pins[1]));
    now_ms += LEASE;
    assert_int_equal(claim(2, 1, false), WITNESS_UNCOUNTED); /* the other one had all */
    assert_int_equal(renew_with(0, 1, 2, LEASE_ALONE), WITNESS_GRANTED);
    now_ms += LEASE;
    assert_int_equal(claim(2, 1, false), WITNESS_BEHIND);
}

/* RP-02: the primary has its lease from the standby that it counts on, and waits for that one. */
static void only_the_standby_that_is_counted_on_reigns(void **state)
{
    (void)state;
    assert_int_equal(renew_with(0, 1, 2, LEASE_COVERED), WITNESS_GRANTED);
    assert_false(answer.knows_standby);
    now_ms += LEASE;
    assert_int_equal(claim(1, 1, false), WITNESS_UNCOUNTED);
    assert_int_equal(claim(1, 1, true), WITNESS_UNCOUNTED);
    assert_int_equal(join(2, 1, false), WITNESS_GRANTED);
    assert_true(answer.knows_standby);
    assert_int_equal(renew_with(0, 1, 2, LEASE_COVERED), WITNESS_GRANTED);
    now_ms += LEASE;
    assert_int_equal(claim(2, 1, false), WITNESS_GRANTED);
    assert_string_equal(ledger.standby, "");
}

static void where_nobody_is_counted_on_a_reign_is_taken_by_hand(void **state)
{
    (void)state;
    assert_int_equal(renew_with(0, 1, -1, LEASE_COVERED), WITNESS_GRANTED);
    assert_true(answer.knows_standby);
    now_ms += LEASE;
    assert_int_equal(claim(1, 1, false), WITNESS_BEHIND);
    assert_int_equal(claim(1, 1, true), WITNESS_GRANTED);
}

/* RP-02: a question that comes after the node began a new turn turns nothing back. */
static void what_comes_late_is_not_heard(void **state)
{
    struct witness_request late = request(0, WITNESS_RENEW, 1), look = request(0, WITNESS_LOOK, 1);
    (void)state;
    late.stance = LEASE_COVERED;
    assert_int_equal(put(0, &late), WITNESS_GRANTED);
    assert_int_equal(put(0, &look), WITNESS_GRANTED);
    assert_int_equal(answer.turn, late.turn + 1);
    assert_int_equal(renew(0, 1, LEASE_ALONE), WITNESS_GRANTED);
    now_ms += LEASE;
    assert_int_equal(put(0, &late), WITNESS_LATE);
    assert_int_equal(answer.stance, LEASE_ALONE);
    assert_int_equal(claim(1, 1, false), WITNESS_BEHIND);
    struct witness_request reign = request(1, WITNESS_CLAIM, 1);
    look = request(1, WITNESS_LOOK, 1);
    assert_int_equal(put(1, &look), WITNESS_GRANTED);
    reign.flag = true;
    assert_int_equal(put(1, &reign), WITNESS_LATE);
    reign.turn = 0;
    assert_int_equal(put(1, &reign), WITNESS_LATE);
    assert_int_equal(claim(1, 1, true), WITNESS_GRANTED);
}

static void a_node_of_another_cluster_is_a_stranger(void **state)
{
    struct witness_request q = request(2, WITNESS_JOIN, 9);
    struct ledger before = ledger;
    (void)state;
    q.cluster[0] = '0';
    ledger_join(&ledger, &q, pins[2], &answer);
    assert_int_equal(answer.verdict, WITNESS_STRANGER);
    q = request(0, WITNESS_RENEW, 1);
    q.cluster[0] = '0';
    assert_int_equal(put(0, &q), WITNESS_STRANGER);
    q = request(1, WITNESS_RENEW, 7); /* with the key of another member */
    assert_int_equal(put(0, &q), WITNESS_STRANGER);
    assert_true(ledger_equal(&ledger, &before));
}

static void what_is_written_comes_back(void **state)
{
    struct arena a;
    struct str text;
    struct ledger back;
    (void)state;
    assert_int_equal(renew(0, 1, LEASE_COVERED), WITNESS_GRANTED);
    arena_init(&a, (size_t)1 << 20);
    ok(ledger_text_write(&a, &ledger, &text));
    ok(ledger_text_read(&a, text, &back));
    assert_true(ledger_equal(&ledger, &back));
    fails(ledger_text_read(&a, STR("{\"format\":2}"), &back), ERR_STORE_VERSION);
    fails(ledger_text_read(&a, str_of(text.ptr, text.len - 1), &back), ERR_STORE_CORRUPT);
    arena_free(&a);
}

static void words_come_back(void **state)
{
    unsigned char bytes[WITNESS_REQUEST_BYTES], out[WITNESS_ANSWER_BYTES];
    struct witness_request q = request(1, WITNESS_CLAIM, 77), back;
    struct witness_answer told = {WITNESS_TOO_EARLY, LEASE_COVERED, true, 9, 5, 1234, A}, heard;
    (void)state;
    q.flag = true;
    q.turn = 7;
    memcpy(q.standby, A, sizeof(q.standby));
    q.stance = LEASE_ALONE;
    witness_request_write(&q, bytes);
    ok(witness_request_read(bytes, &back));
    assert_memory_equal(&q.cluster, &back.cluster, sizeof(q.cluster));
    assert_true(back.kind == q.kind && back.epoch == 77 && back.flag && back.stance == q.stance &&
                back.lease_ms == LEASE && back.turn == 7);
    assert_string_equal(back.standby, A);
    bytes[1] = 9;
    fails(witness_request_read(bytes, &back), ERR_INVALID_REQUEST);
    bytes[0] = 9;
    fails(witness_request_read(bytes, &back), ERR_STORE_VERSION);
    witness_answer_write(&told, out);
    ok(witness_answer_read(out, &heard));
    assert_true(heard.verdict == told.verdict && heard.wait_ms == 1234 && heard.epoch == 9 &&
                heard.turn == 5 && heard.knows_standby);
    assert_string_equal(heard.holder, A);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_reign_is_given_only_when_the_lease_is_over, pair_both),
        cmocka_unit_test_setup(the_old_primary_is_outrun, pair_both),
        cmocka_unit_test_setup(who_did_not_hear_that_it_reigns_asks_again, pair_both),
        cmocka_unit_test_setup(a_standby_that_lacks_something_reigns_only_by_hand, pair_both),
        cmocka_unit_test_setup(without_both_nodes_nothing_is_given, begin),
        cmocka_unit_test_setup(where_nobody_is_known_to_reign_nothing_is_given, begin),
        cmocka_unit_test_setup(a_shorter_lease_than_the_primarys_claims_nothing, pair_both),
        cmocka_unit_test_setup(an_epoch_begun_without_the_witness_is_believed, pair_both),
        cmocka_unit_test_setup(another_standby_takes_the_place_of_the_one_before, pair_both),
        cmocka_unit_test_setup(only_the_standby_that_is_counted_on_reigns, pair_both),
        cmocka_unit_test_setup(where_nobody_is_counted_on_a_reign_is_taken_by_hand, pair_both),
        cmocka_unit_test_setup(what_comes_late_is_not_heard, pair_both),
        cmocka_unit_test_setup(a_node_of_another_cluster_is_a_stranger, pair_both),
        cmocka_unit_test_setup(what_is_written_comes_back, pair_both),
        cmocka_unit_test_setup(words_come_back, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
