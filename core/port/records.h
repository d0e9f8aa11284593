/* Records of a realm that are kept as administrators wrote them, in JSON: identity providers, components,
 * authentication flows and the like, by kind. Documents are sealed at rest, since any may hold a secret.
 * Whether a document is sound is its kind's business (core/admin). Every change here replaces the realm's
 * view at the commit, since log-ins may follow them. */
#ifndef GARITA_CORE_PORT_RECORDS_H
#define GARITA_CORE_PORT_RECORDS_H

#include "core/port/store.h"

#define RECORD_COMPONENT                "component"
#define RECORD_IDENTITY_PROVIDER        "identity-provider"
#define RECORD_IDENTITY_PROVIDER_MAPPER "identity-provider-mapper"
#define RECORD_FLOW                     "flow"
#define RECORD_EXECUTION                "execution"
#define RECORD_AUTHENTICATOR_CONFIG     "authenticator-config"
#define RECORD_REQUIRED_ACTION          "required-action"
#define RECORD_ORGANIZATION             "organization"
#define RECORD_INVITATION               "invitation" /* parent: its organization */
#define RECORD_INITIAL_ACCESS           "initial-access"
#define RECORD_REGISTRATION             "registration-access" /* id: of the client */
#define RECORD_LOCALIZATION             "localization"        /* name: the locale */
#define RECORD_SMTP                     "smtp"                /* one at most */
#define RECORD_CHANGE_REQUEST           "change-request"
/* Of a change request, under its id: what changes; and the body of the call, while it waits. */
#define RECORD_CHANGE_ROWS              "change-rows"
#define RECORD_CHANGE_CALL              "change-call"

#define RECORD_MAX_BYTES ((size_t)256 << 10)
#define RECORDS_MAX      10000 /* of one kind in a realm */

struct realm_record {
    const char *kind; /* one of RECORD_*; set by the caller in reads as in writes */
    struct str id;
    struct str name;   /* unique among its kind; absent where names may repeat */
    struct str parent; /* id of what it belongs to; absent: of the realm itself */
    int64_t position;  /* order among those of one kind and parent; equal ones go by id */
    struct str json;
};

/* ERR_CONFLICT when the kind has this id or name, ERR_LIMIT_REACHED, ERR_INVALID_REQUEST for a document
 * that is too long. */
MUST_CHECK int record_insert(struct store_write *w, const struct realm_record *record);
/* All but kind and id. ERR_NOT_FOUND, and as for record_insert. */
MUST_CHECK int record_update(struct store_write *w, const struct realm_record *record);
/* ERR_NOT_FOUND. What has it as a parent stays: see record_delete_children. */
MUST_CHECK int record_delete(struct store_write *w, const char *kind, struct str id);
MUST_CHECK int record_delete_children(struct store_write *w, const char *kind, struct str parent);

/* ERR_NOT_FOUND. */
MUST_CHECK int record_find(struct store_read *r, struct arena *a, const char *kind, struct str id,
                           struct realm_record *ret_record);
MUST_CHECK int record_find_by_name(struct store_read *r, struct arena *a, const char *kind,
                                   struct str name, struct realm_record *ret_record);

/* All of a kind by parent, position and id; or those of one parent. At most RECORDS_MAX. */
MUST_CHECK int record_list(struct store_read *r, struct arena *a, const char *kind,
                           struct realm_record **ret_items, size_t *ret_count);
MUST_CHECK int record_list_children(struct store_read *r, struct arena *a, const char *kind,
                                    struct str parent, struct realm_record **ret_items,
                                    size_t *ret_count);

#endif
