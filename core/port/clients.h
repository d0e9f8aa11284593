/* Clients and client scopes in a realm's database. Every change here replaces the realm's view at
 * the commit. */
#ifndef GARITA_CORE_PORT_CLIENTS_H
#define GARITA_CORE_PORT_CLIENTS_H

#include "core/port/store.h"

/* Sets client->pk. The secret, when there is one, is sealed at rest. Its mappers and its links to
 * scopes (client->scopes, by pk) are stored too. ERR_CONFLICT when client_id or id is taken. */
MUST_CHECK int client_insert(struct store_write *w, struct client *client);
/* Settings, mappers, scope links and role mappings as given; the secret when present. */
MUST_CHECK int client_update(struct store_write *w, const struct client *client);
MUST_CHECK int client_delete(struct store_write *w, int64_t client_pk);
MUST_CHECK int client_find(struct store_read *r, struct arena *a, struct str client_id,
                           struct client *ret_client);
MUST_CHECK int client_find_by_id(struct store_read *r, struct arena *a, struct str id,
                                 struct client *ret_client);
/* Sorted by client_id, after one (absent: from the start). Without mappers and scopes. */
MUST_CHECK int client_list(struct store_read *r, struct arena *a, struct str after, size_t limit,
                           struct client **ret_items, size_t *ret_count);
/* Ids of those that a person made for himself (core/auth/client_owner.h), by client_id. Has an index. */
MUST_CHECK int client_ids_of_owner(struct store_read *r, struct arena *a, struct str owner,
                                   struct strs *ret_ids);
/* The secret, or the one before it. Whether they count at a moment is for the caller (core/model/client.h). */
enum client_secret_kind { CLIENT_SECRET_PRESENT, CLIENT_SECRET_ROTATED };
/* The secret in clear; ERR_NOT_FOUND when the client has none, ERR_SEAL under a wrong master key. */
MUST_CHECK int client_secret_copy(struct realm_view *view, int64_t client_pk,
                                  enum client_secret_kind kind, struct arena *a,
                                  struct str *ret_secret);
/* Constant-time comparison with the sealed secret; cached unsealed in guarded memory of the view. */
MUST_CHECK int client_secret_matches(struct realm_view *view, int64_t client_pk,
                                     enum client_secret_kind kind, struct str given,
                                     bool *ret_match);
/* The secret before the present one, sealed at rest; absent: there is none. The client is stored. */
MUST_CHECK int client_rotated_put(struct store_write *w, const struct client *client,
                                  struct str secret);
/* ERR_NOT_FOUND. */
MUST_CHECK int client_rotated_find(struct store_read *r, struct arena *a,
                                   const struct client *client, struct str *ret_secret);

/* ERR_CONFLICT when the name or the id is taken. */
MUST_CHECK int scope_insert(struct store_write *w, struct client_scope *scope);
MUST_CHECK int scope_update(struct store_write *w, const struct client_scope *scope);
MUST_CHECK int scope_delete(struct store_write *w, int64_t scope_pk);
/* With mappers and roles; the flags as linked to the realm. ERR_NOT_FOUND. */
MUST_CHECK int scope_find_by_id(struct store_read *r, struct arena *a, struct str id,
                                struct client_scope *ret_scope);
MUST_CHECK int scope_list(struct store_read *r, struct arena *a, struct client_scopes *ret_scopes);
/* Default or optional scope for clients made from now on; none removes it from both. */
enum scope_link { SCOPE_LINK_NONE, SCOPE_LINK_DEFAULT, SCOPE_LINK_OPTIONAL };
MUST_CHECK int scope_realm_link(struct store_write *w, int64_t scope_pk, enum scope_link link);

#endif
