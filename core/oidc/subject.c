/* Gathering what tokens are made of. */
#include "core/oidc/subject.h"

#include "core/port/roles.h"

#include "core/base/banned.h"

int subject_load(const struct auth_ctx *ctx, struct store_read *r, struct str scope,
                 struct subject *io_subject)
{
    struct subject *s = io_subject;
    TRY(scopes_resolve(ctx, s->client, scope, &s->scopes));
    TRY(user_roles_effective(r, ctx->arena, s->user.pk, &s->all_roles));
    TRY(scopes_permit(ctx, r, &s->all_roles, &s->scopes));
    TRY(scopes_roles(ctx, r, s->client, &s->scopes, &s->all_roles, &s->roles));
    if (s->jti_ms == 0)
        s->jti_ms = ctx->now->wall_ms;
    return 0;
}
