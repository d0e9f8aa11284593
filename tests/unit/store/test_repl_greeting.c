/* Who leads, who follows and who is fenced, for every pair of nodes that may meet (RP-02). */
#include "tests/unit/store/store_support.h"

#include "store/page_file.h"
#include "store/repl/greeting.h"

#define CLUSTER "5b1d7f0e-1f2a-4e55-8f4b-9a3a6f0c1d2e"
#define OWN     "0b54a7cc-63f6-4a7e-9d0c-0d3f7c1a2b3c"
#define OTHER   "1c65b8dd-74a7-4b8f-8e1d-1e4a8d2b3c4d"

static struct node_state own;
static struct repl_hello other;

static void meet(enum repl_role own_role, uint64_t own_epoch, enum repl_role role, uint64_t epoch)
{
    own = (struct node_state){.role = own_role, .cluster = CLUSTER, .id = OWN, .epoch = own_epoch};
    other = (struct repl_hello){.version = REPL_VERSION,
                                .page_bytes = PAGE_BYTES,
                                .cluster = STR(CLUSTER),
                                .node = STR(OTHER),
                                .role = role,
                                .epoch = epoch};
}

static enum greeting judge(void)
{
    const char *reason = NULL;
    enum greeting g = greeting_judge(&own, &other, &reason);
    assert_int_equal(g == GREETING_REFUSE, reason != NULL);
    return g;
}

static void every_pair_has_one_outcome(void **state)
{
    static const struct {
        enum repl_role own, other;
        uint64_t own_epoch, other_epoch;
        enum greeting expected;
    } cases[] = {
        {REPL_PRIMARY, REPL_STANDBY, 2, 2, GREETING_LEAD},
        {REPL_PRIMARY, REPL_STANDBY, 3, 2, GREETING_LEAD},
        {REPL_PRIMARY, REPL_STANDBY, 2, 3, GREETING_FENCED},
        {REPL_PRIMARY, REPL_PRIMARY, 2, 3, GREETING_FENCED},
        {REPL_PRIMARY, REPL_PRIMARY, 3, 2, GREETING_FENCE},
        {REPL_PRIMARY, REPL_PRIMARY, 2, 2, GREETING_REFUSE},
        {REPL_STANDBY, REPL_PRIMARY, 2, 2, GREETING_FOLLOW},
        {REPL_STANDBY, REPL_PRIMARY, 2, 3, GREETING_FOLLOW},
        {REPL_STANDBY, REPL_PRIMARY, 3, 2, GREETING_FENCE},
        {REPL_STANDBY, REPL_STANDBY, 2, 2, GREETING_REFUSE},
        {REPL_ALONE, REPL_PRIMARY, 0, 2, GREETING_REFUSE},
        {REPL_PRIMARY, REPL_ALONE, 2, 0, GREETING_REFUSE},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        meet(cases[i].own, cases[i].own_epoch, cases[i].other, cases[i].other_epoch);
        assert_int_equal(judge(), cases[i].expected);
    }
}

static void a_fenced_primary_leads_nobody(void **state)
{
    (void)state;
    meet(REPL_PRIMARY, 2, REPL_STANDBY, 2);
    own.newer_epoch = 3;
    assert_int_equal(judge(), GREETING_REFUSE);
}

/* Of two that meet at least one knows what is up: never do both lead, never does one follow who does not
 * lead. */
static void both_sides_agree(void **state)
{
    static const enum repl_role roles[] = {REPL_PRIMARY, REPL_STANDBY};
    (void)state;
    for (int i = 0; i < 4; i++)
        for (uint64_t a = 1; a <= 2; a++)
            for (uint64_t b = 1; b <= 2; b++) {
                meet(roles[i & 1], a, roles[i >> 1], b);
                enum greeting mine = judge();
                meet(roles[i >> 1], b, roles[i & 1], a);
                enum greeting its = judge();
                assert_false(mine == GREETING_LEAD && its == GREETING_LEAD);
                assert_int_equal(mine == GREETING_LEAD, its == GREETING_FOLLOW);
                assert_int_equal(mine == GREETING_FOLLOW, its == GREETING_LEAD);
            }
}

static void strangers_are_refused(void **state)
{
    (void)state;
    meet(REPL_PRIMARY, 1, REPL_STANDBY, 1);
    other.cluster = STR(OTHER);
    assert_int_equal(judge(), GREETING_REFUSE);
    meet(REPL_PRIMARY, 1, REPL_STANDBY, 1);
    other.node = STR(OWN);
    assert_int_equal(judge(), GREETING_REFUSE);
    meet(REPL_PRIMARY, 1, REPL_STANDBY, 1);
    other.page_bytes = 4096;
    assert_int_equal(judge(), GREETING_REFUSE);
    meet(REPL_PRIMARY, 1, REPL_STANDBY, 1);
    other = (struct repl_hello){.version = REPL_VERSION + 1};
    assert_int_equal(judge(), GREETING_REFUSE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pair_has_one_outcome),
        cmocka_unit_test(a_fenced_primary_leads_nobody),
        cmocka_unit_test(both_sides_agree),
        cmocka_unit_test(strangers_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
