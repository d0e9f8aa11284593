/* The parts of an export, for each other: every function writes members of the object that is open in
 * the writer. */
#ifndef GARITA_CORE_TRANSFER_EXPORT_PARTS_H
#define GARITA_CORE_TRANSFER_EXPORT_PARTS_H

#include "core/model/component.h"
#include "core/model/represent.h"
#include "core/port/records.h"
#include "core/transfer/export.h"

struct exporter {
    const struct export_options *options;
    const struct export_sink *sink;
    struct auth_ctx ctx; /* its arena is scratch */
    struct store_read *r;
    struct realm realm;
    struct arena *kept;    /* for as long as the export runs: what configuration needs */
    struct arena *scratch; /* for one object; emptied by export_next */
    struct buf text;
    struct json_writer w;
    struct export_counts counts;
};

/* After each object of a list: what was written goes out when it is enough for a piece, and scratch is
 * empty again. */
MUST_CHECK int export_next(struct exporter *e);
/* A file of its own, whose text is one object; begin leaves that open. */
MUST_CHECK int export_file_begin(struct exporter *e, struct str name);
MUST_CHECK int export_file_end(struct exporter *e);

/* Every client by client_id, as client_list gives it: without secret, mappers and scopes. The client lives
 * until the visit is over. */
typedef int export_client_visit(struct exporter *e, const struct client *client);
MUST_CHECK int export_each_client(struct exporter *e, export_client_visit *visit);

MUST_CHECK int export_roles(struct exporter *e);  /* roles, defaultRole */
MUST_CHECK int export_groups(struct exporter *e); /* groups, defaultGroups */
/* The member "groups" of an organization. */
MUST_CHECK int export_organization_groups(struct exporter *e, struct str organization_id);
MUST_CHECK int export_scope_mappings(struct exporter *e); /* scopeMappings, clientScopeMappings */
MUST_CHECK int export_clients(struct exporter *e);        /* clients */
MUST_CHECK int export_client_scopes(struct exporter *e); /* clientScopes and those of new clients */
MUST_CHECK int export_components(struct exporter *e);    /* components, keys among them */
/* The member of the open object that holds the keys; records: of all components. */
MUST_CHECK int export_keys(struct exporter *e, const struct components *records);
/* identityProviders, identityProviderMappers, authenticationFlows, authenticatorConfig, requiredActions,
 * organizations, clientProfiles, clientPolicies, localizationTexts. */
MUST_CHECK int export_records(struct exporter *e);
MUST_CHECK int export_users(struct exporter *e);       /* users: all, or service accounts */
MUST_CHECK int export_users_files(struct exporter *e); /* into files of their own */

#endif
