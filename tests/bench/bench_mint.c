/* Makes access tokens of a client's service account in a folder that nobody serves, as the token
 * endpoint would, without an event for each: for benchmarks that need very many.
 *   bench_mint FOLDER REALM CLIENT_ID BASE_URL COUNT   one token a line */
#include <stdio.h>
#include <stdlib.h>

#include "core/base/log.h"
#include "core/oidc/mint.h"
#include "core/port/users.h"
#include "store/store_open.h"

static void must(int err)
{
    if (err == 0)
        return;
    fprintf(stderr, "%s\n", err_name(err));
    exit(1);
}

struct minting {
    struct arena arena;
    struct now now;
    struct err_ctx err;
    struct auth_ctx ctx;
    struct str client_id;
};

static void print_token(struct minting *m)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    struct subject s = {.grant = GRANT_CLIENT_CREDENTIALS};
    struct minted minted;
    must(realm_view_client(m->ctx.view, m->client_id, &s.client));
    must(store_read_begin(m->ctx.view, &r));
    must(user_find_by_id(r, &m->arena, s.client->service_account_user_id, &s.user));
    must(subject_load(&m->ctx, r, STR(""), &s));
    must(mint_access_token(&m->ctx, r, &s, &minted));
    (void)printf("%.*s\n", (int)minted.token.len, minted.token.ptr);
    arena_reset(&m->arena);
}

int main(int argc, char **argv)
{
    struct minting m = {.now = clock_now()};
    struct store *store;
    if (argc != 6) {
        fprintf(stderr, "usage: bench_mint FOLDER REALM CLIENT_ID BASE_URL COUNT\n");
        return 2;
    }
    struct store_config config = {.data_dir = argv[1]};
    struct str base_url = str_c(argv[4]);
    char issuer[512];
    log_setup(LOG_LEVEL_ERROR, 2, false);
    must(store_open(&config, &store));
    arena_init(&m.arena, ARENA_REQUEST_MAX_BYTES);
    (void)snprintf(issuer, sizeof(issuer), "%s/realms/%s", argv[4], argv[2]);
    m.client_id = str_c(argv[3]);
    m.ctx = (struct auth_ctx){.arena = &m.arena,
                              .now = &m.now,
                              .err = &m.err,
                              .issuer = str_c(issuer),
                              .base_url = base_url};
    must(realm_view_acquire(store, str_c(argv[2]), &m.ctx.view));
    for (long i = strtol(argv[5], NULL, 10); i > 0; i--)
        print_token(&m);
    realm_view_release(m.ctx.view);
    arena_free(&m.arena);
    store_close(store);
    return 0;
}
