/* A realm as Keycloak's realm file: settings, roles, groups, people, clients, scopes, keys and records,
 * in Keycloak's member names, for Keycloak and for the import here. One read transaction sees it all, so
 * the file shows one moment whatever happens meanwhile; it goes out piece by piece, so memory does not
 * grow with the people. The order is that of names, and that of making where this has a meaning or
 * costs less: two exports of the same state are the same bytes, and so are an export and that of its import.
 *
 * What a realm has here and Keycloak does not know stays behind: Keycloak refuses members that it does not
 * know. docs/import-export.md says which. */
#ifndef GARITA_CORE_TRANSFER_EXPORT_H
#define GARITA_CORE_TRANSFER_EXPORT_H

#include "core/auth/context.h"

enum export_users {
    EXPORT_USERS_SAME_FILE,
    EXPORT_USERS_DIFFERENT_FILES,  /* REALM-users-0.json and so on, beside REALM-realm.json */
    EXPORT_USERS_SERVICE_ACCOUNTS, /* those of the clients that are exported, and nobody else */
    EXPORT_USERS_SKIP
};
/* "same-file", "different-files", "service-accounts", "skip". */
const char *export_users_name(enum export_users users);

struct export_options {
    enum export_users users;
    size_t users_per_file; /* for EXPORT_USERS_DIFFERENT_FILES; at least 1 */
    bool secrets;          /* keys, credentials, secrets of clients and records; else SECRET_MASK */
    bool clients;
    bool groups_and_roles;
    /* For who may not see them. */
    bool without_client_scopes, without_identity_providers, without_authorization;
};

/* Where the text goes, in pieces of some 64 KiB. An error ends the export. */
struct export_sink {
    /* What follows belongs to this file, of which there is one at a time. */
    int (*begin)(void *arg, struct str file);
    int (*write)(void *arg, struct str piece);
    void *arg;
};

struct export_counts {
    int64_t users, clients, groups, roles;
    int64_t files, bytes;
};

/* The realm of the context. The event DataExported is on the disk before the first byte goes out, and so
 * also when the export fails. ret_counts: what went out. Errors of the sink as they are; ERR_TOO_DEEP for
 * groups below EXPORT_GROUP_DEPTH_MAX others, with a sentence in ctx->err. */
#define EXPORT_GROUP_DEPTH_MAX 28
MUST_CHECK int realm_export(const struct auth_ctx *ctx, const struct export_options *options,
                            const struct export_sink *sink, struct export_counts *ret_counts);

#endif
