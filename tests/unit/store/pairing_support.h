/* A primary that pairs with everybody who has a token. */
#ifndef GARITA_TESTS_UNIT_STORE_PAIRING_SUPPORT_H
#define GARITA_TESTS_UNIT_STORE_PAIRING_SUPPORT_H

#include <sys/stat.h>

#include "tests/unit/store/link_support.h"

#include "store/link/pairing.h"

#define HOUR   INT64_C(3600000)
#define SECRET "0123456789abcdef0123456789abcdef"

static struct node *node;
static struct node_state state;
static struct pairing_gift given;
static int dir_fd = -1;
static struct err_ctx ctx;

/* The primary: gives to every stranger who has a token. */
static void on_wish(void *arg, struct channel *channel, const struct link_pin *pin)
{
    const struct pairing_offer offer = {node, &given.master_key, &given.settings,
                                        clock_now().monotonic_ms + 10000};
    (void)arg;
    int err = pairing_give(&offer, channel, pin);
    (void)err; /* who asks is told */
}

static bool is_nobody(void *arg, const struct link_pin *pin)
{
    (void)arg;
    (void)pin;
    return false;
}

static int set_up(void **unused)
{
    char path[512];
    const struct link_listener_config config = {.address = "127.0.0.1",
                                                .identity = &here,
                                                .times = quick,
                                                .is_peer = is_nobody,
                                                .stranger = on_wish};
    (void)unused;
    (void)snprintf(path, sizeof(path), "%s/data", test_dir);
    assert_int_equal(mkdir(path, 0700), 0);
    dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ok(node_open(dir_fd, &node, NULL));
    given = (struct pairing_gift){.settings = {.names = {STR("hostname"), STR("file:tls.crt")},
                                               .values = {STR("id.example"), STR("-----\n")},
                                               .count = 2}};
    ok(secret_copy(&given.master_key, STR(SECRET)));
    ctx = (struct err_ctx){0};
    arena_init(&arena, (size_t)8 << 20);
    ok(link_listener_start(&config, &listener, &ctx));
    return 0;
}

static int tear_down(void **unused)
{
    char command[600];
    (void)unused;
    link_listener_stop(listener);
    node_close(node);
    secret_free(&given.master_key);
    arena_free(&arena);
    (void)close(dir_fd);
    (void)snprintf(command, sizeof(command), "rm -rf '%s/data'", test_dir);
    assert_int_equal(system(command), 0);
    return 0;
}

static void make_token(struct pairing_token *ret_token)
{
    char text[PAIRING_TOKEN_MAX];
    int64_t now_ms = clock_now().wall_ms;
    ok(pairing_token_new(node, &here.pin, now_ms, now_ms + HOUR, text));
    ok(pairing_token_read(str_c(text), ret_token));
}

#endif
