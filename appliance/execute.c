/* Running a command about data in this process, and what its result looks like. */
#include "appliance/command.h"

#include <unistd.h>

#include "core/base/banned.h"

static int run(struct call *call, const struct str *words, size_t count, struct args *args)
{
    TRY(args_parse(call->arena, words, count, args, &call->err));
    call->args = args;
    call->actor.justification = args->why;
    if (!args->command->run)
        return err_set(&call->err, ERR_USAGE, "garita %s is no command about data",
                       args->command->path);
    return args->command->run(call);
}

/* What the disk said matters more than what was being done. */
static struct str sentence(struct arena *a, int err, const struct err_ctx *ctx)
{
    bool of_store = err == ERR_STORE_FULL || err == ERR_STORE_READ_ONLY ||
                    err == ERR_STORE_FAILED || err == ERR_STORE_BUSY || err == ERR_SEAL;
    struct str text = arena_str_c(a, ctx->detail[0] && !of_store ? ctx->detail : err_text(err));
    return str_absent(text) ? str_c(err_text(err)) : text;
}

int call_take_attached(struct call *call)
{
    int fd = call->attached;
    call->attached = -1;
    return fd;
}

void command_execute(struct store *store, struct arena *a, const struct event_actor *actor,
                     const struct call_request *request, struct reply *ret_reply)
{
    struct buf b;
    struct args args;
    struct call call = {.arena = a,
                        .now = clock_now(),
                        .store = store,
                        .actor = *actor,
                        .input = request->input,
                        .parts = request->parts,
                        .attached = request->attached};
    struct reply reply = {0};
    buf_init(&b, a, REPLY_MAX_BYTES);
    jw_init(&call.out, &b);
    reply.err = run(&call, request->words, request->count, &args);
    if (call.attached >= 0)
        (void)close(call.attached);
    bool wrote = b.len > 0;
    if (wrote && (reply.err == 0 || call.out.done)) {
        int rc = jw_finish(&call.out, &reply.data);
        if (rc != 0)
            reply.err = reply.err != 0 ? reply.err : rc;
    }
    if (reply.err != 0)
        reply.error = sentence(a, reply.err, &call.err);
    reply.message = call.message;
    *ret_reply = reply;
}

int exit_status(int err)
{
    if (err == 0)
        return 0;
    return err == ERR_USAGE ? 2 : 1;
}
