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

/* --- Where else --- */

#define COMMAND_MAX_BYTES ((size_t)8 << 10)

static bool is_plain(struct str word)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                "-_./:=@,+%";
    for (size_t i = 0; i < word.len; i++)
        if (!memchr(plain, word.ptr[i], sizeof(plain) - 1))
            return false;
    return word.len > 0;
}

/* As a POSIX shell reads it back. */
static void add_word(struct buf *b, struct str word)
{
    buf_add_byte(b, ' ');
    if (is_plain(word)) {
        buf_add(b, word);
        return;
    }
    buf_add_byte(b, '\'');
    for (size_t i = 0; i < word.len; i++) {
        if (word.ptr[i] == '\'')
            buf_add_c(b, "'\\'");
        buf_add_byte(b, word.ptr[i]);
    }
    buf_add_byte(b, '\'');
}

/* The words of the command; absent when one of them would be more than a line. */
static struct str words_of(struct arena *a, const struct call_request *request)
{
    struct str text;
    struct buf b;
    buf_init(&b, a, COMMAND_MAX_BYTES);
    for (size_t i = 0; i < request->count; i++) {
        if (!str_has_no_control(request->words[i]))
            return str_of(NULL, 0);
        add_word(&b, request->words[i]);
    }
    return buf_finish(&b, &text) == 0 ? text : str_of(NULL, 0);
}

/* One line, with the very command. */
static struct str say_where(struct store *store, struct arena *a,
                            const struct call_request *request)
{
    struct str text = str_c(err_text(ERR_STORE_STANDBY));
    struct str where = store_primary_address(store, a), words = words_of(a, request);
    if (str_absent(where))
        return text;
    struct str full = str_absent(words)
                          ? ARENA_CONCAT(a, text, STR(", "), where)
                          : ARENA_CONCAT(a, text, STR(", "), where, STR(". There: garita"), words);
    return str_absent(full) ? text : full;
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
        reply.error = reply.err == ERR_STORE_STANDBY ? say_where(store, a, request)
                                                     : sentence(a, reply.err, &call.err);
    if (reply.err == ERR_STORE_BUSY && store_is_standby(store))
        reply.error = STR("the store did not answer in time, or this standby has not received what "
                          "is asked for yet (garita status)");
    reply.message = call.message;
    *ret_reply = reply;
}

int exit_status(int err)
{
    if (err == 0)
        return 0;
    return err == ERR_USAGE ? 2 : 1;
}
