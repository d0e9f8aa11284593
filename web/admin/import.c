/* POST /admin/realms with a whole realm: imported as one, or not at all, or tried and not kept. */
#include "web/admin/import.h"

#include "core/transfer/import.h"
#include "web/web.h"

#include "core/base/banned.h"

static int read_body(void *context, uint64_t offset, char *into, size_t size, size_t *ret_len)
{
    const struct str *body = context;
    struct str part = str_from(*body, offset < body->len ? (size_t)offset : body->len);
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

int admin_import_realm(struct admin_call *call, bool dry_run)
{
    struct str body = call->req->body;
    const struct import_source source = {.name = STR(""), .json = {read_body, &body}};
    const struct import_request request = {.sources = &source,
                                           .source_count = 1,
                                           .clear_passwords_max = CLEAR_PASSWORDS_MAX,
                                           .dry_run = dry_run};
    struct import_result result;
    int rc = import_realms(&call->ctx, call->req->web->services.store, &request, &result);
    if (rc == 0) {
        write_report(call, &result.items[0]);
        return 0;
    }
    if (result.count == 0)
        return rc;
    return err_set(&call->req->err, rc, "%.*s", STR_ARG(result.items[0].error));
}
