/* Sealing of what stands outside the databases. */
#include "store/keystore/seal.h"
#include "store/store.h"

#include "core/base/banned.h"

/* The same on both nodes, which have one master key. */
static struct seal_place place_of(const struct store *store, const char *label)
{
    return (struct seal_place){&store->master_key, STR("node"), label, STR("file")};
}

int store_seal(const struct store *store, struct arena *a, const char *label, struct str plain,
               struct str *ret_sealed)
{
    struct seal_place place = place_of(store, label);
    return seal_value(&place, a, plain, ret_sealed);
}

int store_unseal(const struct store *store, struct arena *a, const char *label, struct str sealed,
                 struct str *ret_plain)
{
    struct seal_place place = place_of(store, label);
    return seal_open(&place, a, sealed, ret_plain);
}
