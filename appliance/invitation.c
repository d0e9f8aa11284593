#include "appliance/invitation.h"

#include "core/base/clock.h"
#include "core/base/secret.h"
#include "store/link/pairing.h"
#include "store/store_open.h"

#include "core/base/banned.h"

static int explain(int rc, struct err_ctx *err)
{
    switch (rc) {
    case ERR_CONFLICT:
        return err_set(err, rc, "this node has a standby already (garita standby forget)");
    case ERR_FORBIDDEN: return err_set(err, rc, "only a primary that reigns can have a standby");
    case ERR_LIMIT_REACHED:
        return err_set(err, rc, "%d tokens wait for a standby: use one, or let them expire",
                       NODE_TOKENS_MAX);
    default: return rc;
    }
}

int invitation_make(struct store *store, struct arena *a, int64_t expires_ms, struct str *ret_token,
                    struct err_ctx *err)
{
    char text[PAIRING_TOKEN_MAX];
    struct link_identity identity;
    struct node *node = store_node(store);
    TRY(link_identity_load(node_data_dir(node), true, &identity));
    int rc = pairing_token_new(node, &identity.pin, clock_now().wall_ms, expires_ms, text);
    link_identity_free(&identity);
    TRY(explain(rc, err));
    *ret_token = arena_str_c(a, text);
    secret_wipe(text, sizeof(text));
    return str_absent(*ret_token) ? ERR_NO_MEMORY : 0;
}
