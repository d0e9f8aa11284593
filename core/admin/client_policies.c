/* Documents of client policies. */
#include "core/admin/client_policies.h"

#include "core/admin/record.h"
#include "core/model/client_policy.h"
#include "core/port/documents.h"

#include "core/base/banned.h"

static int get(const struct auth_ctx *ctx, struct store_read *r, const char *name,
               const char *nothing, struct str *ret_json)
{
    int rc = document_find(r, ctx->arena, str_c(name), ret_json);
    if (rc != ERR_NOT_FOUND)
        return rc;
    *ret_json = str_c(nothing);
    return 0;
}

int admin_client_profiles_get(const struct auth_ctx *ctx, struct store_read *r,
                              struct str *ret_json)
{
    return get(ctx, r, DOCUMENT_CLIENT_PROFILES, "{\"profiles\":[]}", ret_json);
}

int admin_client_policies_get(const struct auth_ctx *ctx, struct store_read *r,
                              struct str *ret_json)
{
    return get(ctx, r, DOCUMENT_CLIENT_POLICIES, "{\"policies\":[]}", ret_json);
}

/* Keycloak's own are not here: one that is sent along would be left out in silence. */
static int refuse_global(const struct auth_ctx *ctx, const struct json_value *json,
                         const char *member)
{
    if (json_count(json_get(json, member)) == 0)
        return 0;
    return err_field(ctx->err, ERR_NOT_IMPLEMENTED, member, "There are no %s here", member);
}

/* One list of the document, with nothing beside it. */
static int write_list(const struct auth_ctx *ctx, const struct json_value *json, const char *member,
                      struct str *ret_text)
{
    const struct json_value *list = json_get(json, member);
    struct buf b;
    struct json_writer w;
    buf_init(&b, ctx->arena, CLIENT_POLICIES_MAX_BYTES);
    jw_init(&w, &b);
    jw_begin_object(&w);
    jw_key(&w, member);
    if (json_is_none(list)) {
        jw_begin_array(&w);
        jw_end_array(&w);
    } else {
        jw_value(&w, list);
    }
    jw_end_object(&w);
    int rc = jw_finish(&w, ret_text);
    return rc == ERR_TOO_LARGE
               ? err_field(ctx->err, ERR_INVALID_REQUEST, member, "%s are too long", member)
               : rc;
}

static int put(const struct auth_ctx *ctx, struct store_write *w, const char *name,
               struct str before, struct str after)
{
    if (str_eq(before, after))
        return 0;
    TRY(document_put(w, str_c(name), after));
    return ADMIN_RECORD(ctx, w, EVENT_ConfigurationChanged, "realm", auth_realm(ctx)->id,
                        {"document", str_c(name)}, {"before", before}, {"after", after});
}

static int parse(const struct auth_ctx *ctx, struct str text, const struct json_value **ret_json)
{
    int rc = json_parse(ctx->arena, text, CLIENT_POLICIES_MAX_BYTES, ret_json);
    return rc == 0 || rc == ERR_NO_MEMORY ? rc : ERR_STORE_CORRUPT;
}

int admin_client_profiles_put(const struct auth_ctx *ctx, struct store_write *w,
                              const struct json_value *profiles)
{
    struct store_read *r = store_write_reader(w);
    const struct json_value *policies;
    struct client_policies all;
    struct str before, after, others;
    TRY(refuse_global(ctx, profiles, "globalProfiles"));
    TRY(admin_client_profiles_get(ctx, r, &before));
    TRY(admin_client_policies_get(ctx, r, &others));
    TRY(parse(ctx, others, &policies));
    TRY(client_policies_read(ctx->arena, profiles, policies, &all, ctx->err));
    TRY(write_list(ctx, profiles, "profiles", &after));
    return put(ctx, w, DOCUMENT_CLIENT_PROFILES, before, after);
}

int admin_client_policies_put(const struct auth_ctx *ctx, struct store_write *w,
                              const struct json_value *policies)
{
    struct store_read *r = store_write_reader(w);
    const struct json_value *profiles;
    struct client_policies all;
    struct str before, after, others;
    TRY(refuse_global(ctx, policies, "globalPolicies"));
    TRY(admin_client_policies_get(ctx, r, &before));
    TRY(admin_client_profiles_get(ctx, r, &others));
    TRY(parse(ctx, others, &profiles));
    TRY(client_policies_read(ctx->arena, profiles, policies, &all, ctx->err));
    TRY(write_list(ctx, policies, "policies", &after));
    return put(ctx, w, DOCUMENT_CLIENT_POLICIES, before, after);
}
