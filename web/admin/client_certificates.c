/* ~/clients/{id}/certificates/{attr}: what a client proves itself with by signatures. */
#include "core/admin/client_guard.h"
#include "core/admin/client_keys.h"
#include "core/codec/multipart.h"
#include "web/admin/clients.h"

#include "core/base/banned.h"

#define ATTR_JWT "jwt.credential"

/* The prefix of the attributes. Those of SAML stand for another protocol. */
static int check_attr(struct admin_call *call)
{
    if (str_eq(admin_param(call, 2), STR(ATTR_JWT)))
        return 0;
    return err_set(&call->req->err, ERR_NOT_IMPLEMENTED,
                   "Certificates other than those of " ATTR_JWT " do not exist here");
}

static void write_key(struct admin_call *call, const struct client_key *key)
{
    struct json_writer *w = &call->out;
    jw_begin_object(w);
    jw_member_str_opt(w, "privateKey", key->private_key);
    jw_member_str_opt(w, "publicKey", key->public_key);
    jw_member_str_opt(w, "certificate", key->certificate);
    jw_member_str_opt(w, "jwks", key->jwks);
    jw_end_object(w);
}

/* Public: whoever sees the client sees it. */
int rest_client_certificate(struct admin_call *call)
{
    struct client client;
    TRY(clients_find(call, &client));
    struct str attr = admin_param(call, 2);
    struct str certificate = ARENA_CONCAT(call->req->arena, attr, STR(".certificate"));
    struct str key = ARENA_CONCAT(call->req->arena, attr, STR(".public.key"));
    if (str_absent(certificate) || str_absent(key))
        return ERR_NO_MEMORY;
    const struct client_key shown = {.certificate = str_map_get(&client.attributes, certificate),
                                     .public_key = str_map_get(&client.attributes, key)};
    write_key(call, &shown);
    return 0;
}

static int put(struct admin_call *call, const struct client_key *key)
{
    struct client client;
    TRY(clients_find_to_change(call, &client));
    TRY(client_key_put(&call->ctx, call->w, &client, key));
    write_key(call, key);
    return 0;
}

/* The key is made outside of the write, once it is known that it may be kept. */
int rest_client_certificate_generate(struct admin_call *call)
{
    struct client client;
    struct client_key key;
    TRY(clients_find(call, &client));
    TRY(check_attr(call));
    TRY(admin_may_change_client(&call->ctx, &call->caller, call->r, &client));
    TRY(client_key_make(&call->ctx, client.client_id, &key));
    return put(call, &key);
}

static int read_upload(struct admin_call *call, struct multipart *ret_upload)
{
    struct request *req = call->req;
    int rc = multipart_parse(req->arena, request_header(req, STR("Content-Type")), req->body,
                             ret_upload);
    if (rc == 0 || rc == ERR_NO_MEMORY || rc == ERR_UNSUPPORTED_MEDIA_TYPE)
        return rc;
    return err_set(&req->err, ERR_INVALID_REQUEST, "The body is not a well-formed upload");
}

int rest_client_certificate_upload(struct admin_call *call)
{
    struct client client;
    struct client_key key;
    struct multipart upload;
    TRY(clients_find(call, &client));
    TRY(check_attr(call));
    TRY(read_upload(call, &upload));
    TRY(client_key_read(&call->ctx, multipart_get(&upload, "keystoreFormat"),
                        multipart_get(&upload, "file"), &key));
    return put(call, &key);
}
