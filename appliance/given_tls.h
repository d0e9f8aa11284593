/* Certificates that a primary gives its standby: sealed under the master key, which both have, before they travel
 * over the link, and kept as they came in DATA/tls/given. The standby serves with them unless its configuration
 * names files, also once it is the primary, until another certificate is put in place. */
#ifndef GARITA_APPLIANCE_GIVEN_TLS_H
#define GARITA_APPLIANCE_GIVEN_TLS_H

#include "store/repl/message.h"
#include "store/store_open.h"
#include "web/web.h"

/* Those that web serves with, added as settings in the arena; nothing without TLS. ERR_TOO_LARGE, ERR_NO_MEMORY. */
MUST_CHECK int given_tls_add(struct store *store, const struct web *web, struct arena *a,
                             struct repl_settings *settings);
/* Keeps what came, when it is something else than before: *ret_news. What is no whole certificate with its key
 * changes nothing: ERR_SEAL, ERR_INVALID_REQUEST. Errors of whole_file_publish; then the old ones are there or the
 * new ones, whole. */
MUST_CHECK int given_tls_keep(struct store *store, const char *data_dir,
                              const struct repl_settings *settings, bool *ret_news,
                              struct err_ctx *err);
/* As web_tls_config.given: what does not open is told in the log and is as if there were none. */
MUST_CHECK int given_tls_read(struct store *store, const char *data_dir, struct arena *a,
                              struct str *ret_text);
/* Whether some are kept. */
bool given_tls_is_there(const char *data_dir);
/* As web_tls_config.forget_given. */
void given_tls_forget(const char *data_dir);

#endif
