/* garita keys ... */
#include "appliance/command/commands.h"

#include "core/admin/keys.h"
#include "core/model/plain.h"
#include "core/port/keys.h"

#include "core/base/banned.h"

#define DAY_MS INT64_C(86400000)

static void write_key(struct json_writer *w, const struct realm_key *key)
{
    jw_begin_object(w);
    jw_member_str(w, "kid", key->kid);
    jw_member_str(w, "algorithm", key->alg);
    jw_member_c(w, "status", key_status_name(key->status));
    jw_member_i64(w, "priority", key->priority);
    plain_write_time(w, "created", key->created_ms);
    if (key->not_after_ms != 0)
        plain_write_time(w, "verifiesUntil", key->not_after_ms);
    jw_end_object(w);
}

static int list(struct call *call)
{
    CLEANUP(work_close) struct work work = {0};
    struct realm_keys keys;
    TRY(work_open_realm(call, &work));
    TRY(work_read(&work));
    TRY(key_list(work.r, call->arena, &keys));
    jw_begin_array(&call->out);
    for (size_t i = 0; i < keys.count; i++)
        write_key(&call->out, &keys.items[i]);
    jw_end_array(&call->out);
    return 0;
}

/* Whether a key of the algorithm signs until now, and so verifies from now on. */
static int has_active(struct call *call, struct work *work, struct str alg, bool *ret_has)
{
    struct realm_keys keys;
    TRY(key_list(work->r, call->arena, &keys));
    *ret_has = false;
    for (size_t i = 0; i < keys.count; i++)
        if (keys.items[i].status == KEY_ACTIVE && str_eq(keys.items[i].alg, alg))
            *ret_has = true;
    return 0;
}

static void say_rotated(struct call *call, const struct realm *realm, const struct realm_key *key,
                        bool had_older, int64_t days)
{
    struct str older = STR(""), usual = realm->default_signature_algorithm;
    if (had_older && days > 0)
        older = arena_printf(call->arena, "; older %.*s keys verify for %lld days",
                             STR_ARG(key->alg), (long long)days);
    else if (had_older)
        older = arena_printf(call->arena, "; older %.*s keys verify no more", STR_ARG(key->alg));
    if (str_eq(key->alg, usual))
        call_say(call, "%.*s now signs with key %.*s%.*s", STR_ARG(key->alg), STR_ARG(key->kid),
                 STR_ARG(older));
    else
        call_say(call,
                 "new %.*s key %.*s signs wherever %.*s is chosen; this realm's default is %.*s "
                 "(realm set %.*s defaultSignatureAlgorithm=%.*s)%.*s",
                 STR_ARG(key->alg), STR_ARG(key->kid), STR_ARG(key->alg), STR_ARG(usual),
                 STR_ARG(realm->name), STR_ARG(key->alg), STR_ARG(older));
}

static int rotate(struct call *call)
{
    CLEANUP(work_close) struct work work = {0};
    struct realm_key key;
    struct str alg = args_get(call->args, "alg");
    int64_t days;
    bool had_older;
    TRY(call_number(call, "overlap-days", 0, 3650, KEY_OVERLAP_DEFAULT_MS / DAY_MS, &days));
    TRY(work_open_realm(call, &work));
    if (str_absent(alg))
        alg = auth_realm(&work.ctx)->default_signature_algorithm;
    TRY(work_write(&work));
    TRY(has_active(call, &work, alg, &had_older));
    TRY(admin_key_rotate(&work.ctx, work.w, alg, days * DAY_MS, &key));
    TRY(work_commit(&work));
    write_key(&call->out, &key);
    say_rotated(call, auth_realm(&work.ctx), &key, had_older, days);
    return 0;
}

static int disable(struct call *call)
{
    CLEANUP(work_close) struct work work = {0};
    struct str kid = args_get(call->args, "kid");
    TRY(work_open_realm(call, &work));
    TRY(work_write(&work));
    TRY(admin_key_disable(&work.ctx, work.w, kid));
    TRY(work_commit(&work));
    call_say(call, "key %.*s neither signs nor verifies any more", STR_ARG(kid));
    return 0;
}

static const struct option list_options[] = {OPTION_REALM};
static const struct option rotate_options[] = {
    OPTION_REALM,
    {"alg", "ALG", "RS256, ES256, EdDSA...; default: the realm's algorithm", 0},
    {"overlap-days", "N", "how long older keys verify (default 30; 0: not at all)", 0},
};
static const struct option disable_options[] = {
    OPTION_REALM,
    {"kid", "ID", "the key", OPTION_REQUIRED},
};

const struct command keys_commands[] = {
    {"keys list", "", 0, 0, "show the keys of a realm", NULL, OPTIONS(list_options), false,
     "kid,algorithm,status,priority,created,verifiesUntil", list, NULL, NULL},
    {"keys rotate", "", 0, 0, "make a new key that signs from now on", NULL,
     OPTIONS(rotate_options), false, NULL, rotate, NULL, NULL},
    {"keys disable", "", 0, 0, "disable a key: tokens under it are dead", NULL,
     OPTIONS(disable_options), false, NULL, disable, NULL, NULL},
};
const size_t keys_command_count = ARRAY_LEN(keys_commands);
