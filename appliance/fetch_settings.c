/* Which hosts the server may fetch key sets from: public ones on 443 and 8443, and what the settings
 * name besides. */
#include "appliance/fetch_settings.h"

#include "store/fetch/fetch_setup.h"

#include "core/base/banned.h"

static int texts(struct arena *a, const struct strs *list, const char *const **ret_texts)
{
    const char **items = ARENA_ARRAY(a, list->count + 1, const char *);
    if (!items)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < list->count; i++) {
        items[i] = arena_cstr(a, list->items[i]);
        if (!items[i])
            return ERR_NO_MEMORY;
    }
    *ret_texts = items;
    return 0;
}

static int ports(struct arena *a, const struct strs *list, struct err_ctx *err,
                 const uint16_t **ret_ports)
{
    uint16_t *items = ARENA_ARRAY(a, list->count + 1, uint16_t);
    if (!items)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < list->count; i++) {
        int64_t port;
        if (str_to_i64(list->items[i], &port) != 0 || port < 1 || port > 65535)
            return err_field(err, ERR_CONFIG, "fetch-ports", "fetch-ports: %.*s is no port",
                             STR_ARG(str_sub(list->items[i], 0, 32)));
        items[i] = (uint16_t)port;
    }
    *ret_ports = items;
    return 0;
}

int fetch_settings_apply(struct arena *a, const struct config *config, struct err_ctx *err)
{
    struct fetch_config fetch = {
        .ca_file = config->fetch_ca_file[0] ? config->fetch_ca_file : NULL,
        .network_count = config->fetch_networks.count,
        .port_count = config->fetch_ports.count,
        .allow_http = config->dev,
    };
    TRY(texts(a, &config->fetch_networks, &fetch.networks));
    TRY(ports(a, &config->fetch_ports, err, &fetch.ports));
    return fetch_setup(&fetch, err);
}
