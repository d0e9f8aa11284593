/* Making the events of auth and oidc: who (from the context, completed by what is known by now), what
 * happened to whom, and a few named texts. */
#ifndef GARITA_CORE_AUTH_REPORT_H
#define GARITA_CORE_AUTH_REPORT_H

#include "core/auth/context.h"

#define REPORT_MAX_DETAILS 12

struct report_detail {
    const char *name;
    struct str value; /* absent: left out. Never a secret (AU-01). */
};

struct report {
    enum event_type type;
    /* Absent: as the context has them. */
    struct str user_id, username, session_id, client_id;
    struct str subject_kind, subject_id; /* absent: the user, else the client */
    struct report_detail details[REPORT_MAX_DETAILS];
    size_t count;
};

void report_add(struct report *r, const char *name, struct str value);
/* Appends the event in the transaction of the change (AU-03). */
MUST_CHECK int report_write(const struct auth_ctx *ctx, struct store_write *w,
                            const struct report *r);
/* Writes an event that goes with no other change (event_append_alone). */
MUST_CHECK int report_alone(const struct auth_ctx *ctx, const struct report *r);

#endif
