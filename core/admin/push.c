/* Pushing not-before to applications. */
#include "core/admin/push.h"

#include "core/admin/record.h"
#include "core/port/clients.h"

#include "core/base/banned.h"

#define PAGE 200

static int record(const struct auth_ctx *ctx, struct store_write *w, const char *kind,
                  struct str id, struct str name, size_t failed)
{
    return ADMIN_RECORD(ctx, w, EVENT_NotBeforePushed, kind, id, {"name", name},
                        {"notReached", arena_printf(ctx->arena, "%zu", failed)});
}

static int add_url(const struct auth_ctx *ctx, const struct client *client, struct strs *failed)
{
    if (str_empty(client->admin_url) || failed->count == PUSH_URLS_MAX)
        return 0;
    return strs_add(failed, ctx->arena, client->admin_url);
}

int admin_push_client(const struct auth_ctx *ctx, struct store_write *w,
                      const struct client *client, struct strs *ret_failed)
{
    *ret_failed = (struct strs){0};
    TRY(add_url(ctx, client, ret_failed));
    return record(ctx, w, "client", client->id, client->client_id, ret_failed->count);
}

int admin_push_realm(const struct auth_ctx *ctx, struct store_write *w, struct strs *ret_failed)
{
    struct client *clients;
    struct str after = {NULL, 0};
    size_t count;
    *ret_failed = (struct strs){0};
    do {
        TRY(client_list(store_write_reader(w), ctx->arena, after, PAGE, &clients, &count));
        for (size_t i = 0; i < count; i++)
            TRY(add_url(ctx, &clients[i], ret_failed));
        if (count > 0)
            after = clients[count - 1].client_id;
    } while (count == PAGE && ret_failed->count < PUSH_URLS_MAX);
    return record(ctx, w, "realm", auth_realm(ctx)->id, auth_realm(ctx)->name, ret_failed->count);
}
