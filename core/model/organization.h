/* An organization: people of a realm who belong together, the domains of their addresses, and the identity
 * providers that they come from. It is a record of the kind RECORD_ORGANIZATION under its id, named by its
 * name; its members are rows (core/port/organizations.h), and identity providers name it themselves. */
#ifndef GARITA_CORE_MODEL_ORGANIZATION_H
#define GARITA_CORE_MODEL_ORGANIZATION_H

#include "core/model/realm.h"

#define ORGANIZATION_DOMAINS_MAX 64

struct organization_domain {
    struct str name; /* in lower case */
    bool verified;
};

struct organization {
    struct str id;
    int64_t position; /* of its record */
    struct organization_domain *domains;
    size_t domain_count;
#define O(kind, member, json, number, text) FIELD_TYPE_##kind member;
#include "core/model/organization.def"
#undef O
};

extern const struct field_table organization_fields;

/* Merges a representation: what is missing or null stays. ERR_INVALID_REQUEST with the member that is of a
 * wrong kind. */
MUST_CHECK int organization_merge(struct organization *io_organization, struct arena *a,
                                  const struct json_value *json, struct err_ctx *ctx);
/* Members of the object that is open in w. brief: without attributes. */
void organization_write(const struct organization *organization, bool brief, struct json_writer *w);
/* Names, domains and addresses by themselves. ERR_INVALID_REQUEST. */
MUST_CHECK int organization_check(const struct organization *organization, struct err_ctx *ctx);

#endif
