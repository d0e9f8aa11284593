/* Mappers that tell about the login, the client and the realm's configuration. */
#include "core/oidc/mapper.h"

#include "core/oidc/origins.h"

#include "core/base/banned.h"

int mapper_audience(const struct mapper_run *run)
{
    struct str audience = mapper_config(run, "included.client.audience");
    if (str_empty(audience))
        audience = mapper_config(run, "included.custom.audience");
    if (str_empty(audience) || strs_has(run->audience, audience))
        return 0;
    return strs_add(run->audience, run->ctx->arena, audience);
}

int mapper_hardcoded_claim(const struct mapper_run *run)
{
    struct str value = mapper_config(run, "claim.value");
    struct strs one = {&value, 1};
    return str_absent(value) ? 0 : mapper_add(run, CLAIM_FROM_CONFIG, &one);
}

int mapper_allowed_origins(const struct mapper_run *run)
{
    struct strs origins;
    TRY(origins_of_client(run->ctx->arena, run->subject->client, auth_own_urls(run->ctx),
                          &origins));
    if (origins.count == 0)
        return 0;
    return claims_set_strs(run->claims, STR("allowed-origins"), &origins);
}

int mapper_acr(const struct mapper_run *run)
{
    if (str_empty(run->subject->acr))
        return 0;
    return claims_set_str(run->claims, STR("acr"), run->subject->acr);
}

int mapper_sub(const struct mapper_run *run)
{
    return claims_set_str(run->claims, STR("sub"), run->subject->user.id);
}

/* Notes of the session, of which we keep these. auth_time and client_id are facts of ours and go
 * under their own names only. */
int mapper_session_note(const struct mapper_run *run)
{
    const struct subject *s = run->subject;
    struct str note = mapper_config(run, "user.session.note");
    struct str value = str_of(NULL, 0);
    if (str_eq(note, STR("AUTH_TIME")))
        return s->auth_time_ms > 0
                   ? claims_set_i64(run->claims, STR("auth_time"), s->auth_time_ms / 1000)
                   : 0;
    if (!str_empty(s->user.service_account_client_id)) {
        if (str_eq(note, STR("client_id")) || str_eq(note, STR("clientId")))
            return claims_set_str(run->claims, STR("client_id"), s->client->client_id);
        if (str_eq(note, STR("clientHost")) || str_eq(note, STR("clientAddress")))
            value = run->ctx->actor.ip;
    }
    struct strs one = {&value, 1};
    return str_empty(value) ? 0 : mapper_add(run, CLAIM_FROM_CONFIG, &one);
}
