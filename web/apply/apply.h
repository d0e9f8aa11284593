/* Declarative changes: a realm as it is to be, compared with the realm as it is, and the difference
 * carried out in one transaction. Every look and every change is a call of the Admin API's own handlers
 * (web/admin), so that rights, checks and events are those of the same calls made one by one; this
 * folder knows what differs and in which order it is done, and never touches the store by itself.
 *
 * What it makes carries a mark, the attribute APPLY_MARK with the name of the owner. Objects without
 * that mark were made by hand or by somebody else: they are neither changed nor removed unless the
 * caller adopts them. */
#ifndef GARITA_WEB_APPLY_APPLY_H
#define GARITA_WEB_APPLY_APPLY_H

#include "core/audit/event.h"
#include "core/codec/json.h"
#include "web/admin/admin.h"

#define APPLY_MARK      "garita.apply"
#define APPLY_OWNER     "apply"          /* when the caller names none */
#define APPLY_MAX_BYTES ADMIN_BODY_LARGE /* of one realm's document */
#define APPLY_OWNER_MAX 64

struct apply_options {
    struct str owner; /* absent: APPLY_OWNER */
    bool dry_run;     /* all is tried and nothing is kept */
    bool adopt;       /* objects of others become the owner's */
    bool prune;       /* what carries the owner's mark and is not in the document goes */
};

/* POST /admin/apply: the body is one realm (Keycloak's representation), the options are the query
 * parameters owner, dryRun, adopt and prune. */
admin_handler rest_apply;

/* The same for a command, on behalf of whoever holds the data folder. document: one realm. Writes one
 * object into w:
 *   {"realm", "owner", "applied", "changes": [...], "ignored": [...], "summary": {...}}
 * ERR_CONFLICT when objects of others would have to change; then nothing was changed. Errors of the
 * calls, with the object at fault in front of the sentence. */
MUST_CHECK int apply_as_operator(struct store *store, struct arena *a, const struct now *now,
                                 const struct event_actor *actor, struct str document,
                                 const struct apply_options *options, struct json_writer *w,
                                 struct err_ctx *err);

#endif
