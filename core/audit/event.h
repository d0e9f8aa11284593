/* The catalogue of events and the one way to make one. An event is data; store appends it to the
 * realm's hash chain inside the caller's write transaction (core/port/events.h). Nothing secret may
 * stand in an event (AU-01). */
#ifndef GARITA_CORE_AUDIT_EVENT_H
#define GARITA_CORE_AUDIT_EVENT_H

#include "core/audit/statement.h"
#include "core/base/clock.h"

enum event_type {
#define V(name, keycloak, error, version) EVENT_##name,
#include "core/audit/events.def"
#undef V
    EVENT_TYPE_COUNT
};

/* Who did it, from where; filled once per request or command. Absent members are left out. */
struct event_actor {
    struct str user_id;
    struct str username;
    struct str session_id;
    struct str client_id; /* the protocol's client_id; "garita-cli" for commands */
    struct str ip;
    struct str user_agent; /* cut to 256 bytes */
    struct str trace_id;
    /* Of an administrator by the Admin API: */
    struct str realm;         /* name of the realm that he belongs to */
    struct str path;          /* what was called, below the realm: "users/4f.../reset-password" */
    struct str justification; /* why, in his words; cut to 1024 bytes */
    /* Of a change that somebody asked for and the actor approved: */
    struct str change_request; /* its id */
    struct str requested_by;   /* id of the user who asked */
};

struct event {
    enum event_type type;
    struct event_actor actor;
    struct str subject_id;   /* the object that changed: stream id; absent: the actor's user */
    struct str subject_kind; /* "user", "client", "role", "realm", "session", ... */
    struct str data;         /* JSON object text; absent: {} */
    bool name_is_unknown;    /* actor.username was typed and is nobody's: it may be anything */
    bool data_is_impersonal; /* data says nothing about the person it is about: it is not sealed */
};

/* Ways in which an event is stored and hashed. In the first everything is in clear; in the second
 * what is personal may stand in boxes that are sealed with a key of the person. */
enum event_format { EVENT_FORMAT_CLEAR = 1, EVENT_FORMAT_BOXES = 2 };

/* What is personal, sealed: at most one of these has a member. The hash covers the boxes, not what
 * is in them, so that a chain verifies without keys and after they are gone. */
enum event_box_kind { EVENT_BOX_ACTOR, EVENT_BOX_SUBJECT, EVENT_BOX_BOTH, EVENT_BOX_KINDS };

/* A stored event as it is listed and verified. Members whose box is there are empty as stored and
 * filled when it is opened: ip, user_agent and metadata by the actor's, data by the subject's, all
 * four when both are one person. */
struct event_record {
    int64_t seq;
    struct str id;        /* UUID v7 */
    struct str stream_id; /* subject kind ":" subject id */
    struct str type;
    int64_t version;
    int64_t time_ms;
    struct str tenant; /* realm name */
    struct str user_id, session_id, client_id, ip, user_agent;
    struct str data;      /* JSON object */
    struct str metadata;  /* JSON object */
    struct str prev_hash; /* 32 bytes */
    struct str hash;      /* 32 bytes */
    enum event_format format;
    struct str boxes[EVENT_BOX_KINDS]; /* absent: nothing sealed */
    bool opened;                       /* members hold what was in the boxes */
    bool erased;                       /* a box is there whose key was destroyed */
    const struct statement *head;      /* signed head at this event; NULL: none */
    const struct statement *removal;   /* says that what was before was removed; NULL */
};

const char *event_type_name(enum event_type type);
const char *event_type_keycloak(enum event_type type);
int64_t event_type_version(enum event_type type);
/* -1 when unknown. */
int event_type_find(struct str name);

/* A copy that lives as long as the arena. ERR_NO_MEMORY. */
MUST_CHECK int event_record_copy(struct arena *a, const struct event_record *from,
                                 struct event_record *ret_copy);

/* Whether the box holds the event's ip, user_agent and metadata, or its data. */
static inline bool event_box_has_actor(enum event_box_kind kind)
{
    return kind != EVENT_BOX_SUBJECT;
}
static inline bool event_box_has_data(enum event_box_kind kind)
{
    return kind != EVENT_BOX_ACTOR;
}
/* "actor", "subject", "both". */
const char *event_box_name(enum event_box_kind kind);
/* Whose key a box of this event is sealed with: a user's id, or for a typed name that is nobody's
 * "unknown:2026-11", after the month. Absent: ERR_NO_MEMORY. */
struct str event_box_person(struct arena *a, const struct event_record *record,
                            enum event_box_kind kind);
/* The person that stands for typed names of that month. */
struct str event_unknown_person(struct arena *a, int64_t time_ms);

/* BLAKE2b-256 over the previous hash and every field, each with its length in front, so that no two
 * different events have the same input. The definition is in docs/audit.md; changing it breaks
 * every chain. */
void event_hash(const struct event_record *record, unsigned char ret_hash[32]);

#endif
