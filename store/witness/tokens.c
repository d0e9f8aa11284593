#include "store/witness/tokens.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "core/base/ct.h"
#include "core/base/rd.h"
#include "core/codec/base64.h"
#include "store/link/pairing_proof.h"
#include "store/plain_file.h"
#include "store/repl/node_folder.h"
#include "store/repl/tree.h"
#include "store/whole_file.h"

#include "core/base/banned.h"

#define PREFIX     "token-"
#define NAME_BYTES 8 /* of chance */
#define FILE_BYTES (PAIRING_VERIFIER_BYTES + 8)
#define NAME_CAP   (sizeof(PREFIX) + 2 * (size_t)NAME_BYTES)

struct kept_token {
    char name[NAME_CAP];
    unsigned char verifier[PAIRING_VERIFIER_BYTES];
    int64_t expires_ms;
};

struct kept_tokens {
    struct kept_token items[WITNESS_TOKENS_MAX];
    size_t count;
};

static bool is_token(const char *name)
{
    return strncmp(name, PREFIX, sizeof(PREFIX) - 1) == 0 && strlen(name) == NAME_CAP - 1;
}

static int read_token(int dir_fd, struct kept_token *t)
{
    unsigned char bytes[FILE_BYTES];
    int fd;
    TRY(plain_file_open(dir_fd, t->name, O_RDONLY, &fd));
    ssize_t n = read(fd, bytes, sizeof(bytes));
    (void)close(fd);
    if (n != FILE_BYTES)
        return ERR_STORE_CORRUPT;
    struct rd r = rd_of(str_of((const char *)bytes, sizeof(bytes)));
    memcpy(t->verifier, rd_bytes(&r, PAIRING_VERIFIER_BYTES).ptr, PAIRING_VERIFIER_BYTES);
    t->expires_ms = (int64_t)rd_u64(&r);
    secret_wipe(bytes, sizeof(bytes));
    return 0;
}

struct reading {
    int dir_fd;
    int64_t now_ms;
    struct kept_tokens *tokens;
};

/* One that is over, or no token at all, goes. */
static int take_in(void *arg, const char *name)
{
    const struct reading *r = arg;
    struct kept_token t = {0};
    if (!is_token(name) || r->tokens->count == WITNESS_TOKENS_MAX)
        return 0;
    memcpy(t.name, name, NAME_CAP);
    int err = read_token(r->dir_fd, &t);
    if (err == 0 && t.expires_ms > r->now_ms)
        r->tokens->items[r->tokens->count++] = t;
    else if (err == 0 || err == ERR_STORE_CORRUPT)
        (void)unlinkat(r->dir_fd, name, 0);
    secret_wipe(&t, sizeof(t));
    return 0;
}

static int read_tokens(int dir_fd, int64_t now_ms, struct kept_tokens *ret_tokens)
{
    ret_tokens->count = 0;
    struct reading r = {dir_fd, now_ms, ret_tokens};
    return tree_each(dir_fd, take_in, &r);
}

/* --- Making --- */

/* Takes dir_fd. */
static int keep(int dir_fd, const struct kept_token *t)
{
    CLEANUP(whole_file_close) struct whole_file file = WHOLE_FILE_NONE;
    unsigned char bytes[FILE_BYTES];
    memcpy(bytes, t->verifier, PAIRING_VERIFIER_BYTES);
    for (size_t i = 0; i < 8; i++)
        bytes[PAIRING_VERIFIER_BYTES + i] =
            (unsigned char)((uint64_t)t->expires_ms >> (8 * (7 - i)));
    int err = whole_file_create(dir_fd, str_c(t->name), &file);
    if (err == 0)
        err = whole_file_write(&file, bytes, sizeof(bytes));
    secret_wipe(bytes, sizeof(bytes));
    return err == 0 ? whole_file_publish(&file) : err;
}

static void give_name(struct kept_token *t)
{
    unsigned char chance[NAME_BYTES];
    rng_bytes(chance, sizeof(chance));
    memcpy(t->name, PREFIX, sizeof(PREFIX) - 1);
    hex_write(t->name + sizeof(PREFIX) - 1, chance, sizeof(chance));
}

static int check_room(int dir_fd, int64_t now_ms)
{
    struct kept_tokens there;
    TRY(read_tokens(dir_fd, now_ms, &there));
    bool full = there.count == WITNESS_TOKENS_MAX;
    secret_wipe(&there, sizeof(there));
    return full ? ERR_LIMIT_REACHED : 0;
}

int witness_token_new(int data_dir_fd, const struct link_pin *own_pin, int64_t now_ms,
                      int64_t expires_ms, char text[PAIRING_TOKEN_MAX])
{
    struct kept_token t = {.expires_ms = expires_ms};
    int dir_fd;
    TRY(node_folder_make(data_dir_fd, &dir_fd));
    give_name(&t);
    int err = check_room(dir_fd, now_ms);
    if (err == 0)
        err = pairing_token_make(own_pin, text, t.verifier);
    if (err == 0)
        err = keep(dir_fd, &t);
    else
        (void)close(dir_fd);
    secret_wipe(&t, sizeof(t));
    return err;
}

/* --- Spending --- */

/* All are looked at, whichever it is. */
static const struct kept_token *find(const struct kept_tokens *tokens, struct str said,
                                     const unsigned char binding[CHANNEL_BINDING_BYTES],
                                     struct str proof)
{
    const struct kept_token *found = NULL;
    unsigned char mac[SHA256_BYTES];
    for (size_t i = 0; i < tokens->count; i++) {
        pairing_prove(tokens->items[i].verifier, binding, PAIRING_OF_WITNESS, said, mac);
        if (ct_eq(str_of((const char *)mac, sizeof(mac)), proof))
            found = &tokens->items[i];
    }
    return found;
}

int witness_token_spend(int data_dir_fd, int64_t now_ms, struct str said,
                        const unsigned char binding[CHANNEL_BINDING_BYTES], struct str proof)
{
    struct kept_tokens tokens;
    int dir_fd;
    TRY(node_folder_open(data_dir_fd, &dir_fd));
    int err = read_tokens(dir_fd, now_ms, &tokens);
    const struct kept_token *t = err == 0 ? find(&tokens, said, binding, proof) : NULL;
    if (err == 0 && !t)
        err = ERR_ACCESS_DENIED;
    else if (t && (unlinkat(dir_fd, t->name, 0) != 0 || fsync(dir_fd) != 0))
        err = ERR_IO;
    secret_wipe(&tokens, sizeof(tokens));
    (void)close(dir_fd);
    return err;
}
