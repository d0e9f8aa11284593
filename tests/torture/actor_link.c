/* A link that is mailed to a person, and that works once. */
#include <stdio.h>

#include "core/auth/action_token.h"
#include "core/port/users.h"
#include "tests/torture/actor_change.h"
#include "tests/torture/world.h"

static int issue(struct actor *a, struct str username, struct str *ret_url)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    struct user user;
    const struct action_wish wish = {.purpose = ACTION_VERIFY_EMAIL,
                                     .actions = STR(REQUIRED_ACTION_VERIFY_EMAIL),
                                     .lifespan_s = ACTION_TOKEN_MAX_S};
    TRY(store_write_begin(a->ctx.view, &a->now, &w));
    TRY(user_find_by_username(store_write_reader(w), &a->arena, username, &user));
    TRY(action_token_issue(&a->ctx, w, &user, &wish, ret_url));
    return store_commit_p(&w, DURABLE_STANDBY);
}

static int make(struct actor *a, unsigned person)
{
    char subject[SUBJECT_BYTES];
    struct str url;
    actor_subject(a, "person", person, subject);
    TRY(actor_enter(a, WORLD_REALM));
    struct str name = str_c(subject);
    TRY(issue(a, str_from(name, (size_t)str_find(name, ' ') + 1), &url));
    struct str key = str_from(url, (size_t)str_find(url, '=') + 1);
    (void)snprintf(a->link, sizeof(a->link), "%.*s", STR_ARG(key));
    return 0;
}

int actor_make_link(struct actor *a, unsigned person)
{
    a->link[0] = '\0';
    int err = make(a, person);
    if (err == 0)
        actor_learnt(a, "link", a->link, "live");
    actor_leave(a);
    return err;
}

static int follow(struct actor *a)
{
    struct action_visit visit;
    struct password_problem problem = {0};
    TRY(actor_enter(a, WORLD_REALM));
    return action_token_perform(&a->ctx, str_c(a->link), STR(""), STR(""), &visit, &problem);
}

int actor_follow_link(struct actor *a)
{
    struct change *c = actor_begin(a, "link", a->link, VALUE_ABSENT);
    int err = follow(a);
    history_end(a->history, c, actor_outcome_of_several(err), NULL);
    actor_leave(a);
    return err;
}
