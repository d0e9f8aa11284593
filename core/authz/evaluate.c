/* Judging policies and deciding by permissions. */
#include "core/authz/evaluate.h"

#include "core/codec/pattern.h"

#include "core/base/banned.h"

static struct str config(const struct authz_policy *p, const char *name)
{
    return str_map_get(&p->policy.config, str_c(name));
}

static enum authz_effect effect_of(bool granted)
{
    return granted ? AUTHZ_PERMIT : AUTHZ_DENY;
}

/* --- Lists: roles and client scopes --- */

/* At least one of the list, and each that is required. */
static enum authz_effect judge_marked(const struct authz_policy *p, const struct strs *had)
{
    bool any = false;
    for (size_t i = 0; i < p->named.count; i++) {
        bool has = strs_has(had, p->named.items[i].id);
        if (!has && p->named.items[i].marked)
            return AUTHZ_DENY;
        any |= has;
    }
    return effect_of(any);
}

static enum authz_effect judge_named(const struct authz_policy *p, struct str id)
{
    for (size_t i = 0; i < p->named.count && !str_empty(id); i++)
        if (str_eq(p->named.items[i].id, id))
            return AUTHZ_PERMIT;
    return AUTHZ_DENY;
}

/* --- Groups --- */

static bool is_below(struct str path, struct str parent)
{
    return path.len > parent.len && str_starts(path, parent) && path.ptr[parent.len] == '/';
}

static bool group_fits(const struct rs_named *wanted, struct str path)
{
    return str_eq(path, wanted->id) || (wanted->marked && is_below(path, wanted->id));
}

/* A claim holds paths, or names of groups of any place. */
static bool claim_fits(const struct rs_named *wanted, struct str text)
{
    struct str name = wanted->id;
    if (str_starts(text, STR("/")))
        return group_fits(wanted, text);
    for (ptrdiff_t slash = str_find(name, '/'); slash >= 0; slash = str_find(name, '/'))
        name = str_from(name, (size_t)slash + 1);
    return !str_empty(text) && str_eq(name, text);
}

static enum authz_effect judge_claimed_groups(const struct authz_policy *p,
                                              const struct json_value *claim)
{
    const struct json_value *item;
    for (size_t i = 0; i < p->named.count; i++) {
        if (claim_fits(&p->named.items[i], json_str(claim)))
            return AUTHZ_PERMIT;
        if (json_is_array(claim))
            for (struct json_iter it = json_iter(claim); json_next(&it, NULL, &item);)
                if (claim_fits(&p->named.items[i], json_str(item)))
                    return AUTHZ_PERMIT;
    }
    return AUTHZ_DENY;
}

static enum authz_effect judge_groups(const struct authz_policy *p,
                                      const struct authz_identity *identity)
{
    struct str claim = config(p, "groupsClaim");
    if (!str_empty(claim))
        return judge_claimed_groups(p, json_get_s(identity->claims, claim));
    for (size_t i = 0; i < p->named.count; i++)
        for (size_t k = 0; k < identity->groups.count; k++)
            if (group_fits(&p->named.items[i], identity->groups.items[k].path))
                return AUTHZ_PERMIT;
    return AUTHZ_DENY;
}

/* --- Patterns --- */

/* "address.country" is a member of a member, unless there is a claim of that very name. */
static const struct json_value *claim_at(const struct json_value *claims, struct str name)
{
    const struct json_value *value = json_get_s(claims, name);
    struct str rest = name, part;
    if (!json_is_none(value))
        return value;
    for (value = claims; str_next(&rest, '.', &part);)
        value = json_get_s(value, part);
    return value;
}

static struct str first_text(const struct json_value *value)
{
    return json_is_array(value) ? json_str(json_at(value, 0)) : json_str(value);
}

static int judge_pattern(const struct authz_policy *p, const struct authz_identity *identity,
                         struct arena *a, enum authz_effect *ret_effect)
{
    const struct pattern *pattern;
    bool of_context = str_eq(config(p, "targetContextAttributes"), STR("true"));
    struct str text = first_text(
        claim_at(of_context ? identity->context : identity->claims, config(p, "targetClaim")));
    bool matches = false;
    *ret_effect = AUTHZ_BROKEN;
    int rc = pattern_compile(a, config(p, "pattern"), &pattern, NULL);
    if (rc != 0)
        return rc == ERR_NO_MEMORY ? rc : 0;
    if (!str_absent(text))
        TRY(pattern_matches(a, pattern, text, &matches));
    *ret_effect = effect_of(matches);
    return 0;
}

/* --- Time --- */

/* Of "2026-11-26 08:00:00". */
static int64_t part_of(struct str now, size_t at, size_t len)
{
    int64_t value;
    return str_to_i64(str_sub(now, at, len), &value) == 0 ? value : -1;
}

/* Nothing said is always so; without an end only the number itself is. */
static bool is_within(const struct authz_policy *p, const char *from, const char *to, int64_t value)
{
    int64_t least, most;
    struct str first = config(p, from), last = config(p, to);
    if (str_empty(first))
        return true;
    if (str_to_i64(first, &least) != 0)
        return false;
    if (str_empty(last))
        return value == least;
    return str_to_i64(last, &most) == 0 && value >= least && value <= most;
}

static enum authz_effect judge_time(const struct authz_policy *p, struct str now)
{
    static const struct {
        const char *from, *to;
        size_t at, len;
    } parts[] = {{"dayMonth", "dayMonthEnd", 8, 2},
                 {"month", "monthEnd", 5, 2},
                 {"year", "yearEnd", 0, 4},
                 {"hour", "hourEnd", 11, 2},
                 {"minute", "minuteEnd", 14, 2}};
    struct str from = config(p, "nbf"), to = config(p, "noa");
    if (!str_empty(from) && str_cmp(now, from) < 0)
        return AUTHZ_DENY;
    if (!str_empty(to) && str_cmp(now, to) >= 0)
        return AUTHZ_DENY;
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        if (!is_within(p, parts[i].from, parts[i].to, part_of(now, parts[i].at, parts[i].len)))
            return AUTHZ_DENY;
    return AUTHZ_PERMIT;
}

/* --- What is made of others --- */

static enum authz_effect combine(struct str strategy, size_t grants, size_t count)
{
    if (str_eq(strategy, STR("AFFIRMATIVE")))
        return effect_of(grants > 0);
    if (str_eq(strategy, STR("CONSENSUS")))
        return effect_of(2 * grants > count);
    return str_eq(strategy, STR("UNANIMOUS")) ? effect_of(grants == count) : AUTHZ_BROKEN;
}

static int judge_at(struct authz_set *set, size_t at, const struct authz_identity *identity,
                    struct arena *a, int depth, enum authz_effect *ret_effect);

/* All are looked at, also when the outcome is clear: who asks for an evaluation wants to see them. */
static int judge_parts(struct authz_set *set, const struct authz_policy *p,
                       const struct authz_identity *identity, struct arena *a, int depth,
                       enum authz_effect *ret_effect)
{
    size_t grants = 0;
    bool broken = p->part_count == 0;
    for (size_t i = 0; i < p->part_count; i++) {
        enum authz_effect effect;
        TRY(judge_at(set, p->parts[i], identity, a, depth + 1, &effect));
        grants += effect == AUTHZ_PERMIT;
        broken |= effect == AUTHZ_BROKEN;
    }
    *ret_effect =
        broken ? AUTHZ_BROKEN : combine(p->policy.decision_strategy, grants, p->part_count);
    return 0;
}

static int judge_alone(const struct authz_policy *p, const struct authz_identity *identity,
                       struct arena *a, enum authz_effect *ret_effect)
{
    struct str type = p->policy.row.type;
    *ret_effect = AUTHZ_BROKEN;
    if (str_eq(type, STR("regex")))
        return judge_pattern(p, identity, a, ret_effect);
    if (str_eq(type, STR("time"))) {
        *ret_effect = judge_time(p, identity->now);
        return 0;
    }
    if (p->named.count == 0) /* says nothing about anybody */
        return 0;
    if (str_eq(type, STR("role"))) {
        bool now = str_eq(config(p, "fetchRoles"), STR("true"));
        *ret_effect = judge_marked(p, now ? &identity->all_roles : &identity->roles);
    } else if (str_eq(type, STR("client-scope"))) {
        *ret_effect = judge_marked(p, &identity->scopes);
    } else if (str_eq(type, STR("user"))) {
        *ret_effect = judge_named(p, identity->user_id);
    } else if (str_eq(type, STR("client"))) {
        *ret_effect = judge_named(p, identity->client_id);
    } else if (str_eq(type, STR("group"))) {
        *ret_effect = judge_groups(p, identity);
    }
    return 0;
}

static bool has_parts(struct str type)
{
    return rs_type_is_permission(type) || str_eq(type, STR(RS_TYPE_AGGREGATE));
}

static enum authz_effect turned(struct str logic, enum authz_effect effect)
{
    if (str_eq(logic, STR("POSITIVE")) || effect == AUTHZ_BROKEN)
        return effect;
    if (!str_eq(logic, STR("NEGATIVE")))
        return AUTHZ_BROKEN;
    return effect == AUTHZ_PERMIT ? AUTHZ_DENY : AUTHZ_PERMIT;
}

static int judge_at(struct authz_set *set, size_t at, const struct authz_identity *identity,
                    struct arena *a, int depth, enum authz_effect *ret_effect)
{
    struct authz_policy *p = &set->items[at];
    enum authz_effect effect = AUTHZ_BROKEN;
    *ret_effect = AUTHZ_BROKEN;
    if (p->effect != AUTHZ_OPEN || p->is_judged_now || depth > AUTHZ_DEPTH_MAX) {
        *ret_effect = p->effect == AUTHZ_OPEN ? AUTHZ_BROKEN : p->effect;
        return 0;
    }
    p->is_judged_now = true;
    int rc = has_parts(p->policy.row.type) ? judge_parts(set, p, identity, a, depth, &effect)
                                           : judge_alone(p, identity, a, &effect);
    p->is_judged_now = false;
    TRY(rc);
    p->effect = *ret_effect = turned(p->policy.logic, effect);
    return 0;
}

int authz_judge(struct authz_set *set, size_t at, const struct authz_identity *identity,
                struct arena *a, enum authz_effect *ret_effect)
{
    return judge_at(set, at, identity, a, 0, ret_effect);
}

/* --- Permissions --- */

/* One scope, or the resource itself (scope >= scope_count). */
static bool is_granted(const struct authz_set *set, const struct authz_question *q, size_t scope)
{
    bool unanimous = !str_eq(q->settings->decision_strategy, STR("AFFIRMATIVE"));
    bool permissive = str_eq(q->settings->enforcement_mode, STR("PERMISSIVE"));
    size_t grants = 0, denials = 0;
    for (size_t i = 0; i < q->permission_count; i++) {
        const struct authz_permission *permission = &q->permissions[i];
        bool about = !permission->about || (scope < q->scope_count && permission->about[scope]);
        if (!about)
            continue;
        if (set->items[permission->at].effect == AUTHZ_PERMIT)
            grants++;
        else
            denials++;
    }
    if (grants + denials == 0)
        return permissive;
    return grants > 0 && !(unanimous && denials > 0);
}

void authz_decide(const struct authz_set *set, const struct authz_question *question,
                  bool *ret_scopes, bool *ret_granted)
{
    bool off = str_eq(question->settings->enforcement_mode, STR("DISABLED"));
    bool any = question->scope_count == 0 && (off || is_granted(set, question, 0));
    for (size_t i = 0; i < question->scope_count; i++) {
        ret_scopes[i] = off || is_granted(set, question, i);
        any |= ret_scopes[i];
    }
    *ret_granted = any;
}
