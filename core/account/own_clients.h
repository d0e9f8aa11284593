/* Clients that people make for themselves: developers of a realm, whom an administrator gave the role
 * manage-applications of the client "account". A client belongs to one person (its attribute garita.owner),
 * who changes its name, its redirect URIs and its secret, and nothing else of it. Such a client has no full
 * scope and no roles but those that everybody has, asks for consent, and follows the realm's client policies
 * (as ByAuthenticatedUser). It counts as long as its owner may have it (core/auth/client_owner.h). */
#ifndef GARITA_CORE_ACCOUNT_OWN_CLIENTS_H
#define GARITA_CORE_ACCOUNT_OWN_CLIENTS_H

#include "core/auth/client_owner.h"
#include "core/model/client.h"
#include "core/model/user.h"

#define OWN_CLIENTS_MAX          20 /* of a person */
#define OWN_CLIENT_REDIRECTS_MAX 10

/* What a client is for. Confidential ones may ask about tokens as well (docs/token-validation.md); an API key
 * does nothing else. */
enum own_client_kind {
    OWN_CLIENT_WEB,
    OWN_CLIENT_SINGLE_PAGE,
    OWN_CLIENT_SERVICE,
    OWN_CLIENT_API_KEY,
    OWN_CLIENT_KINDS
};
/* "web", "single-page", "service", "api-key". */
const char *own_client_kind_name(enum own_client_kind kind);
/* -1 when unknown. */
int own_client_kind_find(struct str name);
enum own_client_kind own_client_kind_of(const struct client *client);

/* What its owner says of it. */
struct own_client_form {
    struct str name, description;
    struct strs redirect_uris; /* none for services and keys */
    /* How the server's own applications are shown to people, in all its languages: a name that can be taken
     * for one of these, for a built-in client's or for the realm's is refused (WE-13). */
    struct strs reserved;
};

/* Whole, without secrets, by client_id. */
MUST_CHECK int own_clients_list(const struct auth_ctx *ctx, struct store_read *r,
                                struct str user_id, struct client **ret_items, size_t *ret_count);
/* By UUID. ERR_NOT_FOUND also for a client that is not his. */
MUST_CHECK int own_client_find(const struct auth_ctx *ctx, struct store_read *r, struct str user_id,
                               struct str id, struct client *ret_client);
/* The same for a change: ERR_FORBIDDEN when it was given rights of administration meanwhile (AD-04). */
MUST_CHECK int own_client_find_to_change(const struct auth_ctx *ctx, struct store_read *r,
                                         struct str user_id, struct str id,
                                         struct client *ret_client);

/* ret_client has its client_id and, unless it is public, its secret. ERR_LIMIT_REACHED, ERR_INVALID_REQUEST.
 */
MUST_CHECK int own_client_create(const struct auth_ctx *ctx, struct store_write *w,
                                 struct str user_id, enum own_client_kind kind,
                                 const struct own_client_form *form, struct client *ret_client);
MUST_CHECK int own_client_change(const struct auth_ctx *ctx, struct store_write *w,
                                 const struct client *before, const struct own_client_form *form);

/* What it was used for, by its events of the last days that are not archived yet. */
#define OWN_CLIENT_USAGE_DAYS 30
struct own_client_usage {
    int64_t logins, tokens, refused;
    bool is_more; /* there were more events than are counted */
};
MUST_CHECK int own_client_usage(const struct auth_ctx *ctx, struct store_read *r,
                                const struct client *client, struct own_client_usage *ret_usage);

#endif
