/* Trees of JSON that become one: a base with what lies over it, texts with variables and secrets in
 * their places. No code, no loops, nothing that grows by itself: what comes out is at most as large as
 * its limit. */
#ifndef GARITA_APPLIANCE_APPLY_TREE_H
#define GARITA_APPLIANCE_APPLY_TREE_H

#include "core/base/err.h"
#include "core/codec/json.h"

#define TREE_MAX_BYTES ((size_t)16 << 20)

/* over laid on base. Members of objects are laid on each other. A list of objects that have names
 * (realm, clientId, username, name) is laid on name by name and grows at its end; any other list, and
 * every other value, takes the place of the one below. NULL is nothing at all. Everything lives in the
 * arena. ERR_TOO_LARGE, ERR_NO_MEMORY. */
MUST_CHECK int tree_merge(struct arena *a, const struct json_value *base,
                          const struct json_value *over, const struct json_value **ret_tree);

/* Where secrets come from. */
struct tree_secrets {
    const char *folder;       /* names of files are taken from here unless they begin with '/' */
    char *const *environment; /* as environ */
};

/* Texts with their $(name) replaced by variables ("$$(" stands for "$("), and objects that hold
 * nothing but secretFrom ({"file": name} or {"env": name}) replaced by the secret. A variable is a
 * text, number or switch; it is not looked into again. ERR_CONFIG with the place: an unknown variable,
 * a secret that cannot be read. */
MUST_CHECK int tree_resolve(struct arena *a, const struct json_value *tree,
                            const struct json_value *variables, const struct tree_secrets *secrets,
                            const struct json_value **ret_tree, struct err_ctx *err);

#endif
