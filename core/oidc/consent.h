/* What a user has allowed a client to learn (OA-13): per user, client and scope. */
#ifndef GARITA_CORE_OIDC_CONSENT_H
#define GARITA_CORE_OIDC_CONSENT_H

#include "core/auth/context.h"
#include "core/oidc/scopes.h"

struct consent_item {
    struct str scope; /* name of the client scope */
    struct str text;  /* to show: plain, or "${key}" of the message tables */
};
struct consent_items {
    struct consent_item *items;
    size_t count;
};

/* What a scope is called before people: its own text, or its name. */
struct str consent_text_of(const struct client_scope *scope);
/* The scopes of a grant that are put before the user. */
MUST_CHECK int consent_items_of(struct arena *a, const struct client *client,
                                const struct granted_scopes *scopes,
                                struct consent_items *ret_items);
/* Whether the user must be asked: the client wants consent and something shown is not covered. */
MUST_CHECK int consent_missing(const struct auth_ctx *ctx, struct store_read *r, int64_t user_pk,
                               const struct client *client, const struct granted_scopes *scopes,
                               bool *ret_missing);
/* Adds the scopes to what the user allowed, with its event. */
MUST_CHECK int consent_grant(const struct auth_ctx *ctx, struct store_write *w,
                             const struct user *user, const struct client *client,
                             const struct granted_scopes *scopes);
/* Takes everything back: consent, and with it the client's sessions and refresh tokens of this user
 * (OT-06). Without a consent its offline sessions end; ERR_NOT_FOUND when there are none either. */
MUST_CHECK int consent_revoke(const struct auth_ctx *ctx, struct store_write *w,
                              const struct user *user, const struct client *client);

#endif
