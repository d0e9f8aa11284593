/* Binding states to a browser. */
#include "core/oidc/browser.h"

#include "core/auth/session.h"
#include "core/base/rng.h"

#include "core/base/banned.h"

int browser_bind(const struct auth_ctx *ctx, const struct authz_browser *browser,
                 struct str *ret_hash, struct str *ret_set_cookie)
{
    struct str cookie = browser->login_cookie;
    struct str fresh = str_of(NULL, 0);
    /* One that is not of our making is not taken over. */
    if (cookie.len != TOKEN_TEXT_LEN) {
        fresh = token_new(ctx->arena);
        if (str_absent(fresh))
            return ERR_NO_MEMORY;
        cookie = fresh;
    }
    struct str hash = handle_hash(ctx->arena, HANDLE_BROWSER, cookie);
    if (str_absent(hash))
        return ERR_NO_MEMORY;
    *ret_hash = hash;
    *ret_set_cookie = fresh;
    return 0;
}
