/* Who gets what a resource server guards: a pure function of policies, permissions and who asks. Nothing is
 * allowed that no permission allows. What cannot be judged (a circle, a policy without conditions, a type that
 * does not exist) forbids whatever rests on it, also where it stands the other way round (NEGATIVE). */
#ifndef GARITA_CORE_AUTHZ_EVALUATE_H
#define GARITA_CORE_AUTHZ_EVALUATE_H

#include "core/codec/json.h"
#include "core/model/resource_server.h"
#include "core/model/role.h"

#define AUTHZ_DEPTH_MAX 32 /* policies within policies */

/* Who asks. Ids throughout. */
struct authz_identity {
    struct str user_id;               /* absent: nobody */
    struct str client_id;             /* of the client that the token was given to */
    struct strs roles;                /* that the token carries */
    struct strs all_roles;            /* that the person has now */
    struct strs scopes;               /* client scopes of the token */
    struct groups groups;             /* of the person */
    const struct json_value *claims;  /* of the token */
    const struct json_value *context; /* attributes of the question: texts or lists of texts */
    struct str now;                   /* "2026-11-26 08:00:00", UTC */
};

enum authz_effect { AUTHZ_OPEN, AUTHZ_PERMIT, AUTHZ_DENY, AUTHZ_BROKEN };

/* A policy or permission, ready to be judged. */
struct authz_policy {
    struct rs_policy policy;
    struct rs_named_list named; /* its list; of groups: paths in the place of ids */
    size_t *parts;              /* places in the set, of what it is made of */
    size_t part_count;
    enum authz_effect effect; /* AUTHZ_OPEN until it is judged */
    bool is_judged_now;       /* meeting it again is a circle */
};
struct authz_set {
    struct authz_policy *items;
    size_t count, room;
};

/* Judges one of a set, once. Patterns are compiled in the arena. ERR_NO_MEMORY. */
MUST_CHECK int authz_judge(struct authz_set *set, size_t at, const struct authz_identity *identity,
                           struct arena *a, enum authz_effect *ret_effect);

/* A permission that is about what is asked for. */
struct authz_permission {
    size_t at;         /* in the set, judged */
    const bool *about; /* of each scope that is asked for; NULL: about all of them */
};
struct authz_question {
    const struct rs_settings *settings;
    const struct authz_permission *permissions;
    size_t permission_count;
    size_t scope_count; /* asked for; 0: the resource itself */
};
/* ret_scopes has scope_count places. Granted as a whole: any scope is, or the resource when none is asked
 * for. */
void authz_decide(const struct authz_set *set, const struct authz_question *question,
                  bool *ret_scopes, bool *ret_granted);

#endif
