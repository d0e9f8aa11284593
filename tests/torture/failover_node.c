#include "tests/torture/failover_node.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "appliance/promotion.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/crypto/init.h"
#include "store/link/link.h"
#include "store/repl/peering.h"
#include "store/repl/rejoin.h"
#include "store/store_open.h"
#include "tests/torture/failover_load.h"
#include "tests/torture/fault.h"
#include "tests/torture/fault_vfs.h"
#include "tests/torture/leap.h"
#include "tests/torture/torture.h"
#include "tests/torture/world.h"

#define CONFIRM_MS   400
#define SETTLE_MS    20000
#define LOOK_MS      2000 /* then the parent looks whether the cable is there */
#define HANDSHAKE_MS 5000
#define LOOK_US      300
#define LATE_US      10000 /* of a standby that confirms too early */

struct self {
    const struct failover_node *node;
    struct store *store;
    struct link_identity identity;
    struct peering_host host;
    struct failover_load *load;
    pthread_t link_thread;
    bool linked, dials;
    int link_fd;
    struct repl_out out; /* of the connection, under the follower's one thread of it */
};

static _Noreturn void give_up(const char *what, int err)
{
    (void)fprintf(stderr, "a node ends: %s: %s\n", what, err_name(err));
    _exit(3);
}

static void need(int err, const char *what)
{
    if (err != 0)
        give_up(what, err);
}

/* --- The folder --- */

static void data_dir_of(const char *root, char path[WORLD_PATH_MAX + 8])
{
    (void)snprintf(path, WORLD_PATH_MAX + 8, "%s/data", root);
}

static int open_data_dir(const char *root)
{
    char path[WORLD_PATH_MAX + 8];
    data_dir_of(root, path);
    (void)mkdir(path, S_IRWXU);
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        give_up(path, ERR_IO);
    return fd;
}

void failover_look(const char *root, struct node_state *ret_state)
{
    struct node *node;
    int fd = open_data_dir(root);
    need(node_open(fd, &node, NULL), "looking at a node");
    node_look(node, ret_state);
    node_close(node);
    (void)close(fd);
}

static int put_state(void *arg, struct node_state *state)
{
    *state = *(const struct node_state *)arg;
    return 0;
}

static void write_state(const char *root, const struct node_state *state)
{
    struct node *node;
    int fd = open_data_dir(root);
    need(node_open(fd, &node, NULL), "making a node");
    need(node_change(node, put_state, (void *)(uintptr_t)state), "making a node");
    node_close(node);
    (void)close(fd);
}

static void copy_master_key(const char *from_root, const char *to_root)
{
    char command[2 * WORLD_PATH_MAX + 64];
    (void)snprintf(command, sizeof(command), "cp -p '%s/data/master.key' '%s/data/'", from_root,
                   to_root);
    if (system(command) != 0)
        give_up(command, ERR_IO);
}

static void name_peer(struct node_state *state, const char *id)
{
    memcpy(state->peer.node, id, sizeof(state->peer.node));
    (void)snprintf(state->peer.address, sizeof(state->peer.address), "127.0.0.1:1");
}

void failover_found(const char *primary_root, const char *standby_root)
{
    struct node_state primary = {.role = REPL_ALONE}, standby;
    node_found(&primary, clock_now().wall_ms);
    primary.mode = REPL_SYNC_FLUSH;
    standby = primary;
    standby.role = REPL_STANDBY;
    uuid_v4(standby.id);
    name_peer(&primary, standby.id);
    name_peer(&standby, primary.id);
    write_state(primary_root, &primary);
    write_state(standby_root, &standby);
    copy_master_key(primary_root, standby_root);
}

/* --- Being what the folder says --- */

/* As the appliance does: whoever learns of another reign answers nothing any more. */
static void on_change(void *arg)
{
    struct self *s = arg;
    struct node_state now;
    node_look(store_node(s->store), &now);
    if (node_is_fenced(&now))
        repl_gate_shut(s->store);
}

static void begin(struct self *s)
{
    struct node_state state;
    char path[WORLD_PATH_MAX + 8];
    data_dir_of(s->node->root, path);
    failover_look(s->node->root, &state);
    const struct store_config config = {.data_dir = path,
                                        .vfs = FAULT_VFS,
                                        .wait_ms = 20000,
                                        .checkpoint_pages = 20,
                                        .readers_per_realm = 4,
                                        .standby = state.role == REPL_STANDBY};
    struct err_ctx why = {0};
    struct store_config with_reason = config;
    with_reason.ctx = &why;
    int err = store_open(&with_reason, &s->store);
    if (err != 0)
        give_up(why.detail[0] ? why.detail : "opening the store", err);
    LOG_INFO("torture", "process %u, %s: epoch %llu, %s", s->node->serial, s->node->root,
             (unsigned long long)state.epoch, state.role == REPL_STANDBY ? "standby" : "primary");
    s->host = (struct peering_host){.node = store_node(s->store), .address = STR("127.0.0.1:1")};
    node_on_change(s->host.node, on_change, s);
    if (state.role == REPL_STANDBY) {
        const struct follower_config c = {.cluster = str_c(state.cluster)};
        need(follower_new(s->store, &c, &s->host.follower), "following");
        return;
    }
    const struct leader_config c = {.cluster = str_c(state.cluster),
                                    .epoch = state.epoch,
                                    .mode = s->node->control == CONTROL_ASYNC ? REPL_ASYNC
                                                                              : REPL_SYNC_FLUSH,
                                    .stop_without_standby = s->node->control != CONTROL_ASYNC,
                                    .confirm_ms = CONFIRM_MS};
    need(leader_new(s->store, &c, &s->host.leader), "leading");
}

static void unlink_peer(struct self *s)
{
    if (!s->linked)
        return;
    (void)shutdown(s->link_fd, SHUT_RDWR);
    (void)pthread_join(s->link_thread, NULL);
    (void)close(s->link_fd);
    s->linked = false;
}

static void end(struct self *s)
{
    failover_load_end(s->load);
    s->load = NULL;
    unlink_peer(s);
    leader_free(s->host.leader);
    follower_free(s->host.follower);
    store_close(s->store);
    s->store = NULL;
}

/* --- The link --- */

static int up(void *arg, enum channel_side side, const struct repl_out *out, void **ret_session)
{
    struct self *s = arg;
    (void)side;
    s->out = *out;
    *ret_session = NULL;
    struct peering *peering;
    TRY(peering_new(&s->host, out, &peering));
    *ret_session = peering;
    return 0;
}

/* The peering knows nothing of us, but there is one node in a process. */
static struct self *self_of_process;

static int message(void *session, const struct repl_message *m)
{
    struct self *s = self_of_process;
    if (s->node->control == CONTROL_EARLY_ACK && m->type == REPL_COMMIT) {
        const struct repl_message ack = {.type = REPL_ACK, .at = {m->commit.file, m->commit.after}};
        TRY(s->out.send(s->out.arg, &ack));
    }
    if (s->node->control != CONTROL_NONE && m->type == REPL_PAGES)
        (void)usleep(LATE_US);
    return peering_message(session, m);
}

static int beat(void *session, struct repl_heartbeat *ret_beat)
{
    return peering_beat(session, ret_beat);
}

static void down(void *session)
{
    peering_end(session);
}

static void run_link(struct self *s)
{
    const struct link_times times = {.beat_ms = 20, .silence_ms = 3000};
    const struct link_user user = {up, message, beat, down, s};
    enum channel_side side = s->dials ? CHANNEL_DIALS : CHANNEL_LISTENS;
    struct channel *channel;
    struct link *link;
    if (channel_new(&s->identity, side, dup(s->link_fd), &channel) != 0)
        return;
    if (channel_shake_hands_by(channel, clock_now().monotonic_ms + HANDSHAKE_MS) == 0 &&
        link_new(channel, &times, &link) == 0) {
        int err = link_run(link, side, &user);
        if (err != 0)
            LOG_INFO("torture", "the link ended: %s", err_name(err));
        link_free(link);
    }
    channel_free(channel);
}

static void *link_thread(void *arg)
{
    struct self *s = arg;
    run_link(s);
    (void)shutdown(s->link_fd, SHUT_RDWR); /* the other one hears of it */
    return NULL;
}

static void link_peer(struct self *s, int fd, bool dials)
{
    unlink_peer(s);
    s->link_fd = fd;
    s->dials = dials;
    if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0 ||
        pthread_create(&s->link_thread, NULL, link_thread, s) != 0)
        give_up("linking", ERR_IO);
    s->linked = true;
}

/* --- Orders --- */

static void begin_anew(struct self *s)
{
    end(s);
    begin(s);
}

static int settle(struct self *s, struct answer *ret_answer)
{
    int64_t until_ms = clock_now().monotonic_ms + LOOK_MS;
    struct leader_state told = {0};
    while (!told.in_step || told.behind_commits > 0) {
        (void)usleep(LOOK_US);
        leader_state(s->host.leader, &told);
        if (clock_now().monotonic_ms < until_ms)
            continue;
        (void)snprintf(ret_answer->text, sizeof(ret_answer->text),
                       "%s, %s step, %zu of %zu databases follow, %llu commits behind",
                       told.attached ? "connected" : "not connected",
                       told.in_step ? "in" : "not in", told.following, told.databases,
                       (unsigned long long)told.behind_commits);
        return ERR_TIMEOUT;
    }
    return 0;
}

static int hear(struct self *s)
{
    int64_t until_ms = clock_now().monotonic_ms + SETTLE_MS;
    struct node_state now;
    for (;;) {
        node_look(s->host.node, &now);
        if (node_is_fenced(&now))
            return 0;
        if (clock_now().monotonic_ms > until_ms)
            return ERR_TIMEOUT;
        (void)usleep(LOOK_US);
    }
}

static int verify(struct self *s, int64_t *ret_differed)
{
    struct leader_state before, now;
    int64_t until_ms = clock_now().monotonic_ms + SETTLE_MS;
    leader_state(s->host.leader, &before);
    TRY(leader_verify(s->host.leader));
    do {
        if (clock_now().monotonic_ms > until_ms)
            return ERR_TIMEOUT;
        (void)usleep(LOOK_US);
        leader_state(s->host.leader, &now);
    } while (now.verified_ms == before.verified_ms);
    *ret_differed = (int64_t)(now.pages_differed - before.pages_differed);
    return 0;
}

static int check(struct self *s, bool tries_codes, struct answer *ret_answer)
{
    struct check c = {.root = s->node->root,
                      .vfs = FAULT_VFS,
                      .history = s->node->history,
                      .cut = NO_CUT,
                      .try_codes = tries_codes};
    if (check_store(&c, s->store))
        return 0;
    (void)snprintf(ret_answer->text, sizeof(ret_answer->text), "%.*s",
                   (int)sizeof(ret_answer->text) - 1, c.complaint);
    return ERR_CONFLICT;
}

static int promote(struct self *s, bool incomplete, struct answer *ret_answer)
{
    CLEANUP(arena_free) struct arena a;
    struct err_ctx why = {0};
    uint64_t epoch;
    arena_init(&a, PROMOTION_ARENA_BYTES);
    const struct promotion p = {
        .store = s->store, .arena = &a, .is_sure = true, .incomplete = incomplete};
    int err = promotion_run(&p, &epoch, &why);
    if (err != 0) {
        (void)snprintf(ret_answer->text, sizeof(ret_answer->text), "%.250s", why.detail);
        return err;
    }
    begin_anew(s);
    return 0;
}

static void fill_disk(int64_t from)
{
    const struct fault_plan plan = {.ops = FAULT_BIT(FAULT_WRITE) | FAULT_BIT(FAULT_TRUNCATE),
                                    .kind = FAULT_ENOSPC,
                                    .nth = (uint64_t)from,
                                    .for_ever = true};
    if (from > 0)
        fault_arm(&plan);
    else
        fault_clear();
}

static int work(struct self *s, enum load_kind kind, struct answer *ret_answer)
{
    if (kind != LOAD_NONE) {
        s->load = failover_load_begin(s->store, s->node, kind);
        return 0;
    }
    int err = failover_load_surprise(s->load, ret_answer->text, sizeof(ret_answer->text));
    failover_load_end(s->load);
    s->load = NULL;
    return err;
}

static int obey(struct self *s, const struct order *o, int fd, struct answer *ret_answer)
{
    switch (o->kind) {
    case ORDER_LINK: link_peer(s, fd, o->number != 0); return 0;
    case ORDER_LOAD: return work(s, (enum load_kind)o->number, ret_answer);
    case ORDER_BEGIN_ANEW: begin_anew(s); return 0;
    case ORDER_SETTLE: return settle(s, ret_answer);
    case ORDER_HEAR: return hear(s);
    case ORDER_CHECK: return check(s, o->number != 0, ret_answer);
    case ORDER_VERIFY: return verify(s, &ret_answer->number);
    case ORDER_PROMOTE: return promote(s, o->number != 0, ret_answer);
    case ORDER_DISK_FULL: fill_disk(o->number); return 0;
    case ORDER_CLOCK: leap_to(o->number); return 0;
    case ORDER_END: end(s); return 0;
    }
    return ERR_INTERNAL;
}

/* The socket of the link comes beside its order. */
static bool next_order(int orders_fd, struct order *ret_order, int *ret_fd)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec io = {.iov_base = ret_order, .iov_len = sizeof(*ret_order)};
    struct msghdr m = {.msg_iov = &io,
                       .msg_iovlen = 1,
                       .msg_control = &control,
                       .msg_controllen = sizeof(control)};
    *ret_fd = -1;
    if (recvmsg(orders_fd, &m, MSG_CMSG_CLOEXEC) != (ssize_t)sizeof(*ret_order))
        return false;
    const struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    if (c && c->cmsg_type == SCM_RIGHTS)
        memcpy(ret_fd, CMSG_DATA(c), sizeof(*ret_fd));
    return true;
}

static void rejoin_if_fenced(const struct failover_node *node)
{
    const char *root = node->root;
    char path[WORLD_PATH_MAX + 8], aside[REJOIN_ASIDE_MAX];
    struct node_state state;
    struct err_ctx why = {0};
    failover_look(root, &state);
    data_dir_of(root, path);
    if (!node_is_fenced(&state))
        return;
    const struct rejoin_wish wish = {.anew = node->serial % 3 == 0};
    int err = rejoin_folder(path, &wish, aside, &why);
    if (err != 0)
        give_up(why.detail[0] ? why.detail : "rejoining", err);
}

_Noreturn void failover_node_run(const struct failover_node *node)
{
    struct self s = {.node = node};
    struct order o;
    int fd;
    self_of_process = &s;
    if (getenv("GARITA_TORTURE_LOG"))
        log_setup(LOG_LEVEL_INFO, 2, false);
    need(crypto_init(), "starting");
    rejoin_if_fenced(node);
    int dir = open_data_dir(node->root);
    need(link_identity_load(dir, true, &s.identity), "the key");
    (void)close(dir);
    begin(&s);
    while (next_order(node->orders_fd, &o, &fd)) {
        struct answer a = {.text = ""};
        a.err = obey(&s, &o, fd, &a);
        if (send(node->orders_fd, &a, sizeof(a), MSG_NOSIGNAL) != (ssize_t)sizeof(a) ||
            o.kind == ORDER_END)
            break;
    }
    _exit(0);
}
