/* The methods with messages as JSON. */
#include "web/validation/message.h"
#include "web/validation/methods.h"

#include "core/base/banned.h"

static int parse(const struct validation_call *call, struct str message,
                 const struct json_value **ret_json)
{
    int rc = json_parse(call->arena, message, message.len, ret_json);
    if (rc != 0 && rc != ERR_NO_MEMORY)
        return err_set(call->err, ERR_INVALID_REQUEST, "The message is not JSON");
    return rc;
}

static int parse_token(const struct validation_call *call, struct str message,
                       struct str *ret_token)
{
    const struct json_value *json;
    TRY(parse(call, message, &json));
    return message_read_text(json, "token", call->err, ret_token);
}

static int finish(struct json_writer *w)
{
    struct str whole;
    return jw_finish(w, &whole);
}

static int answer_question(const struct validation_call *call,
                           const struct validation_caller *caller, const struct json_value *json,
                           struct json_writer *w)
{
    struct validation_question question;
    struct validation_answer answer;
    TRY(message_read_question(call->arena, json, call->err, &question));
    TRY(validation_check(call, caller, &question, &answer));
    message_write_answer(w, &answer);
    return 0;
}

int json_validate(const struct validation_call *call, const struct validation_caller *caller,
                  struct str message, struct buf *out)
{
    const struct json_value *json;
    struct json_writer w;
    TRY(parse(call, message, &json));
    jw_init(&w, out);
    TRY(answer_question(call, caller, json, &w));
    return finish(&w);
}

int json_validate_batch(const struct validation_call *call, const struct validation_caller *caller,
                        struct str message, struct buf *out)
{
    const struct json_value *json, *list, *one;
    struct json_writer w;
    TRY(parse(call, message, &json));
    TRY(message_read_batch(json, call->err, &list));
    struct json_iter it = json_iter(list);
    jw_init(&w, out);
    jw_begin_object(&w);
    jw_member_array(&w, "answers");
    while (json_next(&it, NULL, &one))
        TRY(answer_question(call, caller, one, &w));
    jw_end_array(&w);
    jw_end_object(&w);
    return finish(&w);
}

int json_introspect(const struct validation_call *call, const struct validation_caller *caller,
                    struct str message, struct buf *out)
{
    struct str token, json;
    TRY(parse_token(call, message, &token));
    TRY(validation_introspect(call, caller, token, &json));
    buf_add(out, json);
    return 0;
}

int json_user_context(const struct validation_call *call, const struct validation_caller *caller,
                      struct str message, struct buf *out)
{
    struct validation_user_context context;
    struct json_writer w;
    struct str token;
    TRY(parse_token(call, message, &token));
    TRY(validation_user_context(call, caller, token, &context));
    jw_init(&w, out);
    message_write_context(&w, &context);
    return finish(&w);
}

int json_revoke(const struct validation_call *call, const struct validation_caller *caller,
                struct str message, struct buf *out)
{
    struct str token;
    TRY(parse_token(call, message, &token));
    TRY(validation_revoke(call, caller, token));
    buf_add(out, STR("{}"));
    return 0;
}

int json_watch(const struct validation_call *call, const struct validation_caller *caller,
               struct str message, struct buf *out)
{
    const struct json_value *json;
    struct str realm;
    TRY(parse(call, message, &json));
    TRY(message_read_text(json, "realm", call->err, &realm));
    TRY(validation_check_watch(call, caller, realm, &realm));
    buf_add(out, realm);
    return 0;
}
