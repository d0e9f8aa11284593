/* Policies of resource servers, a type and behind a line end a representation: what is taken and checked goes
 * out again by its type, comes back as it was, and is judged without error; nobody gets anything by a policy
 * that names nobody. */
#include "core/authz/evaluate.h"
#include "tests/fuzz/fuzz.h"

#define MAX_BYTES ((size_t)64 << 10)

static struct str written(struct arena *a, const struct rs_policy *policy)
{
    struct buf b;
    struct json_writer w;
    struct str text = {NULL, 0};
    buf_init(&b, a, 8 * MAX_BYTES);
    jw_init(&w, &b);
    jw_begin_object(&w);
    rs_policy_write_common(policy, &w);
    PROMISE(rs_policy_write_typed(policy, a, &w) == 0);
    jw_end_object(&w);
    PROMISE(jw_finish(&w, &text) == 0);
    return text;
}

static struct rs_policy of_type(struct str type)
{
    struct rs_policy policy = {.row = {.kind = RS_POLICY}};
    fields_default(rs_fields(RS_POLICY), &policy);
    policy.row.id = STR("id");
    policy.row.type = type;
    return policy;
}

static void check_again(struct arena *a, const struct rs_policy *policy)
{
    const struct json_value *json;
    struct err_ctx err = {0};
    struct rs_policy again = of_type(policy->row.type);
    struct str text = written(a, policy);
    PROMISE(json_parse(a, text, text.len, &json) == 0);
    PROMISE(rs_policy_merge(&again, a, json, &err) == 0);
    PROMISE(str_eq(text, written(a, &again)));
}

static void check_judged(struct arena *a, const struct rs_policy *policy)
{
    struct authz_policy item = {.policy = *policy};
    struct authz_set set = {&item, 1, 1};
    struct authz_identity nobody = {.now = STR("2026-11-26 08:30:00")};
    const struct rs_member *member = rs_list_of(policy->row.type);
    enum authz_effect effect;
    if (member)
        PROMISE(rs_named_read(member, a, str_map_get(&policy->config, str_c(member->config)),
                              &item.named, NULL) == 0);
    PROMISE(authz_judge(&set, 0, &nobody, a, &effect) == 0);
    PROMISE(effect != AUTHZ_OPEN);
    PROMISE(!member || item.named.count > 0 || effect == AUTHZ_BROKEN);
}

/* As names become ids: a list is read and written anew. */
static bool settle(struct arena *a, struct rs_policy *io_policy)
{
    const struct rs_member *member = rs_list_of(io_policy->row.type);
    struct rs_named_list list;
    struct str text;
    if (!member)
        return true;
    text = str_map_get(&io_policy->config, str_c(member->config));
    if (rs_named_read(member, a, text, &list, NULL) != 0)
        return false;
    PROMISE(rs_named_write(member, a, &list, &text) == 0);
    PROMISE(str_map_set(&io_policy->config, a, str_c(member->config), text) == 0);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_free) struct arena a;
    const struct json_value *json;
    struct err_ctx err = {0};
    struct str rest = fuzz_input(data, size), type;
    arena_init(&a, FUZZ_ARENA_BYTES);
    if (!str_next(&rest, '\n', &type) || json_parse(&a, rest, MAX_BYTES, &json) != 0)
        return 0;
    struct rs_policy policy = of_type(type);
    if (rs_policy_merge(&policy, &a, json, &err) != 0 || rs_policy_check(&policy, &a, &err) != 0)
        return 0;
    if (!settle(&a, &policy))
        return 0;
    check_again(&a, &policy);
    check_judged(&a, &policy);
    return 0;
}
