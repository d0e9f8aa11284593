/* What resource servers of an imported realm hold. */
#include "core/transfer/import_parts.h"

#include "core/admin/rs_import.h"
#include "core/port/clients.h"
#include "core/port/resource_servers.h"

#include "core/base/banned.h"

static int create(struct import *im, const struct client *client)
{
    struct rs_settings settings;
    fields_default(rs_fields(RS_SETTINGS), &settings);
    return admin_rs_create(&im->ctx, im->w, client, &settings);
}

static void tell_left(struct import *im, const struct strs *left, const struct import_at *at)
{
    for (size_t i = 0; i < left->count; i++) {
        struct str reason = arena_printf(import_arena(im), "a policy names %.*s, which is not here",
                                         STR_ARG(left->items[i]));
        const char *text = str_absent(reason) ? NULL : arena_cstr(import_arena(im), reason);
        import_left(im, at, text ? text : "a policy names what is not here");
    }
}

static void tell_scripts(struct import *im, const struct json_value *settings,
                         const struct import_at *at)
{
    const struct json_value *policy;
    struct json_iter it = json_iter(json_get(settings, "policies"));
    for (size_t i = 0; json_next(&it, NULL, &policy); i++)
        if (str_eq(json_get_str(policy, "type"), STR("js")))
            import_adapted(im, AT_INDEX(AT_MEMBER(at, "policies"), i),
                           "scripts do not run here: what rests on this policy is denied");
}

/* Half of a resource server could allow what the whole forbids: then none of it is taken, and nothing is
 * allowed. */
static int take(struct import *im, const struct client *client, const struct json_value *settings,
                const struct import_at *at)
{
    struct strs left = {0};
    int rc = admin_rs_import(&im->ctx, im->w, client, settings, &left);
    if (rc == ERR_INVALID_REQUEST || rc == ERR_NOT_IMPLEMENTED || rc == ERR_CONFLICT) {
        import_note_check(im, IMPORT_LEFT, at);
        TRY(rs_delete_all(im->w, client->pk));
        return create(im, client);
    }
    TRY(import_explain(im, at, rc));
    tell_left(im, &left, at);
    tell_scripts(im, settings, at);
    return 0;
}

static int take_client(struct import *im, const struct json_value *json, const struct import_at *at)
{
    const struct json_value *settings;
    struct client client;
    struct str client_id = {NULL, 0};
    TRY(import_str(im, json, "clientId", at, &client_id));
    const struct import_client *item = import_client_find(im, client_id);
    if (!item)
        return 0;
    TRY(client_find_by_id(im->r, import_arena(im), item->id, &client));
    TRY(import_object(im, json, "authorizationSettings", at, &settings));
    if (!client.authorization_services_enabled) {
        if (settings)
            import_left(im, AT_MEMBER(at, "authorizationSettings"),
                        "the client has no authorization services here");
        return 0;
    }
    TRY(create(im, &client));
    return settings ? take(im, &client, settings, AT_MEMBER(at, "authorizationSettings")) : 0;
}

int import_authorization(struct import *im)
{
    return import_each(im, SECTION_CLIENTS, take_client);
}
