/* Who may hear what ends in a realm. */
#include "core/validation/parts.h"

#include "core/base/banned.h"

/* The caller is in the ground already; of the realm that is watched its configuration is enough: it
 * may be disabled or deleted. */
static void note_realm(const struct validation_call *call, const struct validation_realm *realm)
{
    const struct footing_rows none = {.user_pk = 0};
    struct ground *g = call->ground;
    struct footing footing;
    if (!g)
        return;
    store_footing(realm->view, &none, &footing);
    store_ground_add(realm->view, &none, &footing, INT64_MAX, g);
    g->firm = g->has_caller && !g->loose;
}

/* Who may ask about every token of a realm may also hear of it. */
static bool may_hear(const struct validation_caller *caller, struct str realm)
{
    return caller->every_realm || (caller->whole_realm && str_eq(realm, caller->realm));
}

int validation_check_watch(const struct validation_call *call,
                           const struct validation_caller *caller, struct str asked,
                           struct str *ret_realm)
{
    struct validation_realm realm;
    struct str name = str_empty(asked) ? caller->realm : asked;
    if (!may_hear(caller, name))
        return err_set(call->err, ERR_FORBIDDEN, "the role token-validator of the realm is needed");
    TRY(validation_realm_open(call, name, &realm));
    int rc = realm_view_realm(realm.view)->enabled ? 0 : ERR_REALM_DISABLED;
    note_realm(call, &realm);
    validation_realm_close(&realm);
    *ret_realm = name;
    return rc;
}
