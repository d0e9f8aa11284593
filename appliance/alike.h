/* Settings that a primary and its standby should have alike. The primary says its own over the link; the standby
 * compares them with those that it runs with, and at its next start takes the most important ones where its own
 * configuration says nothing: they stand in DATA/replication/settings, a line each. */
#ifndef GARITA_APPLIANCE_ALIKE_H
#define GARITA_APPLIANCE_ALIKE_H

#include "appliance/config.h"
#include "store/repl/message.h"

/* Adds this node's. Texts are in the arena. ERR_NO_MEMORY, ERR_TOO_LARGE. */
MUST_CHECK int alike_add(struct arena *a, const struct config *config,
                         struct repl_settings *settings);
/* The names of those that are not as the primary says, ", " between them; empty: none. What it does not say is
 * not compared. */
MUST_CHECK int alike_compare(struct arena *a, const struct config *config,
                             const struct repl_settings *settings, struct str *ret_unlike);
/* Whether these are such settings, and not others. */
bool alike_is_said(const struct repl_settings *settings);
/* Keeps what the primary says, when it is something else than before: whole and on disk, or as it was. *ret_news:
 * it was. */
MUST_CHECK int alike_keep(int data_dir_fd, const struct repl_settings *settings, bool *ret_news);
/* Before the start: what is kept takes the place of defaults. Nothing of it when the configuration would then make
 * no sense; nothing kept is no error. */
MUST_CHECK int alike_take(struct arena *a, struct config *config);

#endif
