/* Documents that administrators write, and realms that are filled from files. */
#include <stdio.h>

#include "core/admin/bootstrap.h"
#include "core/admin/realms.h"
#include "core/port/records.h"
#include "tests/torture/actor_change.h"
#include "tests/torture/world.h"

#define STEPS 3

/* Of kinds that no login reads. */
static struct realm_record record_of(struct actor *a, const char *kind, struct str name,
                                     const char *text)
{
    return (struct realm_record){
        .kind = kind,
        .id = ARENA_CONCAT(&a->arena, str_c(kind), STR("-"), name),
        .name = name,
        .json = ARENA_CONCAT(&a->arena, STR("{\"text\":\""), str_c(text), STR("\"}")),
    };
}

typedef int put_fn(struct store_write *w, const struct realm_record *record);

static int put_both(struct actor *a, struct store_write *w, struct str name, const char *text,
                    put_fn *put)
{
    struct realm_record whole = record_of(a, RECORD_INITIAL_ACCESS, name, text);
    struct realm_record part = record_of(a, RECORD_AUTHENTICATOR_CONFIG, name, text);
    part.parent = whole.id;
    if (str_absent(whole.id) || str_absent(whole.json) || str_absent(part.id) ||
        str_absent(part.json))
        return ERR_NO_MEMORY;
    TRY(put(w, &whole));
    return put(w, &part);
}

static int insert_record(struct actor *a, struct store_write *w, struct str name, const char *value)
{
    return put_both(a, w, name, value, record_insert);
}

static int update_record(struct actor *a, struct store_write *w, struct str name, const char *value)
{
    return put_both(a, w, name, value, record_update);
}

static int remove_record(struct actor *a, struct store_write *w, struct str name, const char *value)
{
    struct realm_record whole = record_of(a, RECORD_INITIAL_ACCESS, name, value);
    if (str_absent(whole.id))
        return ERR_NO_MEMORY;
    TRY(record_delete(w, RECORD_INITIAL_ACCESS, whole.id));
    return record_delete_children(w, RECORD_AUTHENTICATOR_CONFIG, whole.id);
}

static int change_record(struct actor *a, unsigned number, const char *value, actor_change_fn *f)
{
    char subject[SUBJECT_BYTES];
    actor_subject(a, "record", number, subject);
    return actor_change(a, subject, value, f);
}

int actor_add_record(struct actor *a)
{
    return change_record(a, a->number++, "made", insert_record);
}

int actor_change_record(struct actor *a, unsigned number, const char *text)
{
    return change_record(a, number, text, update_record);
}

int actor_delete_record(struct actor *a, unsigned number)
{
    return change_record(a, number, VALUE_ABSENT, remove_record);
}

/* --- Filling --- */

struct filling {
    struct actor *a;
    struct bootstrap from;
    const char *text;
};

/* What was written before a step goes with what comes after it. */
static int fill(struct store_write *w, struct realm_view *view, void *arg)
{
    struct filling *f = arg;
    TRY(bootstrap_fill(w, view, &f->from));
    for (int i = 0; i < STEPS; i++) {
        char name[32];
        (void)snprintf(name, sizeof(name), "filled-%d", i);
        TRY(insert_record(f->a, w, str_c(name), f->text));
        TRY(store_fill_step(w));
    }
    return 0;
}

static int replace_realm(struct actor *a, const char *name, const char *display_name)
{
    struct realm realm;
    struct filling filling = {.a = a, .from = {&a->ctx, &realm}, .text = display_name};
    TRY(actor_enter(a, REALM_MASTER));
    TRY(bootstrap_settings(&a->arena, str_c(name), &realm));
    realm.display_name = str_c(display_name);
    return admin_realm_create_filled(&a->ctx, a->store, &realm, true, fill, &filling);
}

int actor_replace_realm(struct actor *a, const char *name, const char *display_name)
{
    struct change *c = actor_begin_realm(a, name, display_name);
    int err = replace_realm(a, name, display_name);
    history_end(a->history, c, actor_outcome_of_several(err), NULL);
    actor_leave(a);
    return err;
}
