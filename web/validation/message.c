/* Messages of token validation as JSON: names in lowerCamelCase, timestamps in RFC 3339, empty fields
 * left out. */
#include "web/validation/message.h"

#include <stdio.h>

#include "core/base/clock.h"

#include "core/base/banned.h"

/* --- reading --- */

static int unknown_member(struct err_ctx *err, struct str name)
{
    return err_set(err, ERR_INVALID_REQUEST, "Unknown or malformed member: %.*s",
                   name.len > 64 ? 64 : (int)name.len, name.ptr);
}

static int read_texts(struct arena *a, const struct json_value *list, struct strs *ret_texts)
{
    struct json_iter it = json_iter(list);
    const struct json_value *one;
    if (!json_is_array(list))
        return ERR_INVALID_SYNTAX;
    ret_texts->items = ARENA_ARRAY(a, json_count(list) + 1, struct str);
    if (!ret_texts->items)
        return ERR_NO_MEMORY;
    while (json_next(&it, NULL, &one)) {
        if (json_kind(one) != JSON_STRING)
            return ERR_INVALID_SYNTAX;
        ret_texts->items[ret_texts->count++] = json_str(one);
    }
    return 0;
}

static int read_text(const struct json_value *value, struct str *ret_text)
{
    if (json_kind(value) != JSON_STRING)
        return ERR_INVALID_SYNTAX;
    *ret_text = json_str(value);
    return 0;
}

static int read_member(struct arena *a, struct str name, const struct json_value *value,
                       struct validation_question *q)
{
    if (json_kind(value) == JSON_NULL) /* the default, as the mapping has it */
        return 0;
    if (str_eq_c(name, "token"))
        return read_text(value, &q->token);
    if (str_eq_c(name, "realm"))
        return read_text(value, &q->realm);
    if (str_eq_c(name, "audience"))
        return read_text(value, &q->audience);
    if (str_eq_c(name, "scopes"))
        return read_texts(a, value, &q->scopes);
    return str_eq_c(name, "roles") ? read_texts(a, value, &q->roles) : ERR_INVALID_SYNTAX;
}

static int check_object(const struct json_value *json, struct err_ctx *err)
{
    return json_is_object(json)
               ? 0
               : err_set(err, ERR_INVALID_REQUEST, "The message must be an object");
}

int message_read_question(struct arena *a, const struct json_value *json, struct err_ctx *err,
                          struct validation_question *ret_question)
{
    struct validation_question q = {.token = STR("")};
    const struct json_value *value;
    struct str name;
    TRY(check_object(json, err));
    struct json_iter it = json_iter(json);
    while (json_next(&it, &name, &value)) {
        int rc = read_member(a, name, value, &q);
        if (rc == ERR_INVALID_SYNTAX)
            return unknown_member(err, name);
        TRY(rc);
    }
    *ret_question = q;
    return 0;
}

int message_read_text(const struct json_value *json, const char *name, struct err_ctx *err,
                      struct str *ret_text)
{
    const struct json_value *value;
    struct str member, text = STR("");
    TRY(check_object(json, err));
    struct json_iter it = json_iter(json);
    while (json_next(&it, &member, &value)) {
        if (!str_eq_c(member, name) || read_text(value, &text) != 0)
            return unknown_member(err, member);
    }
    *ret_text = text;
    return 0;
}

int message_read_batch(const struct json_value *json, struct err_ctx *err,
                       const struct json_value **ret_list)
{
    const struct json_value *value;
    struct str name;
    *ret_list = NULL;
    TRY(check_object(json, err));
    struct json_iter it = json_iter(json);
    while (json_next(&it, &name, &value)) {
        if (!str_eq_c(name, "questions") || !json_is_array(value))
            return unknown_member(err, name);
        *ret_list = value;
    }
    if (json_count(*ret_list) > VALIDATION_BATCH_MAX)
        return err_set(err, ERR_INVALID_REQUEST, "At most %d questions", VALIDATION_BATCH_MAX);
    return 0;
}

/* --- writing --- */

static void member_text(struct json_writer *w, const char *name, struct str text)
{
    if (!str_empty(text))
        jw_member_str(w, name, text);
}

static void write_texts(struct json_writer *w, const struct strs *texts)
{
    for (size_t i = 0; i < texts->count; i++)
        jw_str(w, texts->items[i]);
    jw_end_array(w);
}

static void member_texts(struct json_writer *w, const char *name, const struct strs *texts)
{
    if (texts->count == 0)
        return;
    jw_member_array(w, name);
    write_texts(w, texts);
}

static void member_time_ms(struct json_writer *w, const char *name, int64_t time_ms)
{
    char text[25];
    if (time_ms <= 0)
        return;
    clock_rfc3339(time_ms, text);
    jw_member_c(w, name, text);
}

static void member_time(struct json_writer *w, const char *name, int64_t time_s)
{
    member_time_ms(w, name, time_s * 1000);
}

static void member_json(struct json_writer *w, const char *name, struct str json)
{
    if (str_empty(json))
        return;
    jw_key(w, name);
    jw_raw(w, json);
}

static void member_client_roles(struct json_writer *w, const struct validation_answer *answer)
{
    if (answer->client_role_count == 0)
        return;
    jw_member_object(w, "clientRoles");
    for (size_t i = 0; i < answer->client_role_count; i++) {
        jw_key_s(w, answer->client_roles[i].client_id);
        jw_begin_object(w);
        member_texts(w, "roles", &answer->client_roles[i].roles);
        jw_end_object(w);
    }
    jw_end_object(w);
}

static void write_active(struct json_writer *w, const struct validation_answer *answer)
{
    member_text(w, "subject", answer->subject);
    member_text(w, "username", answer->username);
    member_text(w, "clientId", answer->client_id);
    member_text(w, "realm", answer->realm);
    member_text(w, "tenant", answer->tenant);
    member_text(w, "issuer", answer->issuer);
    member_text(w, "jti", answer->jti);
    member_text(w, "sessionId", answer->session_id);
    member_text(w, "tokenType", answer->token_type);
    member_texts(w, "audience", &answer->audience);
    member_texts(w, "scopes", &answer->scopes);
    member_texts(w, "realmRoles", &answer->realm_roles);
    member_client_roles(w, answer);
    member_time(w, "issuedAt", answer->issued_s);
    member_time(w, "expiresAt", answer->expires_s);
    member_json(w, "claims", answer->claims);
    if (answer->from_cache)
        jw_member_bool(w, "fromCache", true);
}

void message_write_answer(struct json_writer *w, const struct validation_answer *answer)
{
    jw_begin_object(w);
    jw_member_bool(w, "active", answer->active);
    if (answer->active) {
        write_active(w, answer);
    } else {
        jw_member_c(w, "reason", validation_reason_name(answer->reason));
        jw_member_c(w, "reasonText", validation_reason_text(answer->reason));
    }
    jw_end_object(w);
}

static void write_person(struct json_writer *w, const struct validation_user_context *c)
{
    member_text(w, "userId", c->user_id);
    member_text(w, "username", c->username);
    member_text(w, "email", c->email);
    if (c->email_verified)
        jw_member_bool(w, "emailVerified", true);
    member_text(w, "firstName", c->first_name);
    member_text(w, "lastName", c->last_name);
    if (c->enabled)
        jw_member_bool(w, "enabled", true);
    member_texts(w, "groups", &c->groups);
    member_json(w, "attributes", c->attributes);
    member_json(w, "claims", c->claims);
}

void message_write_context(struct json_writer *w, const struct validation_user_context *context)
{
    jw_begin_object(w);
    jw_key(w, "token");
    message_write_answer(w, &context->token);
    if (context->token.active)
        write_person(w, context);
    jw_end_object(w);
}

/* Nothing is set of ENDING_ALL but reset. */
static void write_ending(struct json_writer *w, const struct ending *e)
{
    bool session = e->kind == ENDING_SESSION || e->kind == ENDING_CLIENT_SESSION;
    if (e->kind == ENDING_TOKEN)
        member_text(w, "jti", str_c(e->id));
    if (session)
        member_text(w, "sessionId", str_c(e->id));
    if (e->kind == ENDING_USER)
        member_text(w, "userId", str_c(e->id));
    if (e->kind == ENDING_CLIENT || e->kind == ENDING_CLIENT_SESSION)
        member_text(w, "clientId", str_c(e->client_id));
    if (e->kind == ENDING_NOT_BEFORE)
        member_time(w, "notBefore", e->not_before_s);
    member_time_ms(w, "at", e->at_ms);
    if (e->kind == ENDING_KEY)
        member_text(w, "keyId", str_c(e->id));
    if (e->kind == ENDING_ALL)
        jw_member_bool(w, "reset", true);
}

/* In this mapping, numbers of 64 bits are texts. */
void message_write_revocation(struct json_writer *w, const struct watch_message *message)
{
    char number[24];
    (void)snprintf(number, sizeof(number), "%llu", (unsigned long long)message->number);
    jw_begin_object(w);
    jw_member_c(w, "number", number);
    member_text(w, "realm", message->realm);
    write_ending(w, &message->ending);
    jw_end_object(w);
}
