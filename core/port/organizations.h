/* Who belongs to which organization. The organizations themselves are records (core/port/records.h). */
#ifndef GARITA_CORE_PORT_ORGANIZATIONS_H
#define GARITA_CORE_PORT_ORGANIZATIONS_H

#include "core/model/user.h"
#include "core/port/store.h"

/* ERR_CONFLICT for who is one already. */
MUST_CHECK int organization_member_add(struct store_write *w, struct str organization_id,
                                       int64_t user_pk);
/* ERR_NOT_FOUND for who is none. */
MUST_CHECK int organization_member_remove(struct store_write *w, struct str organization_id,
                                          int64_t user_pk);
/* Of an organization that goes. */
MUST_CHECK int organization_members_remove(struct store_write *w, struct str organization_id);
/* ERR_NOT_FOUND. */
MUST_CHECK int organization_member_find(struct store_read *r, struct str organization_id,
                                        int64_t user_pk);

/* By user name. search, in lower case, is the beginning of a user name or e-mail address, with exact one of
 * these as a whole; absent: all. */
MUST_CHECK int organization_members(struct store_read *r, struct arena *a,
                                    struct str organization_id, struct str search, bool exact,
                                    size_t first, size_t limit, struct user **ret_items,
                                    size_t *ret_count);
MUST_CHECK int organization_members_count(struct store_read *r, struct str organization_id,
                                          int64_t *ret_count);
/* Ids of the organizations that a person belongs to. */
MUST_CHECK int user_organizations(struct store_read *r, struct arena *a, int64_t user_pk,
                                  struct strs *ret_ids);

#endif
