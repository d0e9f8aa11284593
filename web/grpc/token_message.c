/* Questions and answers of token validation, field by field as the proto file numbers them. */
#include "web/grpc/token_message.h"

#include "core/base/banned.h"

#define MS_PER_S 1000

enum { ASK_TOKEN = 1, ASK_REALM, ASK_AUDIENCE, ASK_SCOPES, ASK_ROLES };

/* --- reading --- */

static int read_list(struct arena *a, const struct pb_field *f, size_t most, struct err_ctx *err,
                     const char *name, struct strs *list)
{
    struct str text;
    TRY(pb_text(f, &text));
    if (list->count == most)
        return err_field(err, ERR_INVALID_REQUEST, name, "at most %zu %s", most, name);
    if (!list->items)
        list->items = ARENA_ARRAY(a, most, struct str);
    if (!list->items)
        return ERR_NO_MEMORY;
    list->items[list->count++] = text;
    return 0;
}

static int read_field(struct arena *a, const struct pb_field *f, struct err_ctx *err,
                      struct validation_question *q)
{
    if (f->type != PB_BYTES)
        return 0;
    switch (f->number) {
    case ASK_TOKEN: return pb_text(f, &q->token);
    case ASK_REALM: return pb_text(f, &q->realm);
    case ASK_AUDIENCE: return pb_text(f, &q->audience);
    case ASK_SCOPES: return read_list(a, f, VALIDATION_SCOPES_MAX, err, "scopes", &q->scopes);
    case ASK_ROLES: return read_list(a, f, VALIDATION_ROLES_MAX, err, "roles", &q->roles);
    default: return 0;
    }
}

int token_question_read(struct arena *a, struct str message, struct err_ctx *err,
                        struct validation_question *ret_question)
{
    struct pb_field f;
    struct pb_reader r = pb_reader(message);
    struct validation_question q = {.token = STR("")};
    while (pb_next(&r, &f))
        TRY(read_field(a, &f, err, &q));
    if (r.failed)
        return ERR_INVALID_SYNTAX;
    *ret_question = q;
    return 0;
}

int token_text_read(struct str message, struct str *ret_text)
{
    struct pb_field f;
    struct pb_reader r = pb_reader(message);
    struct str text = STR("");
    while (pb_next(&r, &f))
        if (pb_is(&f, 1, PB_BYTES))
            TRY(pb_text(&f, &text));
    *ret_text = text;
    return r.failed ? ERR_INVALID_SYNTAX : 0;
}

int token_batch_read(struct arena *a, struct str message, struct err_ctx *err,
                     struct strs *ret_questions)
{
    struct pb_field f;
    struct pb_reader r = pb_reader(message);
    struct strs list = {ARENA_ARRAY(a, VALIDATION_BATCH_MAX, struct str), 0};
    if (!list.items)
        return ERR_NO_MEMORY;
    while (pb_next(&r, &f)) {
        if (!pb_is(&f, 1, PB_BYTES))
            continue;
        if (list.count == VALIDATION_BATCH_MAX)
            return err_field(err, ERR_INVALID_REQUEST, "questions", "at most %d questions",
                             VALIDATION_BATCH_MAX);
        list.items[list.count++] = f.bytes;
    }
    *ret_questions = list;
    return r.failed ? ERR_INVALID_SYNTAX : 0;
}

/* --- writing --- */

static void put_list(struct buf *out, uint32_t number, const struct strs *list)
{
    for (size_t i = 0; i < list->count; i++)
        pb_put_str_always(out, number, list->items[i]);
}

static void put_time_s(struct buf *out, uint32_t number, int64_t time_s)
{
    if (time_s > 0)
        pb_put_time_ms(out, number, time_s * 1000);
}

/* map<string, RoleList> */
static void put_client_roles(struct buf *out, uint32_t number,
                             const struct validation_client_roles *roles)
{
    size_t entry = pb_open(out, number);
    pb_put_str(out, 1, roles->client_id);
    size_t list = pb_open(out, 2);
    put_list(out, 1, &roles->roles);
    pb_close(out, list);
    pb_close(out, entry);
}

static int put_active(struct arena *a, const struct validation_answer *answer, struct buf *out)
{
    pb_put_bool(out, 1, true);
    pb_put_str(out, 4, answer->subject);
    pb_put_str(out, 5, answer->username);
    pb_put_str(out, 6, answer->client_id);
    pb_put_str(out, 7, answer->realm);
    pb_put_str(out, 8, answer->tenant);
    pb_put_str(out, 9, answer->issuer);
    pb_put_str(out, 10, answer->jti);
    pb_put_str(out, 11, answer->session_id);
    pb_put_str(out, 12, answer->token_type);
    put_list(out, 13, &answer->audience);
    put_list(out, 14, &answer->scopes);
    put_list(out, 15, &answer->realm_roles);
    for (size_t i = 0; i < answer->client_role_count; i++)
        put_client_roles(out, 16, &answer->client_roles[i]);
    put_time_s(out, 17, answer->issued_s);
    put_time_s(out, 18, answer->expires_s);
    TRY(pb_put_struct(out, 19, a, answer->claims));
    pb_put_bool(out, 20, answer->from_cache);
    return 0;
}

int token_answer_write(struct arena *a, const struct validation_answer *answer, struct buf *out)
{
    if (answer->active)
        return put_active(a, answer, out);
    /* reasons.def and the enum of the proto file have one order. */
    pb_put_u64(out, 2, (uint64_t)answer->reason);
    pb_put_str(out, 3, str_c(validation_reason_text(answer->reason)));
    return 0;
}

int token_context_write(struct arena *a, const struct validation_user_context *c, struct buf *out)
{
    size_t token = pb_open(out, 1);
    TRY(token_answer_write(a, &c->token, out));
    pb_close(out, token);
    if (!c->token.active)
        return 0;
    pb_put_str(out, 2, c->user_id);
    pb_put_str(out, 3, c->username);
    pb_put_str(out, 4, c->email);
    pb_put_bool(out, 5, c->email_verified);
    pb_put_str(out, 6, c->first_name);
    pb_put_str(out, 7, c->last_name);
    pb_put_bool(out, 8, c->enabled);
    put_list(out, 9, &c->groups);
    TRY(pb_put_struct(out, 10, a, c->attributes));
    return pb_put_struct(out, 11, a, c->claims);
}

/* Nothing is set of ENDING_ALL but reset. */
static void write_ending(const struct ending *e, struct buf *out)
{
    bool session = e->kind == ENDING_SESSION || e->kind == ENDING_CLIENT_SESSION;
    if (e->kind == ENDING_TOKEN)
        pb_put_str(out, 3, str_c(e->id));
    if (session)
        pb_put_str(out, 4, str_c(e->id));
    if (e->kind == ENDING_USER)
        pb_put_str(out, 5, str_c(e->id));
    if (e->kind == ENDING_CLIENT || e->kind == ENDING_CLIENT_SESSION)
        pb_put_str(out, 6, str_c(e->client_id));
    if (e->kind == ENDING_NOT_BEFORE)
        pb_put_time_ms(out, 7, e->not_before_s * MS_PER_S);
    pb_put_time_ms(out, 8, e->at_ms);
    if (e->kind == ENDING_KEY)
        pb_put_str(out, 9, str_c(e->id));
    pb_put_bool(out, 10, e->kind == ENDING_ALL);
}

void token_revocation_write(const struct watch_message *message, struct buf *out)
{
    pb_put_u64(out, 1, message->number);
    pb_put_str(out, 2, message->realm);
    write_ending(&message->ending, out);
}
