/* garita clock ...: what the clocks say, and the way back after the machine's was wrong. */
#include "appliance/command/commands.h"

#include "core/admin/each_realm.h"
#include "core/admin/void.h"
#include "core/model/plain.h"
#include "store/store_open.h"

#include "core/base/banned.h"

#define REALM_ARENA_BYTES ((size_t)16 << 20)
#define MS_PER_S          1000

static int show(struct call *call)
{
    struct clock_state s;
    clock_state(&s);
    jw_begin_object(&call->out);
    plain_write_time(&call->out, "time", call->now.wall_ms);
    plain_write_time(&call->out, "machine", call->now.wall_ms - s.behind_ms);
    jw_member_i64(&call->out, "behindSeconds", s.behind_ms / MS_PER_S);
    jw_member_i64(&call->out, "stepsBack", (int64_t)s.steps_back);
    jw_member_i64(&call->out, "leaps", (int64_t)s.leaps);
    jw_end_object(&call->out);
    return 0;
}

struct voided {
    struct call *call;
    int64_t realms, sessions, keys;
};

static int void_in_realm(struct call *call, struct str name, struct voided *io_voided)
{
    CLEANUP(work_close) struct work work = {0};
    int64_t sessions, keys;
    TRY(work_open(call, name, &work));
    TRY(work_write(&work));
    TRY(admin_void_all(&work.ctx, work.w, STR("the clock is set back"), &sessions, &keys));
    TRY(work_commit(&work));
    io_voided->realms++;
    io_voided->sessions += sessions;
    io_voided->keys += keys;
    return 0;
}

/* With memory of its own: there may be thousands of realms. */
static int void_realm(void *arg, const struct realm_summary *realm)
{
    struct voided *io_voided = arg;
    struct arena a;
    struct call one = *io_voided->call;
    arena_init(&a, REALM_ARENA_BYTES);
    one.arena = &a;
    int rc = void_in_realm(&one, realm->name, io_voided);
    io_voided->call->err = one.err;
    arena_free(&a);
    return rc;
}

/* What is dated ahead is made void first, so that a failure on the way leaves time as it was. */
static int set_back(struct call *call)
{
    struct voided voided = {.call = call};
    struct clock_state s;
    clock_state(&s);
    if (s.behind_ms < MS_PER_S)
        return err_set(&call->err, ERR_CONFLICT, "the machine's clock is not behind");
    TRY(each_realm(call->store, call->arena, void_realm, &voided));
    TRY(store_clock_step_back(call->store));
    jw_begin_object(&call->out);
    jw_member_i64(&call->out, "seconds", s.behind_ms / MS_PER_S);
    jw_member_i64(&call->out, "realms", voided.realms);
    jw_member_i64(&call->out, "sessions", voided.sessions);
    jw_member_i64(&call->out, "keys", voided.keys);
    jw_end_object(&call->out);
    call_say(call, "time is the machine's again, %lld s earlier; everybody logs in again",
             (long long)(s.behind_ms / MS_PER_S));
    return 0;
}

/* Not under a server: it would go on giving out what is dated ahead while this works. */
static int ask_set_back(struct cli *cli)
{
    struct reply reply;
    if (!cli->backend.store)
        return err_set(&cli->err, ERR_CONFLICT, "a server runs on this folder: stop it first");
    TRY(cli_call(cli, cli->words, cli->word_count, str_of(NULL, 0), &reply));
    return cli_show(cli, &reply);
}

static const struct option set_back_options[] = {
    {"confirm", NULL, "yes: all sessions end, all tokens die, the keys are new", OPTION_REQUIRED},
};

const struct command clock_commands[] = {
    {"clock show", "", 0, 0, "show our time and the machine's", NULL, NULL, 0, false,
     "time,machine,behindSeconds,stepsBack,leaps", show, NULL, NULL},
    {"clock set-back", "", 0, 0, "believe the machine's clock although it is behind",
     "For a machine whose clock was ahead and was then set right. Time never runs backwards by\n"
     "itself, so what was given out meanwhile is dated ahead. This ends every session of every\n"
     "realm, replaces every signing key without overlap, and goes back to the machine's time. The\n"
     "server must be stopped.",
     OPTIONS(set_back_options), false, NULL, set_back, NULL, ask_set_back},
};
const size_t clock_command_count = ARRAY_LEN(clock_commands);
