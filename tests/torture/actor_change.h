/* What the files of an actor's steps share. */
#ifndef GARITA_TESTS_TORTURE_ACTOR_CHANGE_H
#define GARITA_TESTS_TORTURE_ACTOR_CHANGE_H

#include "core/port/store.h"
#include "tests/torture/actor.h"

/* An authorization request of the world's application, with PKCE (RFC 7636 B). */
#define ACTOR_REQUEST                                                                              \
    "client_id=" WORLD_CLIENT                                                                      \
    "&response_type=code&scope=openid&state=xyz&nonce=n1&redirect_uri=" WORLD_CALLBACK             \
    "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"

/* The change of "KIND NAME", and one that became known with its answer. */
struct change *actor_begin(struct actor *a, const char *kind, const char *name, const char *value);
void actor_learnt(struct actor *a, const char *kind, const char *name, const char *value);

/* The name of the n-th thing of a kind that this actor made. */
void actor_subject(const struct actor *a, const char *kind, unsigned number,
                   char subject[SUBJECT_BYTES]);

typedef int actor_change_fn(struct actor *a, struct store_write *w, struct str name,
                            const char *value);
/* One transaction of the realm around f, told to the history. */
MUST_CHECK int actor_change(struct actor *a, const char *subject, const char *value,
                            actor_change_fn *f);

/* Begins the change of "realm NAME". */
struct change *actor_begin_realm(struct actor *a, const char *name, const char *value);
/* For what takes several transactions: an error in the middle leaves it open. */
enum outcome actor_outcome_of_several(int err);

#endif
