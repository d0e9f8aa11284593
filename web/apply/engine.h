/* What the files of web/apply share. */
#ifndef GARITA_WEB_APPLY_ENGINE_H
#define GARITA_WEB_APPLY_ENGINE_H

#include "core/auth/passwords_ahead.h"
#include "web/apply/apply.h"

#define APPLY_PAGE ADMIN_PAGE_MAX

/* One run over one realm. */
struct apply {
    const struct apply_options *options;
    struct str owner;
    const struct admin_caller *caller;
    struct admin_caller creator;   /* the caller after he made the realm */
    struct admin_call *call;       /* of the Admin API; NULL for the operator */
    struct four_eyes four_eyes;    /* of the realm, before the run */
    struct request *req;           /* of the outer call: moment, services, error */
    struct auth_ctx ctx;           /* of the realm; its view is the one that the write sees */
    struct realm_view *base;       /* the realm as everybody sees it */
    struct realm_view *own;        /* the realm as the write sees it; NULL: base is right */
    struct passwords_ahead hashed; /* before the write */
    struct store_write *w;
    bool stale;       /* configuration changed: own is to be read again */
    bool is_new;      /* the realm was made by this run, or would be */
    bool is_made;     /* by this run, and nobody has been told of it: a failure takes it away */
    bool is_imagined; /* a new realm in a dry run: there is nothing to call */
    const struct json_value *wanted;
    struct str realm;
    struct arena step;       /* of one object: reset before the next one */
    struct json_writer *out; /* the open list of changes */
    struct buf ignored_text;
    struct json_writer ignored;
    size_t ignored_count;
    struct {
        int64_t create, update, adopt, remove, foreign, keep, same;
    } count;
    struct buf foreign; /* names for the sentence of the refusal */
};

/* --- inner.c: calls of the Admin API inside the transaction --- */

#define INNER_PARAMS 3

struct inner {
    enum http_method method;
    const char *pattern;             /* of web/admin/routes.def, below /admin/realms/{realm} */
    struct str params[INNER_PARAMS]; /* after {realm} */
    const char *query;               /* name of one parameter; NULL: none */
    struct str query_value;
    bool whole_list; /* max and first as lists need them, from `first` on */
    size_t first;
    struct str body;
};

/* The answer lives in e->step. ret_json (may be NULL) is NULL when there is none; ret_id (may be NULL)
 * is the last part of Location. Errors of the handlers, ERR_FORBIDDEN when the caller may not call
 * this line. */
MUST_CHECK int apply_call(struct apply *e, const struct inner *call,
                          const struct json_value **ret_json, struct str *ret_id);
/* As above for a GET that may find nothing: *ret_json is NULL then. */
MUST_CHECK int apply_look(struct apply *e, const struct inner *call,
                          const struct json_value **ret_json);
/* hash_ahead.c: hashes the passwords in clear of those people that the run will make, before its write
 * begins: of all, or of those who are not there yet. */
MUST_CHECK int apply_hash_ahead(struct apply *e, const struct json_value *users, bool of_all);
/* What waits for a second person becomes a request of the realm (web/admin/held.h): ERR_NEEDS_APPROVAL
 * before the commit. A realm that was made just now has nothing that could wait; the operator is told by
 * an event. */
MUST_CHECK int apply_judge(struct apply *e);
/* The transaction is that of whoever approves: it is his to commit. */
bool apply_writes_for_call(const struct apply *e);

/* --- object.c: comparing and changing one object --- */

struct apply_kind {
    const char *name;     /* "client" */
    const char *identity; /* the member that tells one from another: never compared */
    const struct field_table *fields;
    const char *fixed;     /* members of fields that are not compared, separated by spaces */
    const char *other;     /* members that are no fields and are looked at elsewhere */
    bool values_are_lists; /* of attributes */
};
extern const struct apply_kind kind_realm, kind_role, kind_scope, kind_client, kind_group,
    kind_user;

struct apply_object {
    const struct apply_kind *kind;
    struct str name; /* as people see it: "portal", "portal/reader", "/a/b" */
    const struct json_value *wanted;
    const struct json_value *present; /* NULL: there is none yet */
    bool is_new;                      /* although present: it was made a moment ago */
    struct inner make, change;        /* without bodies */
};

/* Makes it, changes it or leaves it, and tells so. ret_id: of what was made, else the one that is
 * there. ret_ours: whether the caller may go on to change what belongs to it. */
MUST_CHECK int apply_object(struct apply *e, const struct apply_object *o, struct str *ret_id,
                            bool *ret_ours);
/* Whether the object carries the mark of this run's owner. */
bool apply_is_marked(const struct apply *e, const struct json_value *present);
/* Puts "client portal: " in front of what a handler said. 0 stays 0. */
MUST_CHECK int apply_say_whose(struct apply *e, const char *kind, struct str name, int rc);
/* The list protocolMappers of a body, with the ids of those of the same name in now (NULL: none). */
void apply_write_mappers(struct json_writer *w, const struct json_value *now,
                         const struct json_value *wanted);
/* Two lists of texts with the same members, in whatever order. NULL is the empty list. */
bool apply_same_set(const struct json_value *a, const struct json_value *b);
/* Whether the list has the text. */
bool apply_list_has(const struct json_value *list, struct str text);

/* --- row.c: what is told --- */

enum apply_action {
    APPLY_CREATE,
    APPLY_UPDATE,
    APPLY_ADOPT,
    APPLY_DELETE,
    APPLY_FOREIGN, /* would change, and is somebody else's */
    APPLY_KEEP     /* marked and not wanted, but something that is not ours hangs on it */
};

/* Opens a row with its list of members; row_end closes it. Between them row_member. */
void row_begin(struct apply *e, enum apply_action action, const char *kind, struct str name);
void row_end(struct apply *e);
/* before NULL: there was none. Secrets are named, never shown. */
void row_member(struct apply *e, const char *member, const struct json_value *before,
                const struct json_value *after);
void row_secret(struct apply *e, const char *member);
/* Texts that come to a list and go from it. */
void row_member_begin(struct apply *e, const char *member);
void row_member_end(struct apply *e);
/* A member of the document that is not known here. */
void row_ignored(struct apply *e, const char *kind, struct str name, struct str member);

/* --- links.c: lists of names and role mappings --- */

/* A list that is kept by calls of its own for each entry: groups of a person, default scopes. */
struct apply_links {
    const char *kind; /* for the row */
    struct str name;
    const char *member;
    const struct json_value *wanted; /* texts; NULL: not looked at */
    const char *list, *item;         /* patterns; the item's last parameter is the id */
    struct str owner_id;             /* first parameter of both; absent: none */
    const char *key;                 /* member of a listed entry that is its name: "path" */
    int (*find)(struct apply *e, struct str name, struct str *ret_id);
    bool ours, quiet; /* quiet: of an object that was made just now */
};
MUST_CHECK int apply_links(struct apply *e, const struct apply_links *l);

struct apply_roles {
    const char *kind;
    struct str name;
    const char *base;    /* pattern of the mappings */
    struct str owner_id; /* the first parameter */
    const char *member;  /* as people know the list: "roles", "scopeMappings" */
    const struct json_value *of_realm,
        *of_clients; /* [name], {client: [name]}; NULL: not looked at */
    bool ours, quiet;
};
MUST_CHECK int apply_role_mappings(struct apply *e, const struct apply_roles *r);
/* What a role is made of: base is the role's pattern, up to two parameters. */
struct apply_parts {
    struct str name;     /* as people see it */
    const char *pattern; /* .../composites */
    struct str params[2];
    const struct json_value *of_realm, *of_clients;
    bool ours, quiet;
};
MUST_CHECK int apply_composites(struct apply *e, const struct apply_parts *p);

/* Ids by names; ERR_INVALID_REQUEST when there is none. */
MUST_CHECK int apply_find_client(struct apply *e, struct str client_id, struct str *ret_id);
MUST_CHECK int apply_find_scope(struct apply *e, struct str name, struct str *ret_id);
MUST_CHECK int apply_find_group(struct apply *e, struct str path, struct str *ret_id);

/* --- the parts of a realm, in the order in which they are done --- */

MUST_CHECK int apply_settings(struct apply *e, bool *ret_ours);
MUST_CHECK int apply_realm_roles(struct apply *e);
MUST_CHECK int apply_scopes(struct apply *e);
MUST_CHECK int apply_clients(struct apply *e);
MUST_CHECK int apply_client_roles(struct apply *e);
MUST_CHECK int apply_all_composites(struct apply *e);
MUST_CHECK int apply_scope_mappings(struct apply *e);
MUST_CHECK int apply_groups(struct apply *e);
MUST_CHECK int apply_realm_lists(struct apply *e, bool ours);
MUST_CHECK int apply_users(struct apply *e);
MUST_CHECK int apply_prune(struct apply *e);

/* What belongs to one group or person: item is its object in the document, id that of the one that is there.
 * quiet: nothing is told of what changes. */
MUST_CHECK int apply_group_roles(struct apply *e, const struct json_value *item, struct str path,
                                 struct str id, bool ours, bool quiet);
MUST_CHECK int apply_memberships(struct apply *e, const struct json_value *item, struct str name,
                                 struct str id, bool ours, bool quiet);
/* Memberships of a client's service account; ERR_INVALID_REQUEST when it has none. */
MUST_CHECK int apply_service_account(struct apply *e, const struct json_value *item,
                                     struct str name, struct str client_id, bool quiet);
/* The client whose service account the person is, as Keycloak exports it: with the client's name beside, or
 * by the name alone. Absent: a person. */
struct str apply_service_client_of(const struct json_value *item, struct str name);

/* Forgets the object before, for the next one. Everything in e->step is gone. */
void apply_next(struct apply *e);

#endif
