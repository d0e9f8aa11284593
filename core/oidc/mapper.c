/* Which mappers run for which token, and the rules that hold for all of them. */
#include "core/oidc/mapper.h"

#include "core/base/banned.h"

enum { MAPPER_FIRST = 1, MAPPER_ALWAYS = 2, MAPPER_USER = 4 };

struct kind {
    const char *type;
    mapper_fn *run;
    unsigned flags;
};

static const struct kind kinds[] = {
#define M(type, function, flags) {type, function, flags},
#include "core/oidc/mappers.def"
#undef M
};

static const struct kind *find_kind(struct str type)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (str_eq_c(type, kinds[i].type))
            return &kinds[i];
    return NULL;
}

bool mapper_known(struct str type)
{
    return find_kind(type) != NULL;
}

struct str mapper_config(const struct mapper_run *run, const char *name)
{
    return str_map_get(&run->mapper->config, str_c(name));
}

bool mapper_config_true(const struct mapper_run *run, const char *name)
{
    return str_map_true(&run->mapper->config, str_c(name));
}

/* Absent members mean the fallback. */
static bool config_or(const struct protocol_mapper *m, const char *name, bool fallback)
{
    struct str value = str_map_get(&m->config, str_c(name));
    return str_empty(value) ? fallback : str_eq(value, STR("true"));
}

static bool is_lightweight(const struct client *client)
{
    return str_map_true(&client->attributes, STR(CLIENT_ATTR_LIGHTWEIGHT));
}

static bool is_wanted(const struct mapper_run *run, const struct kind *kind)
{
    const struct protocol_mapper *m = run->mapper;
    bool in_access = config_or(m, "access.token.claim", (kind->flags & MAPPER_ALWAYS) != 0);
    bool in_id = config_or(m, "id.token.claim", false);
    switch (run->target) {
    case MAPPER_ACCESS:
        return is_lightweight(run->subject->client) ? config_or(m, "lightweight.claim", false)
                                                    : in_access;
    case MAPPER_ID: return in_id;
    case MAPPER_USERINFO: return config_or(m, "userinfo.token.claim", in_id);
    case MAPPER_INTROSPECTION: return config_or(m, "introspection.token.claim", in_access);
    }
    return false;
}

static int run_one(struct mapper_run *run, const struct protocol_mapper *mapper, bool first)
{
    const struct kind *kind = find_kind(mapper->type);
    if (!kind || ((kind->flags & MAPPER_FIRST) != 0) != first)
        return 0;
    run->mapper = mapper;
    return is_wanted(run, kind) ? kind->run(run) : 0;
}

static int run_list(struct mapper_run *run, const struct protocol_mappers *list, bool first)
{
    for (size_t i = 0; i < list->count; i++)
        TRY(run_one(run, &list->items[i], first));
    return 0;
}

static int run_all(struct mapper_run *run, bool first)
{
    const struct granted_scopes *scopes = &run->subject->scopes;
    for (size_t i = 0; i < scopes->count; i++)
        TRY(run_list(run, &scopes->items[i]->mappers, first));
    return run_list(run, &run->subject->client->mappers, first);
}

/* --- the claims parameter (Core 5.5) --- */

static const struct json_value *requested_claims(const struct mapper_run *run)
{
    const struct json_value *json;
    const char *member = run->target == MAPPER_ID         ? "id_token"
                         : run->target == MAPPER_USERINFO ? "userinfo"
                                                          : NULL;
    if (!member || str_empty(run->subject->claims) || run->subject->client->consent_required)
        return NULL;
    if (json_parse(run->ctx->arena, run->subject->claims, run->subject->claims.len, &json) != 0)
        return NULL;
    json = json_get(json, member);
    return json_is_object(json) ? json : NULL;
}

/* Asked for by name: from the scopes that the client could have asked for, and only claims about the
 * user. Where consent is asked by scope, scopes must be asked for. */
static int run_requested(struct mapper_run *run)
{
    const struct json_value *wanted = requested_claims(run);
    const struct client_scopes *scopes = &run->subject->client->scopes;
    for (size_t i = 0; wanted && i < scopes->count; i++) {
        const struct protocol_mappers *list = &scopes->items[i].mappers;
        for (size_t k = 0; k < list->count && scopes->items[i].role_count == 0; k++) {
            struct str name = str_map_get(&list->items[k].config, STR("claim.name"));
            const struct kind *kind = find_kind(list->items[k].type);
            if (kind && kind->run == mapper_full_name)
                name = STR("name");
            if (kind && (kind->flags & MAPPER_USER) && json_get_s(wanted, name) &&
                !claims_has(run->claims, name))
                TRY(run_one(run, &list->items[k], false));
        }
    }
    return 0;
}

int mappers_apply(const struct auth_ctx *ctx, struct store_read *r, const struct subject *subject,
                  enum mapper_target target, struct claims *io_claims, struct strs *io_audience)
{
    struct roles roles = subject->roles;
    struct mapper_run run = {
        .ctx = ctx,
        .r = r,
        .subject = subject,
        .target = target,
        .claims = io_claims,
        .audience = io_audience,
        .roles = &roles,
    };
    TRY(run_all(&run, true));
    TRY(run_all(&run, false));
    return run_requested(&run);
}

/* --- adding claims --- */

/* OI-07: what tokens say about themselves is said by mint.c alone. */
static bool is_reserved(struct str name)
{
    static const char *const names[] = {
        "iss",       "aud",           "exp",           "nbf",   "iat", "jti",      "typ",
        "azp",       "sid",           "sub",           "nonce", "acr", "amr",      "auth_time",
        "at_hash",   "c_hash",        "s_hash",        "scope", "cnf", "act",      "may_act",
        "active",    "events",        "session_state", "toe",   "txn", "reuse_id", "token_type",
        "client_id", "garita_claims", "origin_jti",
    };
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_eq_c(name, names[i]))
            return true;
    return false;
}

/* What services read permissions from: made of roles and of nothing else. */
static bool is_of_roles(struct str name)
{
    return str_eq(name, STR("realm_access")) || str_eq(name, STR("resource_access")) ||
           str_eq(name, STR("allowed-origins")) || str_eq(name, STR("authorization"));
}

bool mapper_claim_allowed(enum claim_source source, struct str name)
{
    if (is_reserved(name))
        return false;
    return source == CLAIM_FROM_ROLES || !is_of_roles(name);
}

/* The value as the JSON type that the configuration asks for; absent when it is none. */
static int typed_value(const struct mapper_run *run, struct str value, struct str *ret_json)
{
    struct str type = mapper_config(run, "jsonType.label");
    struct arena *a = run->ctx->arena;
    const struct json_value *json;
    int64_t number;
    *ret_json = str_of(NULL, 0);
    if (str_eq(type, STR("long")) || str_eq(type, STR("int"))) {
        if (str_to_i64(value, &number) == 0)
            *ret_json = value;
        return 0;
    }
    if (str_eq(type, STR("boolean"))) {
        *ret_json = str_ieq(value, STR("true")) ? STR("true") : STR("false");
        return 0;
    }
    if (str_eq(type, STR("JSON"))) {
        struct buf b;
        struct json_writer w;
        if (json_parse(a, value, (size_t)64 << 10, &json) != 0)
            return 0;
        buf_init(&b, a, (size_t)128 << 10);
        jw_init(&w, &b);
        jw_value(&w, json);
        return jw_finish(&w, ret_json);
    }
    return claim_json_str(a, value, ret_json);
}

static int typed_list(const struct mapper_run *run, const struct strs *values, struct str *ret_json)
{
    struct buf b;
    buf_init(&b, run->ctx->arena, (size_t)256 << 10);
    buf_add_byte(&b, '[');
    for (size_t i = 0; i < values->count; i++) {
        struct str json;
        TRY(typed_value(run, values->items[i], &json));
        if (str_absent(json))
            continue;
        if (b.len > 1)
            buf_add_byte(&b, ',');
        buf_add(&b, json);
    }
    buf_add_byte(&b, ']');
    return buf_finish(&b, ret_json);
}

/* ERR_INVALID_SYNTAX in a name is a misconfiguration: the mapper adds nothing. */
static int claim_path_of_config(const struct mapper_run *run, enum claim_source source,
                                struct claim_path *ret_path, bool *ret_usable)
{
    struct str name = mapper_config(run, "claim.name");
    *ret_usable = false;
    if (str_empty(name))
        return 0;
    int rc = claim_path_parse(run->ctx->arena, name, ret_path);
    if (rc == ERR_INVALID_SYNTAX)
        return 0;
    TRY(rc);
    *ret_usable = mapper_claim_allowed(source, ret_path->parts[0]);
    return 0;
}

int mapper_add(const struct mapper_run *run, enum claim_source source, const struct strs *values)
{
    struct claim_path path;
    struct str json;
    bool usable;
    if (values->count == 0)
        return 0;
    TRY(claim_path_of_config(run, source, &path, &usable));
    if (!usable)
        return 0;
    if (mapper_config_true(run, "multivalued"))
        TRY(typed_list(run, values, &json));
    else
        TRY(typed_value(run, values->items[0], &json));
    return str_absent(json) ? 0 : claims_set_json(run->claims, &path, json);
}

int mapper_add_list(const struct mapper_run *run, enum claim_source source,
                    const struct claim_path *path, const struct strs *values)
{
    struct str json;
    if (values->count == 0 || !mapper_claim_allowed(source, path->parts[0]))
        return 0;
    TRY(claim_json_strs(run->ctx->arena, values, &json));
    return claims_set_json(run->claims, path, json);
}
