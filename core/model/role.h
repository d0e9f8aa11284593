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
    struct str path; /* "/company/ops" */
    struct attrs attributes;
};

struct groups {
    struct group *items;
    size_t count;
};

#endif
