/* Gathering applications from consents and sessions. */
#include "core/account/applications.h"

#include "core/auth/session.h"
#include "core/port/sessions.h"
#include "core/port/users.h"

#include "core/base/banned.h"

/* The entry of a client, a new one when it has none yet; NULL for a client that is gone. */
static int entry_of(const struct auth_ctx *ctx, struct applications *list, int64_t client_pk,
                    struct application **ret_entry)
{
    const struct client *client;
    *ret_entry = NULL;
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].client->pk == client_pk)
            *ret_entry = &list->items[i];
    if (*ret_entry)
        return 0;
    int rc = realm_view_client_by_pk(ctx->view, client_pk, &client);
    if (rc == ERR_NOT_FOUND)
        return 0;
    TRY(rc);
    if (list->count == list->cap) {
        size_t cap = list->cap ? list->cap * 2 : 8;
        list->items = arena_grow(ctx->arena, list->items, list->count, cap, sizeof(*list->items));
        if (!list->items)
            return ERR_NO_MEMORY;
        list->cap = cap;
    }
    list->items[list->count] = (struct application){.client = client};
    *ret_entry = &list->items[list->count++];
    return 0;
}

static int add_consents(const struct auth_ctx *ctx, struct store_read *r, int64_t user_pk,
                        struct applications *list)
{
    struct consent *items;
    struct application *entry;
    size_t count;
    TRY(consent_list(r, ctx->arena, user_pk, &items, &count));
    for (size_t i = 0; i < count; i++) {
        TRY(entry_of(ctx, list, items[i].client_pk, &entry));
        if (entry)
            entry->consent = &items[i];
    }
    return 0;
}

static int add_session(const struct auth_ctx *ctx, struct store_read *r,
                       const struct user_session *session, struct applications *list)
{
    struct client_session *parts;
    struct application *entry;
    size_t count;
    TRY(client_session_list(r, ctx->arena, session->pk, &parts, &count));
    for (size_t i = 0; i < count; i++) {
        TRY(entry_of(ctx, list, parts[i].client_pk, &entry));
        if (!entry)
            continue;
        entry->offline = entry->offline || session->offline;
        entry->in_use = entry->in_use || !session->offline;
    }
    return 0;
}

int applications_of(const struct auth_ctx *ctx, struct store_read *r, int64_t user_pk,
                    struct applications *ret_list)
{
    struct user_session *sessions;
    size_t count;
    *ret_list = (struct applications){0};
    TRY(add_consents(ctx, r, user_pk, ret_list));
    TRY(session_list_of_user(r, ctx->arena, user_pk, &sessions, &count));
    for (size_t i = 0; i < count; i++)
        if (!session_is_over(auth_realm(ctx), &sessions[i], ctx->now->wall_ms))
            TRY(add_session(ctx, r, &sessions[i], ret_list));
    return 0;
}
