/* /admin/{realm}/console/whoami: who the caller is and what it may do. */
#include "web/admin/admin.h"

#include "core/admin/each_realm.h"
#include "core/port/users.h"
#include "web/web.h"

#include "core/base/banned.h"

#define SET_MAX_BYTES ((size_t)64 << 10)

static int write_access(struct admin_call *call, struct str realm)
{
    struct strs names;
    TRY(admin_roles_over(&call->caller, call->req->arena, realm, &names));
    if (names.count == 0)
        return 0;
    jw_key_s(&call->out, realm);
    jw_begin_array(&call->out);
    for (size_t i = 0; i < names.count; i++)
        jw_str(&call->out, names.items[i]);
    jw_end_array(&call->out);
    return 0;
}

static int write_next(void *arg, const struct realm_summary *realm)
{
    return write_access(arg, realm->name);
}

static int each_of_caller(struct admin_call *call, realm_visitor *next, void *arg)
{
    const struct realm_summary own = {.name = call->caller.realm};
    if (!call->caller.of_master)
        return next(arg, &own);
    return each_realm(call->req->web->services.store, call->req->arena, next, arg);
}

/* --- Sets of roles --- */

/* Who administers a thousand realms has the same twenty roles in nearly all: with ?sets=true each set stands there
 * once, and each realm with the number of its own. */
#define SETS_LOOKED_THROUGH 64

struct role_sets {
    struct admin_call *call;
    struct buf text;  /* of the realm at work */
    struct strs sets; /* as JSON lists */
};

static int text_of(struct role_sets *s, const struct strs *names, struct str *ret_json)
{
    struct json_writer w;
    buf_clear(&s->text);
    jw_init(&w, &s->text);
    jw_begin_array(&w);
    for (size_t i = 0; i < names->count; i++)
        jw_str(&w, names->items[i]);
    jw_end_array(&w);
    return jw_finish(&w, ret_json);
}

/* The newest ones are looked through: with many sets one may stand there twice. */
static int number_of(struct role_sets *s, struct str json, size_t *ret_number)
{
    size_t count = s->sets.count;
    for (size_t i = count; i > 0 && count - i < SETS_LOOKED_THROUGH; i--)
        if (str_eq(s->sets.items[i - 1], json)) {
            *ret_number = i - 1;
            return 0;
        }
    struct str kept = arena_str(s->call->req->arena, json);
    *ret_number = count;
    return str_absent(kept) ? ERR_NO_MEMORY : strs_add(&s->sets, s->call->req->arena, kept);
}

static int write_numbered(void *arg, const struct realm_summary *realm)
{
    struct role_sets *s = arg;
    struct strs names;
    struct str json;
    size_t number;
    TRY(admin_roles_over(&s->call->caller, s->call->req->arena, realm->name, &names));
    if (names.count == 0)
        return 0;
    TRY(text_of(s, &names, &json));
    TRY(number_of(s, json, &number));
    jw_key_s(&s->call->out, realm->name);
    jw_i64(&s->call->out, (int64_t)number);
    return 0;
}

static int write_numbers(struct role_sets *s)
{
    struct json_writer *w = &s->call->out;
    jw_member_object(w, "realm_sets");
    TRY(each_of_caller(s->call, write_numbered, s));
    jw_end_object(w);
    jw_member_array(w, "role_sets");
    for (size_t i = 0; i < s->sets.count; i++) {
        const struct json_value *json;
        TRY(json_parse(s->call->req->arena, s->sets.items[i], SET_MAX_BYTES, &json));
        jw_value(w, json);
    }
    jw_end_array(w);
    return 0;
}

static int write_sets(struct admin_call *call)
{
    struct role_sets s = {.call = call};
    buf_init(&s.text, NULL, SET_MAX_BYTES);
    int rc = write_numbers(&s);
    buf_free(&s.text);
    return rc;
}

static int write_all_access(struct admin_call *call)
{
    bool sets;
    TRY(admin_query_bool(call, "sets", false, &sets));
    if (sets)
        return write_sets(call);
    jw_member_object(&call->out, "realm_access");
    TRY(each_of_caller(call, write_next, call));
    jw_end_object(&call->out);
    return 0;
}

/* --- Who it is --- */

/* Of the caller's own realm, which need not be the one that he asks about: what he chose, else what the
 * realm speaks; English where it speaks one language only. */
static int find_locale(struct admin_call *call, struct str *ret_locale)
{
    CLEANUP(realm_view_release_p) struct realm_view *view = NULL;
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    struct user user;
    *ret_locale = STR("en");
    TRY(realm_view_acquire(call->req->web->services.store, call->caller.realm, &view));
    const struct realm *realm = realm_view_realm(view);
    if (!realm->internationalization_enabled)
        return 0;
    TRY(store_read_begin(view, &r));
    TRY(user_find_by_id(r, call->req->arena, call->caller.user_id, &user));
    struct str locale = attrs_first(&user.attributes, STR("locale"));
    bool spoken =
        realm->supported_locales.count == 0 || strs_has(&realm->supported_locales, locale);
    if (str_empty(locale) || !spoken)
        locale = realm->default_locale;
    if (str_empty(locale))
        return 0;
    *ret_locale = arena_str(call->req->arena, locale); /* the view goes */
    return str_absent(*ret_locale) ? ERR_NO_MEMORY : 0;
}

int rest_whoami(struct admin_call *call)
{
    struct str locale;
    TRY(find_locale(call, &locale));
    struct json_writer *w = &call->out;
    jw_begin_object(w);
    jw_member_str(w, "userId", call->caller.user_id);
    jw_member_str(w, "realm", call->caller.realm);
    jw_member_str(w, "displayName", call->caller.username);
    jw_member_str(w, "locale", locale);
    jw_member_bool(w, "createRealm",
                   admin_may(&call->caller, STR(REALM_MASTER), ADMIN_CREATE_REALM));
    TRY(write_all_access(call));
    jw_member_bool(w, "temporary", false);
    jw_end_object(w);
    return 0;
}
