/* A request's body as JSON, for interfaces whose errors an administrator or a script reads. */
#ifndef GARITA_WEB_BODY_H
#define GARITA_WEB_BODY_H

#include "core/codec/json.h"
#include "web/request.h"

/* The value lives as long as the request. ERR_INVALID_REQUEST, ERR_DUPLICATE with a sentence. */
MUST_CHECK int body_json(struct request *req, const struct json_value **ret_json);
/* The same for what must be an object. */
MUST_CHECK int body_object(struct request *req, const struct json_value **ret_json);
/* The same in an arena of its own, for bodies that may hold more than a request has room for: of at most so many
 * bytes, which lives as long as the request. */
MUST_CHECK int body_object_in(struct request *req, size_t max_bytes, struct arena **ret_arena,
                              const struct json_value **ret_json);
/* A member that may be missing or null (then *io_value stays); another kind is ERR_INVALID_REQUEST with the
 * member's name. */
MUST_CHECK int body_member_str(struct request *req, const struct json_value *object,
                               const char *name, struct str *io_value);

#endif
