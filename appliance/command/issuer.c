/* garita issuer ...: other servers whose access tokens a realm trusts. */
#include "appliance/command/commands.h"

#include "core/admin/issuers.h"
#include "core/port/issuers.h"

#include "core/base/banned.h"

static const char settings_help[] =
    "Its keys are behind --jwks-uri, or in a file of a JWK set (--jwks-file). A token must name one of "
    "the audiences, be signed with one of algorithms=RS256,PS256,ES256,EdDSA and live at most "
    "maxLifetimeSeconds=86400. Other settings: tokenType (of the header, such as at+jwt), "
    "clockSkewSeconds=30 (at most 60), notBefore (seconds since 1970), subjectClaim=sub, "
    "subjectPrefix, scopeClaim=scope, rolesClaim (empty: no roles), tenantClaim (must then be the "
    "realm's name). See docs/token-validation.md.";

static int take_audiences(struct call *call, struct trusted_issuer *issuer)
{
    struct str audience;
    size_t at = 0;
    if (args_has(call->args, "audience"))
        issuer->audiences = (struct strs){NULL, 0};
    while (args_next(call->args, "audience", &at, &audience))
        TRY(strs_add(&issuer->audiences, call->arena, audience));
    return 0;
}

/* One kind of keys takes the place of the other. */
static int take_keys(struct call *call, struct trusted_issuer *issuer)
{
    bool by_uri = args_has(call->args, "jwks-uri"), by_file = !str_absent(call->input);
    if (by_uri && by_file)
        return err_set(&call->err, ERR_USAGE, "--jwks-uri or --jwks-file, not both");
    if (by_uri)
        issuer->jwks = STR("");
    if (by_file)
        issuer->jwks_uri = STR("");
    if (by_uri)
        issuer->jwks_uri = args_get(call->args, "jwks-uri");
    if (by_file)
        issuer->jwks = call->input;
    return 0;
}

static int take_options(struct call *call, struct trusted_issuer *issuer)
{
    TRY(take_keys(call, issuer));
    TRY(take_audiences(call, issuer));
    settings_switch(call, &issuer->enabled);
    return settings_apply(call, &trusted_issuer_fields, issuer, call->args->positionals,
                          call->args->positional_count);
}

static int add(struct call *call)
{
    CLEANUP(work_close) struct work work = {0};
    struct trusted_issuer issuer;
    TRY(work_open_realm(call, &work));
    TRY(trusted_issuer_default(call->arena, &issuer));
    issuer.issuer = args_get(call->args, "issuer");
    TRY(take_options(call, &issuer));
    TRY(work_write(&work));
    TRY(admin_issuer_insert(&work.ctx, work.w, &issuer));
    TRY(work_commit(&work));
    call_say(call, "issuer %.*s is trusted", STR_ARG(issuer.issuer));
    return 0;
}

static void write_list(struct json_writer *w, const char *name, const struct strs *list)
{
    jw_member_array(w, name);
    for (size_t i = 0; i < list->count; i++)
        jw_str(w, list->items[i]);
    jw_end_array(w);
}

static int list(struct call *call)
{
    CLEANUP(work_close) struct work work = {0};
    struct trusted_issuers all;
    TRY(work_open_realm(call, &work));
    TRY(work_read(&work));
    TRY(issuer_list(work.r, call->arena, &all));
    jw_begin_array(&call->out);
    for (size_t i = 0; i < all.count; i++) {
        const struct trusted_issuer *issuer = &all.items[i];
        jw_begin_object(&call->out);
        jw_member_str(&call->out, "issuer", issuer->issuer);
        jw_member_str(&call->out, "keys",
                      str_empty(issuer->jwks_uri) ? STR("(stored)") : issuer->jwks_uri);
        write_list(&call->out, "audiences", &issuer->audiences);
        jw_member_bool(&call->out, "enabled", issuer->enabled);
        jw_end_object(&call->out);
    }
    jw_end_array(&call->out);
    return 0;
}

static int find(struct call *call, struct work *work, struct trusted_issuer *ret_issuer)
{
    return admin_issuer_find(&work->ctx, work->r, args_get(call->args, "issuer"), ret_issuer);
}

static int show(struct call *call)
{
    CLEANUP(work_close) struct work work = {0};
    struct trusted_issuer issuer;
    TRY(work_open_realm(call, &work));
    TRY(work_read(&work));
    TRY(find(call, &work, &issuer));
    jw_begin_object(&call->out);
    jw_member_str(&call->out, "id", issuer.id);
    jw_member_str(&call->out, "issuer", issuer.issuer);
    fields_write(&trusted_issuer_fields, &issuer, &call->out);
    jw_end_object(&call->out);
    return 0;
}

static int check_changes(struct call *call)
{
    if (args_has(call->args, "jwks-uri") || args_has(call->args, "audience") ||
        !str_absent(call->input))
        return 0;
    return settings_needed(call, 0);
}

static int update(struct call *call)
{
    CLEANUP(work_close) struct work work = {0};
    struct trusted_issuer before;
    TRY(check_changes(call));
    TRY(work_open_realm(call, &work));
    TRY(work_write(&work));
    TRY(find(call, &work, &before));
    struct trusted_issuer after = before;
    TRY(take_options(call, &after));
    TRY(admin_issuer_update(&work.ctx, work.w, &before, &after));
    TRY(work_commit(&work));
    call_say(call, "issuer %.*s changed", STR_ARG(before.issuer));
    return 0;
}

static int remove_issuer(struct call *call)
{
    CLEANUP(work_close) struct work work = {0};
    struct trusted_issuer issuer;
    TRY(work_open_realm(call, &work));
    TRY(work_write(&work));
    TRY(find(call, &work, &issuer));
    TRY(admin_issuer_delete(&work.ctx, work.w, &issuer));
    TRY(work_commit(&work));
    call_say(call, "issuer %.*s is trusted no more", STR_ARG(issuer.issuer));
    return 0;
}

#define OPTION_ISSUER                                                                              \
    {                                                                                              \
        "issuer", "URL", "the issuer, exactly as its tokens name it", OPTION_REQUIRED              \
    }
#define OPTION_JWKS_URI                                                                            \
    {                                                                                              \
        "jwks-uri", "URL", "where its public keys are", 0                                          \
    }
#define OPTION_JWKS_FILE                                                                           \
    {                                                                                              \
        "jwks-file", "FILE", "file with its public keys, a JWK set; - is standard input",          \
            OPTION_INPUT                                                                           \
    }
#define OPTION_AUDIENCE                                                                            \
    {                                                                                              \
        "audience", "TEXT", "what its tokens must be meant for, one of several", OPTION_REPEAT     \
    }
static const struct option add_options[] = {
    OPTION_REALM,
    OPTION_ISSUER,
    OPTION_JWKS_URI,
    OPTION_JWKS_FILE,
    OPTION_AUDIENCE,
    {"enable", NULL, "trust it from now on (usual)", 0},
    {"disable", NULL, "do not trust it yet", 0},
};
static const struct option update_options[] = {
    OPTION_REALM,
    OPTION_ISSUER,
    OPTION_JWKS_URI,
    OPTION_JWKS_FILE,
    OPTION_AUDIENCE,
    {"enable", NULL, "trust it again", 0},
    {"disable", NULL, "trust it no more, and keep the settings", 0},
};
static const struct option list_options[] = {OPTION_REALM};
static const struct option one_options[] = {OPTION_REALM, OPTION_ISSUER};

const struct command issuer_commands[] = {
    {"issuer add", "[KEY=VALUE]...", 0, 50, "trust access tokens of another server", settings_help,
     OPTIONS(add_options), false, NULL, add, NULL, NULL},
    {"issuer list", "", 0, 0, "show the issuers that a realm trusts", NULL, OPTIONS(list_options),
     false, "issuer,keys,audiences,enabled", list, NULL, NULL},
    {"issuer show", "", 0, 0, "show a trusted issuer", NULL, OPTIONS(one_options), false, NULL,
     show, NULL, NULL},
    {"issuer update", "[KEY=VALUE]...", 0, 50, "change the terms of trust", settings_help,
     OPTIONS(update_options), false, NULL, update, NULL, NULL},
    {"issuer remove", "", 0, 0, "trust an issuer no more", NULL, OPTIONS(one_options), false, NULL,
     remove_issuer, NULL, NULL},
};
const size_t issuer_command_count = ARRAY_LEN(issuer_commands);
