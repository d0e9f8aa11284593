#include "tests/torture/failover_load.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/torture/actor.h"
#include "tests/torture/torture.h"
#include "tests/torture/world.h"

#define PEOPLE   3
#define PAUSE_US 2000 /* after a refusal */

struct person {
    struct failover_load *load;
    struct actor *actor;
    bool rotates; /* keys: one of them alone, as their changes come one after another */
    char tag[40];
    uint64_t seed;
    pthread_t thread;
};

struct failover_load {
    enum load_kind kind;
    struct person people[PEOPLE];
    atomic_bool ends;
    atomic_int surprise;
    const char *_Atomic at;
};

/* --- What they do; what a step needs is made by the one before --- */

static int manage_person(struct actor *a)
{
    TRY(actor_add_pair(a));
    TRY(actor_add_person(a));
    unsigned person = a->number - 1;
    TRY(actor_change_person(a, person, "Huanca"));
    TRY(actor_make_link(a, person));
    TRY(actor_follow_link(a));
    return actor_delete_person(a, person);
}

static int spend(struct actor *a)
{
    TRY(actor_spend_once(a));
    return actor_append_event(a);
}

static int manage_record(struct actor *a)
{
    TRY(actor_add_record(a));
    unsigned record = a->number - 1;
    TRY(actor_change_record(a, record, "changed"));
    return actor_delete_record(a, record);
}

static int apply_document(struct actor *a)
{
    TRY(actor_apply_new(a));
    unsigned applied = a->number - 1;
    TRY(actor_apply(a, applied, "changed"));
    return actor_apply_nothing(a, applied);
}

static int use_code(struct actor *a)
{
    TRY(actor_authorize(a));
    TRY(actor_exchange(a));
    TRY(actor_refresh(a));
    return actor_refresh(a);
}

static int push_request(struct actor *a)
{
    TRY(actor_push(a));
    return actor_open_pushed(a);
}

static int use_device(struct actor *a)
{
    TRY(actor_ask_device(a));
    TRY(actor_let_device(a));
    return actor_take_device(a);
}

static int use_password(struct actor *a)
{
    TRY(actor_login(a, WORLD_PASSWORD));
    TRY(actor_exchange(a));
    TRY(actor_refresh(a));
    return actor_logout(a);
}

static int use_otp(struct actor *a)
{
    TRY(actor_add_holder(a));
    return actor_login_otp(a);
}

static int manage_realm(struct actor *a)
{
    char name[64];
    (void)snprintf(name, sizeof(name), "r-%s-%u", a->tag, a->number++);
    TRY(actor_make_realm(a, name));
    TRY(actor_change_realm(a, name, "changed"));
    return actor_delete_realm(a, name);
}

static const struct deed {
    const char *name;
    int (*run)(struct actor *a);
    unsigned weight;
} deeds[] = {
    {"manage a person", manage_person, 6},
    {"spend", spend, 6},
    {"manage a record", manage_record, 3},
    {"apply a document", apply_document, 2},
    {"use a code", use_code, 8},
    {"push a request", push_request, 4},
    {"use a device", use_device, 3},
    {"log in by password", use_password, 2},
    {"log in by one-time password", use_otp, 1},
    {"manage a realm", manage_realm, 2},
};

static const struct deed rotation = {"rotate a key", actor_rotate_key, 0};

static const struct deed *choose(uint64_t *seed, bool rotates)
{
    unsigned all = 0;
    if (rotates && random_below(seed, 16) == 0)
        return &rotation;
    for (size_t i = 0; i < ARRAY_LEN(deeds); i++)
        all += deeds[i].weight;
    uint64_t at = random_below(seed, all);
    for (size_t i = 0; i < ARRAY_LEN(deeds); i++) {
        if (at < deeds[i].weight)
            return &deeds[i];
        at -= deeds[i].weight;
    }
    return &deeds[0];
}

/* What a primary says that has no standby, or is one no more, or has no room. */
static bool is_refusal(int err)
{
    return err == ERR_NO_STANDBY || err == ERR_UNCONFIRMED || err == ERR_STORE_STANDBY ||
           err == ERR_STORE_FULL || err == ERR_STORE_BUSY;
}

static void *work(void *arg)
{
    struct person *p = arg;
    struct failover_load *l = p->load;
    while (!atomic_load(&l->ends)) {
        const struct deed *deed = choose(&p->seed, p->rotates);
        int err = deed->run(p->actor);
        if (err == 0)
            continue;
        int none = 0;
        if (!is_refusal(err) && l->kind == LOAD_KNOWN &&
            atomic_compare_exchange_strong(&l->surprise, &none, err))
            atomic_store(&l->at, deed->name);
        (void)usleep(PAUSE_US);
    }
    return NULL;
}

struct failover_load *failover_load_begin(struct store *store, const struct failover_node *node,
                                          enum load_kind kind)
{
    static unsigned times;
    struct failover_load *l = calloc(1, sizeof(*l));
    if (!l)
        abort();
    l->kind = kind;
    times++;
    for (unsigned i = 0; i < PEOPLE; i++) {
        struct person *p = &l->people[i];
        (void)snprintf(p->tag, sizeof(p->tag), "%u-%u-%u", node->serial, times, i);
        p->load = l;
        p->rotates = i == 0;
        p->seed = node->seed + 977 * times + i;
        p->actor = actor_new(node->history, p->tag);
        actor_use(p->actor, store);
        if (pthread_create(&p->thread, NULL, work, p) != 0)
            abort();
    }
    return l;
}

int failover_load_surprise(struct failover_load *l, char *text, size_t size)
{
    int err = l ? atomic_load(&l->surprise) : 0;
    if (err != 0)
        (void)snprintf(text, size, "%s: %s", atomic_load(&l->at), err_name(err));
    return err;
}

void failover_load_end(struct failover_load *l)
{
    if (!l)
        return;
    atomic_store(&l->ends, true);
    for (size_t i = 0; i < PEOPLE; i++) {
        (void)pthread_join(l->people[i].thread, NULL);
        actor_free(l->people[i].actor);
    }
    free(l);
}
