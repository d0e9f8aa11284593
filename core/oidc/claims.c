/* The tree of claims. */
#include "core/oidc/claims.h"

#include "core/base/banned.h"

#define CLAIMS_MAX_BYTES ((size_t)512 << 10)

int claim_path_parse(struct arena *a, struct str text, struct claim_path *ret_path)
{
    struct claim_path path = {0};
    char *out = arena_alloc(a, text.len + 1);
    if (!out)
        return ERR_NO_MEMORY;
    size_t start = 0;
    size_t len = 0;
    for (size_t i = 0; i <= text.len; i++) {
        bool end = i == text.len;
        if (!end && text.ptr[i] == '\\' && i + 1 < text.len && text.ptr[i + 1] == '.') {
            out[len++] = '.';
            i++;
        } else if (!end && text.ptr[i] != '.') {
            out[len++] = text.ptr[i];
        } else {
            if (len == start || path.count == CLAIM_PATH_MAX)
                return ERR_INVALID_SYNTAX;
            path.parts[path.count++] = str_of(out + start, len - start);
            start = len;
        }
    }
    *ret_path = path;
    return 0;
}

struct claim_path claim_path_of(struct str name)
{
    return (struct claim_path){.parts = {name}, .count = 1};
}

void claims_init(struct claims *c, struct arena *a)
{
    *c = (struct claims){.arena = a};
}

static struct claim *find_or_add(struct arena *a, struct claim **list, struct str name)
{
    struct claim **at = list;
    for (; *at; at = &(*at)->next)
        if (str_eq((*at)->name, name))
            return *at;
    struct claim *claim = ARENA_NEW(a, struct claim);
    if (!claim)
        return NULL;
    claim->name = name;
    *at = claim;
    return claim;
}

int claims_set_json(struct claims *c, const struct claim_path *path, struct str json)
{
    struct claim **list = &c->first;
    struct claim *claim = NULL;
    for (size_t i = 0; i < path->count; i++) {
        claim = find_or_add(c->arena, list, path->parts[i]);
        if (!claim)
            return ERR_NO_MEMORY;
        if (i + 1 < path->count)
            claim->json = str_of(NULL, 0); /* a value that becomes an object */
        list = &claim->first;
    }
    if (!claim)
        return ERR_INVALID_SYNTAX;
    claim->first = NULL;
    claim->json = json;
    return 0;
}

int claim_json_str(struct arena *a, struct str value, struct str *ret_json)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, a, CLAIMS_MAX_BYTES);
    jw_init(&w, &b);
    jw_str(&w, value);
    return jw_finish(&w, ret_json);
}

int claim_json_strs(struct arena *a, const struct strs *values, struct str *ret_json)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, a, CLAIMS_MAX_BYTES);
    jw_init(&w, &b);
    jw_begin_array(&w);
    for (size_t i = 0; i < values->count; i++)
        jw_str(&w, values->items[i]);
    jw_end_array(&w);
    return jw_finish(&w, ret_json);
}

int claims_set_str(struct claims *c, struct str name, struct str value)
{
    struct claim_path path = claim_path_of(name);
    struct str json;
    TRY(claim_json_str(c->arena, value, &json));
    return claims_set_json(c, &path, json);
}

int claims_set_i64(struct claims *c, struct str name, int64_t value)
{
    struct claim_path path = claim_path_of(name);
    struct str json = arena_printf(c->arena, "%lld", (long long)value);
    return str_absent(json) ? ERR_NO_MEMORY : claims_set_json(c, &path, json);
}

int claims_set_strs(struct claims *c, struct str name, const struct strs *values)
{
    struct claim_path path = claim_path_of(name);
    struct str json;
    TRY(claim_json_strs(c->arena, values, &json));
    return claims_set_json(c, &path, json);
}

static const struct claim *find(const struct claims *c, struct str name)
{
    for (const struct claim *claim = c->first; claim; claim = claim->next)
        if (str_eq(claim->name, name))
            return claim;
    return NULL;
}

bool claims_has(const struct claims *c, struct str name)
{
    return find(c, name) != NULL;
}

static const char *const order[] = {
    "exp",
    "iat",
    "auth_time",
    "jti",
    "iss",
    "aud",
    "sub",
    "typ",
    "azp",
    "nonce",
    "sid",
    "at_hash",
    "c_hash",
    "acr",
    "allowed-origins",
    "realm_access",
    "resource_access",
    "scope",
};

static bool is_ordered(struct str name)
{
    for (size_t i = 0; i < ARRAY_LEN(order); i++)
        if (str_eq_c(name, order[i]))
            return true;
    return false;
}

/* Depth is bounded by CLAIM_PATH_MAX. */
static void write_claim(struct json_writer *w, const struct claim *claim)
{
    jw_key_s(w, claim->name);
    if (!str_absent(claim->json)) {
        jw_raw(w, claim->json);
        return;
    }
    jw_begin_object(w);
    for (const struct claim *member = claim->first; member; member = member->next)
        write_claim(w, member);
    jw_end_object(w);
}

int claims_write(const struct claims *c, struct str *ret_json)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, c->arena, CLAIMS_MAX_BYTES);
    jw_init(&w, &b);
    jw_begin_object(&w);
    for (size_t i = 0; i < ARRAY_LEN(order); i++) {
        const struct claim *claim = find(c, str_c(order[i]));
        if (claim)
            write_claim(&w, claim);
    }
    for (const struct claim *claim = c->first; claim; claim = claim->next)
        if (!is_ordered(claim->name))
            write_claim(&w, claim);
    jw_end_object(&w);
    return jw_finish(&w, ret_json);
}
