/* The profile's document, and what an administrator is told when people do not fit it. */
#include "core/admin/profile.h"

#include "core/admin/record.h"
#include "core/port/documents.h"
#include "core/port/profiles.h"

#include "core/base/banned.h"

int admin_profile_get(const struct auth_ctx *ctx, struct store_read *r, struct str *ret_json)
{
    int rc = document_find(r, ctx->arena, STR(DOCUMENT_USER_PROFILE), ret_json);
    if (rc != ERR_NOT_FOUND)
        return rc;
    *ret_json = profile_first();
    return 0;
}

/* --- The document --- */

static bool has_scope(const struct auth_ctx *ctx, struct str name)
{
    const struct client_scopes *scopes = realm_view_scopes(ctx->view);
    for (size_t i = 0; i < scopes->count; i++)
        if (str_eq(scopes->items[i].name, name))
            return true;
    return false;
}

static int check_scopes(const struct auth_ctx *ctx, const struct strs *names)
{
    for (size_t i = 0; i < names->count; i++)
        if (!has_scope(ctx, names->items[i]))
            return err_field(ctx->err, ERR_INVALID_REQUEST, "scopes",
                             "There is no client scope %.*s", STR_ARG(names->items[i]));
    return 0;
}

static int check(const struct auth_ctx *ctx, const struct json_value *json)
{
    struct profile profile;
    TRY(profile_read(ctx->arena, json, &profile, ctx->err));
    for (size_t i = 0; i < profile.count; i++) {
        TRY(check_scopes(ctx, &profile.attributes[i].required_scopes));
        TRY(check_scopes(ctx, &profile.attributes[i].selector_scopes));
    }
    return 0;
}

int admin_profile_put(const struct auth_ctx *ctx, struct store_write *w,
                      const struct json_value *profile)
{
    struct buf b;
    struct json_writer j;
    struct str text, before;
    TRY(check(ctx, profile));
    buf_init(&b, ctx->arena, PROFILE_MAX_BYTES);
    jw_init(&j, &b);
    jw_value(&j, profile);
    TRY(jw_finish(&j, &text));
    TRY(admin_profile_get(ctx, store_write_reader(w), &before));
    TRY(document_put(w, STR(DOCUMENT_USER_PROFILE), text));
    return ADMIN_RECORD(ctx, w, EVENT_ConfigurationChanged, "realm", auth_realm(ctx)->id,
                        {"document", STR(DOCUMENT_USER_PROFILE)}, {"before", before},
                        {"after", text});
}

/* --- People --- */

/* What Keycloak's keys say; consoles translate these, the command line has readers. */
static const char *words_of(struct str key)
{
    static const struct {
        const char *key, *words;
    } table[] = {
        {"error-user-attribute-required", "must be given"},
        {"error-user-attribute-read-only", "may not be changed"},
        {"error-invalid-length", "is too short or too long"},
        {"error-invalid-length-too-short", "is too short"},
        {"error-invalid-length-too-long", "is too long"},
        {"error-pattern-no-match", "does not have the form that is asked for"},
        {"error-invalid-value", "is not one of the values that may be chosen"},
        {"error-invalid-email", "is not an e-mail address"},
        {"error-invalid-number", "is not a number"},
        {"error-number-out-of-range", "is too small or too large"},
        {"error-number-out-of-range-too-small", "is too small"},
        {"error-number-out-of-range-too-big", "is too large"},
        {"error-invalid-uri", "is not a URL"},
        {"error-invalid-uri-scheme", "is not a URL of a scheme that is allowed"},
        {"error-invalid-uri-fragment", "may not have a fragment"},
        {"error-invalid-date", "is not a date (yyyy-mm-dd)"},
        {"error-person-name-invalid-character", "holds characters that names do not have"},
        {"error-username-invalid-character", "holds characters that user names do not have"},
        {"error-invalid-multivalued-size", "has too few or too many values"},
    };
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        if (str_eq_c(key, table[i].key))
            return table[i].words;
    return NULL;
}

static int tell(const struct auth_ctx *ctx, const struct profile_problem *problem)
{
    const char *field = arena_cstr(ctx->arena, problem->attribute);
    const char *words = words_of(problem->message);
    if (!field)
        return ERR_NO_MEMORY;
    if (!words) /* the profile's own text */
        return err_field(ctx->err, ERR_INVALID_REQUEST, field, "%s: %.*s", field,
                         STR_ARG(problem->message));
    return err_field(ctx->err, ERR_INVALID_REQUEST, field, "%s %s", field, words);
}

int admin_profile_judge_as(const struct auth_ctx *ctx, const struct profile *profile,
                           struct str role, const struct user *before, struct user *io_after)
{
    struct profile_problems *problems = ctx->ret_problems;
    if (!str_empty(io_after->service_account_client_id))
        return 0;
    if (!problems)
        problems = ARENA_NEW(ctx->arena, struct profile_problems);
    if (!problems)
        return ERR_NO_MEMORY;
    TRY(profile_judge(ctx->arena, profile, role, before, io_after, problems));
    return problems->count == 0 ? 0 : tell(ctx, &problems->items[0]);
}

int admin_profile_judge(const struct auth_ctx *ctx, const struct user *before,
                        struct user *io_after)
{
    return admin_profile_judge_as(ctx, realm_view_profile(ctx->view), STR(PROFILE_ROLE_ADMIN),
                                  before, io_after);
}
