/* The messages of static/proto/garita/token/v1/token_validation.proto in protobuf's JSON mapping. */
#ifndef GARITA_WEB_VALIDATION_MESSAGE_H
#define GARITA_WEB_VALIDATION_MESSAGE_H

#include "core/codec/json.h"
#include "core/validation/validation.h"
#include "web/validation/watch.h"

/* ValidateRequest. A member that the message does not have, or one of a wrong type, is
 * ERR_INVALID_REQUEST with its name: a restriction that is misspelt must not be left out. */
MUST_CHECK int message_read_question(struct arena *a, const struct json_value *json,
                                     struct err_ctx *err, struct validation_question *ret_question);
/* Requests that are one text: "token" (Introspect, GetUserContext, Revoke) or "realm"
 * (WatchRevocations). Empty when it is not there. */
MUST_CHECK int message_read_text(const struct json_value *json, const char *name,
                                 struct err_ctx *err, struct str *ret_text);
/* The list of ValidateBatchRequest, unread. */
MUST_CHECK int message_read_batch(const struct json_value *json, struct err_ctx *err,
                                  const struct json_value **ret_list);

/* ValidateResponse and GetUserContextResponse, as values. Empty fields are left out, but for
 * "active". */
void message_write_answer(struct json_writer *w, const struct validation_answer *answer);
void message_write_context(struct json_writer *w, const struct validation_user_context *context);
/* Revocation. */
void message_write_revocation(struct json_writer *w, const struct watch_message *message);

#endif
