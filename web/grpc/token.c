/* garita.token.v1.TokenValidation: reads the question, asks core, writes the answer. The caller comes
 * first, so that a stranger learns nothing about how messages are read. */
#include "web/grpc/caller.h"
#include "web/grpc/token_message.h"

#include "core/base/banned.h"

struct asked {
    struct validation_call call;
    struct validation_caller caller;
};

static int check(struct grpc_work *w, const struct asked *asked, struct str message,
                 struct buf *out)
{
    struct validation_question question;
    struct validation_answer answer;
    TRY(token_question_read(w->arena, message, &w->err, &question));
    TRY(validation_check(&asked->call, &asked->caller, &question, &answer));
    return token_answer_write(w->arena, &answer, out);
}

int grpc_token_validate(struct grpc_work *w)
{
    struct asked asked;
    TRY(grpc_caller_find(w, &asked.call, &asked.caller));
    return check(w, &asked, w->message, w->out);
}

int grpc_token_validate_batch(struct grpc_work *w)
{
    struct asked asked;
    struct strs questions;
    TRY(grpc_caller_find(w, &asked.call, &asked.caller));
    TRY(token_batch_read(w->arena, w->message, &w->err, &questions));
    for (size_t i = 0; i < questions.count; i++) {
        size_t answer = pb_open(w->out, 1);
        TRY(check(w, &asked, questions.items[i], w->out));
        pb_close(w->out, answer);
    }
    return 0;
}

int grpc_token_introspect(struct grpc_work *w)
{
    struct asked asked;
    struct str token, json;
    TRY(grpc_caller_find(w, &asked.call, &asked.caller));
    TRY(token_text_read(w->message, &token));
    TRY(validation_introspect(&asked.call, &asked.caller, token, &json));
    return pb_add_struct(w->out, w->arena, json);
}

int grpc_token_user_context(struct grpc_work *w)
{
    struct asked asked;
    struct validation_user_context context;
    struct str token;
    TRY(grpc_caller_find(w, &asked.call, &asked.caller));
    TRY(token_text_read(w->message, &token));
    TRY(validation_user_context(&asked.call, &asked.caller, token, &context));
    return token_context_write(w->arena, &context, w->out);
}

int grpc_token_revoke(struct grpc_work *w)
{
    struct asked asked;
    struct str token;
    TRY(grpc_caller_find(w, &asked.call, &asked.caller));
    TRY(token_text_read(w->message, &token));
    return validation_revoke(&asked.call, &asked.caller, token);
}
