/* Parts of clients and scopes, for the view and the ports. */
#ifndef GARITA_STORE_SQL_CLIENT_ROW_H
#define GARITA_STORE_SQL_CLIENT_ROW_H

#include "store/tx.h"

/* Settings without mappers, scopes and role mappings; the secret stays sealed (absent: none). */
MUST_CHECK int client_row_by_name(struct store_read *r, struct arena *a, struct str client_id,
                                  struct client *ret_client, struct str *ret_sealed);
MUST_CHECK int client_row_by_id(struct store_read *r, struct arena *a, struct str id,
                                struct client *ret_client, struct str *ret_sealed);
MUST_CHECK int client_row_by_pk(struct store_read *r, struct arena *a, int64_t pk,
                                struct client *ret_client, struct str *ret_sealed);
MUST_CHECK int client_read_mappers(struct store_read *r, struct arena *a, int64_t client_pk,
                                   struct protocol_mappers *ret_mappers);
MUST_CHECK int scope_read_mappers(struct store_read *r, struct arena *a, int64_t scope_pk,
                                  struct protocol_mappers *ret_mappers);
MUST_CHECK int client_read_roles(struct store_read *r, struct arena *a, int64_t client_pk,
                                 int64_t **ret_pks, size_t *ret_count);
/* pk and is_default only. */
MUST_CHECK int client_read_links(struct store_read *r, struct arena *a, int64_t client_pk,
                                 struct client_scopes *ret_links);
/* One scope with its mappers and roles. */
MUST_CHECK int scope_read(struct store_read *r, struct arena *a, int64_t pk,
                          struct client_scope *ret_scope);
/* Replaces the mappers of a client or of a scope (the other key is 0). */
MUST_CHECK int mappers_put(struct store_write *w, int64_t client_pk, int64_t scope_pk,
                           const struct protocol_mappers *mappers);

MUST_CHECK int client_secret_open(const struct slot *slot, struct arena *a, struct str id,
                                  struct str sealed, struct str *ret_secret);

#endif
