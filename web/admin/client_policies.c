/* ~/client-policies: profiles and policies, each as a whole. */
#include "core/admin/client_policies.h"

#include "web/admin/admin.h"

#include "core/base/banned.h"

typedef int get_fn(const struct auth_ctx *ctx, struct store_read *r, struct str *ret_json);

/* The document, and an empty list of what Keycloak brings along when it is asked for. */
static int answer(struct admin_call *call, get_fn *get, const char *include, const char *member,
                  const char *global)
{
    const struct json_value *json;
    struct str text;
    bool with_global;
    TRY(admin_query_bool(call, include, false, &with_global));
    TRY(admin_read(call));
    TRY(get(&call->ctx, call->r, &text));
    TRY(json_parse(call->req->arena, text, ADMIN_BODY_SMALL, &json));
    jw_begin_object(&call->out);
    jw_member_value(&call->out, member, json_get(json, member));
    if (with_global) {
        jw_member_array(&call->out, global);
        jw_end_array(&call->out);
    }
    jw_end_object(&call->out);
    return 0;
}

int rest_client_profiles_get(struct admin_call *call)
{
    return answer(call, admin_client_profiles_get, "include-global-profiles", "profiles",
                  "globalProfiles");
}

int rest_client_policies_get(struct admin_call *call)
{
    return answer(call, admin_client_policies_get, "include-global-policies", "policies",
                  "globalPolicies");
}

int rest_client_profiles_put(struct admin_call *call)
{
    TRY(admin_body_object(call));
    TRY(admin_write(call));
    return admin_client_profiles_put(&call->ctx, call->w, call->body);
}

int rest_client_policies_put(struct admin_call *call)
{
    TRY(admin_body_object(call));
    TRY(admin_write(call));
    return admin_client_policies_put(&call->ctx, call->w, call->body);
}
