#include "store/witness/witness.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/crypto/digest.h"
#include "core/crypto/init.h"
#include "store/folder.h"
#include "store/link/listener.h"
#include "store/plain_file.h"
#include "store/repl/node_folder.h"
#include "store/whole_file.h"
#include "store/witness/tokens.h"

#include "core/base/banned.h"

#define FILE_NAME     "witness"
#define SCRATCH_BYTES (8 * LEDGER_TEXT_MAX)
#define IDLE_MS       30000 /* a node asks much more often */
#define WRITE_MS      5000

struct witness {
    struct folder folder;
    bool has_folder, has_identity;
    struct link_identity identity;
    struct link_listener *listener;
    pthread_mutex_t lock; /* of what follows; held while it is brought to disk */
    struct ledger ledger;
    int64_t until_ms;
};

/* --- The file --- */

static int read_text(int fd, struct arena *a, struct str *ret_text)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return ERR_IO;
    if (st.st_size <= 0 || (size_t)st.st_size > LEDGER_TEXT_MAX)
        return ERR_STORE_CORRUPT;
    char *text = arena_alloc(a, (size_t)st.st_size);
    if (!text)
        return ERR_NO_MEMORY;
    *ret_text = str_of(text, (size_t)st.st_size);
    return read(fd, text, ret_text->len) == (ssize_t)ret_text->len ? 0 : ERR_IO;
}

/* Who knows nothing grants nothing: ledger_answer. */
static int open_file(int data_dir_fd, int *ret_fd)
{
    int dir;
    TRY(node_folder_open(data_dir_fd, &dir));
    int err = plain_file_open(dir, FILE_NAME, O_RDONLY, ret_fd);
    (void)close(dir);
    return err;
}

static int read_file(int data_dir_fd, struct ledger *ret_ledger)
{
    CLEANUP(arena_free) struct arena a;
    struct str text;
    int fd;
    *ret_ledger = (struct ledger){.lease_ms = LEASE_MS};
    int err = open_file(data_dir_fd, &fd);
    if (err != 0)
        return err == ERR_NOT_FOUND ? 0 : err;
    arena_init(&a, SCRATCH_BYTES);
    err = read_text(fd, &a, &text);
    (void)close(fd);
    return err == 0 ? ledger_text_read(&a, text, ret_ledger) : err;
}

int witness_read(int data_dir_fd, struct ledger *ret_ledger, struct err_ctx *ctx)
{
    int err = read_file(data_dir_fd, ret_ledger);
    return err == 0 ? 0 : err_set(ctx, err, NODE_FOLDER "/" FILE_NAME ": %s", err_text(err));
}

static int write_file(int data_dir_fd, const struct ledger *ledger)
{
    CLEANUP(arena_free) struct arena a;
    CLEANUP(whole_file_close) struct whole_file file = WHOLE_FILE_NONE;
    struct str text;
    int dir;
    arena_init(&a, SCRATCH_BYTES);
    TRY(ledger_text_write(&a, ledger, &text));
    TRY(node_folder_make(data_dir_fd, &dir));
    TRY(whole_file_create(dir, STR(FILE_NAME), &file));
    TRY(whole_file_write(&file, text.ptr, text.len));
    return whole_file_publish(&file);
}

/* --- Answers --- */

static void tell(const struct witness_request *q, const struct witness_answer *answer)
{
    if (q->kind == WITNESS_CLAIM && answer->verdict == WITNESS_GRANTED)
        LOG_INFO("witness", "node %s reigns from now on, epoch %llu", q->node,
                 (unsigned long long)answer->epoch);
    else if (q->kind == WITNESS_JOIN)
        LOG_INFO("witness", "node %s was %s", q->node,
                 answer->verdict == WITNESS_GRANTED ? "paired"
                                                    : "refused: it is of another cluster");
}

/* With the lock. What could not be kept is not answered: the connection ends. */
static int decide(struct witness *w, const struct link_pin *pin, const struct witness_request *q,
                  struct witness_answer *ret_answer)
{
    struct ledger next = w->ledger;
    int64_t until_ms = w->until_ms;
    struct ledger_member *member = ledger_member(&next, pin->bytes);
    if (q->kind == WITNESS_JOIN)
        ledger_join(&next, q, pin->bytes, ret_answer);
    else if (member)
        ledger_answer(&next, &until_ms, clock_boot_ms(), member, q, ret_answer);
    else
        *ret_answer = (struct witness_answer){.verdict = WITNESS_STRANGER};
    if (!ledger_equal(&next, &w->ledger))
        TRY(write_file(w->folder.fd, &next));
    w->ledger = next;
    w->until_ms = until_ms;
    return 0;
}

static int answer(struct witness *w, const struct link_pin *pin, const struct witness_request *q,
                  struct witness_answer *ret_answer)
{
    pthread_mutex_lock(&w->lock);
    int err = decide(w, pin, q, ret_answer);
    pthread_mutex_unlock(&w->lock);
    if (err == 0)
        tell(q, ret_answer);
    else
        LOG_ERROR("witness", "the ledger was not written: %s", err_text(err));
    return err;
}

static int check_proof(struct witness *w, struct channel *channel,
                       const unsigned char said[WITNESS_REQUEST_BYTES])
{
    unsigned char binding[CHANNEL_BINDING_BYTES], proof[SHA256_BYTES];
    TRY(channel_read_by(channel, proof, sizeof(proof), clock_now().monotonic_ms + WRITE_MS));
    TRY(channel_binding(channel, binding));
    return witness_token_spend(w->folder.fd, clock_now().wall_ms,
                               str_of((const char *)said, WITNESS_REQUEST_BYTES), binding,
                               str_of((const char *)proof, sizeof(proof)));
}

static int send_answer(struct channel *channel, const struct witness_answer *a)
{
    unsigned char out[WITNESS_ANSWER_BYTES];
    witness_answer_write(a, out);
    TRY(channel_write_by(channel, out, sizeof(out), clock_now().monotonic_ms + WRITE_MS));
    return a->verdict == WITNESS_STRANGER ? ERR_UNAUTHENTICATED : 0;
}

static int serve_one(struct witness *w, struct channel *channel, const struct link_pin *pin)
{
    unsigned char in[WITNESS_REQUEST_BYTES];
    struct witness_request q;
    struct witness_answer a = {.verdict = WITNESS_STRANGER};
    TRY(channel_read_by(channel, in, sizeof(in), clock_now().monotonic_ms + IDLE_MS));
    TRY(witness_request_read(in, &q));
    int err = q.kind == WITNESS_JOIN ? check_proof(w, channel, in) : 0;
    if (err == ERR_ACCESS_DENIED)
        return send_answer(channel, &a);
    TRY(err);
    TRY(answer(w, pin, &q, &a));
    return send_answer(channel, &a);
}

static void serve(void *arg, struct channel *channel, const struct link_pin *pin)
{
    int err;
    do
        err = serve_one(arg, channel, pin);
    while (err == 0);
    if (err == ERR_UNAUTHENTICATED)
        LOG_WARN("witness", "a node that is not paired was refused");
}

/* None has a connection that another one would end. */
static bool is_nobody(void *arg, const struct link_pin *pin)
{
    (void)arg;
    (void)pin;
    return false;
}

/* Strangers who come in numbers push no node off. */
static bool is_member(void *arg, const struct link_pin *pin)
{
    struct witness *w = arg;
    pthread_mutex_lock(&w->lock);
    bool is = ledger_member(&w->ledger, pin->bytes) != NULL;
    pthread_mutex_unlock(&w->lock);
    return is;
}

/* --- As a whole --- */

static int check_folder(const struct folder *folder, struct err_ctx *ctx)
{
    struct stat st;
    if (fstatat(folder->fd, "realms", &st, AT_SYMLINK_NOFOLLOW) == 0)
        return err_set(ctx, ERR_CONFLICT, "%s is the data folder of a node: a witness has its own",
                       folder->path);
    return 0;
}

static int open_all(struct witness *w, const struct witness_config *config, struct err_ctx *ctx)
{
    TRY(folder_open_bare(config->data_dir, &w->folder, ctx));
    w->has_folder = true;
    TRY(check_folder(&w->folder, ctx));
    TRY(witness_read(w->folder.fd, &w->ledger, ctx));
    /* What an earlier process granted may last for so long. */
    w->until_ms = clock_boot_ms() + w->ledger.lease_ms;
    TRY(link_identity_load(w->folder.fd, true, &w->identity));
    w->has_identity = true;
    const struct link_listener_config listener = {.address = config->address,
                                                  .port = config->port,
                                                  .identity = &w->identity,
                                                  .is_peer = is_nobody,
                                                  .stranger = serve,
                                                  .is_kept = is_member,
                                                  .arg = w};
    return link_listener_start(&listener, &w->listener, ctx);
}

int witness_start(const struct witness_config *config, struct err_ctx *ctx,
                  struct witness **ret_witness)
{
    TRY(crypto_init());
    (void)umask(077);
    struct witness *w = calloc(1, sizeof(*w));
    if (!w)
        return ERR_NO_MEMORY;
    (void)pthread_mutex_init(&w->lock, NULL);
    int err = open_all(w, config, ctx);
    if (err != 0) {
        witness_stop(w);
        return err;
    }
    *ret_witness = w;
    return 0;
}

uint16_t witness_port(const struct witness *w)
{
    return link_listener_port(w->listener);
}

void witness_stop(struct witness *w)
{
    if (!w)
        return;
    link_listener_stop(w->listener);
    if (w->has_identity)
        link_identity_free(&w->identity);
    if (w->has_folder)
        folder_close(&w->folder);
    (void)pthread_mutex_destroy(&w->lock);
    free(w);
}
