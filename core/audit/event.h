/* The catalogue of events and the one way to make one. An event is data; store appends it to the
 * realm's hash chain inside the caller's write transaction (core/port/events.h). Nothing secret may
 * stand in an event (AU-01). */
#ifndef GARITA_CORE_AUDIT_EVENT_H
#define GARITA_CORE_AUDIT_EVENT_H

#include "core/base/arena.h"
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
};

struct event {
    enum event_type type;
    struct event_actor actor;
    struct str subject_id;   /* the object that changed: stream id; absent: the actor's user */
    struct str subject_kind; /* "user", "client", "role", "realm", "session", ... */
    struct str data;         /* JSON object text; absent: {} */
};

/* A stored event as it is listed and verified. */
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
};

const char *event_type_name(enum event_type type);
const char *event_type_keycloak(enum event_type type);
int64_t event_type_version(enum event_type type);
/* -1 when unknown. */
int event_type_find(struct str name);

/* BLAKE2b-256 over the previous hash and every field, each with its length in front, so that no two
 * different events have the same input. The definition is in docs/audit.md; changing it breaks
 * every chain. */
void event_hash(const struct event_record *record, unsigned char ret_hash[32]);

#endif
