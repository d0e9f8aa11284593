/* ~/partial-export: a realm without people, for whoever wants to make one like it. Secrets stay here. */
#include "core/transfer/export.h"

#include "web/admin/admin.h"
#include "web/respond.h"

#include "core/base/banned.h"

/* The whole of it waits in memory, so that a slow reader holds no transaction. */
#define EXPORT_MAX_BYTES ((size_t)64 << 20)

static int begin_file(void *arg, struct str file)
{
    (void)arg;
    (void)file;
    return 0;
}

static int add_piece(void *arg, struct str piece)
{
    struct response *res = arg;
    buf_add(&res->body, piece);
    return res->body.failed ? ERR_TOO_LARGE : 0;
}

/* Nobody is shown by it what he would not be shown elsewhere (AD-07): service accounts come with the clients,
 * roles of clients with the groups. */
static int check_rights(struct admin_call *call, struct export_options *io_options)
{
    io_options->without_client_scopes = !admin_has(call, ADMIN_VIEW_CLIENTS);
    io_options->without_identity_providers = !admin_has(call, ADMIN_VIEW_IDENTITY_PROVIDERS);
    io_options->without_authorization = !admin_has(call, ADMIN_VIEW_AUTHORIZATION);
    if (!io_options->clients && !io_options->groups_and_roles)
        return 0;
    TRY(admin_require(call, ADMIN_VIEW_CLIENTS));
    return admin_require(call, ADMIN_VIEW_USERS);
}

int rest_partial_export(struct admin_call *call)
{
    struct export_options options = {.users = EXPORT_USERS_SERVICE_ACCOUNTS};
    struct export_counts counts;
    const struct export_sink sink = {begin_file, add_piece, call->res};
    TRY(admin_query_bool(call, "exportClients", false, &options.clients));
    TRY(admin_query_bool(call, "exportGroupsAndRoles", false, &options.groups_and_roles));
    TRY(check_rights(call, &options));
    buf_init(&call->res->body, NULL, EXPORT_MAX_BYTES);
    TRY(realm_export(&call->ctx, &options, &sink, &counts));
    respond_status(call->res, 200);
    respond_header(call->res, "Content-Type", STR("application/json"));
    return 0;
}
