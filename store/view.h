/* A picture of a realm's configuration, from the inside. */
#ifndef GARITA_STORE_VIEW_H
#define GARITA_STORE_VIEW_H

#include "core/model/client_policy.h"
#include "core/model/flow.h"
#include "core/model/issuer.h"
#include "core/model/profile.h"
#include "core/model/required_action.h"
#include "store/keystore/ring.h"
#include "store/store.h"

struct view_client {
    struct client client;
    struct str sealed_secret; /* absent: none */
    /* In the vault, once they were asked for. */
    struct str secret, rotated_secret;
    struct view_client *next_by_name, *next_by_id, *next_by_pk;
};

/* Clients by client_id, by UUID and by key. */
struct view_clients {
    struct view_client **by_name, **by_id, **by_pk;
    size_t cap, count;
};

struct realm_view {
    atomic_size_t refs;
    struct slot *slot;
    uint64_t generation;
    struct arena arena; /* clients are added under the lock; all else is fixed */
    struct realm realm;
    struct client_scopes scopes;
    struct trusted_issuers issuers;
    struct profile profile;
    struct auth_flows flows; /* none: those of the beginning; without settings */
    struct required_actions actions;
    struct client_policies policies;
    struct str logo_version; /* empty: no logo */
    struct str sealed_state_secret;
    struct str state_secret; /* in the vault, once it was asked for; under the lock */
    struct key_ring ring;
    pthread_mutex_t lock; /* of the clients, the ring's opened keys and the vault */
    struct view_clients clients;
    struct vault vault;
    struct store_read *of_write; /* NULL, or the write that alone sees this picture */
};

/* A short read for what the picture still lacks: ended with store_read_end_p. */
MUST_CHECK int view_read_begin(struct realm_view *view, struct store_read **ret_read);

/* Reads a new picture. The caller has a reference. */
MUST_CHECK int view_build(struct slot *slot, struct realm_view *old, struct realm_view **ret_view);
/* The picture of a realm that has no rows yet. */
MUST_CHECK int view_build_empty(struct slot *slot, const struct realm *realm,
                                struct realm_view **ret_view);
/* The current picture of a slot. */
MUST_CHECK int view_of_slot(struct slot *slot, struct realm_view **ret_view);
struct realm_view *view_ref(struct realm_view *view);

/* view_clients.c; under view->lock. ERR_NOT_FOUND. */
MUST_CHECK int view_client_by_name(struct realm_view *view, struct str client_id,
                                   struct view_client **ret_client);
MUST_CHECK int view_client_by_pk(struct realm_view *view, int64_t client_pk,
                                 struct view_client **ret_client);

#endif
