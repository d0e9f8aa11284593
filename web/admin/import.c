/* A whole realm in a body or in an upload: imported as one, or not at all, or tried and not kept. */
#include "web/admin/import.h"

#include "core/admin/realms.h"
#include "web/web.h"

#include "core/base/banned.h"

static int read_text(void *context, uint64_t offset, char *into, size_t size, size_t *ret_len)
{
    const struct str *text = context;
    struct str part = str_from(*text, offset < text->len ? (size_t)offset : text->len);
    *ret_len = part.len < size ? part.len : size;
    memcpy(into, part.ptr, *ret_len);
    return 0;
}

/* What was left out is told in the answer, which stock clients do not look at. */
static void write_report(struct admin_call *call, const struct import_outcome *outcome)
{
    jw_begin_object(&call->out);
    jw_member_str(&call->out, "realm", outcome->realm);
    import_report_write(&outcome->report, &call->out);
    jw_end_object(&call->out);
}

int admin_import_realm(struct admin_call *call, const struct admin_import *import,
                       struct str *ret_name)
{
    struct str text = import->text;
    const struct import_source source = {.name = STR(""), .json = {read_text, &text}};
    const struct import_request request = {.sources = &source,
                                           .source_count = 1,
                                           .clear_passwords_max = CLEAR_PASSWORDS_MAX,
                                           .dry_run = import->dry_run,
                                           .progress = import->progress,
                                           .progress_context = import->progress_context};
    struct import_result result;
    int rc = import_realms(&call->ctx, call->req->web->services.store, &request, &result);
    if (rc == 0) {
        write_report(call, &result.items[0]);
        *ret_name = result.items[0].realm;
        return 0;
    }
    if (result.count == 0)
        return rc;
    return err_set(&call->req->err, rc, "%.*s", STR_ARG(result.items[0].error));
}

int admin_realm_made(struct admin_call *call, struct str name)
{
    call->is_approved = true; /* what follows are rights over what the caller just made */
    TRY(admin_write(call));
    TRY(admin_realm_give_creator(&call->ctx, call->w, name, call->caller.user_id));
    call->location =
        ARENA_CONCAT(call->req->arena, web_own_url(call->req), STR("/admin/realms/"), name);
    if (str_absent(call->location))
        return ERR_NO_MEMORY;
    call->status = 201;
    return 0;
}

/* --- The survey --- */

#define SURVEY_VALUE_MAX_BYTES ((size_t)64 << 10)
#define SURVEY_MEMBERS_MAX     65536
#define SURVEY_ELEMENTS_MAX    10000000

const char *const admin_import_members[] = {"users",
                                            "clients",
                                            "roles",
                                            "groups",
                                            "clientScopes",
                                            "identityProviders",
                                            "components",
                                            "authenticationFlows",
                                            "scopeMappings",
                                            "clientScopeMappings",
                                            NULL};

static bool is_content(struct str member)
{
    for (const char *const *name = admin_import_members; *name; name++)
        if (str_eq_c(member, *name))
            return true;
    return false;
}

/* Looks into the array or object that begins here, and comes back to its beginning. */
static int look_inside(struct json_pull *pull, bool *io_filled)
{
    struct json_pull_place place;
    bool more;
    json_pull_mark(pull, &place);
    TRY(json_pull_enter(pull));
    TRY(json_pull_next(pull, &more));
    json_pull_go(pull, &place);
    *io_filled = *io_filled || more;
    return 0;
}

static int survey_member(struct json_pull *pull, struct arena *a, struct import_survey *io_survey)
{
    const struct json_value *value;
    enum json_kind kind;
    bool content = is_content(pull->name), name = str_eq(pull->name, STR("realm"));
    TRY(json_pull_kind(pull, &kind));
    if (content && (kind == JSON_ARRAY || kind == JSON_OBJECT))
        TRY(look_inside(pull, &io_survey->is_filled));
    if (!name || kind != JSON_STRING)
        return json_pull_skip(pull);
    TRY(json_pull_read(pull, a, &value));
    io_survey->realm = json_str(value);
    return 0;
}

static int survey(struct json_pull *pull, struct arena *a, struct import_survey *io_survey)
{
    enum json_kind kind;
    bool more = true;
    TRY(json_pull_kind(pull, &kind));
    TRY(json_pull_enter(pull));
    io_survey->is_object = kind == JSON_OBJECT;
    while (io_survey->is_object && (!io_survey->is_filled || str_absent(io_survey->realm))) {
        TRY(json_pull_next(pull, &more));
        if (!more)
            return 0;
        TRY(survey_member(pull, a, io_survey));
    }
    return 0;
}

int admin_import_survey(struct admin_call *call, struct str text, struct import_survey *ret_survey)
{
    static const struct json_pull_limits limits = {SURVEY_VALUE_MAX_BYTES, SURVEY_MEMBERS_MAX,
                                                   SURVEY_ELEMENTS_MAX};
    const struct json_source source = {read_text, &text};
    struct json_pull *pull = ARENA_NEW(call->req->arena, struct json_pull);
    *ret_survey = (struct import_survey){0};
    if (!pull)
        return ERR_NO_MEMORY;
    json_pull_init(pull, &source, &limits);
    return survey(pull, call->req->arena, ret_survey) == ERR_NO_MEMORY ? ERR_NO_MEMORY : 0;
}
