/* A resource server: a client with authorization services (Keycloak's), and what it guards. Scopes are what
 * may be done, resources what it is done to; policies say who, permissions which policies decide about which
 * resources and scopes. A permission is a policy of the type "resource" or "scope". */
#ifndef GARITA_CORE_MODEL_RESOURCE_SERVER_H
#define GARITA_CORE_MODEL_RESOURCE_SERVER_H

#include "core/model/fields.h"

#define RS_TYPE_RESOURCE  "resource"
#define RS_TYPE_SCOPE     "scope"
#define RS_TYPE_AGGREGATE "aggregate"

#define RS_CONFIG_RESOURCE_TYPE "defaultResourceType"

enum rs_kind { RS_SETTINGS, RS_SCOPE, RS_RESOURCE, RS_POLICY };

/* What all have in common, and what they are found by. It is the first member of each of them. */
struct rs_object {
    int64_t pk;
    int64_t client_pk;
    enum rs_kind kind;
    struct str id;
    struct str name;  /* unique among those of its kind and owner */
    struct str owner; /* of a resource: id of a person; "" is the resource server itself */
    struct str type;
    struct str json; /* all members of its field table */
};

struct rs_objects {
    struct rs_object *items;
    size_t count;
};

struct rs_settings {
    struct rs_object row;
    bool allow_remote_management;
    struct str enforcement_mode;  /* ENFORCING, PERMISSIVE, DISABLED */
    struct str decision_strategy; /* between permissions: UNANIMOUS, AFFIRMATIVE */
};

struct rs_scope {
    struct rs_object row;
    struct str display_name, icon_uri;
};

struct rs_resource {
    struct rs_object row;
    struct str display_name, icon_uri;
    bool owner_managed_access;
    struct attrs attributes;
    struct strs uris;
};

struct rs_policy {
    struct rs_object row;
    struct str description;
    struct str logic;             /* POSITIVE, NEGATIVE */
    struct str decision_strategy; /* between its policies: UNANIMOUS, AFFIRMATIVE, CONSENSUS */
    struct str_map config;        /* by names of rs_policy_members.def; ids, not names, in lists */
};

/* The table of a kind, for objects of its struct. */
const struct field_table *rs_fields(enum rs_kind kind);

/* Each by itself: names, texts, choices, URIs, and what its type of policy asks for. ERR_INVALID_REQUEST
 * with the member; ERR_NOT_IMPLEMENTED for types of policies that do not exist here ("uma"). */
MUST_CHECK int rs_settings_check(const struct rs_settings *settings, struct err_ctx *ctx);
MUST_CHECK int rs_scope_check(const struct rs_scope *scope, struct err_ctx *ctx);
MUST_CHECK int rs_resource_check(const struct rs_resource *resource, struct err_ctx *ctx);
MUST_CHECK int rs_policy_check(const struct rs_policy *policy, struct arena *a,
                               struct err_ctx *ctx);
/* The type of one that is made by hand: "js" is not among these. */
MUST_CHECK int rs_type_check(struct str type, struct err_ctx *ctx);

bool rs_type_is_permission(struct str type);

/* --- What types of policies say (rs_policy_members.def) --- */

enum rs_member_kind {
    RS_MEMBER_TEXT,
    RS_MEMBER_SWITCH,
    RS_MEMBER_NAMES,
    RS_MEMBER_MARKED,
    RS_MEMBER_LINKS
};
enum rs_about {
    RS_ABOUT_NOTHING,
    RS_ABOUT_ROLE,
    RS_ABOUT_USER,
    RS_ABOUT_CLIENT,
    RS_ABOUT_CLIENT_SCOPE,
    RS_ABOUT_GROUP,
    RS_ABOUT_POLICY,
    RS_ABOUT_RESOURCE,
    RS_ABOUT_SCOPE
};
struct rs_member {
    const char *type, *member, *config;
    enum rs_member_kind kind;
    enum rs_about about;
};

extern const struct rs_member rs_members[];
extern const size_t rs_member_count;

/* Types of policies and permissions, as Keycloak names and groups them. */
struct rs_type {
    const char *type, *name, *group;
};
extern const struct rs_type rs_types[];
extern const size_t rs_type_count;
bool rs_type_exists(struct str type);

/* The member of a type that is a list of names of others; NULL for types without one. */
const struct rs_member *rs_list_of(struct str type);
/* The kind of objects that links are about. */
enum rs_kind rs_kind_of_links(enum rs_about about);
/* The switch beside each id of a list: "required", "extendChildren". */
const char *rs_mark_of(enum rs_about about);

/* A list in a policy's config, as it is kept. */
struct rs_named {
    struct str id;
    bool marked;
};
struct rs_named_list {
    struct rs_named *items;
    size_t count;
};
#define RS_NAMED_MAX 1000
/* Absent text: an empty list. Elements are texts, or objects with id (or path) and the switch.
 * ERR_INVALID_REQUEST, with the member's name. */
MUST_CHECK int rs_named_read(const struct rs_member *member, struct arena *a, struct str text,
                             struct rs_named_list *ret_list, struct err_ctx *ctx);
MUST_CHECK int rs_named_write(const struct rs_member *member, struct arena *a,
                              const struct rs_named_list *list, struct str *ret_text);
/* The same with names in the place of ids, as files have it: groups by "path". */
MUST_CHECK int rs_named_write_names(const struct rs_member *member, struct arena *a,
                                    const struct rs_named_list *list, struct str *ret_text);

/* Takes a representation over a policy whose type is set: members that all have, those of its type, and
 * the map "config". Null and missing leave what is there. Links are not looked at. ERR_INVALID_REQUEST. */
MUST_CHECK int rs_policy_merge(struct rs_policy *io_policy, struct arena *a,
                               const struct json_value *json, struct err_ctx *ctx);
/* The names of a link member in a representation, from its own list or from the map "config"; *ret_given is
 * false when neither is there. ERR_INVALID_REQUEST. */
MUST_CHECK int rs_links_read(const struct rs_member *member, struct arena *a,
                             const struct json_value *json, struct strs *ret_names, bool *ret_given,
                             struct err_ctx *ctx);
/* Members into the object that is open: those that all have, without config; then those of its type. */
void rs_policy_write_common(const struct rs_policy *policy, struct json_writer *w);
MUST_CHECK int rs_policy_write_typed(const struct rs_policy *policy, struct arena *a,
                                     struct json_writer *w);

#endif
