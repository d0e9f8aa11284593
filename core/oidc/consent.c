/* Consents. */
#include "core/oidc/consent.h"

#include "core/auth/report.h"
#include "core/port/sessions.h"
#include "core/port/users.h"

#include "core/base/banned.h"

#define ATTR_ON_SCREEN "display.on.consent.screen"

/* Shown unless the scope says otherwise. */
static bool is_shown(const struct client_scope *scope)
{
    return !str_eq(str_map_get(&scope->attributes, STR(ATTR_ON_SCREEN)), STR("false"));
}

struct str consent_text_of(const struct client_scope *scope)
{
    struct str text = str_map_get(&scope->attributes, STR(CLIENT_ATTR_CONSENT_TEXT));
    return str_empty(text) ? scope->name : text;
}

int consent_items_of(struct arena *a, const struct client *client,
                     const struct granted_scopes *scopes, struct consent_items *ret_items)
{
    struct consent_items list = {0};
    list.items = ARENA_ARRAY(a, scopes->count + 1, struct consent_item);
    if (!list.items)
        return ERR_NO_MEMORY;
    struct str own = str_map_get(&client->attributes, STR(CLIENT_ATTR_CONSENT_TEXT));
    if (str_map_true(&client->attributes, STR(ATTR_ON_SCREEN)) && !str_empty(own))
        list.items[list.count++] = (struct consent_item){client->client_id, own};
    for (size_t i = 0; i < scopes->count; i++)
        if (is_shown(scopes->items[i]))
            list.items[list.count++] =
                (struct consent_item){scopes->items[i]->name, consent_text_of(scopes->items[i])};
    *ret_items = list;
    return 0;
}

static int find(const struct auth_ctx *ctx, struct store_read *r, int64_t user_pk,
                int64_t client_pk, struct consent *ret_consent, bool *ret_found)
{
    *ret_consent = (struct consent){0};
    int rc = consent_find(r, ctx->arena, user_pk, client_pk, ret_consent);
    *ret_found = rc == 0;
    return rc == ERR_NOT_FOUND ? 0 : rc;
}

int consent_missing(const struct auth_ctx *ctx, struct store_read *r, int64_t user_pk,
                    const struct client *client, const struct granted_scopes *scopes,
                    bool *ret_missing)
{
    struct consent consent;
    bool found;
    *ret_missing = false;
    if (!client->consent_required)
        return 0;
    TRY(find(ctx, r, user_pk, client->pk, &consent, &found));
    *ret_missing = !found;
    /* OA-13: asked anew when the set grows. */
    for (size_t i = 0; i < scopes->count && found; i++)
        if (is_shown(scopes->items[i]) && !strs_has(&consent.scopes, scopes->items[i]->name))
            *ret_missing = true;
    return 0;
}

int consent_grant(const struct auth_ctx *ctx, struct store_write *w, const struct user *user,
                  const struct client *client, const struct granted_scopes *scopes)
{
    struct consent consent;
    bool found;
    struct report report = {
        .type = EVENT_ConsentGranted,
        .user_id = user->id,
        .username = user->username,
        .client_id = client->client_id,
    };
    TRY(find(ctx, store_write_reader(w), user->pk, client->pk, &consent, &found));
    if (!found)
        consent.created_ms = ctx->now->wall_ms;
    consent.client_pk = client->pk;
    consent.client_id = client->client_id;
    consent.updated_ms = ctx->now->wall_ms;
    for (size_t i = 0; i < scopes->count; i++)
        if (!strs_has(&consent.scopes, scopes->items[i]->name))
            TRY(strs_add(&consent.scopes, ctx->arena, scopes->items[i]->name));
    TRY(consent_put(w, user->pk, &consent));
    report_add(&report, "scope", scopes_all(ctx->arena, scopes));
    return report_write(ctx, w, &report);
}

/* The client's part of every session of the user, or of the offline ones only. */
static int revoke_sessions(const struct auth_ctx *ctx, struct store_write *w, int64_t user_pk,
                           int64_t client_pk, bool offline_only, bool *ret_any)
{
    struct store_read *r = store_write_reader(w);
    struct user_session *sessions = NULL;
    size_t count = 0;
    *ret_any = false;
    TRY(session_list_of_user(r, ctx->arena, user_pk, &sessions, &count));
    for (size_t i = 0; i < count; i++) {
        struct client_session cs;
        if (offline_only && !sessions[i].offline)
            continue;
        int rc = client_session_find(r, ctx->arena, sessions[i].pk, client_pk, &cs);
        if (rc == ERR_NOT_FOUND || (rc == 0 && cs.revoked))
            continue;
        TRY(rc);
        TRY(client_session_revoke(w, cs.pk));
        *ret_any = true;
    }
    return 0;
}

int consent_revoke(const struct auth_ctx *ctx, struct store_write *w, const struct user *user,
                   const struct client *client)
{
    struct report report = {
        .type = EVENT_ConsentRevoked,
        .subject_kind = STR("user"),
        .subject_id = user->id,
        .client_id = client->client_id,
    };
    bool any;
    int rc = consent_delete(w, user->pk, client->pk);
    if (rc != 0 && rc != ERR_NOT_FOUND)
        return rc;
    TRY(revoke_sessions(ctx, w, user->pk, client->pk, rc == ERR_NOT_FOUND, &any));
    return rc == 0 || any ? report_write(ctx, w, &report) : ERR_NOT_FOUND;
}
