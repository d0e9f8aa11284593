/* Somebody who uses the store as the server does, through the use cases of core, and writes into a
 * history what was asked and what was answered. One per thread. Errors are returned, never fatal:
 * they are what the torture is about. */
#ifndef GARITA_TESTS_TORTURE_ACTOR_H
#define GARITA_TESTS_TORTURE_ACTOR_H

#include "core/auth/context.h"
#include "tests/torture/history.h"

#define REFRESH_TOKEN_MAX 2048

struct actor {
    struct store *store;
    struct history *history;
    const char *tag;  /* in front of the names it makes */
    unsigned number;  /* of the next name */
    int64_t ahead_ms; /* its time is so much later than the clock's */

    /* What a step works with, between actor_enter and actor_leave. */
    struct arena arena;
    struct now now;
    struct err_ctx err;
    struct auth_ctx ctx;

    /* What the browser and the application hold; empty texts when they have nothing. */
    char sso_cookie[64];
    char code[64];
    char session[40];
    char refresh[REFRESH_TOKEN_MAX];
    char family[40];
    char pushed[64];
    char device[64];
    char user_code[16];
    char link[64];
    char holder[SUBJECT_BYTES]; /* "person NAME", who has one-time passwords */
    char otp[40];               /* the credential */
};

struct actor *actor_new(struct history *history, const char *tag);
void actor_free(struct actor *a);
/* Works on that store from now on. */
void actor_use(struct actor *a, struct store *store);
MUST_CHECK int actor_enter(struct actor *a, const char *realm);
void actor_leave(struct actor *a);

/* --- Steps; each changes the subjects named --- */

/* Through the login pages with a password: "session S", "code C". */
MUST_CHECK int actor_login(struct actor *a, const char *password);
/* A code for the session of the world's cookie: "code C". */
MUST_CHECK int actor_authorize(struct actor *a);
/* The code for tokens: "code C", "family F". */
MUST_CHECK int actor_exchange(struct actor *a);
/* "family F" */
MUST_CHECK int actor_refresh(struct actor *a);
/* With the refresh token: "session S" and with it "family F" and "code C". */
MUST_CHECK int actor_logout(struct actor *a);

/* A request over the back channel: "pushed H"; and the opening of it. */
MUST_CHECK int actor_push(struct actor *a);
MUST_CHECK int actor_open_pushed(struct actor *a);

/* A device: "device H" waits, is granted, and is gone when it took its tokens. */
MUST_CHECK int actor_ask_device(struct actor *a);
MUST_CHECK int actor_let_device(struct actor *a);
MUST_CHECK int actor_take_device(struct actor *a);

/* A link that is mailed to the person of that number: "link K"; and the use of it. */
MUST_CHECK int actor_make_link(struct actor *a, unsigned person);
MUST_CHECK int actor_follow_link(struct actor *a);
/* "person N", with a password and one-time passwords by time. A login as the last of them, with the step of now:
 * "step CREDENTIAL:STEP" is spent. */
MUST_CHECK int actor_add_holder(struct actor *a);
MUST_CHECK int actor_login_otp(struct actor *a);

/* "person N": the last name, or absent. The number of the last one made is number - 1. */
MUST_CHECK int actor_add_person(struct actor *a);
MUST_CHECK int actor_change_person(struct actor *a, unsigned number, const char *last_name);
MUST_CHECK int actor_delete_person(struct actor *a, unsigned number);
/* A document that an administrator wrote, with a child that goes with it: "record N": what both say, or
 * absent. The number of the last one made is number - 1. */
MUST_CHECK int actor_add_record(struct actor *a);
MUST_CHECK int actor_change_record(struct actor *a, unsigned number, const char *text);
MUST_CHECK int actor_delete_record(struct actor *a, unsigned number);
/* "once V": spent. */
MUST_CHECK int actor_spend_once(struct actor *a);
/* A person, a spent value and an event in one transaction: "pair N". */
MUST_CHECK int actor_add_pair(struct actor *a);
/* An event that goes with no other change: "event N". */
MUST_CHECK int actor_append_event(struct actor *a);
/* Moves the events of a month that ended to a file, and out of the database. Every event stays what it
 * is, once. */
MUST_CHECK int actor_archive(struct actor *a);
/* Removes archives that end before then. No subject may be in them. */
MUST_CHECK int actor_remove_archive(struct actor *a, int64_t before_ms);
/* "key ES256": the kid that signs. */
MUST_CHECK int actor_rotate_key(struct actor *a);

/* "realm N": its display name, or absent. */
MUST_CHECK int actor_make_realm(struct actor *a, const char *name);
MUST_CHECK int actor_change_realm(struct actor *a, const char *name, const char *display_name);
MUST_CHECK int actor_delete_realm(struct actor *a, const char *name);
/* As an import does: a new realm, filled in several transactions, takes the place of one of that name, if
 * there is one. */
MUST_CHECK int actor_replace_realm(struct actor *a, const char *name, const char *display_name);

/* A document is applied to the realm: a role, a group, a client and a person that belong together, in one
 * go. "applied N": what all of them say, or absent. The number of the last one made is number - 1. */
MUST_CHECK int actor_apply_new(struct actor *a);
MUST_CHECK int actor_apply(struct actor *a, unsigned number, const char *text);
/* The document no longer names them. */
MUST_CHECK int actor_apply_nothing(struct actor *a, unsigned number);
/* A document makes a realm, with the same in it: "applied-realm N". A stop in between may leave it empty,
 * but never without the mark by which the next run finds its own. */
MUST_CHECK int actor_apply_realm(struct actor *a, const char *name, const char *display_name);
/* What is read of these two; a->ctx is that of the realm. */
MUST_CHECK int actor_read_applied(struct actor *a, struct store_read *r, struct str name,
                                  char value[VALUE_BYTES]);
MUST_CHECK int actor_read_applied_realm(struct actor *a, const char *name, char value[VALUE_BYTES]);

/* Whether a code is still good for tokens, told by trying. */
MUST_CHECK int actor_try_code(struct actor *a, const char *code);

/* --- What is there: the value of a subject, ERR_* when it cannot be read --- */

MUST_CHECK int actor_read(struct actor *a, const char *subject, char value[VALUE_BYTES]);

#endif
