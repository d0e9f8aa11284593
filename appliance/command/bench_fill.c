/* Fills one realm with people and events for measuring. What is made depends on numbers alone: that
 * of the person, and that of the next event in the chain. */
#include "appliance/command/bench_fill.h"

#include "appliance/command/commands.h"
#include "core/admin/bootstrap.h"
#include "core/admin/clients.h"
#include "core/admin/realms.h"
#include "core/admin/users.h"
#include "core/auth/password_change.h"
#include "core/base/rng.h"
#include "core/codec/base64.h"
#include "core/crypto/digest.h"
#include "core/crypto/password.h"
#include "core/port/clients.h"
#include "core/port/events.h"
#include "core/port/users.h"

#include "core/base/banned.h"

/* A transaction is one moment of the made-up year. */
#define USERS_AT_ONCE    100
#define SESSIONS_AT_ONCE 25
#define SESSION_EVENTS   8
#define YEAR_MS          (INT64_C(365) * 86400000)
#define FIRST_MOMENT_MS  (INT64_C(1735689600) * 1000) /* 2025-01-01 */
#define ARENA_BYTES      ((size_t)16 << 20)

struct filling {
    const struct bench_fill *from;
    struct arena *arena; /* of one transaction */
    struct now now;
    struct auth_ctx ctx;
    struct store_write *w;
    struct password_record password; /* the same for everybody */
};

static void prepare(struct filling *f, const struct bench_fill *from, struct arena *a)
{
    *f = (struct filling){.from = from, .arena = a, .now = clock_now()};
    f->now.wall_ms = FIRST_MOMENT_MS;
    f->ctx = (struct auth_ctx){
        .arena = a, .now = &f->now, .err = from->err, .issuer = STR(""), .base_url = STR("")};
    program_actor(&f->ctx.actor);
}

static void finish(struct filling *f)
{
    store_rollback_p(&f->w);
    realm_view_release_p(&f->ctx.view);
}

static int chain_length(struct filling *f, int64_t *ret_length)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    const struct event_filter last = {.newest_first = true};
    struct event_record *items;
    size_t count;
    TRY(store_read_begin(f->ctx.view, &r));
    TRY(event_list(r, f->arena, &last, 1, &items, &count));
    *ret_length = count > 0 ? items[0].seq : 0;
    return 0;
}

static int64_t moment_of(const struct filling *f, int64_t seq)
{
    int64_t total = f->from->users * BENCH_EVENTS_PER_USER;
    return FIRST_MOMENT_MS + seq * (YEAR_MS / (total > 0 ? total : 1));
}

/* The moment follows from how long the chain is. */
static int begin(struct filling *f, int64_t *ret_length)
{
    arena_reset(f->arena);
    TRY(chain_length(f, ret_length));
    f->now.wall_ms = moment_of(f, *ret_length);
    return store_write_begin(f->ctx.view, &f->now, &f->w);
}

static void tell(const struct filling *f, const char *what, int64_t done, int64_t of)
{
    if (f->from->progress)
        f->from->progress(f->from, what, done, of);
}

/* --- The realm and its client --- */

static int make_realm(struct filling *f)
{
    CLEANUP(realm_view_release_p) struct realm_view *master = NULL;
    struct auth_ctx ctx = f->ctx;
    struct realm realm;
    TRY(realm_view_acquire(f->from->store, STR(REALM_MASTER), &master));
    ctx.view = master;
    TRY(bootstrap_settings(f->arena, f->from->realm, &realm));
    realm.brute_force_protected = false;
    return admin_realm_create(&ctx, f->from->store, &realm);
}

static int open_realm(struct filling *f)
{
    int rc = realm_view_acquire(f->from->store, f->from->realm, &f->ctx.view);
    if (rc != ERR_NOT_FOUND)
        return rc;
    TRY(make_realm(f));
    return realm_view_acquire(f->from->store, f->from->realm, &f->ctx.view);
}

static int make_client(struct filling *f)
{
    const struct client *there;
    struct client client;
    int rc = realm_view_client(f->ctx.view, STR(BENCH_CLIENT), &there);
    if (rc != ERR_NOT_FOUND)
        return rc;
    TRY(admin_client_defaults(&f->ctx, STR(BENCH_CLIENT), &client));
    client.secret = STR(BENCH_SECRET);
    client.direct_access_grants_enabled = true;
    client.service_accounts_enabled = true;
    TRY(strs_add(&client.redirect_uris, f->arena, STR(BENCH_REDIRECT_URI)));
    TRY(store_write_begin(f->ctx.view, &f->now, &f->w));
    TRY(admin_client_insert(&f->ctx, f->w, &client));
    TRY(store_commit_p(&f->w, DURABLE_LOCAL));
    return realm_view_refresh(&f->ctx.view);
}

/* --- People --- */

static const char *const first_names[] = {
    "Ana",    "Beatriz", "Carlos", "Diego",  "Elena",   "Felipe", "Gabriela", "Hugo",   "Inés",
    "Jorge",  "Karina",  "Luis",   "María",  "Nicolás", "Olga",   "Pedro",    "Quilla", "Rosa",
    "Samuel", "Teresa",  "Ursula", "Víctor", "Wari",    "Ximena", "Yolanda",  "Zoila",
};
static const char *const last_names[] = {
    "Alva",   "Benavides", "Cáceres",   "Díaz",   "Espinoza", "Flores",  "Gamarra",  "Huamán",
    "Ibarra", "Jiménez",   "Kuczynski", "Loayza", "Mamani",   "Navarro", "Ortiz",    "Palomino",
    "Quispe", "Rojas",     "Salazar",   "Ticona", "Ugarte",   "Vargas",  "Yupanqui",
};

/* The id of a person: always the same one (RFC 9562 version 8). */
static struct str id_of(const struct filling *f, int64_t number)
{
    unsigned char hash[BLAKE2B_BYTES];
    char digits[32];
    const struct str parts[] = {f->from->realm, str_of((const char *)&number, sizeof(number))};
    blake2b_256(str_of(NULL, 0), parts, ARRAY_LEN(parts), hash);
    hash[6] = (unsigned char)((hash[6] & 0x0f) | 0x80);
    hash[8] = (unsigned char)((hash[8] & 0x3f) | 0x80);
    hex_write(digits, hash, 16);
    return arena_printf(f->arena, "%.8s-%.4s-%.4s-%.4s-%.12s", digits, digits + 8, digits + 12,
                        digits + 16, digits + 20);
}

static int set_attribute(struct filling *f, struct user *user, const char *name, const char *prefix,
                         int64_t number)
{
    struct strs values = {0};
    struct str value = arena_printf(f->arena, "%s%lld", prefix, (long long)number);
    TRY(strs_add(&values, f->arena, value));
    return attrs_set(&user->attributes, f->arena, str_c(name), values);
}

static int add_user(struct filling *f, int64_t number)
{
    struct user user = {0};
    struct credential credential = {.type = STR(CREDENTIAL_PASSWORD),
                                    .secret_data = f->password.secret_data,
                                    .credential_data = f->password.credential_data,
                                    .priority = 10};
    size_t last = (size_t)(number / (int64_t)ARRAY_LEN(first_names)) % ARRAY_LEN(last_names);
    fields_default(&user_fields, &user);
    user.id = id_of(f, number);
    user.username = arena_printf(f->arena, "user%lld", (long long)number);
    user.email = ARENA_CONCAT(f->arena, user.username, STR("@example.pe"));
    user.first_name = str_c(first_names[(size_t)number % ARRAY_LEN(first_names)]);
    user.last_name = str_c(last_names[last]);
    TRY(set_attribute(f, &user, "employee", "E", number));
    TRY(set_attribute(f, &user, "department", "d", number % 40));
    TRY(admin_user_prepare(&f->ctx, &user));
    TRY(admin_user_insert(&f->ctx, f->w, &user));
    return admin_user_import_credential(&f->ctx, f->w, &user, &credential);
}

static int people_so_far(struct filling *f, int64_t *ret_count)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    TRY(store_read_begin(f->ctx.view, &r));
    return user_count(r, ret_count);
}

static int add_users(struct filling *f)
{
    int64_t number, length;
    TRY(people_so_far(f, &number));
    while (number < f->from->users) {
        TRY(begin(f, &length));
        for (int i = 0; i < USERS_AT_ONCE && number < f->from->users; i++, number++)
            TRY(add_user(f, number));
        TRY(store_commit_p(&f->w, DURABLE_NONE));
        tell(f, "users", number, f->from->users);
    }
    return 0;
}

/* --- Events --- */

static const char *const agents[] = {
    "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0 Safari/537.36",
    "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/131.0 Mobile Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Mobile",
};

/* What becomes of a session: mostly refreshes; every hundredth begins with a failure and every
 * thousandth with a new password, so that there are rare types to look for. */
static enum event_type type_of(int64_t session, int step)
{
    static const enum event_type usual[SESSION_EVENTS] = {
        EVENT_UserLoggedIn,   EVENT_CodeExchanged,  EVENT_TokenRefreshed, EVENT_TokenRefreshed,
        EVENT_TokenRefreshed, EVENT_TokenRefreshed, EVENT_TokenRefreshed, EVENT_UserLogoutInitiated,
    };
    if (step == 0 && session % 1000 == 0)
        return EVENT_PasswordUpdated;
    if (step == 0 && session % 100 == 0)
        return EVENT_UserLoginAttempted;
    return usual[step];
}

static int add_session_events(struct filling *f, int64_t session)
{
    /* 7919 is prime to all numbers of users here: everybody has a turn. */
    int64_t number = session * 7919 % f->from->users;
    struct str client = session % 4 == 0 ? STR(BENCH_CLIENT)
                                         : arena_printf(f->arena, "app-%d", (int)(session % 21));
    struct event event = {
        .actor = {.user_id = id_of(f, number),
                  .username = arena_printf(f->arena, "user%lld", (long long)number),
                  .session_id = uuid_new(f->arena),
                  .client_id = client,
                  .ip = arena_printf(f->arena, "10.%d.%d.%d", (int)(number >> 16),
                                     (int)(number >> 8 & 255), (int)(number & 255)),
                  .user_agent = str_c(agents[(size_t)number % ARRAY_LEN(agents)])}};
    if (str_absent(event.actor.user_id) || str_absent(event.actor.ip))
        return ERR_NO_MEMORY;
    for (int step = 0; step < SESSION_EVENTS; step++) {
        event.type = type_of(session, step);
        event.data = step == 0 ? STR("{\"auth_method\":\"openid-connect\"}") : str_of(NULL, 0);
        TRY(event_append(f->w, &event));
    }
    return 0;
}

static int add_events(struct filling *f)
{
    const int64_t total = f->from->users * BENCH_EVENTS_PER_USER;
    int64_t length;
    TRY(chain_length(f, &length));
    while (length < total) {
        TRY(begin(f, &length));
        for (int i = 0; i < SESSIONS_AT_ONCE; i++)
            TRY(add_session_events(f, length / SESSION_EVENTS + i));
        length += SESSIONS_AT_ONCE * SESSION_EVENTS;
        TRY(store_commit_p(&f->w, length < total ? DURABLE_NONE : DURABLE_LOCAL));
        tell(f, "events", length, total);
    }
    return 0;
}

static int fill_with(struct filling *f, struct arena *lasting)
{
    static const struct password_params cheap = {
        .alg = PASSWORD_PBKDF2_SHA256, .iterations = 1000, .hash_bytes = 32};
    TRY(open_realm(f));
    TRY(make_client(f));
    TRY(password_hash_make(lasting, &cheap, STR(BENCH_PASSWORD), &f->password));
    TRY(add_users(f));
    return add_events(f);
}

int bench_fill_realm(const struct bench_fill *fill)
{
    CLEANUP(arena_free) struct arena a;
    CLEANUP(arena_free) struct arena lasting;
    struct filling f;
    arena_init(&a, ARENA_BYTES);
    arena_init(&lasting, ARENA_BYTES);
    prepare(&f, fill, &a);
    int rc = fill_with(&f, &lasting);
    finish(&f);
    return rc;
}
