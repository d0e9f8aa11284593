/* Change requests as the Admin API and commands show them. */
#include "core/admin/change_request_view.h"

#include "core/base/banned.h"

#define ROWS_MAX_BYTES ((size_t)256 << 10)

/* --- The body, without secrets --- */

static bool is_secret(struct arena *a, struct str name)
{
    static const char *const words[] = {"secret", "password", "private", "credential", "token"};
    struct str lower = arena_lower(a, name);
    if (str_absent(lower))
        return true;
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (str_find_str(lower, str_c(words[i])) >= 0)
            return true;
    return false;
}

/* Texts below a name that speaks of secrets; switches and numbers are none. */
static void write_masked(struct json_writer *w, struct arena *a, const struct json_value *value,
                         bool secret)
{
    const struct json_value *member;
    struct str name;
    if (json_is_object(value))
        jw_begin_object(w);
    else if (json_is_array(value))
        jw_begin_array(w);
    else if (json_kind(value) == JSON_STRING && secret && json_str(value).len > 0 &&
             !str_eq(json_str(value), STR("true")) && !str_eq(json_str(value), STR("false")))
        jw_str(w, STR(SECRET_MASK));
    else
        jw_value(w, value);
    for (struct json_iter it = json_iter(value); json_next(&it, &name, &member);) {
        if (json_is_object(value))
            jw_key_s(w, name);
        write_masked(w, a, member, secret || (!str_absent(name) && is_secret(a, name)));
    }
    if (json_is_object(value))
        jw_end_object(w);
    else if (json_is_array(value))
        jw_end_array(w);
}

static int write_body(const struct auth_ctx *ctx, struct store_read *r,
                      const struct change_request *request, struct json_writer *w)
{
    const struct json_value *json;
    struct str body;
    int rc = change_request_body(ctx, r, request->id, &body);
    if (rc == ERR_NOT_FOUND)
        return 0;
    TRY(rc);
    if (json_parse(ctx->arena, body, CHANGE_CALL_MAX_BYTES, &json) != 0)
        return 0; /* none, or a text: its event says it */
    jw_key(w, "body");
    write_masked(w, ctx->arena, json, false);
    return 0;
}

static int write_rows(const struct auth_ctx *ctx, struct store_read *r,
                      const struct change_request *request, struct json_writer *w)
{
    const struct json_value *json;
    struct str rows;
    TRY(change_request_rows(ctx, r, request->id, &rows));
    TRY(json_parse(ctx->arena, rows, ROWS_MAX_BYTES, &json));
    jw_member_value(w, "changes", json);
    return 0;
}

/* --- The rest --- */

static void write_who(struct json_writer *w, const char *name, struct str id, struct str username,
                      struct str realm)
{
    jw_member_object(w, name);
    jw_member_str(w, "id", id);
    jw_member_str(w, "username", username);
    jw_member_str(w, "realm", realm);
    jw_end_object(w);
}

static void write_kinds(struct json_writer *w, const struct strs *kinds)
{
    jw_member_array(w, "kinds");
    for (size_t i = 0; i < kinds->count; i++)
        jw_str(w, kinds->items[i]);
    jw_end_array(w);
}

static void write_call(struct json_writer *w, const struct change_request *request)
{
    jw_member_str(w, "method", request->method);
    jw_member_str(w, "path", request->path);
    if (!str_empty(request->query))
        jw_member_str(w, "query", request->query);
}

static void write_decision(struct json_writer *w, const struct change_request *request)
{
    if (request->decided_ms == 0)
        return;
    jw_member_i64(w, "decidedAt", request->decided_ms);
    if (!str_empty(request->decider_id) || !str_empty(request->decider_name))
        write_who(w, "decidedBy", request->decider_id, request->decider_name,
                  request->decider_realm);
    if (!str_empty(request->reason))
        jw_member_str(w, "reason", request->reason);
}

int change_request_write(const struct auth_ctx *ctx, struct store_read *r,
                         const struct change_request *request, const struct change_view *view,
                         struct json_writer *w)
{
    jw_begin_object(w);
    jw_member_str(w, "id", request->id);
    jw_member_str(w, "status", request->status);
    write_kinds(w, &request->kinds);
    jw_member_str(w, "realm", request->realm);
    write_call(w, request);
    write_who(w, "requestedBy", request->requester_id, request->requester_name,
              request->requester_realm);
    jw_member_str(w, "justification", request->justification);
    jw_member_i64(w, "requestedAt", request->asked_ms);
    jw_member_i64(w, "expiresAt", request->expires_ms);
    write_decision(w, request);
    jw_member_str_opt(w, "errorMessage", view->message);
    if (request->rows_left_out > 0)
        jw_member_i64(w, "changesLeftOut", request->rows_left_out);
    if (view->is_whole) {
        TRY(write_rows(ctx, r, request, w));
        TRY(write_body(ctx, r, request, w));
    }
    jw_end_object(w);
    return 0;
}
