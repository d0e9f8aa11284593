/* A change that an administrator asked for and that a second one approves or rejects. Kept as a record
 * (core/port/records.h) of the kind RECORD_CHANGE_REQUEST; what changes and the body of its call are records
 * of their own, of which the latter goes when it is decided. */
#ifndef GARITA_CORE_MODEL_CHANGE_REQUEST_H
#define GARITA_CORE_MODEL_CHANGE_REQUEST_H

#include "core/model/realm.h"

/* What status says. Only a pending one can still become something else. */
#define CHANGE_PENDING   "pending"
#define CHANGE_APPROVED  "approved" /* and carried out */
#define CHANGE_REJECTED  "rejected"
#define CHANGE_CANCELLED "cancelled" /* by whoever asked for it */
#define CHANGE_EXPIRED   "expired"
#define CHANGE_OUTDATED  "outdated" /* what it is about changed meanwhile */

struct change_request {
    struct str id;
#define Q(kind, member, json, number, text) FIELD_TYPE_##kind member;
#include "core/model/change_request.def"
#undef Q
};

extern const struct field_table change_request_fields;

#endif
