/* Files to the realms that are to be: reading a file or a folder, laying overlays on it, filling in
 * variables and secrets. */
#ifndef GARITA_APPLIANCE_APPLY_LOAD_H
#define GARITA_APPLIANCE_APPLY_LOAD_H

#include "core/base/err.h"
#include "core/model/fields.h"

#define LOAD_FILES_MAX  500
#define LOAD_REALMS_MAX 500
#define LOAD_FOLDER     "overrides" /* beside the base: overlays by name */

struct load {
    struct str path;      /* a file, or a folder whose *.yaml, *.yml and *.json count, by name */
    struct strs overlays; /* "ES" for overrides/ES.yaml (or .yml, .json), in this order */
    struct str_map variables; /* win over those of the files */
    char *const *environment; /* of secrets */
};

/* The realms, each as Keycloak represents it, as an array. ERR_CONFIG, ERR_IO, ERR_NOT_FOUND with the
 * file and the reason; never the content of a secret. */
MUST_CHECK int load_realms(struct arena *a, const struct load *load,
                           const struct json_value **ret_realms, struct err_ctx *err);

#endif
