/* From a request to what core's use cases are given. */
#ifndef GARITA_WEB_OIDC_CONTEXT_H
#define GARITA_WEB_OIDC_CONTEXT_H

#include "core/auth/context.h"
#include "web/request.h"

/* Fills ctx for the realm of the request; everything lives as long as the request. ERR_NO_MEMORY. */
MUST_CHECK int oidc_context(struct request *req, struct auth_ctx *ret_ctx);
/* The parameters of a GET's query or a POST's form. For a POST the query must be empty, so that
 * nothing can come twice (OA-05). Errors as request_query and request_form. */
MUST_CHECK int oidc_parameters(struct request *req, const struct form **ret_form);
/* A POST in which parameters may be lists. */
MUST_CHECK int oidc_posted_with_lists(struct request *req, const struct form **ret_form);

#endif
