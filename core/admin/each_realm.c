#include "core/admin/each_realm.h"

#include "core/base/banned.h"

#define PAGE 1000

int each_realm(struct store *store, struct arena *a, realm_visitor *visit, void *arg)
{
    struct realm_summary *realms;
    struct str after = {NULL, 0};
    size_t count;
    do {
        TRY(store_realm_list(store, a, after, PAGE, &realms, &count));
        for (size_t i = 0; i < count; i++)
            TRY(visit(arg, &realms[i]));
        if (count > 0)
            after = realms[count - 1].name;
    } while (count == PAGE);
    return 0;
}
