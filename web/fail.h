/* The one place that turns error codes into what goes out. */
#ifndef GARITA_WEB_FAIL_H
#define GARITA_WEB_FAIL_H

#include "core/codec/json.h"
#include "core/model/profile.h"
#include "web/request.h"

/* {"error","error_description"} of RFC 6749 5.2 and RFC 6750 3, with the status and headers that
 * belong to the code (401 with WWW-Authenticate, 429 with Retry-After...). */
void fail_oauth(struct request *req, struct response *res, int err);
/* Keycloak's Admin REST shapes: {"errorMessage"} for 409 and validation, {"error"} for the rest. */
void fail_admin(struct request *req, struct response *res, int err);
/* The same for a person who does not fit the profile (ERR_INVALID_REQUEST): one problem as the error
 * itself, several as {"errors": [...]}. */
void fail_admin_problems(struct request *req, struct response *res,
                         const struct profile_problems *problems);
/* The Connect protocol's {"code","message","details"} with its HTTP statuses. */
void fail_connect(struct request *req, struct response *res, int err);
/* The same object as a value, and the status that it has alone; ret_status NULL: at the end of a
 * stream, which has none. */
void fail_connect_write(struct arena *a, const struct err_ctx *detail, struct json_writer *w,
                        int err, int *ret_status);
/* An error page in the user's language with a text of its own for each error. Text from the request
 * is never shown (OA-14). */
void fail_page(struct request *req, struct response *res, int err);
/* The OAuth error name and description for a code, for error redirects. */
const char *fail_oauth_name(int err);

#endif
