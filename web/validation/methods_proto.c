/* The methods with messages in Protocol Buffers. */
#include "web/grpc/token_message.h"
#include "web/validation/methods.h"

#include "core/base/banned.h"

int proto_validate(const struct validation_call *call, const struct validation_caller *caller,
                   struct str message, struct buf *out)
{
    struct validation_question question;
    struct validation_answer answer;
    TRY(token_question_read(call->arena, message, call->err, &question));
    TRY(validation_check(call, caller, &question, &answer));
    return token_answer_write(call->arena, &answer, out);
}

int proto_validate_batch(const struct validation_call *call, const struct validation_caller *caller,
                         struct str message, struct buf *out)
{
    struct strs questions;
    TRY(token_batch_read(call->arena, message, call->err, &questions));
    for (size_t i = 0; i < questions.count; i++) {
        size_t answer = pb_open(out, 1);
        TRY(proto_validate(call, caller, questions.items[i], out));
        pb_close(out, answer);
    }
    return 0;
}

int proto_introspect(const struct validation_call *call, const struct validation_caller *caller,
                     struct str message, struct buf *out)
{
    struct str token, json;
    TRY(token_text_read(message, &token));
    TRY(validation_introspect(call, caller, token, &json));
    return pb_add_struct(out, call->arena, json);
}

int proto_user_context(const struct validation_call *call, const struct validation_caller *caller,
                       struct str message, struct buf *out)
{
    struct validation_user_context context;
    struct str token;
    TRY(token_text_read(message, &token));
    TRY(validation_user_context(call, caller, token, &context));
    return token_context_write(call->arena, &context, out);
}

int proto_revoke(const struct validation_call *call, const struct validation_caller *caller,
                 struct str message, struct buf *out)
{
    struct str token;
    (void)out; /* the answer is an empty message */
    TRY(token_text_read(message, &token));
    return validation_revoke(call, caller, token);
}

int proto_watch(const struct validation_call *call, const struct validation_caller *caller,
                struct str message, struct buf *out)
{
    struct str realm;
    TRY(token_text_read(message, &realm));
    TRY(validation_check_watch(call, caller, realm, &realm));
    buf_add(out, realm);
    return 0;
}
