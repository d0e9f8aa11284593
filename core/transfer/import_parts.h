/* The parts of an import; for core/transfer/import*.c alone. */
#ifndef GARITA_CORE_TRANSFER_IMPORT_PARTS_H
#define GARITA_CORE_TRANSFER_IMPORT_PARTS_H

#include "core/admin/organization_names.h"
#include "core/admin/record.h"
#include "core/admin/users.h"
#include "core/model/role.h"
#include "core/model/user.h"
#include "core/transfer/import.h"

/* --- The files (import_outline.c): where what stands --- */

/* Members of a realm that may be long: they are read an element at a time. */
enum import_section {
    SECTION_ROLES,
    SECTION_SCOPES,
    SECTION_CLIENTS,
    SECTION_GROUPS,
    SECTION_USERS
};

#define PART_PLACES_MAX 8

struct import_place {
    enum import_section section;
    const char *member; /* as spelled in the file */
    struct json_pull_place place;
};

/* An object about a realm: all of it, or one of the files that hold its users. */
struct import_part {
    size_t source;
    struct str realm;
    const struct json_value *top; /* the members that are no sections */
    struct import_place places[PART_PLACES_MAX];
    size_t place_count;
    bool only_users; /* besides the name of the realm */
};

struct import_outline {
    struct import_part *parts;
    size_t count;
};

extern const struct json_pull_limits import_limits;

/* Walks through all files. Results live in the arena. */
MUST_CHECK int import_outline_read(const struct import_request *request, struct arena *a,
                                   struct err_ctx *err, struct import_outline *ret_outline);
/* Says "file, line 3, column 7: why" about an error of the reader. Returns err. */
int import_outline_say(const struct import_source *source, const struct json_pull *pull, int err,
                       struct err_ctx *ctx);

/* --- One realm at work --- */

struct import_client {
    struct str client_id, id;
    int64_t pk;
    struct str service_user_id; /* once it was met among the people */
    bool wants_service_account;
};

struct import {
    const struct import_request *request;
    const struct import_outline *outline;
    struct str file_realm; /* as the file calls it */
    const struct import_part *main;
    const struct auth_ctx *master;
    bool replaces;         /* a realm that is there */
    unsigned four_eyes;    /* kinds of change for which that one wants a second person */
    struct auth_ctx ctx;   /* of the realm that is made; its arena lives for one element */
    struct arena *lasting; /* lives for the realm */
    struct json_pull *pull;
    struct store_write *w;
    struct store_read *r;
    struct realm realm;
    struct str logo; /* absent: none; a data: URI */
    struct import_report *report;
    struct client_scopes scopes;  /* all, with pk, name and how they are linked to the realm */
    int64_t added_scopes[2];      /* that older versions had not; 0: none */
    struct user_belongings given; /* to the person at work; in the arena of the element */
    struct organization_names organizations; /* that were taken */
    struct import_client *clients;           /* by client_id */
    size_t client_count, client_room;
    int64_t since_step;
    int64_t key_count, clear_passwords;
    struct role default_role;
    bool tried; /* a dry run came to its end */
};

/* Adds a name to a list of given. */
MUST_CHECK int import_note_given(struct import *im, struct str *io_list, struct str name);
/* The arena of one element. */
#define import_arena(im) ((im)->ctx.arena)

/* --- What the files share (import_walk.c) --- */

/* value is an element of a section, at is its place. */
typedef int import_element(struct import *im, const struct json_value *value,
                           const struct import_at *at);
/* Every element of a section, in all parts of the realm. Memory of one element goes before the next. */
MUST_CHECK int import_each(struct import *im, enum import_section section, import_element *fn);
/* What is written so far is committed now and then (store_fill_step): to be called between elements. */
MUST_CHECK int import_step(struct import *im);
/* The same for the roles: of the realm (client_id absent) and of clients. */
typedef int import_role_element(struct import *im, const struct json_value *value,
                                struct str client_id, const struct import_at *at);
MUST_CHECK int import_each_role(struct import *im, bool of_clients, import_role_element *fn);

/* ERR_INVALID_REQUEST with the place in front of the words. */
int import_fail(struct import *im, const struct import_at *at, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
/* Puts the place in front of what a use case said. 0 stays 0. */
MUST_CHECK int import_explain(struct import *im, const struct import_at *at, int rc);
void import_left(struct import *im, const struct import_at *at, const char *reason);
void import_adapted(struct import *im, const struct import_at *at, const char *reason);
/* With the words of a check, which are then forgotten. */
void import_note_check(struct import *im, enum import_fate fate, const struct import_at *at);

/* Members of an object: missing and null leave *io_value; another kind is an error with its place. */
MUST_CHECK int import_str(struct import *im, const struct json_value *object, const char *name,
                          const struct import_at *at, struct str *io_value);
MUST_CHECK int import_i64(struct import *im, const struct json_value *object, const char *name,
                          const struct import_at *at, int64_t *io_value);
MUST_CHECK int import_bool(struct import *im, const struct json_value *object, const char *name,
                           const struct import_at *at, bool *io_value);
/* The objects of a list at the top of the realm. Memory lives for the element. */
typedef int import_top_element(struct import *im, const struct json_value *json,
                               const struct import_at *at, size_t index);
MUST_CHECK int import_each_top(struct import *im, const char *member, import_top_element *fn);
/* A member that must be there and a text with something in it. */
MUST_CHECK int import_name(struct import *im, const struct json_value *object, const char *member,
                           const struct import_at *at, struct str *ret_name);
/* A list or an object, or NULL for missing and null. */
MUST_CHECK int import_list(struct import *im, const struct json_value *object, const char *name,
                           const struct import_at *at, const struct json_value **ret_list);
MUST_CHECK int import_object(struct import *im, const struct json_value *object, const char *name,
                             const struct import_at *at, const struct json_value **ret_object);
MUST_CHECK int import_expect_object(struct import *im, const struct json_value *value,
                                    const struct import_at *at);
MUST_CHECK int import_expect_text(struct import *im, const struct json_value *value,
                                  const struct import_at *at);
/* Members of a field table. */
MUST_CHECK int import_fields(struct import *im, const struct field_table *table, void *object,
                             const struct json_value *json, const struct import_at *at);
/* An id as it stands, if it may be one; absent stays absent. */
MUST_CHECK int import_id(struct import *im, const struct json_value *object,
                         const struct import_at *at, struct str *ret_id);

/* NULL when there is none. */
struct import_client *import_client_find(const struct import *im, struct str client_id);
/* Those that new clients get; without items when memory ends. */
struct client_scopes import_usual_scopes(const struct import *im);
const struct client_scope *import_scope_find(const struct import *im, struct str name);
/* A role of the realm (client NULL) or of a client. ERR_NOT_FOUND without words. */
MUST_CHECK int import_role_find(struct import *im, const struct import_client *client,
                                struct str name, struct role *ret_role);
/* fn for each role that is named in lists {"realm": [...], "client": {"c": [...]}} or their older
 * spelling; names that are no roles are left and told. */
typedef int import_role_fn(struct import *im, const struct role *role, const void *holder);
MUST_CHECK int import_named_roles(struct import *im, const struct import_client *client,
                                  const struct json_value *names, const struct import_at *at,
                                  import_role_fn *fn, const void *holder);
MUST_CHECK int import_named_client_roles(struct import *im, const struct json_value *by_client,
                                         const struct import_at *at, import_role_fn *fn,
                                         const void *holder);

/* --- The kinds, in the order in which they come --- */

/* import_settings.c: into im->realm, before there is a realm. */
MUST_CHECK int import_settings(struct import *im);
/* import_keys.c */
MUST_CHECK int import_keys(struct import *im);
/* import_roles.c: roles, then what they are made of. */
MUST_CHECK int import_realm_roles(struct import *im);
MUST_CHECK int import_client_roles(struct import *im);
MUST_CHECK int import_composites(struct import *im);
/* import_scopes.c: client scopes, then which roles they and clients let through. */
MUST_CHECK int import_scopes(struct import *im);
MUST_CHECK int import_scope_mappings(struct import *im);
MUST_CHECK int import_mappers(struct import *im, const struct json_value *list,
                              const struct import_at *at, struct protocol_mappers *ret_mappers);
/* import_clients.c: clients, then, after the people, their service accounts. */
MUST_CHECK int import_clients(struct import *im);
MUST_CHECK int import_service_accounts(struct import *im);
/* import_authorization.c: after roles, groups and people, which policies name. */
MUST_CHECK int import_authorization(struct import *im);
/* import_groups.c: those of the realm; the member "groups" of an organization that has been made, and that of
 * a person in it, who joins those. */
MUST_CHECK int import_groups(struct import *im);
MUST_CHECK int import_organization_groups(struct import *im, const struct json_value *json,
                                          const struct import_at *at,
                                          const struct organization *organization);
MUST_CHECK int import_organization_groups_of(struct import *im, const struct json_value *json,
                                             const struct import_at *at,
                                             const struct organization *organization,
                                             const struct user *user);
/* import_records.c: components, organizations, identity providers; after the people, who belongs to
 * which organization. */
MUST_CHECK int import_records(struct import *im);
MUST_CHECK int import_members(struct import *im);
/* import_flows.c: authentication flows, settings of their steps, required actions. */
MUST_CHECK int import_flows(struct import *im);
/* import_users.c, import_credentials.c */
MUST_CHECK int import_users(struct import *im);
MUST_CHECK int import_credentials(struct import *im, const struct json_value *json,
                                  const struct import_at *at, struct user *user);

#endif
