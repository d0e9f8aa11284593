/* A person with one-time passwords by time, and logins that take a step of them. */
#include <stdio.h>

#include "core/admin/users.h"
#include "core/auth/otp.h"
#include "core/auth/password_change.h"
#include "core/base/rng.h"
#include "core/crypto/password.h"
#include "core/oidc/token.h"
#include "core/port/users.h"
#include "tests/torture/actor_change.h"
#include "tests/torture/world.h"

#define KEY        "12345678901234567890"
#define PERIOD_S   300
#define DIGITS     6
#define PASSWORD   "of-the-holder"
#define ITERATIONS 1000 /* as the policy of the world's realms: a login makes no new record */

static int insert_password(struct actor *a, struct store_write *w, const struct user *user)
{
    struct password_params params;
    struct password_record record;
    TRY(password_params_of(STR("pbkdf2-sha512"), ITERATIONS, &params));
    TRY(password_hash_make(&a->arena, &params, STR(PASSWORD), &record));
    struct credential credential = {.id = uuid_new(&a->arena),
                                    .type = STR(CREDENTIAL_PASSWORD),
                                    .created_ms = a->now.wall_ms,
                                    .secret_data = record.secret_data,
                                    .credential_data = record.credential_data};
    if (str_absent(credential.id))
        return ERR_NO_MEMORY;
    return credential_insert(w, user->pk, &credential);
}

static int insert_otp(struct actor *a, struct store_write *w, const struct user *user)
{
    const struct otp_record record = {.alg = DIGEST_SHA1, .digits = DIGITS, .period_s = PERIOD_S};
    struct credential credential = {.id = uuid_new(&a->arena),
                                    .type = STR(CREDENTIAL_OTP),
                                    .created_ms = a->now.wall_ms,
                                    .secret_data = STR("{\"value\":\"" KEY "\"}")};
    if (str_absent(credential.id))
        return ERR_NO_MEMORY;
    TRY(otp_record_data(&a->arena, &record, &credential.credential_data));
    TRY(credential_insert(w, user->pk, &credential));
    (void)snprintf(a->otp, sizeof(a->otp), "%.*s", STR_ARG(credential.id));
    return 0;
}

static int insert_holder(struct actor *a, struct store_write *w, struct str name, const char *value)
{
    struct user user = {0};
    fields_default(&user_fields, &user);
    user.username = name;
    user.first_name = STR("Holder");
    user.last_name = str_c(value);
    TRY(admin_user_prepare(&a->ctx, &user));
    TRY(admin_user_insert(&a->ctx, w, &user));
    TRY(insert_password(a, w, &user));
    return insert_otp(a, w, &user);
}

int actor_add_holder(struct actor *a)
{
    actor_subject(a, "person", a->number++, a->holder);
    return actor_change(a, a->holder, "Ccori", insert_holder);
}

static int log_in(struct actor *a, int64_t step)
{
    char code[HOTP_DIGITS_MAX + 1];
    struct form form;
    struct token_response response;
    hotp_value(DIGEST_SHA1, STR(KEY), (uint64_t)step, DIGITS, code);
    struct str text = arena_printf(&a->arena,
                                   "grant_type=password&client_id=" WORLD_CLIENT
                                   "&password=" PASSWORD "&username=%s&totp=%s",
                                   strchr(a->holder, ' ') + 1, code);
    if (str_absent(text))
        return ERR_NO_MEMORY;
    TRY(form_parse(&a->arena, text, NULL, &form, NULL));
    return token_request(&a->ctx, str_of(NULL, 0), &form, &response);
}

int actor_login_otp(struct actor *a)
{
    char name[VALUE_BYTES];
    int err = actor_enter(a, WORLD_REALM);
    int64_t step = now_s(&a->now) / PERIOD_S;
    (void)snprintf(name, sizeof(name), "%s:%lld", a->otp, (long long)step);
    struct change *c = actor_begin(a, "step", name, "spent");
    if (err == 0)
        err = log_in(a, step);
    /* An answer that we ran out of memory to make is an answer nobody got. */
    history_end(a->history, c, actor_outcome_of_several(err), NULL);
    actor_leave(a);
    return err;
}
