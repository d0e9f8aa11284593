/* Opening the store as the configuration says. */
#ifndef GARITA_APPLIANCE_STORE_SETUP_H
#define GARITA_APPLIANCE_STORE_SETUP_H

#include "appliance/config.h"
#include "store/store_open.h"

/* Errors of store_open, each with a sentence in err. */
MUST_CHECK int store_open_configured(const struct config *config, struct store **ret_store,
                                     struct err_ctx *err);
/* The same for the server, which also keeps answers about tokens in a file. sink is told of all commits
 * (store/repl/commit.h); NULL. */
MUST_CHECK int store_open_serving(const struct config *config, const struct repl_sink *sink,
                                  struct store **ret_store, struct err_ctx *err);

#endif
