/* garita client mapper ...: what turns a user into claims of a client's tokens. */
#include "appliance/command/commands.h"

#include "core/admin/clients.h"
#include "core/admin/mappers.h"
#include "core/oidc/mapper.h"
#include "core/port/clients.h"

#include "core/base/banned.h"

static int add(struct call *call)
{
    CLEANUP(work_close) struct work work = {0};
    struct client client;
    struct protocol_mapper mapper = {.name = args_get(call->args, "name"),
                                     .type = args_get(call->args, "type")};
    /* An import may bring kinds that later versions know; a person who types one has mistyped it. */
    if (!mapper_known(mapper.type))
        return err_set(&call->err, ERR_INVALID_REQUEST,
                       "there is no mapper type %.*s (see docs/oidc.md)",
                       (int)(mapper.type.len < 60 ? mapper.type.len : 60), mapper.type.ptr);
    TRY(work_open_realm(call, &work));
    TRY(settings_map(call, &mapper.config, call->args->positionals, call->args->positional_count));
    TRY(work_write(&work));
    TRY(find_client_whole(call, &work, &client));
    TRY(admin_client_mapper_add(&work.ctx, work.w, &client, &mapper));
    TRY(work_commit(&work));
    call_say(call, "mapper %.*s added", STR_ARG(mapper.name));
    return 0;
}

static int delete (struct call *call)
{
    CLEANUP(work_close) struct work work = {0};
    struct client client;
    struct str name = args_get(call->args, "name");
    TRY(work_open_realm(call, &work));
    TRY(work_write(&work));
    TRY(find_client_whole(call, &work, &client));
    TRY(admin_client_mapper_remove(&work.ctx, work.w, &client, name));
    TRY(work_commit(&work));
    call_say(call, "mapper %.*s deleted", STR_ARG(name));
    return 0;
}

static void write_mapper(struct json_writer *w, const struct protocol_mapper *mapper)
{
    jw_begin_object(w);
    jw_member_str(w, "name", mapper->name);
    jw_member_str(w, "protocolMapper", mapper->type);
    jw_member_object(w, "config");
    for (size_t i = 0; i < mapper->config.count; i++) {
        jw_key_s(w, mapper->config.items[i].name);
        jw_str(w, mapper->config.items[i].value);
    }
    jw_end_object(w);
    jw_end_object(w);
}

static int list(struct call *call)
{
    CLEANUP(work_close) struct work work = {0};
    struct client client;
    TRY(work_open_realm(call, &work));
    TRY(work_read(&work));
    TRY(find_client_whole(call, &work, &client));
    jw_begin_array(&call->out);
    for (size_t i = 0; i < client.mappers.count; i++)
        write_mapper(&call->out, &client.mappers.items[i]);
    jw_end_array(&call->out);
    return 0;
}

#define OPTION_CLIENT                                                                              \
    {                                                                                              \
        "client-id", "ID", "the client", OPTION_REQUIRED                                           \
    }
static const struct option add_options[] = {
    OPTION_REALM,
    OPTION_CLIENT,
    {"name", "NAME", "the mapper's name", OPTION_REQUIRED},
    {"type", "TYPE", "such as oidc-usermodel-attribute-mapper", OPTION_REQUIRED},
};
static const struct option list_options[] = {OPTION_REALM, OPTION_CLIENT};
static const struct option delete_options[] = {
    OPTION_REALM,
    OPTION_CLIENT,
    {"name", "NAME", "the mapper's name", OPTION_REQUIRED},
};

const struct command mapper_commands[] = {
    {"client mapper add", "[KEY=VALUE]...", 0, 200, "add a claim to a client's tokens",
     "Keys are those of Keycloak: claim.name, user.attribute, jsonType.label, access.token.claim, "
     "id.token.claim, userinfo.token.claim, multivalued and so on.",
     OPTIONS(add_options), false, NULL, add, NULL, NULL},
    {"client mapper list", "", 0, 0, "show a client's own mappers", NULL, OPTIONS(list_options),
     false, "name,protocolMapper", list, NULL, NULL},
    {"client mapper delete", "", 0, 0, "delete a mapper of a client", NULL, OPTIONS(delete_options),
     false, NULL, delete, NULL, NULL},
};
const size_t mapper_command_count = ARRAY_LEN(mapper_commands);
