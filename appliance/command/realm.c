/* garita realm ... */
#include "appliance/command/commands.h"
#include "appliance/command/realm_export.h"

#include "core/admin/bootstrap.h"
#include "core/admin/each_realm.h"
#include "core/admin/four_eyes_bypass.h"
#include "core/admin/realms.h"
#include "core/port/users.h"
#include "store/store_open.h"

#include "core/base/banned.h"

static const char settings_help[] =
    "Settings are written as Keycloak names them, for example displayName=Perú, "
    "accessTokenLifespan=300, supportedLocales=es,en or attributes.garita.country=PE.";

static int create(struct call *call)
{
    CLEANUP(work_close) struct work work = {0};
    struct realm realm;
    struct str name = call->args->positionals[0];
    TRY(work_open(call, STR(REALM_MASTER), &work));
    TRY(realm_name_check(name, &call->err));
    TRY(bootstrap_settings(call->arena, name, &realm));
    if (args_has(call->args, "display-name"))
        realm.display_name = args_get(call->args, "display-name");
    if (args_has(call->args, "locale"))
        realm.default_locale = args_get(call->args, "locale");
    TRY(settings_apply(call, &realm_fields, &realm, call->args->positionals + 1,
                       call->args->positional_count - 1));
    TRY(admin_realm_create(&work.ctx, call->store, &realm));
    jw_begin_object(&call->out);
    jw_member_str(&call->out, "id", realm.id);
    jw_member_str(&call->out, "realm", realm.name);
    jw_end_object(&call->out);
    call_say(call, "realm %.*s created", STR_ARG(realm.name));
    return 0;
}

static int write_summary(void *arg, const struct realm_summary *realm)
{
    struct json_writer *w = arg;
    jw_begin_object(w);
    jw_member_str(w, "realm", realm->name);
    jw_member_str(w, "displayName",
                  str_absent(realm->display_name) ? STR("") : realm->display_name);
    jw_member_bool(w, "enabled", realm->enabled);
    jw_member_c(w, "state", realm->state);
    jw_member_str(w, "id", realm->id);
    jw_end_object(w);
    return 0;
}

static int list(struct call *call)
{
    jw_begin_array(&call->out);
    TRY(each_realm(call->store, call->arena, write_summary, &call->out));
    jw_end_array(&call->out);
    return 0;
}

static int show(struct call *call)
{
    CLEANUP(work_close) struct work work = {0};
    int64_t people;
    TRY(work_open(call, call->args->positionals[0], &work));
    TRY(work_read(&work));
    TRY(user_count(work.r, &people));
    const struct realm *realm = auth_realm(&work.ctx);
    jw_begin_object(&call->out);
    jw_member_str(&call->out, "id", realm->id);
    jw_member_str(&call->out, "realm", realm->name);
    jw_member_i64(&call->out, "users", people);
    fields_write(&realm_fields, realm, &call->out);
    jw_end_object(&call->out);
    return 0;
}

static int set(struct call *call)
{
    CLEANUP(work_close) struct work work = {0};
    TRY(settings_needed(call, 1));
    TRY(work_open(call, call->args->positionals[0], &work));
    struct realm before, after;
    TRY(work_write(&work));
    TRY(store_realm_read(store_write_reader(work.w), call->arena, &before));
    after = before;
    settings_switch(call, &after.enabled);
    TRY(settings_apply(call, &realm_fields, &after, call->args->positionals + 1,
                       call->args->positional_count - 1));
    TRY(admin_realm_update(&work.ctx, work.w, &before, &after));
    TRY(work_commit(&work));
    call_say(call, "realm %.*s changed", STR_ARG(call->args->positionals[0]));
    return 0;
}

static int note_alone(struct work *master, struct str name, unsigned kinds)
{
    TRY(work_write(master));
    TRY(four_eyes_bypass_realm(&master->ctx, master->w, name, kinds));
    return work_commit(master);
}

static int delete (struct call *call)
{
    unsigned alone;
    CLEANUP(work_close) struct work work = {0};
    struct str name = call->args->positionals[0];
    if (!str_eq(args_get(call->args, "confirm"), name))
        return err_set(&call->err, ERR_USAGE,
                       "all its data will be gone: say --confirm and the realm's name");
    TRY(work_open(call, STR(REALM_MASTER), &work));
    TRY(four_eyes_of_realm(&work.ctx, call->store, name, FOUR_EYES_BIT(FOUR_EYES_REALM_DELETION),
                           &alone));
    if (alone)
        TRY(note_alone(&work, name, alone));
    TRY(admin_realm_delete(&work.ctx, name));
    call_say(call, "realm %.*s deleted", STR_ARG(name));
    return 0;
}

static int check(struct call *call)
{
    struct store_check check;
    struct str name = call->args->positionals[0];
    int rc = store_realm_check(call->store, name, call->arena, NULL, NULL, &check);
    if (rc == ERR_NOT_FOUND)
        return err_set(&call->err, rc, "there is no realm %.*s",
                       (int)(name.len < 64 ? name.len : 64), name.ptr);
    TRY(rc);
    jw_begin_object(&call->out);
    jw_member_str(&call->out, "realm", name);
    jw_member_i64(&call->out, "pages", check.pages);
    jw_member_i64(&call->out, "badPages", check.bad_pages);
    jw_member_bool(&call->out, "sums", check.has_sums);
    jw_member_str_opt(&call->out, "finding", check.finding);
    jw_end_object(&call->out);
    if (!str_absent(check.finding))
        return err_set(&call->err, ERR_STORE_CORRUPT, "realm %.*s is fenced off: %.*s",
                       (int)(name.len < 64 ? name.len : 64), name.ptr, STR_ARG(check.finding));
    call_say(call, "realm %.*s is in order: %lld pages%s", STR_ARG(name), (long long)check.pages,
             check.was_fenced ? "; it is no longer fenced off" : "");
    return 0;
}

static const struct option create_options[] = {
    {"display-name", "TEXT", "what people see on the login page", 0},
    {"locale", "TAG", "default language of its pages: en, es or pt", 0},
};
static const struct option set_options[] = {
    {"enable", NULL, "let people in", 0},
    {"disable", NULL, "let nobody in and end every token", 0},
};
static const struct option delete_options[] = {
    {"confirm", "NAME", "the realm's name once more", OPTION_REQUIRED},
};

const struct command realm_commands[] = {
    {"realm create", "NAME [KEY=VALUE]...", 1, 200, "make a realm", settings_help,
     OPTIONS(create_options), false, NULL, create, NULL, NULL},
    {"realm list", "", 0, 0, "show all realms", NULL, NULL, 0, false,
     "realm,displayName,enabled,state,id", list, NULL, NULL},
    {"realm show", "NAME", 1, 1, "show a realm's settings", NULL, NULL, 0, false, NULL, show, NULL,
     NULL},
    {"realm set", "NAME [KEY=VALUE]...", 1, 200, "change a realm's settings", settings_help,
     OPTIONS(set_options), false, NULL, set, NULL, NULL},
    {"realm update", "NAME [KEY=VALUE]...", 1, 200, "the same as realm set", settings_help,
     OPTIONS(set_options), false, NULL, set, NULL, NULL},
    {"realm check", "NAME", 1, 1, "check a realm's database, page by page",
     "Reads every page, compares its sum and looks at the structure. A realm that is damaged is fenced "
     "off: nobody is let in, all others go on. A realm that was fenced off and is in order now, "
     "because its file was restored, comes back.",
     NULL, 0, false, NULL, check, NULL, NULL},
    {"realm export", "NAME", 1, 1, "write a realm as a file of Keycloak's form",
     "Keycloak reads it, and so does realm import. It holds keys, hashes of passwords and secrets unless "
     "--no-secrets is said, and is readable for its owner alone. The server may serve meanwhile: what is "
     "written is the state of one moment.",
     OPTIONS(realm_export_options), false, NULL, realm_export_send, NULL, realm_export_fetch},
    {"realm delete", "NAME", 1, 1, "delete a realm with all its data", NULL,
     OPTIONS(delete_options), false, NULL, delete, NULL, NULL},
};
const size_t realm_command_count = ARRAY_LEN(realm_commands);
