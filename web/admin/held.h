/* Four eyes at the edge: a change that waits for a second person becomes a change request instead of being
 * carried out. Which changes wait is core/admin/held_change.h's business. */
#ifndef GARITA_WEB_ADMIN_HELD_H
#define GARITA_WEB_ADMIN_HELD_H

#include "core/admin/change_request_view.h"
#include "web/admin/admin.h"

/* Takes back what the handler did and keeps the call as a request: 202 with the request and its Location.
 * For ERR_NEEDS_APPROVAL, with call->held. ERR_INVALID_REQUEST without a justification or with a password
 * in the body, ERR_FORBIDDEN for whoever is no person, ERR_LIMIT_REACHED. */
MUST_CHECK int held_ask(struct admin_call *call);
/* For the one change that is not made in a transaction of the realm: ERR_NEEDS_APPROVAL when its deletion
 * waits for a second person. */
MUST_CHECK int held_judge_deletion(struct admin_call *call);

/* The line that a request's call leads to; NULL: none any more. */
const struct route *held_route(const struct admin_call *call, const struct change_request *request,
                               struct route_match *ret_match);
/* As answers show it: with what changes and the body, without secrets, when is_whole. */
MUST_CHECK int held_represent(struct admin_call *call, const struct change_request *request,
                              bool is_whole);

#endif
