/* What core decided about the end of a session, as a reply to the browser. */
#ifndef GARITA_WEB_LOGIN_LOGOUT_H
#define GARITA_WEB_LOGIN_LOGOUT_H

#include "core/oidc/logout.h"
#include "web/request.h"

/* Answers a step; rc is the result of the function that made it. */
void logout_answer(struct request *req, struct response *res, int rc,
                   const struct logout_step *step);

#endif
