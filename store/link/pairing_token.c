/* Tokens: what the standby is given, and what the primary keeps of it. */
#include "core/base/clock.h"
#include "core/codec/base64.h"
#include "core/crypto/kdf.h"
#include "store/link/pairing_proof.h"

#include "core/base/banned.h"

#define PREFIX      "garita-standby-1-"
#define TOKEN_BYTES (LINK_PIN_BYTES + PAIRING_SECRET_BYTES)

int pairing_verifier(const struct pairing_token *token, unsigned char out[PAIRING_VERIFIER_BYTES])
{
    return kdf_derive(str_of((const char *)token->secret, sizeof(token->secret)), "standby-token",
                      str_of((const char *)token->pin.bytes, sizeof(token->pin.bytes)), out);
}

void pairing_forget_expired(struct node_state *state, int64_t now_ms)
{
    size_t kept = 0;
    for (size_t i = 0; i < state->token_count; i++)
        if (state->tokens[i].expires_ms > now_ms)
            state->tokens[kept++] = state->tokens[i];
    for (size_t i = kept; i < state->token_count; i++)
        state->tokens[i] = (struct node_token){0};
    state->token_count = kept;
}

int pairing_is_possible(const struct node_state *state)
{
    if (state->role == REPL_STANDBY || node_is_fenced(state))
        return ERR_FORBIDDEN;
    return node_has_peer(state) ? ERR_CONFLICT : 0;
}

struct new_token {
    int64_t now_ms;
    struct node_token token;
};

static int add_token(void *arg, struct node_state *state)
{
    const struct new_token *n = arg;
    TRY(pairing_is_possible(state));
    pairing_forget_expired(state, n->now_ms);
    if (state->token_count == NODE_TOKENS_MAX)
        return ERR_LIMIT_REACHED;
    node_found(state, n->now_ms);
    state->tokens[state->token_count++] = n->token;
    return 0;
}

int pairing_token_make(const struct link_pin *own_pin, char text[PAIRING_TOKEN_MAX],
                       unsigned char verifier[PAIRING_VERIFIER_BYTES])
{
    struct pairing_token token = {.pin = *own_pin};
    unsigned char bytes[TOKEN_BYTES];
    rng_bytes(token.secret, sizeof(token.secret));
    int err = pairing_verifier(&token, verifier);
    if (err == 0) {
        memcpy(bytes, token.pin.bytes, LINK_PIN_BYTES);
        memcpy(bytes + LINK_PIN_BYTES, token.secret, PAIRING_SECRET_BYTES);
        memcpy(text, PREFIX, sizeof(PREFIX) - 1);
        base64url_write(text + sizeof(PREFIX) - 1, bytes, sizeof(bytes));
        text[sizeof(PREFIX) - 1 + base64url_chars(TOKEN_BYTES)] = '\0';
    }
    secret_wipe(bytes, sizeof(bytes));
    secret_wipe(&token, sizeof(token));
    return err;
}

int pairing_token_new(struct node *node, const struct link_pin *own_pin, int64_t now_ms,
                      int64_t expires_ms, char text[PAIRING_TOKEN_MAX])
{
    struct new_token n = {now_ms, {.expires_ms = expires_ms}};
    int err = pairing_token_make(own_pin, text, n.token.hash);
    if (err == 0)
        err = node_change(node, add_token, &n);
    if (err != 0)
        secret_wipe(text, PAIRING_TOKEN_MAX);
    secret_wipe(&n, sizeof(n));
    return err;
}

static struct str without_space(struct str text)
{
    while (!str_empty(text) && strchr(" \t\r\n", text.ptr[text.len - 1]))
        text.len--;
    while (!str_empty(text) && strchr(" \t\r\n", text.ptr[0]))
        text = str_from(text, 1);
    return text;
}

int pairing_token_read(struct str text, struct pairing_token *ret_token)
{
    unsigned char bytes[TOKEN_BYTES];
    size_t len;
    text = without_space(text);
    if (!str_starts(text, STR(PREFIX)))
        return ERR_INVALID_SYNTAX;
    int err = base64url_decode_into(str_from(text, sizeof(PREFIX) - 1), bytes, sizeof(bytes), &len);
    if (err != 0 || len != sizeof(bytes))
        return ERR_INVALID_SYNTAX;
    memcpy(ret_token->pin.bytes, bytes, LINK_PIN_BYTES);
    memcpy(ret_token->secret, bytes + LINK_PIN_BYTES, PAIRING_SECRET_BYTES);
    secret_wipe(bytes, sizeof(bytes));
    return 0;
}
