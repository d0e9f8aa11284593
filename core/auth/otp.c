/* One-time passwords. */
#include "core/auth/otp.h"

#include "core/base/ct.h"
#include "core/base/secret.h"
#include "core/codec/base32.h"
#include "core/codec/json.h"
#include "core/port/sessions.h"
#include "core/port/users.h"

#include "core/base/banned.h"

#define RECORD_MAX      ((size_t)4096)
#define CARRY_MAX_BYTES ((size_t)1 << 20) /* for one credential in both states */
#define KEY_MAX_BYTES   128
#define PERIOD_MAX_S    3600
#define PERIOD_S        30
#define WINDOW_MAX      10
#define WINDOW_HOTP_MAX 100
#define MS_PER_S        1000

/* --- records --- */

static const struct {
    const char *name;
    enum digest_alg alg;
} algs[] = {
    {"HmacSHA1", DIGEST_SHA1}, {"HmacSHA256", DIGEST_SHA256}, {"HmacSHA512", DIGEST_SHA512}};

int otp_alg_read(struct str name, enum digest_alg *ret_alg)
{
    for (size_t i = 0; i < ARRAY_LEN(algs); i++)
        if (str_eq_c(name, algs[i].name)) {
            *ret_alg = algs[i].alg;
            return 0;
        }
    return ERR_INVALID_SYNTAX;
}

static bool within(int64_t value, int64_t least, int64_t most)
{
    return value >= least && value <= most;
}

/* Without an encoding the letters themselves are the key, as Keycloak has it. */
static int read_key(struct arena *a, const struct json_value *secret, const struct json_value *data,
                    struct otp_record *record)
{
    struct str value = json_get_str(secret, "value");
    struct str encoding = json_get_str(data, "secretEncoding");
    if (str_empty(value))
        return ERR_INVALID_SYNTAX;
    record->base32 = str_eq(encoding, STR("BASE32"));
    if (record->base32)
        TRY(base32_decode(a, value, &record->key));
    else if (str_absent(encoding))
        record->key = value;
    else
        return ERR_INVALID_SYNTAX;
    return within((int64_t)record->key.len, 1, KEY_MAX_BYTES) ? 0 : ERR_INVALID_SYNTAX;
}

static int read_numbers(const struct json_value *data, struct otp_record *record)
{
    int64_t digits = json_i64_or(data, "digits", HOTP_DIGITS_MIN);
    record->counter = json_i64_or(data, "counter", 0);
    record->period_s = json_i64_or(data, "period", PERIOD_S);
    if (!within(digits, HOTP_DIGITS_MIN, HOTP_DIGITS_MAX) ||
        !within(record->counter, 0, INT64_MAX - WINDOW_HOTP_MAX - 1) ||
        !within(record->period_s, 1, PERIOD_MAX_S))
        return ERR_INVALID_SYNTAX;
    record->digits = (unsigned)digits;
    return 0;
}

int otp_record_read(struct arena *a, const struct credential *credential,
                    struct otp_record *ret_record)
{
    const struct json_value *secret, *data;
    struct otp_record record = {0};
    TRY(json_parse(a, credential->secret_data, RECORD_MAX, &secret));
    TRY(json_parse(a, credential->credential_data, RECORD_MAX, &data));
    struct str type = json_get_str(data, "subType");
    record.by_counter = str_eq(type, STR("hotp"));
    if (!record.by_counter && !str_eq(type, STR("totp")))
        return ERR_INVALID_SYNTAX;
    struct str alg = json_get_str(data, "algorithm");
    TRY(otp_alg_read(str_absent(alg) ? STR("HmacSHA1") : alg, &record.alg));
    TRY(read_numbers(data, &record));
    TRY(read_key(a, secret, data, &record));
    *ret_record = record;
    return 0;
}

const char *otp_alg_name(enum digest_alg alg)
{
    size_t at = 0;
    while (algs[at].alg != alg)
        at++;
    return algs[at].name;
}

int otp_record_data(struct arena *a, const struct otp_record *record, struct str *ret_data)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, a, RECORD_MAX);
    jw_init(&w, &b);
    jw_begin_object(&w);
    jw_member_c(&w, "subType", record->by_counter ? "hotp" : "totp");
    jw_member_i64(&w, "digits", record->digits);
    jw_member_i64(&w, "counter", record->counter);
    jw_member_i64(&w, "period", record->period_s);
    jw_member_c(&w, "algorithm", otp_alg_name(record->alg));
    if (record->base32)
        jw_member_c(&w, "secretEncoding", "BASE32");
    jw_end_object(&w);
    return jw_finish(&w, ret_data);
}

/* --- codes --- */

static bool is_code(const struct otp_record *record, struct str code)
{
    if (code.len != record->digits)
        return false;
    for (size_t i = 0; i < code.len; i++)
        if (code.ptr[i] < '0' || code.ptr[i] > '9')
            return false;
    return true;
}

static int64_t within_window(const struct otp_record *record, int64_t window)
{
    int64_t most = record->by_counter ? WINDOW_HOTP_MAX : WINDOW_MAX;
    return window < 0 ? 0 : window > most ? most : window;
}

bool otp_matches(const struct otp_record *record, struct str code, int64_t now_s, int64_t window,
                 int64_t *ret_step)
{
    char value[HOTP_DIGITS_MAX + 1];
    bool found = false;
    int64_t now = record->by_counter ? record->counter : now_s / record->period_s;
    window = within_window(record, window);
    if (!is_code(record, code))
        return false;
    for (int64_t step = record->by_counter ? now : now - window; step <= now + window; step++) {
        hotp_value(record->alg, record->key, (uint64_t)step, record->digits, value);
        if (ct_eq(str_of(value, record->digits), code) && step >= 0) {
            found = true;
            *ret_step = step;
        }
    }
    secret_wipe(value, sizeof(value));
    return found;
}

/* --- taking one --- */

/* RFC 6238 5.2. Remembered until no clock that is in time takes the step any more; the sweep of the
 * store keeps it for longer than that. */
static int spend_step(const struct auth_ctx *ctx, struct store_write *w,
                      const struct credential *credential, const struct otp_record *record,
                      int64_t step, bool *ret_first)
{
    struct arena *a = ctx->arena;
    int64_t over_s = (step + 2 * WINDOW_MAX + 1) * record->period_s;
    struct str number = arena_printf(a, ":%lld", (long long)step);
    struct str name = ARENA_CONCAT(a, credential->id, number);
    if (str_absent(number) || str_absent(name))
        return ERR_NO_MEMORY;
    return once_spend(w, STR(OTP_ONCE), name, over_s * MS_PER_S, ret_first);
}

/* OT-05: whether the step could be taken before the realm was restored, so that it may have been. */
static bool is_of_lost_state(const struct auth_ctx *ctx, const struct otp_record *record,
                             int64_t step)
{
    int64_t restored_s = realm_restored_s(auth_realm(ctx), now_s(ctx->now));
    int64_t window = within_window(record, auth_realm(ctx)->otp_policy_look_ahead_window);
    return restored_s >= 0 && step - window <= restored_s / record->period_s;
}

/* RFC 4226 7.2: the counter moves past what was used. */
static int move_counter(struct arena *a, struct store_write *w, const struct credential *credential,
                        const struct otp_record *record, int64_t counter)
{
    struct credential moved = *credential;
    struct otp_record next = *record;
    next.counter = counter;
    TRY(otp_record_data(a, &next, &moved.credential_data));
    return credential_update(w, &moved);
}

static int try_one(const struct auth_ctx *ctx, struct store_write *w,
                   const struct credential *credential, struct str code, bool *ret_right)
{
    struct otp_record record;
    int64_t step;
    *ret_right = false;
    int rc = otp_record_read(ctx->arena, credential, &record);
    if (rc == ERR_NO_MEMORY)
        return rc;
    if (rc != 0 || !otp_matches(&record, code, now_s(ctx->now),
                                auth_realm(ctx)->otp_policy_look_ahead_window, &step))
        return 0;
    if (!record.by_counter && is_of_lost_state(ctx, &record, step))
        return 0;
    if (!record.by_counter)
        return spend_step(ctx, w, credential, &record, step, ret_right);
    *ret_right = true;
    return move_counter(ctx->arena, w, credential, &record, step + 1);
}

int otp_prove(const struct auth_ctx *ctx, struct store_write *w, struct credential *io_credential,
              struct str code, bool *ret_right)
{
    struct otp_record record;
    int64_t step;
    *ret_right = false;
    TRY(otp_record_read(ctx->arena, io_credential, &record));
    if (!otp_matches(&record, code, now_s(ctx->now), auth_realm(ctx)->otp_policy_look_ahead_window,
                     &step))
        return 0;
    if (!record.by_counter)
        return spend_step(ctx, w, io_credential, &record, step, ret_right);
    record.counter = step + 1;
    TRY(otp_record_data(ctx->arena, &record, &io_credential->credential_data));
    *ret_right = true;
    return 0;
}

int otp_spend(const struct auth_ctx *ctx, struct store_write *w, int64_t user_pk, struct str code,
              bool *ret_right)
{
    struct credentials list;
    *ret_right = false;
    TRY(credential_list(store_write_reader(w), ctx->arena, user_pk, &list));
    for (size_t i = 0; i < list.count && !*ret_right; i++)
        if (str_eq(list.items[i].type, STR(CREDENTIAL_OTP)))
            TRY(try_one(ctx, w, &list.items[i], code, ret_right));
    return 0;
}

/* --- from one state of a realm to another --- */

/* Of a credential that counts; *ret_counts is false for any other. */
static int read_counting(struct arena *a, const struct credential *credential,
                         struct otp_record *ret_record, bool *ret_counts)
{
    int rc = otp_record_read(a, credential, ret_record);
    *ret_counts = rc == 0 && ret_record->by_counter;
    return rc == ERR_NO_MEMORY ? rc : 0;
}

/* The same credential there; 0 when there is none. */
static int find_counter(struct store_read *r, struct arena *a, const struct credential *credential,
                        int64_t *ret_counter)
{
    struct credential there;
    struct otp_record record;
    bool counts;
    *ret_counter = 0;
    int rc = credential_from(r, a, credential->pk, credential->type, &there);
    if (rc == ERR_NOT_FOUND || (rc == 0 && !str_eq(there.id, credential->id)))
        return 0;
    TRY(rc);
    TRY(read_counting(a, &there, &record, &counts));
    *ret_counter = counts ? record.counter : 0;
    return 0;
}

/* ERR_NOT_FOUND behind the last one. */
static int carry_next(struct store_read *from, struct store_write *to, struct arena *a,
                      int64_t *io_pk)
{
    struct credential credential;
    struct otp_record record;
    int64_t counter;
    bool counts;
    TRY(credential_from(store_write_reader(to), a, *io_pk, STR(CREDENTIAL_OTP), &credential));
    *io_pk = credential.pk + 1;
    TRY(read_counting(a, &credential, &record, &counts));
    if (!counts)
        return 0;
    TRY(find_counter(from, a, &credential, &counter));
    return counter > record.counter ? move_counter(a, to, &credential, &record, counter) : 0;
}

int otp_carry_counters(struct store_read *from, struct store_write *to)
{
    CLEANUP(arena_free) struct arena a;
    int64_t pk = 0;
    int rc = 0;
    arena_init(&a, CARRY_MAX_BYTES);
    while (rc == 0) {
        arena_reset(&a);
        rc = carry_next(from, to, &a, &pk);
    }
    return rc == ERR_NOT_FOUND ? 0 : rc;
}
