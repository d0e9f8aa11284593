/* Judging policies and deciding by permissions (core/authz/evaluate.h), by tables. */
#include "core/authz/evaluate.h"
#include "tests/unit/core/check.h"

#define MAX 64

static struct authz_policy items[MAX];
static struct authz_set set;
static struct authz_identity identity;

static int setup(void **state)
{
    (void)arena_setup(state);
    memset(items, 0, sizeof(items));
    set = (struct authz_set){items, 0, MAX};
    identity = (struct authz_identity){.now = STR("2026-11-26 08:30:00")};
    return 0;
}

static size_t add(const char *type)
{
    assert_true(set.count < MAX);
    struct rs_policy *p = &items[set.count].policy;
    fields_default(rs_fields(RS_POLICY), p);
    p->row.type = str_c(type);
    return set.count++;
}

static void say(size_t at, const char *name, const char *value)
{
    assert_int_equal(str_map_set(&items[at].policy.config, &test_arena, str_c(name), str_c(value)),
                     0);
}

static void name(size_t at, const char *id, bool marked)
{
    struct rs_named_list *list = &items[at].named;
    list->items =
        arena_grow(&test_arena, list->items, list->count, list->count + 1, sizeof(*list->items));
    list->items[list->count++] = (struct rs_named){str_c(id), marked};
}

static void part(size_t at, size_t of)
{
    struct authz_policy *p = &items[at];
    p->parts =
        arena_grow(&test_arena, p->parts, p->part_count, p->part_count + 1, sizeof(*p->parts));
    p->parts[p->part_count++] = of;
}

static void forget(void)
{
    for (size_t i = 0; i < set.count; i++)
        items[i].effect = AUTHZ_OPEN;
}

static enum authz_effect judge(size_t at)
{
    enum authz_effect effect;
    forget();
    assert_int_equal(authz_judge(&set, at, &identity, &test_arena, &effect), 0);
    return effect;
}

static void has(struct strs *list, const char *id)
{
    assert_int_equal(strs_add(list, &test_arena, str_c(id)), 0);
}

static size_t always(bool grants)
{
    size_t at = add("user");
    identity.user_id = STR("ana");
    name(at, grants ? "ana" : "luis", false);
    return at;
}

/* --- One policy --- */

static void lists(void **state)
{
    static const struct {
        const char *had;
        bool first_required, second_required;
        enum authz_effect effect;
    } cases[] = {
        {"", false, false, AUTHZ_DENY},    {"a", false, false, AUTHZ_PERMIT},
        {"b", false, false, AUTHZ_PERMIT}, {"b", true, false, AUTHZ_DENY},
        {"a", true, false, AUTHZ_PERMIT},  {"a", true, true, AUTHZ_DENY},
        {"c", false, false, AUTHZ_DENY},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        size_t role = add("role"), scope = add("client-scope");
        name(role, "a", cases[i].first_required);
        name(role, "b", cases[i].second_required);
        items[scope].named = items[role].named;
        identity.roles = identity.scopes = (struct strs){0};
        if (cases[i].had[0] != '\0') {
            has(&identity.roles, cases[i].had);
            has(&identity.scopes, cases[i].had);
        }
        assert_int_equal(judge(role), cases[i].effect);
        assert_int_equal(judge(scope), cases[i].effect);
    }
}

static void roles_of_now(void **state)
{
    size_t at = add("role");
    (void)state;
    name(at, "a", false);
    has(&identity.all_roles, "a");
    assert_int_equal(judge(at), AUTHZ_DENY);
    say(at, "fetchRoles", "true");
    assert_int_equal(judge(at), AUTHZ_PERMIT);
}

static void people_and_clients(void **state)
{
    size_t user = add("user"), client = add("client");
    (void)state;
    name(user, "ana", false);
    name(client, "app", false);
    assert_int_equal(judge(user), AUTHZ_DENY); /* nobody */
    assert_int_equal(judge(client), AUTHZ_DENY);
    identity.user_id = STR("ana");
    identity.client_id = STR("app");
    assert_int_equal(judge(user), AUTHZ_PERMIT);
    assert_int_equal(judge(client), AUTHZ_PERMIT);
    identity.user_id = STR("anabel");
    assert_int_equal(judge(user), AUTHZ_DENY);
}

static void groups(void **state)
{
    static const struct {
        const char *path;
        bool children;
        enum authz_effect effect;
    } cases[] = {
        {"/office", false, AUTHZ_PERMIT},
        {"/office/lima", false, AUTHZ_DENY},
        {"/office/lima", true, AUTHZ_PERMIT},
        {"/officers", true, AUTHZ_DENY},
        {"/", true, AUTHZ_DENY},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct group group = {.path = str_c(cases[i].path)};
        size_t at = add("group");
        name(at, "/office", cases[i].children);
        identity.groups = (struct groups){&group, 1};
        assert_int_equal(judge(at), cases[i].effect);
    }
}

static void claims(const char *json)
{
    assert_int_equal(json_parse(&test_arena, str_c(json), 4096, &identity.claims), 0);
    identity.context = identity.claims;
}

static void groups_of_a_claim(void **state)
{
    static const struct {
        const char *claims;
        enum authz_effect effect;
    } cases[] = {
        {"{\"g\":[\"/a\",\"/office/lima\"]}", AUTHZ_PERMIT},
        {"{\"g\":\"/office\"}", AUTHZ_PERMIT},
        {"{\"g\":[\"office\"]}", AUTHZ_PERMIT},
        {"{\"g\":[\"off\",7]}", AUTHZ_DENY},
        {"{\"g\":{}}", AUTHZ_DENY},
        {"{}", AUTHZ_DENY},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        size_t at = add("group");
        name(at, "/office", true);
        say(at, "groupsClaim", "g");
        claims(cases[i].claims);
        assert_int_equal(judge(at), cases[i].effect);
    }
}

static void patterns(void **state)
{
    static const struct {
        const char *target, *pattern;
        enum authz_effect effect;
    } cases[] = {
        {"email", ".*@example[.]pe", AUTHZ_PERMIT},
        {"email", ".*@example", AUTHZ_DENY},
        {"address.country", "PE", AUTHZ_PERMIT},
        {"a.b", "dotted", AUTHZ_PERMIT},
        {"list", "first", AUTHZ_PERMIT},
        {"absent", ".*", AUTHZ_DENY},
        {"number", "7", AUTHZ_DENY},
        {"email", "(", AUTHZ_BROKEN},
    };
    (void)state;
    claims("{\"email\":\"ana@example.pe\",\"address\":{\"country\":\"PE\"},\"a.b\":\"dotted\","
           "\"list\":[\"first\",\"second\"],\"number\":7}");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        size_t at = add("regex");
        say(at, "targetClaim", cases[i].target);
        say(at, "pattern", cases[i].pattern);
        assert_int_equal(judge(at), cases[i].effect);
        items[at].policy.logic = STR("NEGATIVE");
        assert_int_equal(judge(at) == AUTHZ_PERMIT, cases[i].effect == AUTHZ_DENY);
    }
}

static void times(void **state)
{
    static const struct {
        const char *name, *value, *name2, *value2;
        enum authz_effect effect;
    } cases[] = {
        {"nbf", "2026-11-26 08:30:00", NULL, NULL, AUTHZ_PERMIT},
        {"nbf", "2026-11-26 08:30:01", NULL, NULL, AUTHZ_DENY},
        {"noa", "2026-11-26 08:30:00", NULL, NULL, AUTHZ_DENY},
        {"noa", "2026-11-26 08:30:01", NULL, NULL, AUTHZ_PERMIT},
        {"hour", "8", NULL, NULL, AUTHZ_PERMIT},
        {"hour", "9", NULL, NULL, AUTHZ_DENY},
        {"hour", "7", "hourEnd", "9", AUTHZ_PERMIT},
        {"minute", "31", "minuteEnd", "59", AUTHZ_DENY},
        {"dayMonth", "26", "month", "11", AUTHZ_PERMIT},
        {"dayMonth", "26", "month", "12", AUTHZ_DENY},
        {"year", "2025", "yearEnd", "2026", AUTHZ_PERMIT},
        {"hour", "eight", NULL, NULL, AUTHZ_DENY},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        size_t at = add("time");
        say(at, cases[i].name, cases[i].value);
        if (cases[i].name2)
            say(at, cases[i].name2, cases[i].value2);
        assert_int_equal(judge(at), cases[i].effect);
    }
}

/* --- What cannot be judged forbids, also turned round --- */

static void broken(void **state)
{
    static const char *const types[] = {"js",    "uma",    "nothing",      "role",      "user",
                                        "group", "client", "client-scope", "aggregate", "resource"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        size_t at = add(types[i]), around = add("aggregate");
        part(around, at);
        part(around, always(true));
        items[around].policy.decision_strategy = STR("AFFIRMATIVE");
        for (int turned = 0; turned < 4; turned++) {
            items[at].policy.logic = turned & 1 ? STR("NEGATIVE") : STR("POSITIVE");
            items[around].policy.logic = turned & 2 ? STR("NEGATIVE") : STR("POSITIVE");
            assert_int_equal(judge(at), AUTHZ_BROKEN);
            assert_int_equal(judge(around), AUTHZ_BROKEN);
        }
    }
}

static void circles(void **state)
{
    size_t a = add("aggregate"), b = add("aggregate"), self = add("aggregate");
    (void)state;
    part(a, b);
    part(b, a);
    part(self, self);
    items[b].policy.logic = STR("NEGATIVE");
    assert_int_equal(judge(a), AUTHZ_BROKEN);
    assert_int_equal(judge(b), AUTHZ_BROKEN);
    assert_int_equal(judge(self), AUTHZ_BROKEN);
}

static void depth(void **state)
{
    size_t at = always(true);
    (void)state;
    for (int i = 0; i < AUTHZ_DEPTH_MAX; i++) {
        size_t outer = add("aggregate");
        part(outer, at);
        at = outer;
    }
    assert_int_equal(judge(at), AUTHZ_PERMIT);
    size_t outer = add("aggregate");
    part(outer, at);
    assert_int_equal(judge(outer), AUTHZ_BROKEN);
}

static void strategies(void **state)
{
    static const struct {
        const char *strategy;
        int grants, denials;
        enum authz_effect effect;
    } cases[] = {
        {"UNANIMOUS", 2, 0, AUTHZ_PERMIT},   {"UNANIMOUS", 2, 1, AUTHZ_DENY},
        {"AFFIRMATIVE", 1, 2, AUTHZ_PERMIT}, {"AFFIRMATIVE", 0, 2, AUTHZ_DENY},
        {"CONSENSUS", 2, 1, AUTHZ_PERMIT},   {"CONSENSUS", 1, 1, AUTHZ_DENY},
        {"CONSENSUS", 1, 2, AUTHZ_DENY},     {"ODD", 2, 0, AUTHZ_BROKEN},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        size_t at = add("aggregate");
        items[at].policy.decision_strategy = str_c(cases[i].strategy);
        for (int k = 0; k < cases[i].grants; k++)
            part(at, always(true));
        for (int k = 0; k < cases[i].denials; k++)
            part(at, always(false));
        assert_int_equal(judge(at), cases[i].effect);
        items[at].policy.logic = STR("NEGATIVE");
        assert_int_equal(judge(at) == AUTHZ_PERMIT, cases[i].effect == AUTHZ_DENY);
    }
}

/* --- Permissions: '+' one that grants, '-' one that denies, '.' none, for each of two scopes --- */

static void decisions(void **state)
{
    static const struct {
        const char *mode, *strategy, *first, *second;
        const char *granted; /* scopes, "" none; and whether all of it is */
        bool any;
    } cases[] = {
        {"ENFORCING", "UNANIMOUS", "..", "..", "", false},
        {"PERMISSIVE", "UNANIMOUS", "..", "..", "01", true},
        {"DISABLED", "UNANIMOUS", "--", "--", "01", true},
        {"ENFORCING", "UNANIMOUS", "+.", "..", "0", true},
        {"ENFORCING", "UNANIMOUS", "++", "-.", "1", true},
        {"ENFORCING", "AFFIRMATIVE", "++", "-.", "01", true},
        {"ENFORCING", "AFFIRMATIVE", "--", "..", "", false},
        {"PERMISSIVE", "UNANIMOUS", "-.", "..", "1", true},
        {"PERMISSIVE", "UNANIMOUS", "--", "..", "", false},
    };
    size_t grants, denies;
    (void)state;
    grants = always(true);
    denies = always(false);
    (void)judge(grants);
    enum authz_effect ignored;
    assert_int_equal(authz_judge(&set, denies, &identity, &test_arena, &ignored), 0);
    items[grants].effect = AUTHZ_PERMIT;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *marks[] = {cases[i].first, cases[i].second};
        bool about[2][2][2] = {{{false}}};
        struct authz_permission permissions[4];
        size_t count = 0;
        for (size_t p = 0; p < 2; p++)
            for (size_t kind = 0; kind < 2; kind++) {
                for (size_t s = 0; s < 2; s++)
                    about[p][kind][s] = marks[p][s] == (kind == 0 ? '+' : '-');
                if (about[p][kind][0] || about[p][kind][1])
                    permissions[count++] =
                        (struct authz_permission){kind == 0 ? grants : denies, about[p][kind]};
            }
        struct rs_settings settings = {.enforcement_mode = str_c(cases[i].mode),
                                       .decision_strategy = str_c(cases[i].strategy)};
        struct authz_question question = {&settings, permissions, count, 2};
        bool scopes[2], any;
        authz_decide(&set, &question, scopes, &any);
        assert_int_equal(scopes[0], strchr(cases[i].granted, '0') != NULL);
        assert_int_equal(scopes[1], strchr(cases[i].granted, '1') != NULL);
        assert_int_equal(any, cases[i].any);
    }
}

static void without_scopes(void **state)
{
    struct rs_settings settings = {.enforcement_mode = STR("ENFORCING"),
                                   .decision_strategy = STR("UNANIMOUS")};
    size_t grants = always(true), denies = always(false);
    static const bool none[1] = {false};
    bool any;
    (void)state;
    forget();
    enum authz_effect ignored;
    assert_int_equal(authz_judge(&set, grants, &identity, &test_arena, &ignored), 0);
    assert_int_equal(authz_judge(&set, denies, &identity, &test_arena, &ignored), 0);
    struct authz_permission permissions[] = {{grants, NULL}, {denies, NULL}, {grants, none}};
    struct authz_question question = {&settings, permissions, 1, 0};
    authz_decide(&set, &question, NULL, &any);
    assert_true(any);
    question.permission_count = 2;
    authz_decide(&set, &question, NULL, &any);
    assert_false(any);
    /* one for scopes says nothing about the resource itself */
    question = (struct authz_question){&settings, &permissions[2], 1, 0};
    authz_decide(&set, &question, NULL, &any);
    assert_false(any);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, setup, arena_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(lists),
        CASE(roles_of_now),
        CASE(people_and_clients),
        CASE(groups),
        CASE(groups_of_a_claim),
        CASE(patterns),
        CASE(times),
        CASE(broken),
        CASE(circles),
        CASE(depth),
        CASE(strategies),
        CASE(decisions),
        CASE(without_scopes),
    };
    return cmocka_run_group_tests_name("evaluate", tests, NULL, NULL);
}
