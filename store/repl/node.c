/* The node's file and what changes of it. */
#include "store/repl/node.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/plain_file.h"
#include "store/repl/node_folder.h"
#include "store/store.h"
#include "store/whole_file.h"

#include "core/base/banned.h"

#define FILE_NAME     NODE_FILE
#define SCRATCH_BYTES (8 * NODE_TEXT_MAX)

struct node {
    int data_dir_fd;
    pthread_mutex_t changing; /* one change at a time; before lock */
    pthread_mutex_t lock;     /* of the rest */
    struct node_state state;
    struct lease lease;
    void (*changed)(void *arg);
    void *changed_arg;
};

/* --- The file --- */

static int read_all(int fd, struct arena *a, struct str *ret_text)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return ERR_IO;
    if (st.st_size <= 0 || (size_t)st.st_size > NODE_TEXT_MAX)
        return ERR_STORE_CORRUPT;
    char *text = arena_alloc(a, (size_t)st.st_size);
    if (!text)
        return ERR_NO_MEMORY;
    *ret_text = str_of(text, (size_t)st.st_size);
    return read(fd, text, ret_text->len) == (ssize_t)ret_text->len ? 0 : ERR_IO;
}

static int read_file(int data_dir_fd, struct node_state *ret_state)
{
    CLEANUP(arena_free) struct arena a;
    struct str text;
    int dir, fd;
    int err = node_folder_open(data_dir_fd, &dir);
    if (err != 0)
        return err == ERR_NOT_FOUND ? 0 : err;
    err = plain_file_open(dir, FILE_NAME, O_RDONLY, &fd);
    (void)close(dir);
    if (err != 0)
        return err == ERR_NOT_FOUND ? 0 : err;
    arena_init(&a, SCRATCH_BYTES);
    err = read_all(fd, &a, &text);
    (void)close(fd);
    return err == 0 ? node_text_read(&a, text, ret_state) : err;
}

static int write_file(int data_dir_fd, const struct node_state *state)
{
    CLEANUP(arena_free) struct arena a;
    CLEANUP(whole_file_close) struct whole_file file = WHOLE_FILE_NONE;
    struct str text;
    int dir;
    arena_init(&a, SCRATCH_BYTES);
    TRY(node_text_write(&a, state, &text));
    TRY(node_folder_make(data_dir_fd, &dir));
    TRY(whole_file_create(dir, STR(FILE_NAME), &file));
    TRY(whole_file_write(&file, text.ptr, text.len));
    return whole_file_publish(&file);
}

/* --- One node --- */

int node_open(int data_dir_fd, struct node **ret_node, struct err_ctx *ctx)
{
    struct node *node = calloc(1, sizeof(*node));
    if (!node)
        return ERR_NO_MEMORY;
    node->data_dir_fd = data_dir_fd;
    int err = read_file(data_dir_fd, &node->state);
    if (err != 0) {
        free(node);
        return err_set(ctx, err, NODE_FOLDER "/" FILE_NAME ": %s", err_text(err));
    }
    (void)pthread_mutex_init(&node->changing, NULL);
    (void)pthread_mutex_init(&node->lock, NULL);
    lease_init(&node->lease, NULL);
    lease_require(&node->lease, node_has_witness(&node->state));
    lease_count_on(&node->lease, node->state.witness.counted);
    *ret_node = node;
    return 0;
}

void node_close(struct node *node)
{
    if (!node)
        return;
    (void)pthread_mutex_destroy(&node->changing);
    (void)pthread_mutex_destroy(&node->lock);
    lease_destroy(&node->lease);
    free(node);
}

struct node *store_node(struct store *store)
{
    return store->node;
}

int node_data_dir(const struct node *node)
{
    return node->data_dir_fd;
}

struct lease *node_lease(struct node *node)
{
    return &node->lease;
}

void node_look(struct node *node, struct node_state *ret_state)
{
    pthread_mutex_lock(&node->lock);
    *ret_state = node->state;
    pthread_mutex_unlock(&node->lock);
}

void node_on_change(struct node *node, void (*changed)(void *arg), void *arg)
{
    node->changed = changed;
    node->changed_arg = arg;
}

static int change_alone(struct node *node, node_edit *edit, void *arg)
{
    struct node_state state;
    node_look(node, &state);
    TRY(edit(arg, &state));
    TRY(write_file(node->data_dir_fd, &state));
    pthread_mutex_lock(&node->lock);
    node->state = state;
    pthread_mutex_unlock(&node->lock);
    lease_require(&node->lease, node_has_witness(&state));
    lease_count_on(&node->lease, state.witness.counted);
    return 0;
}

int node_change(struct node *node, node_edit *edit, void *arg)
{
    pthread_mutex_lock(&node->changing);
    int err = change_alone(node, edit, arg);
    pthread_mutex_unlock(&node->changing);
    if (err == 0 && node->changed)
        node->changed(node->changed_arg);
    return err;
}

/* --- Epochs --- */

void node_note_epoch(struct node_state *s, uint64_t epoch, struct str node, int64_t now_ms)
{
    if (s->timeline_count > 0 && s->timeline[s->timeline_count - 1].epoch >= epoch)
        return;
    if (s->timeline_count == NODE_TIMELINE_MAX) {
        s->timeline_count--;
        memmove(s->timeline, s->timeline + 1, s->timeline_count * sizeof(s->timeline[0]));
    }
    struct node_epoch *e = &s->timeline[s->timeline_count++];
    *e = (struct node_epoch){.epoch = epoch, .at_ms = now_ms};
    memcpy(e->node, node.ptr, node.len < REPL_NODE_ID_LEN ? node.len : REPL_NODE_ID_LEN);
}

void node_found(struct node_state *state, int64_t now_ms)
{
    if (state->role != REPL_ALONE)
        return;
    state->role = REPL_PRIMARY;
    uuid_v4(state->cluster);
    uuid_v4(state->id);
    state->epoch = 1;
    node_note_epoch(state, state->epoch, str_c(state->id), now_ms);
}

uint64_t node_newest_epoch(const struct node_state *state)
{
    return state->newer_epoch > state->epoch ? state->newer_epoch : state->epoch;
}

int node_reign(struct node_state *state, uint64_t expected_epoch, int64_t now_ms)
{
    uint64_t newest = node_newest_epoch(state);
    if (state->role == REPL_ALONE || newest != expected_epoch || newest >= INT64_MAX)
        return ERR_CONFLICT;
    state->role = REPL_PRIMARY;
    state->epoch = newest + 1;
    state->newer_epoch = 0;
    state->failed_over = false;
    state->peer.met = MET_NOT_YET;
    memset(state->witness.counted, 0, sizeof(state->witness.counted));
    memset(state->primary_witness, 0, sizeof(state->primary_witness));
    state->word = (struct node_word){.why = ""};
    node_note_epoch(state, state->epoch, str_c(state->id), now_ms);
    return 0;
}

int node_take_over(struct node_state *state, int64_t now_ms)
{
    TRY(node_reign(state, node_newest_epoch(state), now_ms));
    state->failed_over = true;
    return 0;
}

struct heard {
    uint64_t epoch;
    struct str node;
    int64_t now_ms;
};

static bool is_news(const struct node_state *s, uint64_t epoch)
{
    return s->role != REPL_ALONE && epoch > s->epoch && epoch > s->newer_epoch &&
           epoch - s->epoch <= NODE_EPOCHS_AHEAD;
}

/* A standby has no history of its own: it is in the epoch of whom it follows. */
static int hear(void *arg, struct node_state *s)
{
    const struct heard *h = arg;
    if (!is_news(s, h->epoch))
        return 0;
    if (s->role == REPL_STANDBY)
        s->epoch = h->epoch;
    else
        s->newer_epoch = h->epoch;
    node_note_epoch(s, h->epoch, h->node, h->now_ms);
    return 0;
}

int node_heard(struct node *node, uint64_t epoch, struct str other_node, int64_t now_ms)
{
    struct node_state state;
    struct heard h = {epoch, other_node, now_ms};
    node_look(node, &state);
    return is_news(&state, epoch) ? node_change(node, hear, &h) : 0;
}

static int put_met(void *arg, struct node_state *state)
{
    state->peer.met = *(const enum node_met *)arg;
    return 0;
}

int node_met_peer(struct node *node, enum node_met met, bool *ret_news)
{
    struct node_state state;
    node_look(node, &state);
    *ret_news = node_has_peer(&state) && state.peer.met != met;
    return *ret_news ? node_change(node, put_met, &met) : 0;
}

static int put_counted(void *arg, struct node_state *state)
{
    const char *standby = arg;
    bool is_known = standby[0] == '\0' || strcmp(standby, state->peer.node) == 0;
    if (!node_has_witness(state) || !is_known)
        return ERR_CONFLICT;
    memcpy(state->witness.counted, standby, sizeof(state->witness.counted));
    return 0;
}

int node_count_on(struct node *node, const char *standby)
{
    char counted[REPL_NODE_ID_LEN + 1];
    memcpy(counted, standby, sizeof(counted));
    pthread_mutex_lock(&node->changing);
    int err = change_alone(node, put_counted, counted);
    pthread_mutex_unlock(&node->changing);
    return err;
}

static int put_mode(void *arg, struct node_state *state)
{
    state->mode = *(const enum repl_mode *)arg;
    return 0;
}

int node_set_mode(struct node *node, enum repl_mode mode)
{
    return node_change(node, put_mode, &mode);
}

static int put_primary_witness(void *arg, struct node_state *state)
{
    const struct str *address = arg;
    memset(state->primary_witness, 0, sizeof(state->primary_witness));
    memcpy(state->primary_witness, address->ptr, address->len);
    return 0;
}

int node_set_primary_witness(struct node *node, struct str address)
{
    if (address.len > NODE_ADDRESS_MAX || !str_has_no_control(address))
        return ERR_INVALID_REQUEST;
    return node_change(node, put_primary_witness, &address);
}
