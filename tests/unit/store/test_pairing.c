/* A standby is paired by a token that is good once, for who has it, over the connection that it was made
 * for (RP-01). */
#include "tests/unit/store/pairing_support.h"

#include "store/link/pairing_proof.h"

#define NODE "0b54a7cc-63f6-4a7e-9d0c-0d3f7c1a2b3c"

static struct pairing_gift got;

static int ask_with(const struct pairing_token *token, const struct link_identity *who)
{
    const struct pairing_wish wish = {.token = token,
                                      .node = NODE,
                                      .address = STR(":7443"),
                                      .deadline_ms = clock_now().monotonic_ms + 10000};
    struct channel *channel = reach_as(who);
    int err = pairing_ask(&wish, channel, &arena, &got, &ctx);
    channel_free(channel);
    return err;
}

static int leave(void **unused)
{
    pairing_gift_free(&got);
    return tear_down(unused);
}

static void the_standby_gets_what_it_needs(void **unused)
{
    struct pairing_token token;
    (void)unused;
    make_token(&token);
    ok(ask_with(&token, &there));
    node_look(node, &state);
    assert_int_equal(state.role, REPL_PRIMARY);
    assert_string_equal(got.cluster, state.cluster);
    assert_string_equal(got.node, state.id);
    assert_int_equal(got.epoch, 1);
    assert_str(secret_view(&got.master_key), SECRET);
    assert_int_equal(got.settings.count, 2);
    assert_str(got.settings.values[0], "id.example");
    assert_string_equal(state.peer.node, NODE);
    assert_string_equal(state.peer.address, "127.0.0.1:7443");
    assert_memory_equal(state.peer.pin, there.pin.bytes, LINK_PIN_BYTES);
    assert_int_equal(state.token_count, 0);
}

static void a_token_is_good_once(void **unused)
{
    struct pairing_token token;
    (void)unused;
    make_token(&token);
    ok(ask_with(&token, &there));
    pairing_gift_free(&got);
    fails(ask_with(&token, &other), ERR_ACCESS_DENIED);
    assert_non_null(strstr(ctx.detail, "the token is not valid"));
    node_look(node, &state);
    assert_memory_equal(state.peer.pin, there.pin.bytes, LINK_PIN_BYTES);
}

struct racer {
    pthread_t thread;
    const struct pairing_token *token;
    const struct link_identity *who;
    struct arena arena;
    int err;
};

static void *race(void *arg)
{
    struct racer *r = arg;
    struct pairing_gift mine;
    struct err_ctx ignored = {0};
    const struct pairing_wish wish = {.token = r->token,
                                      .node = NODE,
                                      .address = STR(":7443"),
                                      .deadline_ms = clock_now().monotonic_ms + 10000};
    struct channel *channel = reach_as(r->who);
    arena_init(&r->arena, (size_t)8 << 20);
    r->err = pairing_ask(&wish, channel, &r->arena, &mine, &ignored);
    pairing_gift_free(&mine);
    channel_free(channel);
    arena_free(&r->arena);
    return NULL;
}

static void of_two_at_once_one_gets_it(void **unused)
{
    struct pairing_token token;
    struct racer racers[] = {{.token = &token, .who = &there}, {.token = &token, .who = &other}};
    (void)unused;
    make_token(&token);
    for (size_t i = 0; i < ARRAY_LEN(racers); i++)
        assert_int_equal(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
    for (size_t i = 0; i < ARRAY_LEN(racers); i++)
        assert_int_equal(pthread_join(racers[i].thread, NULL), 0);
    assert_int_equal((racers[0].err == 0) + (racers[1].err == 0), 1);
    node_look(node, &state);
    const struct racer *winner = racers[0].err == 0 ? &racers[0] : &racers[1];
    assert_memory_equal(state.peer.pin, winner->who->pin.bytes, LINK_PIN_BYTES);
}

static void a_token_that_is_over_is_nothing(void **unused)
{
    char text[PAIRING_TOKEN_MAX];
    struct pairing_token token;
    int64_t now_ms = clock_now().wall_ms;
    (void)unused;
    ok(pairing_token_new(node, &here.pin, now_ms - 2 * HOUR, now_ms - HOUR, text));
    ok(pairing_token_read(str_c(text), &token));
    fails(ask_with(&token, &there), ERR_ACCESS_DENIED);
    node_look(node, &state);
    assert_false(node_has_peer(&state));
}

static void another_secret_is_nothing_and_spends_nothing(void **unused)
{
    struct pairing_token token, guess;
    (void)unused;
    make_token(&token);
    guess = token;
    guess.secret[7] ^= 1;
    fails(ask_with(&guess, &there), ERR_ACCESS_DENIED);
    ok(ask_with(&token, &there));
}

/* What was said on one connection proves nothing on another. */
static void a_proof_is_of_one_connection(void **unused)
{
    static struct repl_message m;
    struct pairing_token token;
    unsigned char verifier[PAIRING_VERIFIER_BYTES], binding[CHANNEL_BINDING_BYTES];
    unsigned char again[CHANNEL_BINDING_BYTES];
    (void)unused;
    make_token(&token);
    ok(pairing_verifier(&token, verifier));
    struct channel *one = reach_as(&there), *two = reach_as(&there);
    ok(channel_binding(one, binding));
    ok(channel_binding(two, again));
    assert_memory_not_equal(binding, again, sizeof(binding));
    /* The words of the first connection, recorded before they were sent, on the second. */
    struct buf b;
    unsigned char mac[SHA256_BYTES], answer[REPL_LENGTH_BYTES + 1];
    buf_init(&b, &arena, (size_t)1 << 20);
    m = (struct repl_message){.type = REPL_HELLO,
                              .hello = {.version = REPL_VERSION,
                                        .page_bytes = 2048,
                                        .cluster = STR(NODE),
                                        .node = STR(NODE),
                                        .address = STR(":7443"),
                                        .role = REPL_STANDBY}};
    ok(repl_encode(&b, &m));
    pairing_prove(verifier, binding, PAIRING_OF_STANDBY, str_from(buf_str(&b), REPL_LENGTH_BYTES),
                  mac);
    int64_t until_ms = clock_now().monotonic_ms + 10000;
    ok(channel_write_by(two, b.ptr, b.len, until_ms));
    ok(channel_write_by(two, mac, sizeof(mac), until_ms));
    ok(channel_read_by(two, answer, sizeof(answer), until_ms));
    assert_int_equal(answer[REPL_LENGTH_BYTES], REPL_REFUSED);
    ok(channel_write_by(one, b.ptr, b.len, until_ms));
    ok(channel_write_by(one, mac, sizeof(mac), until_ms));
    ok(channel_read_by(one, answer, sizeof(answer), until_ms));
    assert_int_equal(answer[REPL_LENGTH_BYTES], REPL_BYTES);
    channel_free(one);
    channel_free(two);
}

static void who_has_a_standby_or_is_one_makes_no_token(void **unused)
{
    char text[PAIRING_TOKEN_MAX];
    struct pairing_token token;
    (void)unused;
    for (int i = 0; i < NODE_TOKENS_MAX; i++)
        make_token(&token);
    fails(pairing_token_new(node, &here.pin, 0, HOUR, text), ERR_LIMIT_REACHED);
    ok(ask_with(&token, &there));
    fails(pairing_token_new(node, &here.pin, 0, HOUR, text), ERR_CONFLICT);
    ok(node_heard(node, 9, STR(NODE), 0));
    fails(pairing_token_new(node, &here.pin, 0, HOUR, text), ERR_FORBIDDEN);
}

static void a_token_is_read_as_it_was_written(void **unused)
{
    char text[PAIRING_TOKEN_MAX], spaced[PAIRING_TOKEN_MAX + 8];
    struct pairing_token token;
    int64_t now_ms = clock_now().wall_ms;
    (void)unused;
    ok(pairing_token_new(node, &here.pin, now_ms, now_ms + HOUR, text));
    (void)snprintf(spaced, sizeof(spaced), " \n%s\r\n", text);
    ok(pairing_token_read(str_c(spaced), &token));
    assert_true(link_pin_equal(&token.pin, &here.pin));
    fails(pairing_token_read(STR(""), &token), ERR_INVALID_SYNTAX);
    fails(pairing_token_read(str_from(str_c(text), 1), &token), ERR_INVALID_SYNTAX);
    fails(pairing_token_read(str_sub(str_c(text), 0, strlen(text) - 1), &token),
          ERR_INVALID_SYNTAX);
}

#define A_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        A_TEST(the_standby_gets_what_it_needs),
        A_TEST(a_token_is_good_once),
        A_TEST(of_two_at_once_one_gets_it),
        A_TEST(a_token_that_is_over_is_nothing),
        A_TEST(another_secret_is_nothing_and_spends_nothing),
        A_TEST(a_proof_is_of_one_connection),
        A_TEST(who_has_a_standby_or_is_one_makes_no_token),
        A_TEST(a_token_is_read_as_it_was_written),
    };
    return cmocka_run_group_tests(tests, make_nodes, forget_nodes);
}
