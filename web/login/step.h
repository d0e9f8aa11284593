/* What core decided about a login, as a reply to the browser. */
#ifndef GARITA_WEB_LOGIN_STEP_H
#define GARITA_WEB_LOGIN_STEP_H

#include "core/oidc/authz.h"
#include "web/request.h"

/* Answers a step: sets its cookies, then a page, a redirect or the form_post page. rc is the result
 * of the function that made the step: an error becomes an error page. */
void step_answer(struct request *req, struct response *res, int rc, const struct authz_step *step);

#endif
