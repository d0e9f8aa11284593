/* What is there of a subject. */
#include <stdio.h>

#include "core/auth/otp.h"
#include "core/auth/session.h"
#include "core/codec/json.h"
#include "core/port/action_tokens.h"
#include "core/port/device_codes.h"
#include "core/port/events.h"
#include "core/port/keys.h"
#include "core/port/pushed_requests.h"
#include "core/port/records.h"
#include "core/port/sessions.h"
#include "core/port/users.h"
#include "tests/torture/actor.h"
#include "tests/torture/world.h"

static void say(char value[VALUE_BYTES], struct str text)
{
    (void)snprintf(value, VALUE_BYTES, "%.*s", STR_ARG(text));
}

static int read_person(struct actor *a, struct store_read *r, struct str name,
                       char value[VALUE_BYTES])
{
    struct user user;
    TRY(user_find_by_username(r, &a->arena, name, &user));
    say(value, user.last_name);
    return 0;
}

static int read_once(struct actor *a, struct store_read *r, struct str name,
                     char value[VALUE_BYTES])
{
    bool spent;
    (void)a;
    TRY(once_is_spent(r, STR("jti"), name, &spent));
    say(value, spent ? STR("spent") : STR(VALUE_ABSENT));
    return 0;
}

static int read_step(struct actor *a, struct store_read *r, struct str name,
                     char value[VALUE_BYTES])
{
    bool spent;
    (void)a;
    TRY(once_is_spent(r, STR(OTP_ONCE), name, &spent));
    say(value, spent ? STR("spent") : STR(VALUE_ABSENT));
    return 0;
}

static int read_pair(struct actor *a, struct store_read *r, struct str name,
                     char value[VALUE_BYTES])
{
    struct user user;
    bool spent;
    int err = user_find_by_username(r, &a->arena, name, &user);
    if (err != 0 && err != ERR_NOT_FOUND)
        return err;
    TRY(once_is_spent(r, STR("jti"), name, &spent));
    if (spent != (err == 0))
        say(value, STR("half of it"));
    else
        say(value, spent ? STR("present") : STR(VALUE_ABSENT));
    return 0;
}

static int read_event(struct actor *a, struct store_read *r, struct str name,
                      char value[VALUE_BYTES])
{
    struct event_filter filter = {.client_id = name};
    struct event_record *events;
    size_t count;
    TRY(event_list(r, &a->arena, &filter, 2, &events, &count));
    if (count == 0)
        return ERR_NOT_FOUND;
    say(value, count == 1 ? STR("present") : STR("twice"));
    return 0;
}

static int read_text(struct actor *a, struct store_read *r, const char *kind, struct str name,
                     struct str *ret_text)
{
    struct realm_record record;
    const struct json_value *v;
    TRY(record_find_by_name(r, &a->arena, kind, name, &record));
    TRY(json_parse(&a->arena, record.json, RECORD_MAX_BYTES, &v));
    *ret_text = json_get_str(v, "text");
    return 0;
}

static int read_record(struct actor *a, struct store_read *r, struct str name,
                       char value[VALUE_BYTES])
{
    struct str whole = STR(VALUE_ABSENT), part = STR(VALUE_ABSENT);
    int err = read_text(a, r, RECORD_INITIAL_ACCESS, name, &whole);
    if (err == 0 || err == ERR_NOT_FOUND)
        err = read_text(a, r, RECORD_AUTHENTICATOR_CONFIG, name, &part);
    if (err != 0 && err != ERR_NOT_FOUND)
        return err;
    say(value, str_eq(whole, part) ? whole : STR("half of it"));
    return 0;
}

static int read_code(struct actor *a, struct store_read *r, struct str name,
                     char value[VALUE_BYTES])
{
    struct auth_code code;
    TRY(code_find(r, &a->arena, handle_hash(&a->arena, HANDLE_CODE, name), &code));
    say(value, code.spent_ms ? STR("spent") : STR("live"));
    return 0;
}

static int read_pushed(struct actor *a, struct store_read *r, struct str name,
                       char value[VALUE_BYTES])
{
    struct pushed_request pushed;
    TRY(pushed_request_find(r, &a->arena, handle_hash(&a->arena, HANDLE_PUSHED_REQUEST, name),
                            &pushed));
    say(value, STR("live"));
    return 0;
}

static int read_device(struct actor *a, struct store_read *r, struct str name,
                       char value[VALUE_BYTES])
{
    struct device_code code;
    TRY(device_code_find(r, &a->arena, handle_hash(&a->arena, HANDLE_DEVICE_CODE, name), &code));
    say(value, code.state == DEVICE_GRANTED ? STR("granted") : STR("waits"));
    return 0;
}

static int read_link(struct actor *a, struct store_read *r, struct str name,
                     char value[VALUE_BYTES])
{
    struct action_token token;
    TRY(action_token_find(r, &a->arena, handle_hash(&a->arena, HANDLE_ACTION_TOKEN, name), &token));
    say(value, STR("live"));
    return 0;
}

static int read_session(struct actor *a, struct store_read *r, struct str name,
                        char value[VALUE_BYTES])
{
    struct user_session session;
    TRY(session_find(r, &a->arena, name, &session));
    say(value, STR("present"));
    return 0;
}

static int read_family(struct actor *a, struct store_read *r, struct str name,
                       char value[VALUE_BYTES])
{
    struct refresh_family family;
    TRY(refresh_family_find(r, &a->arena, name, &family));
    if (family.revoked)
        return ERR_NOT_FOUND;
    for (size_t i = 0; i < family.current_hash.len && i < VALUE_BYTES / 2 - 1; i++)
        (void)snprintf(value + 2 * i, 3, "%02x", (unsigned char)family.current_hash.ptr[i]);
    return 0;
}

/* The kid of the active key of an algorithm with the highest priority. */
static int read_key(struct actor *a, struct store_read *r, struct str name, char value[VALUE_BYTES])
{
    struct realm_keys keys;
    const struct realm_key *best = NULL;
    TRY(key_list(r, &a->arena, &keys));
    for (size_t i = 0; i < keys.count; i++) {
        const struct realm_key *key = &keys.items[i];
        if (str_eq(key->alg, name) && key->status == KEY_ACTIVE &&
            (!best || key->priority > best->priority))
            best = key;
    }
    if (!best)
        return ERR_NOT_FOUND;
    say(value, best->kid);
    return 0;
}

typedef int read_fn(struct actor *a, struct store_read *r, struct str name,
                    char value[VALUE_BYTES]);

static const struct {
    const char *kind;
    read_fn *read;
} readers[] = {
    {"person", read_person}, {"once", read_once},
    {"pair", read_pair},     {"code", read_code},
    {"record", read_record}, {"session", read_session},
    {"family", read_family}, {"key", read_key},
    {"event", read_event},   {"pushed", read_pushed},
    {"device", read_device}, {"link", read_link},
    {"step", read_step},     {"applied", actor_read_applied},
};

static int read_in_realm(struct actor *a, read_fn *read, struct str name, char value[VALUE_BYTES])
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    TRY(actor_enter(a, WORLD_REALM));
    TRY(store_read_begin(a->ctx.view, &r));
    return read(a, r, name, value);
}

static int read_realm(struct actor *a, const char *name, char value[VALUE_BYTES])
{
    TRY(actor_enter(a, name));
    say(value, realm_view_realm(a->ctx.view)->display_name);
    return 0;
}

int actor_read(struct actor *a, const char *subject, char value[VALUE_BYTES])
{
    const char *space = strchr(subject, ' ');
    struct str kind = str_of(subject, (size_t)(space - subject));
    int err = ERR_INTERNAL;
    value[0] = '\0';
    if (str_eq_c(kind, "realm"))
        err = read_realm(a, space + 1, value);
    if (str_eq_c(kind, "applied-realm"))
        err = actor_read_applied_realm(a, space + 1, value);
    for (size_t i = 0; i < ARRAY_LEN(readers); i++)
        if (str_eq_c(kind, readers[i].kind))
            err = read_in_realm(a, readers[i].read, str_c(space + 1), value);
    actor_leave(a);
    if (err == ERR_NOT_FOUND) {
        say(value, STR(VALUE_ABSENT));
        err = 0;
    }
    return err;
}
