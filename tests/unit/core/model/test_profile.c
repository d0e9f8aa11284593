/* The profile of people: documents that are read or refused, and people judged by it. */
#include "tests/unit/core/check.h"

#include "core/model/profile.h"

#define ADMIN STR(PROFILE_ROLE_ADMIN)
#define USER  STR(PROFILE_ROLE_USER)

static const struct json_value *parse(const char *text)
{
    const struct json_value *json;
    OK(json_parse(&test_arena, str_c(text), PROFILE_MAX_BYTES, &json));
    return json;
}

#define BASICS                                                                                     \
    "{\"name\":\"username\",\"permissions\":{\"edit\":[\"admin\"]}},{\"name\":\"email\","          \
    "\"permissions\":{\"view\":[\"user\"],\"edit\":[\"admin\"]}}"

static struct profile read(const char *attributes, const char *policy)
{
    struct profile profile;
    struct err_ctx err = {0};
    struct str text = arena_printf(&test_arena,
                                   "{\"attributes\":[" BASICS "%s],\"groups\":[],"
                                   "\"unmanagedAttributePolicy\":\"%s\"}",
                                   attributes, policy);
    OK(profile_read(&test_arena, parse(text.ptr), &profile, &err));
    return profile;
}

static struct user person(const char *name)
{
    struct user user = {0};
    fields_default(&user_fields, &user);
    user.username = str_c(name);
    return user;
}

static void set(struct user *user, const char *name, const char *value)
{
    struct str text = str_c(value);
    OK(attrs_set(&user->attributes, &test_arena, str_c(name), (struct strs){&text, 1}));
}

/* The keys of all problems, each with its attribute. */
static struct str judge(const struct profile *profile, struct str role, const struct user *before,
                        struct user *io_after)
{
    struct profile_problems problems;
    struct buf b;
    struct str text;
    buf_init(&b, &test_arena, 4096);
    OK(profile_judge(&test_arena, profile, role, before, io_after, &problems));
    for (size_t i = 0; i < problems.count; i++)
        buf_printf(&b, "%.*s:%.*s ", STR_ARG(problems.items[i].attribute),
                   STR_ARG(problems.items[i].message));
    OK(buf_finish(&b, &text));
    return text;
}

static void the_first_profile_is_sound(void **state)
{
    (void)state;
    struct profile profile;
    struct user user = person("maria");
    OK(profile_read(&test_arena, parse(profile_first().ptr), &profile, NULL));
    assert_int_equal(profile.unmanaged, PROFILE_UNMANAGED_ENABLED);
    SAME(judge(&profile, ADMIN, NULL, &user), "");
    SAME(judge(&profile, USER, NULL, &user),
         "email:error-user-attribute-required firstName:error-user-attribute-required "
         "lastName:error-user-attribute-required ");
}

static void who_requires_sees_and_edits(void **state)
{
    (void)state;
    struct profile p =
        read(",{\"name\":\"a\",\"required\":{},\"permissions\":{\"edit\":[\"user\"]}}"
             ",{\"name\":\"b\",\"required\":{\"roles\":[\"admin\"]}}"
             ",{\"name\":\"c\",\"required\":{\"scopes\":[\"phone\"]}}",
             "ADMIN_VIEW");
    assert_true(profile_requires(profile_find(&p, STR("a")), USER));
    assert_true(profile_requires(profile_find(&p, STR("b")), ADMIN));
    assert_false(profile_requires(profile_find(&p, STR("b")), USER));
    assert_false(profile_requires(profile_find(&p, STR("c")), ADMIN));
    assert_true(profile_sees(&p, STR("a"), USER)); /* who edits sees */
    assert_false(profile_sees(&p, STR("a"), ADMIN));
    assert_false(profile_sees(&p, STR("b"), ADMIN)); /* nobody was named */
    assert_false(profile_edits(&p, STR("b"), ADMIN));
    assert_true(profile_sees(&p, STR("other"), ADMIN));
    assert_false(profile_sees(&p, STR("other"), USER));
    assert_false(profile_edits(&p, STR("other"), ADMIN));
    p = read("", "DISABLED");
    assert_false(profile_sees(&p, STR("other"), ADMIN));
    p = read("", "ENABLED");
    assert_true(profile_edits(&p, STR("other"), USER));
}

static void what_was_not_sent_stays(void **state)
{
    (void)state;
    struct profile p =
        read(",{\"name\":\"code\",\"permissions\":{\"view\":[\"admin\"]}}", "DISABLED");
    struct user before = person("maria"), after;
    set(&before, "code", "7");
    set(&before, "loose", "1");
    before.email = STR("maria@example.pe");
    after = before;
    after.first_name = STR("Eva");
    after.attributes = (struct attrs){0};
    set(&after, "new", "2");
    SAME(judge(&p, ADMIN, &before, &after), "");
    SAME(attrs_first(&after.attributes, STR("code")), "7");
    SAME(attrs_first(&after.attributes, STR("loose")), "1");
    ABSENT(attrs_first(&after.attributes, STR("new")));
    set(&after, "code", "8");
    SAME(judge(&p, ADMIN, &before, &after), "code:error-user-attribute-read-only ");
    after = before;
    after.email = STR("eva@example.pe");
    SAME(judge(&p, USER, &before, &after), "email:error-user-attribute-read-only ");
    after.email = STR("");
    SAME(judge(&p, USER, &before, &after), "");
    SAME(after.email, "maria@example.pe");
    SAME(attrs_first(&before.attributes, STR("code")), "7");
}

static void names_of_before_stay(void **state)
{
    (void)state;
    struct profile profile;
    struct user before = person("yo"), after = before;
    OK(profile_read(&test_arena, parse(profile_first().ptr), &profile, NULL));
    after.first_name = STR("Eva");
    SAME(judge(&profile, ADMIN, &before, &after), "");
    after.username = STR("tu");
    SAME(judge(&profile, ADMIN, &before, &after), "username:error-invalid-length ");
}

static void AD_07_what_is_not_seen_is_not_shown(void **state)
{
    (void)state;
    struct profile p = read(",{\"name\":\"a\",\"permissions\":{\"view\":[\"user\"]}}", "ENABLED");
    struct user user = person("maria"), seen;
    user.first_name = STR("Eva");
    user.email = STR("eva@example.pe");
    set(&user, "a", "1");
    set(&user, "b", "2");
    seen = profile_seen(&test_arena, &p, &user, ADMIN);
    assert_int_equal(seen.attributes.count, 1);
    SAME(attrs_first(&seen.attributes, STR("b")), "2");
    SAME(seen.first_name, "Eva");
    p = read(",{\"name\":\"firstName\"}", "DISABLED");
    seen = profile_seen(&test_arena, &p, &user, USER);
    SAME(seen.first_name, "");
    SAME(seen.email, "eva@example.pe");
    assert_int_equal(seen.attributes.count, 0);
}

static void problems_are_bounded(void **state)
{
    (void)state;
    struct buf b;
    struct str text;
    struct user user = person("maria");
    struct profile_problems problems;
    buf_init(&b, &test_arena, 1 << 16);
    for (int i = 0; i < 200; i++)
        buf_printf(&b, ",{\"name\":\"a%d\",\"required\":{},\"permissions\":{\"edit\":[\"admin\"]}}",
                   i);
    OK(buf_finish(&b, &text));
    struct profile p = read(text.ptr, "ENABLED");
    OK(profile_judge(&test_arena, &p, ADMIN, NULL, &user, &problems));
    assert_int_equal(problems.count, PROFILE_MAX_PROBLEMS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_first_profile_is_sound),
        TEST(who_requires_sees_and_edits),
        TEST(what_was_not_sent_stays),
        TEST(names_of_before_stay),
        TEST(AD_07_what_is_not_seen_is_not_shown),
        TEST(problems_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
