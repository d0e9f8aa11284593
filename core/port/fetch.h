/* The one way out to other hosts (SS-01): https only unless allowed, no redirects, resolved address
 * checked at connect, size and time capped; the body is never shown to the caller's client. */
#ifndef GARITA_CORE_PORT_FETCH_H
#define GARITA_CORE_PORT_FETCH_H

#include "core/base/arena.h"

/* How many fetches the whole process has under way, and one realm of them, so that hosts that hang hold
 * up no other tenant; one more is refused at once. */
#define FETCHES_AT_ONCE  8
#define FETCHES_OF_REALM 4

/* GET of a JSON document for a realm (its id); at most max_bytes. ERR_UPSTREAM, ERR_TIMEOUT, ERR_FORBIDDEN
 * (address or scheme not allowed by configuration), ERR_OVERLOADED. */
MUST_CHECK int fetch_json(struct arena *a, struct str realm_id, struct str url, size_t max_bytes,
                          struct str *ret_body);

#endif
