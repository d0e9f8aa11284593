/* What handlers about one organization begin with. Each asks whether the realm has organizations at all. */
#ifndef GARITA_WEB_ADMIN_ORGANIZATIONS_H
#define GARITA_WEB_ADMIN_ORGANIZATIONS_H

#include "core/admin/organizations.h"
#include "web/admin/admin.h"

/* The organization {id} of the path. ERR_NOT_FOUND. Opens a read. */
MUST_CHECK int organizations_find(struct admin_call *call, struct organization *ret_organization);
/* The same inside a write. */
MUST_CHECK int organizations_find_to_change(struct admin_call *call,
                                            struct organization *ret_organization);
/* The person of the path's last parameter, who belongs to it. call->r is open. ERR_NOT_FOUND. */
MUST_CHECK int organizations_find_member(struct admin_call *call,
                                         const struct organization *organization,
                                         struct user *ret_user);
/* The identity provider {alias} of the path, linked to it. call->r is open. ERR_NOT_FOUND. */
MUST_CHECK int organizations_find_provider(struct admin_call *call,
                                           const struct organization *organization,
                                           struct identity_provider *ret_provider);
/* A body that is one text, such as an id: as JSON or plain. ERR_INVALID_REQUEST with the name. */
MUST_CHECK int organizations_body_text(struct admin_call *call, const char *name,
                                       struct str *ret_text);
void represent_organization(struct admin_call *call, const struct organization *organization,
                            bool brief);

#endif
