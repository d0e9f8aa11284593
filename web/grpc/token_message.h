/* The messages of static/proto/garita/token/v1/token_validation.proto on the wire. */
#ifndef GARITA_WEB_GRPC_TOKEN_MESSAGE_H
#define GARITA_WEB_GRPC_TOKEN_MESSAGE_H

#include "core/validation/validation.h"
#include "web/grpc/pb.h"
#include "web/validation/watch.h"

/* ValidateRequest; texts point into the message. ERR_INVALID_SYNTAX, ERR_INVALID_UTF8,
 * ERR_INVALID_REQUEST for too many scopes or roles, ERR_NO_MEMORY. */
MUST_CHECK int token_question_read(struct arena *a, struct str message, struct err_ctx *err,
                                   struct validation_question *ret_question);
/* Field 1, a text: requests that are a token or a realm alone. */
MUST_CHECK int token_text_read(struct str message, struct str *ret_text);
/* ValidateBatchRequest: the messages of its questions. ERR_INVALID_REQUEST for too many. */
MUST_CHECK int token_batch_read(struct arena *a, struct str message, struct err_ctx *err,
                                struct strs *ret_questions);

/* ValidateResponse and GetUserContextResponse. Errors of pb_put_struct. */
MUST_CHECK int token_answer_write(struct arena *a, const struct validation_answer *answer,
                                  struct buf *out);
MUST_CHECK int token_context_write(struct arena *a, const struct validation_user_context *context,
                                   struct buf *out);
/* Revocation. */
void token_revocation_write(const struct watch_message *message, struct buf *out);

#endif
