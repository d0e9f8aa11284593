/* An event of the audit chain as Keycloak's two lists show it: as one of people and clients (its events), as
 * one of administration (its admin events), or as both. */
#ifndef GARITA_CORE_ADMIN_EVENT_FACE_H
#define GARITA_CORE_ADMIN_EVENT_FACE_H

#include "core/audit/event.h"
#include "core/codec/json.h"

enum event_side { EVENT_SIDE_USERS = 1, EVENT_SIDE_ADMINS = 2 };

struct event_face {
    struct event_record record; /* opened */
    int sides;                  /* bits of enum event_side */
    struct str type;            /* Keycloak's: LOGIN, CREATE, ... */
    struct str operation;       /* CREATE, UPDATE, DELETE, ACTION */
    struct str resource_type;   /* USER, REALM_ROLE, ... */
    struct str resource_path;   /* below the realm: "users/4f..." */
    struct str realm;           /* name of the realm that the administrator belongs to */
    struct str user_id;         /* whose event it is: of who acted, or of who was impersonated */
    struct str username;        /* of who acted; may be absent, as after an erasure */
    struct str justification;   /* may be absent */
    struct str change_request, requested_by; /* ids, of what two people did; else absent */
    const struct json_value *data;           /* what the event says */
};

/* On which sides events of a type may be found. */
int event_type_sides(enum event_type type);
/* Keycloak's names, each once, as elements of the array that is open in w: of the types of a side, and of the
 * kinds of resources. */
void event_types_write(struct json_writer *w, enum event_side side);
void event_resources_write(struct json_writer *w);
/* Reads the record; the face lives in the arena and refers to the record's texts. */
MUST_CHECK int event_face_read(struct arena *a, const struct event_record *record,
                               struct event_face *ret_face);

#endif
