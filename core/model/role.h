/* Roles of the realm and of clients, and groups. */
#ifndef GARITA_CORE_MODEL_ROLE_H
#define GARITA_CORE_MODEL_ROLE_H

#include "core/model/fields.h"

struct role {
    int64_t pk;
    struct str id;
    struct str name;
    struct str description;
    struct str client_id; /* the protocol's client_id; absent for realm roles */
    int64_t client_pk;    /* 0 for realm roles */
    bool composite;
    struct attrs attributes;
};

/* Members that callers set: name, description, attributes; for groups name and attributes. */
extern const struct field_table role_fields;
extern const struct field_table group_fields;

struct roles {
    struct role *items;
    size_t count;
};

struct group {
    int64_t pk;
    int64_t parent_pk; /* 0 at the top */
    struct str id;
    struct str name;
    struct str path; /* "/company/ops", of its organization when it has one */
    struct attrs attributes;
    struct str organization_id; /* absent: a group of the realm */
    unsigned dormant;           /* GROUP_ORGANIZATION_OFF and the like; not 0: it gives no roles */
};

/* Why the groups of an organization lie dormant. */
#define GROUP_ORGANIZATION_OFF  1u
#define GROUP_ORGANIZATIONS_OFF 2u /* the realm's switch */

struct groups {
    struct group *items;
    size_t count;
};

#endif
