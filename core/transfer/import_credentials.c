/* Credentials of imported people. Hashes stay as they are when they can be verified here; passwords in
 * clear are hashed; kinds that nothing here asks for yet are kept for later. */
#include "core/transfer/import_parts.h"

#include "core/admin/users.h"
#include "core/auth/otp.h"
#include "core/auth/password_change.h"
#include "core/base/rng.h"
#include "core/codec/unicode.h"
#include "core/model/check.h"
#include "core/port/limits.h"
#include "core/port/users.h"

#include "core/base/banned.h"

#define DATA_MAX_BYTES ((size_t)64 << 10)
#define COUNT_MAX      64

/* Kinds that logins here ask for. */
static bool is_used(struct str type)
{
    return str_eq(type, STR(CREDENTIAL_PASSWORD)) || str_eq(type, STR(CREDENTIAL_PASSWORD_HISTORY));
}

static bool is_kept(struct str type)
{
    static const char *const types[] = {"webauthn", "webauthn-passwordless",
                                        "recovery-authn-codes"};
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (str_eq_c(type, types[i]))
            return true;
    return false;
}

/* --- Passwords in clear --- */

struct hashing {
    struct arena *arena;
    struct password_policy policy;
    struct str password;
    struct password_record *record;
    int rc;
};

static void run_hashing(void *arg)
{
    struct hashing *h = arg;
    h->rc = password_hash_make(h->arena, &h->policy.hashing, h->password, h->record);
}

static int hash(struct import *im, struct str password, struct password_record *ret_record)
{
    struct hashing h = {.arena = import_arena(im), .password = password, .record = ret_record};
    TRY(password_policy_parse(im->realm.password_policy, &h.policy, im->ctx.err));
    TRY(hashing_run(run_hashing, &h));
    return h.rc;
}

static int require_update(struct import *im, struct user *user)
{
    if (strs_has(&user->required_actions, STR(REQUIRED_ACTION_UPDATE_PASSWORD)))
        return 0;
    TRY(strs_add(&user->required_actions, import_arena(im), STR(REQUIRED_ACTION_UPDATE_PASSWORD)));
    return user_update(im->w, user);
}

static int store(struct import *im, const struct import_at *at, struct credential *c,
                 const struct user *user)
{
    TRY(import_explain(im, at, credential_insert(im->w, user->pk, c)));
    import_report_took(im->report, "credentials", 1);
    return import_note_given(im, &im->given.credentials, c->type);
}

static int take_clear(struct import *im, const struct json_value *json, const struct import_at *at,
                      struct credential *c, struct user *user)
{
    struct password_record record;
    struct str value = {NULL, 0};
    bool temporary = false;
    TRY(import_str(im, json, "value", at, &value));
    TRY(import_bool(im, json, "temporary", at, &temporary));
    if (!str_eq(c->type, STR(CREDENTIAL_PASSWORD)) || str_absent(value)) {
        import_left(im, at, "nothing of this credential is in the file");
        return 0;
    }
    if (im->request->clear_passwords_max > 0 &&
        ++im->clear_passwords > im->request->clear_passwords_max)
        return import_fail(im, AT_MEMBER(at, "value"), "at most %lld passwords in clear at once",
                           (long long)im->request->clear_passwords_max);
    TRY(import_explain(im, AT_MEMBER(at, "value"), hash(im, value, &record)));
    c->secret_data = record.secret_data;
    c->credential_data = record.credential_data;
    TRY(store(im, at, c, user));
    return temporary ? require_update(im, user) : 0;
}

/* --- Hashes and other secrets --- */

/* PW-01: what can never verify is told now and not at the first login. */
static int judge_password(struct import *im, const struct credential *c, bool *ret_good)
{
    const struct password_record record = {c->secret_data, c->credential_data};
    int rc = password_hash_check(import_arena(im), &record);
    *ret_good = rc == 0;
    return rc == ERR_NO_MEMORY ? rc : 0;
}

/* One that is not understood is kept as well: without it the password alone would let in. */
static int judge_otp(struct import *im, const struct import_at *at, const struct credential *c)
{
    struct otp_record record;
    int rc = otp_record_read(import_arena(im), c, &record);
    if (rc == ERR_NO_MEMORY)
        return rc;
    if (rc != 0)
        import_adapted(im, at,
                       "kept, but not understood: it keeps out who has it where the flow "
                       "wants it");
    return 0;
}

static bool is_json_object(struct import *im, struct str text)
{
    const struct json_value *value;
    return text.len <= DATA_MAX_BYTES &&
           json_parse(import_arena(im), text, DATA_MAX_BYTES, &value) == 0 && json_is_object(value);
}

static int take_stored(struct import *im, const struct import_at *at, struct credential *c,
                       const struct user *user)
{
    bool good = true;
    if (!is_json_object(im, c->secret_data))
        return import_fail(im, AT_MEMBER(at, "secretData"),
                           "a text with a JSON object is expected here");
    if (!is_json_object(im, c->credential_data))
        return import_fail(im, AT_MEMBER(at, "credentialData"),
                           "a text with a JSON object is expected here");
    if (is_used(c->type))
        TRY(judge_password(im, c, &good));
    else if (str_eq(c->type, STR(CREDENTIAL_OTP)))
        TRY(judge_otp(im, at, c));
    else if (is_kept(c->type))
        import_adapted(im, at,
                       "kept; logins here cannot ask for it yet, and keep out who has it where "
                       "the flow wants it");
    else
        good = false;
    if (!good) {
        import_left(im, at,
                    "the credential cannot be verified: unknown, broken or beyond all limits");
        return 0;
    }
    TRY(store(im, at, c, user));
    return 0;
}

/* Before version 8 the parts stood side by side. */
static int join_old_parts(struct import *im, const struct json_value *json,
                          const struct import_at *at, struct credential *c)
{
    struct str value = {NULL, 0}, salt = {NULL, 0}, algorithm = STR("pbkdf2-sha256");
    int64_t iterations = 27500;
    struct buf b;
    struct json_writer w;
    TRY(import_str(im, json, "hashedSaltedValue", at, &value));
    TRY(import_str(im, json, "salt", at, &salt));
    TRY(import_str(im, json, "algorithm", at, &algorithm));
    TRY(import_i64(im, json, "hashIterations", at, &iterations));
    if (str_absent(value) || !str_eq(c->type, STR(CREDENTIAL_PASSWORD)))
        return 0;
    buf_init(&b, import_arena(im), PASSWORD_MAX_RECORD_BYTES);
    jw_init(&w, &b);
    jw_begin_object(&w);
    jw_member_str(&w, "value", value);
    jw_member_str(&w, "salt", salt);
    jw_end_object(&w);
    TRY(jw_finish(&w, &c->secret_data));
    buf_init(&b, import_arena(im), PASSWORD_MAX_RECORD_BYTES);
    jw_init(&w, &b);
    jw_begin_object(&w);
    jw_member_i64(&w, "hashIterations", iterations);
    jw_member_str(&w, "algorithm", algorithm);
    jw_end_object(&w);
    return jw_finish(&w, &c->credential_data);
}

static int read_credential(struct import *im, const struct json_value *json,
                           const struct import_at *at, struct credential *c)
{
    *c = (struct credential){.type = STR(CREDENTIAL_PASSWORD),
                             .user_label = STR(""),
                             .created_ms = im->ctx.now->wall_ms,
                             .priority = 10};
    TRY(import_id(im, json, at, &c->id));
    TRY(admin_id(import_arena(im), &c->id));
    TRY(import_str(im, json, "type", at, &c->type));
    TRY(import_str(im, json, "userLabel", at, &c->user_label));
    TRY(import_i64(im, json, "createdDate", at, &c->created_ms));
    TRY(import_i64(im, json, "priority", at, &c->priority));
    TRY(import_str(im, json, "secretData", at, &c->secret_data));
    TRY(import_str(im, json, "credentialData", at, &c->credential_data));
    if (str_absent(c->secret_data))
        return join_old_parts(im, json, at, c);
    return 0;
}

/* IN-04: a device is called what can be read. */
static int adapt_label(struct import *im, const struct import_at *at, struct str *io_label)
{
    struct str clean;
    if (io_label->len > DEVICE_LABEL_MAX_BYTES)
        return import_fail(im, at, "a label has at most %d bytes", DEVICE_LABEL_MAX_BYTES);
    TRY(text_without_deceptive(import_arena(im), *io_label, &clean));
    if (clean.len < io_label->len)
        import_adapted(im, at, "without its control and invisible characters");
    *io_label = unicode_trim(clean);
    return 0;
}

static int take_credential(struct import *im, const struct json_value *json,
                           const struct import_at *at, struct user *user)
{
    struct credential c;
    TRY(import_expect_object(im, json, at));
    TRY(read_credential(im, json, at, &c));
    TRY(adapt_label(im, AT_MEMBER(at, "userLabel"), &c.user_label));
    if (str_absent(c.secret_data) || str_absent(c.credential_data))
        return take_clear(im, json, at, &c, user);
    return take_stored(im, at, &c, user);
}

int import_credentials(struct import *im, const struct json_value *json, const struct import_at *at,
                       struct user *user)
{
    const struct json_value *list, *item;
    TRY(import_list(im, json, "credentials", at, &list));
    at = AT_MEMBER(at, "credentials");
    if (json_count(list) > COUNT_MAX)
        return import_fail(im, at, "there are at most %d credentials of a person", COUNT_MAX);
    struct json_iter it = json_iter(list);
    for (size_t i = 0; json_next(&it, NULL, &item); i++)
        TRY(take_credential(im, item, AT_INDEX(at, i), user));
    return 0;
}
