/* ~/identity-provider/import-config: a configuration drawn from what another server says about itself; and
 * upload-certificate: what it proves itself by. */
#include "core/admin/identity_discovery.h"
#include "core/admin/providers.h"
#include "core/model/check.h"
#include "core/port/fetch.h"
#include "web/admin/certificates.h"

#include "core/base/banned.h"

/* SS-01, SS-03: by the one way out, and no word of what came when it is no use. */
static int fetch(struct admin_call *call, struct str url, const struct json_value **ret_document)
{
    struct str body;
    struct arena *a = call->req->arena;
    TRY(uri_check(url, URI_FOR_FETCH, "fromUrl", &call->req->err));
    int rc = fetch_json(a, auth_realm(&call->ctx)->id, url, IDENTITY_DISCOVERY_MAX_BYTES, &body);
    if (rc == 0)
        rc = json_parse(a, body, IDENTITY_DISCOVERY_MAX_BYTES, ret_document);
    if (rc == 0 || rc == ERR_NO_MEMORY || rc == ERR_OVERLOADED)
        return rc;
    return err_field(&call->req->err, ERR_INVALID_REQUEST, "fromUrl",
                     "The document could not be fetched from there");
}

static int check_kind(struct admin_call *call, struct str id)
{
    const struct provider *kind = provider_find(STR(PROVIDER_IDENTITY), id);
    if (!kind)
        return err_field(&call->req->err, ERR_INVALID_REQUEST, "providerId",
                         "There is no such kind of identity provider");
    return provider_setting_find(kind, STR("issuer"))
               ? 0
               : err_field(&call->req->err, ERR_NOT_IMPLEMENTED, "providerId",
                           "Imports for %s do not exist here", kind->id);
}

int rest_identity_import(struct admin_call *call)
{
    struct str kind = {NULL, 0}, url = {NULL, 0};
    const struct json_value *document;
    struct str_map config;
    TRY(admin_body_object(call));
    TRY(admin_member_str(call, call->body, "providerId", &kind));
    TRY(admin_member_str(call, call->body, "fromUrl", &url));
    TRY(check_kind(call, kind));
    if (str_empty(url))
        return err_field(&call->req->err, ERR_INVALID_REQUEST, "fromUrl", "fromUrl is required");
    TRY(fetch(call, url, &document));
    TRY(identity_discovery_read(call->req->arena, document, &config, &call->req->err));
    jw_begin_object(&call->out);
    for (size_t i = 0; i < config.count; i++) {
        jw_key_s(&call->out, config.items[i].name);
        jw_str(&call->out, config.items[i].value);
    }
    jw_end_object(&call->out);
    return 0;
}

/* A certificate or key as a text, for the settings of an identity provider; nothing is kept of it here. */
int rest_identity_certificate_upload(struct admin_call *call)
{
    struct client_key key;
    TRY(admin_read(call));
    TRY(certificates_upload_read(call, &key));
    certificates_write(call, &key);
    return 0;
}
