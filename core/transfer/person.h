/* What is held about one person, for the person: garita user export, and the account console. */
#ifndef GARITA_CORE_TRANSFER_PERSON_H
#define GARITA_CORE_TRANSFER_PERSON_H

#include "core/model/user.h"
#include "core/port/store.h"

/* The person with roles, groups, consents, sessions, credentials (what is known of them, never what they
 * are) and failed logins, as one object. */
MUST_CHECK int person_write(struct json_writer *w, struct store_read *r, struct arena *a,
                            const struct user *user);

#endif
