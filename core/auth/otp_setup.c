/* From a new secret to a credential. */
#include "core/auth/otp_setup.h"

#include "core/base/rng.h"
#include "core/base/secret.h"
#include "core/codec/base32.h"
#include "core/codec/form.h"
#include "core/codec/json.h"
#include "core/model/check.h"
#include "core/port/sessions.h"
#include "core/port/users.h"

#include "core/base/banned.h"

#define KEY_BYTES     20 /* RFC 4226 4, R6 */
#define SECRET_MAX    ((size_t)256)
#define URI_MAX       ((size_t)2048)
#define ISSUER_BYTES  64
#define ACCOUNT_BYTES 128
#define SETUP_ONCE    "totp-setup" /* what is spent of a set-up: itself, and each try as "ID:NUMBER" */
#define MS_PER_S      1000

/* --- a new one --- */

static int data_of_policy(const struct auth_ctx *ctx, struct str *ret_data)
{
    const struct realm *realm = auth_realm(ctx);
    struct otp_record record = {
        .by_counter = str_eq(realm->otp_policy_type, STR("hotp")),
        .base32 = true,
        .counter = realm->otp_policy_initial_counter,
        .period_s = realm->otp_policy_period_s,
        .digits = (unsigned)realm->otp_policy_digits,
    };
    TRY(otp_alg_read(realm->otp_policy_algorithm, &record.alg));
    return otp_record_data(ctx->arena, &record, ret_data);
}

int otp_setup_begin(const struct auth_ctx *ctx, struct otp_setup *ret_setup)
{
    unsigned char key[KEY_BYTES];
    struct otp_setup setup = {.id = uuid_new(ctx->arena)};
    rng_bytes(key, sizeof(key));
    setup.key = base32_encode(ctx->arena, str_of((const char *)key, sizeof(key)));
    secret_wipe(key, sizeof(key));
    if (str_absent(setup.id) || str_absent(setup.key))
        return ERR_NO_MEMORY;
    TRY(data_of_policy(ctx, &setup.data));
    *ret_setup = setup;
    return 0;
}

/* As Keycloak stores it. */
static int credential_of(const struct auth_ctx *ctx, const struct otp_setup *setup,
                         struct credential *ret_credential)
{
    struct buf b;
    struct json_writer w;
    *ret_credential = (struct credential){
        .id = setup->id,
        .type = STR(CREDENTIAL_OTP),
        .created_ms = ctx->now->wall_ms,
        .credential_data = setup->data,
    };
    buf_init(&b, ctx->arena, SECRET_MAX);
    jw_init(&w, &b);
    jw_begin_object(&w);
    jw_member_str(&w, "value", setup->key);
    jw_end_object(&w);
    return jw_finish(&w, &ret_credential->secret_data);
}

/* --- what is shown --- */

/* At most so many bytes, and no half characters; a colon parts issuer and account. */
static struct str cut(struct arena *a, struct str text, size_t max)
{
    size_t len = text.len < max ? text.len : max;
    while (len > 0 && len < text.len && ((unsigned char)text.ptr[len] & 0xC0) == 0x80)
        len--;
    char *copy = arena_alloc(a, len + 1);
    if (!copy)
        return (struct str){NULL, 0};
    for (size_t i = 0; i < len; i++)
        copy[i] = text.ptr[i] == ':' ? ' ' : text.ptr[i];
    copy[len] = '\0';
    return str_of(copy, len);
}

static struct str realm_title(const struct auth_ctx *ctx)
{
    const struct realm *realm = auth_realm(ctx);
    return str_empty(realm->display_name) ? realm->name : realm->display_name;
}

static void add_number(struct arena *a, struct buf *b, const char *name, int64_t value)
{
    buf_add(b, arena_printf(a, "&%s=%lld", name, (long long)value));
}

/* otpauth://totp/ISSUER:ACCOUNT?secret=... */
static int uri_of(const struct auth_ctx *ctx, const struct otp_setup *setup,
                  const struct otp_face *face, struct str account, struct str *ret_uri)
{
    struct buf b;
    struct str issuer = cut(ctx->arena, realm_title(ctx), ISSUER_BYTES);
    struct str name = cut(ctx->arena, account, ACCOUNT_BYTES);
    if (str_absent(issuer) || str_absent(name))
        return ERR_NO_MEMORY;
    buf_init(&b, ctx->arena, URI_MAX);
    buf_add(&b, face->by_counter ? STR("otpauth://hotp/") : STR("otpauth://totp/"));
    percent_encode(&b, issuer);
    buf_add_byte(&b, ':');
    percent_encode(&b, name);
    buf_add(&b, STR("?secret="));
    buf_add(&b, setup->key);
    add_number(ctx->arena, &b, "digits", face->digits);
    buf_add(&b, STR("&algorithm="));
    buf_add(&b, face->algorithm);
    buf_add(&b, STR("&issuer="));
    percent_encode(&b, issuer);
    if (face->by_counter)
        add_number(ctx->arena, &b, "counter", face->counter);
    else
        add_number(ctx->arena, &b, "period", face->period_s);
    return buf_finish(&b, ret_uri);
}

static int groups_of_four(struct arena *a, struct str key, struct str *ret_groups)
{
    struct buf b;
    buf_init(&b, a, SECRET_MAX);
    for (size_t i = 0; i < key.len; i++) {
        if (i > 0 && i % 4 == 0)
            buf_add_byte(&b, ' ');
        buf_add_byte(&b, key.ptr[i]);
    }
    return buf_finish(&b, ret_groups);
}

int otp_setup_face(const struct auth_ctx *ctx, const struct otp_setup *setup,
                   const struct user *user, struct otp_face *ret_face)
{
    struct credential credential;
    struct otp_record record;
    TRY(credential_of(ctx, setup, &credential));
    TRY(otp_record_read(ctx->arena, &credential, &record));
    struct otp_face face = {
        .algorithm = str_from(str_c(otp_alg_name(record.alg)), strlen("Hmac")),
        .by_counter = record.by_counter,
        .digits = record.digits,
        .period_s = record.period_s,
        .counter = record.counter,
    };
    TRY(groups_of_four(ctx->arena, setup->key, &face.key));
    TRY(uri_of(ctx, setup, &face, user->username, &face.uri));
    *ret_face = face;
    return 0;
}

/* --- storing it --- */

static int devices_of(const struct auth_ctx *ctx, struct store_read *r, int64_t user_pk,
                      struct credentials *ret_devices)
{
    struct credentials list;
    size_t count = 0;
    TRY(credential_list(r, ctx->arena, user_pk, &list));
    for (size_t i = 0; i < list.count; i++)
        if (str_eq(list.items[i].type, STR(CREDENTIAL_OTP)))
            list.items[count++] = list.items[i];
    list.count = count;
    *ret_devices = list;
    return 0;
}

int otp_setup_label_problem(const struct auth_ctx *ctx, struct store_read *r, int64_t user_pk,
                            struct str label, const char **ret_key)
{
    struct err_ctx ignored = {0};
    struct credentials devices;
    *ret_key = NULL;
    TRY(devices_of(ctx, r, user_pk, &devices));
    if (devices.count >= OTP_DEVICES_MAX)
        *ret_key = "tooManyTotpDevicesMessage";
    else if (str_empty(label) && devices.count > 0)
        *ret_key = "missingTotpDeviceNameMessage";
    else if (label_check(label, "userLabel", &label, &ignored) != 0)
        *ret_key = "invalidTotpDeviceNameMessage";
    for (size_t i = 0; i < devices.count && !*ret_key; i++)
        if (str_eq(devices.items[i].user_label, label))
            *ret_key = "existingTotpDeviceNameMessage";
    return 0;
}

/* Behind all that the person has. */
static int64_t priority_behind(const struct credentials *devices)
{
    int64_t highest = 0;
    for (size_t i = 0; i < devices->count; i++)
        if (devices->items[i].priority > highest)
            highest = devices->items[i].priority;
    return highest + 10;
}

/* No page that it stands in is good for longer (login_state_open). */
static int spend(const struct auth_ctx *ctx, struct store_write *w, struct str name,
                 bool *ret_first)
{
    int64_t pages_ms = 2 * auth_realm(ctx)->access_code_lifespan_login_s * MS_PER_S;
    return once_spend(w, STR(SETUP_ONCE), name, ctx->now->wall_ms + pages_ms, ret_first);
}

static struct str name_of_try(struct arena *a, const struct otp_setup *setup, int number)
{
    struct str text = arena_printf(a, ":%d", number);
    return str_absent(text) ? text : ARENA_CONCAT(a, setup->id, text);
}

int otp_setup_is_spent(struct arena *a, struct store_read *r, const struct otp_setup *setup,
                       bool *ret_spent)
{
    struct str last = name_of_try(a, setup, OTP_SETUP_TRIES_MAX);
    if (str_absent(last))
        return ERR_NO_MEMORY;
    TRY(once_is_spent(r, STR(SETUP_ONCE), setup->id, ret_spent));
    return *ret_spent ? 0 : once_is_spent(r, STR(SETUP_ONCE), last, ret_spent);
}

int otp_setup_count_wrong(const struct auth_ctx *ctx, struct store_write *w,
                          const struct otp_setup *setup)
{
    bool first = false;
    for (int number = 1; number <= OTP_SETUP_TRIES_MAX && !first; number++) {
        struct str name = name_of_try(ctx->arena, setup, number);
        if (str_absent(name))
            return ERR_NO_MEMORY;
        TRY(spend(ctx, w, name, &first));
    }
    return 0;
}

int otp_setup_store(const struct auth_ctx *ctx, struct store_write *w, int64_t user_pk,
                    const struct otp_setup *setup, struct str label, struct str code,
                    bool *ret_right)
{
    struct credential credential;
    struct credentials devices;
    bool right, spent, first;
    *ret_right = false;
    TRY(devices_of(ctx, store_write_reader(w), user_pk, &devices));
    TRY(otp_setup_is_spent(ctx->arena, store_write_reader(w), setup, &spent));
    if (devices.count >= OTP_DEVICES_MAX || spent)
        return 0;
    TRY(credential_of(ctx, setup, &credential));
    TRY(otp_prove(ctx, w, &credential, code, &right));
    if (!right)
        return 0;
    TRY(spend(ctx, w, setup->id, &first));
    if (!first)
        return ERR_INTERNAL;
    credential.user_label = label;
    credential.priority = priority_behind(&devices);
    TRY(credential_insert(w, user_pk, &credential));
    *ret_right = true;
    return 0;
}
