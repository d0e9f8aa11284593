/* An invitation to an organization: whom, until when, and the hash of the link that was mailed. It is kept as a
 * record (core/port/records.h) of the kind RECORD_INVITATION below its organization, named by organization and
 * address, so that nobody has two of one organization. */
#ifndef GARITA_CORE_MODEL_INVITATION_H
#define GARITA_CORE_MODEL_INVITATION_H

#include "core/model/realm.h"

struct invitation {
    struct str id;
    struct str organization_id;
#define J(kind, member, json, number, text) FIELD_TYPE_##kind member;
#include "core/model/invitation.def"
#undef J
};

struct invitations {
    struct invitation *items;
    size_t count;
};

extern const struct field_table invitation_fields;

#endif
