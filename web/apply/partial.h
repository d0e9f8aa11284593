/* What the files of a partial import share: web/apply/partial_import.c and partial_kinds.c alone. */
#ifndef GARITA_WEB_APPLY_PARTIAL_H
#define GARITA_WEB_APPLY_PARTIAL_H

#include "web/apply/engine.h"

enum partial_action { PARTIAL_ADDED, PARTIAL_SKIPPED, PARTIAL_OVERWRITTEN };

struct partial_kind;

/* An object of the document. Texts live in the outer arena. */
struct partial_item {
    const struct partial_kind *kind;
    const struct json_value *json;
    struct str name;
    struct str owner; /* the client of a role, the identity provider of a mapper; absent: none */
    struct str id;    /* absent: there is none of this name */
    enum partial_action action;
};

typedef int partial_fn(struct apply *e, const struct partial_item *item);

/* One kind of object, and the calls of the Admin API that find, remove and make one. */
struct partial_kind {
    const char *type;  /* as Keycloak's answer calls it */
    const char *label; /* as sentences call it */
    const char *name;  /* the member that is the name */
    /* *ret_id lives in e->step; absent when there is none. */
    int (*find)(struct apply *e, const struct partial_item *item, struct str *ret_id);
    partial_fn *remove, *make;
    partial_fn *finish; /* what needs all objects to be there; may be NULL */
};

extern const struct partial_kind partial_client, partial_realm_role, partial_client_role,
    partial_provider, partial_mapper, partial_group, partial_user;

#endif
