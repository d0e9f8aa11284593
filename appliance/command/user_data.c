/* garita user erase, garita user export. */
#include "appliance/command/user_data.h"

#include <unistd.h>

#include "appliance/command/commands.h"
#include "appliance/file.h"
#include "core/admin/each_realm.h"
#include "core/admin/erase.h"
#include "core/admin/users.h"
#include "core/transfer/person.h"

#include "core/base/banned.h"

#define EVENT_PAGE 500

/* --- Erasing --- */

/* The person is gone already; what is left is a log that somebody is reading. */
static int empty_log(struct call *call, struct realm_view *view)
{
    int rc = store_forget(view);
    if (rc == 0)
        return 0;
    return err_set(&call->err, rc == ERR_STORE_BUSY ? ERR_TIMEOUT : rc,
                   "the person is erased, but the realm's log could not be emptied: it is when the "
                   "server stops");
}

struct erasing {
    struct call *call;
    struct str user_id, why;
    bool any;             /* a realm had something to erase */
    struct str unreached; /* the first realm that could not be erased in */
};

/* Administrators of master act in other realms too, where events speak of them. */
static int erase_in(struct erasing *e, struct str realm)
{
    CLEANUP(work_close) struct work work = {0};
    bool any;
    TRY(work_open(e->call, realm, &work));
    TRY(work_write(&work));
    TRY(admin_actor_erase(&work.ctx, work.w, e->user_id, e->why, &any));
    if (!any)
        return 0;
    TRY(work_commit(&work));
    e->any = true;
    return empty_log(e->call, work.ctx.view);
}

/* A realm that is shut keeps the others from nothing. */
static int erase_next(void *arg, const struct realm_summary *realm)
{
    struct erasing *e = arg;
    if (str_eq_c(realm->name, REALM_MASTER))
        return 0;
    int rc = erase_in(e, realm->name);
    if (rc != 0 && str_absent(e->unreached))
        e->unreached = realm->name;
    return rc == ERR_NO_MEMORY ? rc : 0;
}

static int erase_elsewhere(struct call *call, const struct erasure *e, struct str why,
                           bool *ret_any)
{
    struct erasing all = {.call = call, .user_id = e->user_id, .why = why};
    TRY(each_realm(call->store, call->arena, erase_next, &all));
    if (!str_absent(all.unreached))
        return err_set(
            &call->err, ERR_CONFLICT,
            "the person is erased, but events in realm %.*s may still say who it was: put "
            "that realm right and repeat this with the id %.*s",
            STR_ARG(all.unreached), STR_ARG(e->user_id));
    *ret_any = all.any;
    return 0;
}

static void say_erased(struct call *call, const struct erasure *e)
{
    if (e->events_in_clear > 0)
        call_say(
            call,
            "user %.*s erased; %lld events from before events were sealed still name the person",
            STR_ARG(e->user_id), (long long)e->events_in_clear);
    else
        call_say(call, "user %.*s erased", STR_ARG(e->user_id));
}

static int erase_here(struct call *call, struct str why, struct erasure *ret_erasure)
{
    CLEANUP(work_close) struct work work = {0};
    TRY(work_open_realm(call, &work));
    TRY(work_write(&work));
    TRY(admin_user_erase(&work.ctx, work.w, args_get(call->args, "username"), why, ret_erasure));
    TRY(work_commit(&work));
    return empty_log(call, work.ctx.view);
}

int user_erase(struct call *call)
{
    struct str why = args_get(call->args, "reason");
    struct erasure e = {.user_id = args_get(call->args, "username")};
    bool of_master = str_eq_c(args_get(call->args, "realm"), REALM_MASTER);
    bool any = false;
    int rc = erase_here(call, why, &e);
    /* Repeated, because a realm could not be reached the first time. */
    bool again = of_master && rc == ERR_NOT_FOUND;
    if (rc != 0 && !again)
        return rc;
    if (of_master)
        TRY(erase_elsewhere(call, &e, why, &any));
    if (again && !any)
        return rc;
    say_erased(call, &e);
    return 0;
}

/* --- Exporting --- */

int user_export_account(struct call *call)
{
    CLEANUP(work_close) struct work work = {0};
    struct user user;
    TRY(work_open_realm(call, &work));
    TRY(work_write(&work));
    TRY(admin_user_find(&work.ctx, work.r, args_get(call->args, "username"), &user));
    TRY(person_write(&call->out, work.r, call->arena, &user));
    TRY(admin_user_exported(&work.ctx, work.w, user.id));
    return work_commit(&work);
}

/* A page of events as the elements of an array. */
static int print_page(struct cli *cli, struct arena *a, struct str user_id, int64_t *io_seq,
                      size_t *ret_count)
{
    const struct str words[] = {STR("audit"),       STR("list"),
                                STR("--realm"),     args_get(cli->args, "realm"),
                                STR("--user"),      user_id,
                                STR("--about"),     STR("--oldest-first"),
                                STR("--limit"),     STR("500"),
                                STR("--after-seq"), arena_printf(a, "%lld", (long long)*io_seq)};
    struct reply reply;
    struct buf b;
    struct str text;
    const struct json_value *events, *event;
    const struct call_request request = {CALL_OF(words, ARRAY_LEN(words))};
    TRY(backend_call(&cli->backend, a, &request, &reply));
    if (reply.err != 0)
        return err_set(&cli->err, reply.err, "%.*s", STR_ARG(reply.error));
    TRY(json_parse(a, reply.data, REPLY_MAX_BYTES, &events));
    struct json_iter it = json_iter(events);
    buf_init(&b, a, 2 * REPLY_MAX_BYTES);
    while (json_next(&it, NULL, &event)) {
        struct json_writer w;
        if (*io_seq != 0)
            buf_add_c(&b, ",\n");
        jw_init(&w, &b);
        jw_value(&w, event);
        *io_seq = json_i64_or(event, "seq", INT64_MAX);
    }
    *ret_count = json_count(events);
    TRY(buf_finish(&b, &text));
    return write_all(STDOUT_FILENO, text);
}

static int print_events(struct cli *cli, struct str user_id)
{
    struct arena a;
    int64_t seq = 0;
    size_t count = 0;
    int rc;
    arena_init(&a, 16 * REPLY_MAX_BYTES);
    do {
        arena_reset(&a);
        rc = print_page(cli, &a, user_id, &seq, &count);
    } while (rc == 0 && count == EVENT_PAGE);
    arena_free(&a);
    return rc;
}

int user_export(struct cli *cli)
{
    const struct str words[] = {STR("user"),       STR("export"),
                                STR("--realm"),    args_get(cli->args, "realm"),
                                STR("--username"), args_get(cli->args, "username")};
    struct reply reply;
    const struct json_value *account;
    TRY(cli_call(cli, words, ARRAY_LEN(words), str_of(NULL, 0), &reply));
    TRY(json_parse(cli->arena, reply.data, REPLY_MAX_BYTES, &account));
    TRY(write_all(STDOUT_FILENO, STR("{\"account\":")));
    TRY(write_all(STDOUT_FILENO, reply.data));
    TRY(write_all(STDOUT_FILENO, STR(",\n\"events\":[\n")));
    TRY(print_events(cli, json_get_str(account, "id")));
    return write_all(STDOUT_FILENO, STR("]}\n"));
}
