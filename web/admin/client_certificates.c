/* ~/clients/{id}/certificates/{attr}: what a client proves itself with by signatures. */
#include "core/admin/client_guard.h"
#include "core/codec/multipart.h"
#include "web/admin/certificates.h"
#include "web/admin/clients.h"
#include "web/respond.h"

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

void certificates_write(struct admin_call *call, const struct client_key *key)
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
static int key_of(struct admin_call *call, const struct client *client, struct client_key *ret_key)
{
    struct str attr = admin_param(call, 2);
    struct str certificate = ARENA_CONCAT(call->req->arena, attr, STR(".certificate"));
    struct str key = ARENA_CONCAT(call->req->arena, attr, STR(".public.key"));
    if (str_absent(certificate) || str_absent(key))
        return ERR_NO_MEMORY;
    *ret_key = (struct client_key){.certificate = str_map_get(&client->attributes, certificate),
                                   .public_key = str_map_get(&client->attributes, key)};
    return 0;
}

int rest_client_certificate(struct admin_call *call)
{
    struct client client;
    struct client_key key;
    TRY(clients_find(call, &client));
    TRY(key_of(call, &client, &key));
    certificates_write(call, &key);
    return 0;
}

/* --- Changes --- */

static int keep(struct admin_call *call, const struct client_key *key)
{
    struct client client;
    TRY(clients_find_to_change(call, &client));
    return client_key_put(&call->ctx, call->w, &client, key);
}

static int put(struct admin_call *call, const struct client_key *key)
{
    TRY(keep(call, key));
    certificates_write(call, key);
    return 0;
}

/* The key is made outside of the write, once it is known that it may be kept. */
static int make(struct admin_call *call, struct client_key *ret_key)
{
    struct client client;
    TRY(clients_find(call, &client));
    TRY(check_attr(call));
    TRY(admin_may_change_client(&call->ctx, &call->caller, call->r, &client));
    return client_key_make(&call->ctx, client.client_id, ret_key);
}

int rest_client_certificate_generate(struct admin_call *call)
{
    struct client_key key;
    TRY(make(call, &key));
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

int certificates_upload_read(struct admin_call *call, struct client_key *ret_key)
{
    struct multipart upload;
    TRY(read_upload(call, &upload));
    const struct client_key_upload wanted = {
        .format = multipart_get(&upload, "keystoreFormat"),
        .file = multipart_get(&upload, "file"),
        .alias = multipart_get(&upload, "keyAlias"),
        .store_password = multipart_get(&upload, "storePassword"),
    };
    return client_key_read(&call->ctx, &wanted, ret_key);
}

int rest_client_certificate_upload(struct admin_call *call)
{
    struct client client;
    struct client_key key;
    TRY(clients_find(call, &client));
    TRY(check_attr(call));
    TRY(certificates_upload_read(call, &key));
    return put(call, &key);
}

/* --- Files --- */

static int read_file(struct admin_call *call, struct client_key_file *ret_file)
{
    struct client_key_file file = {.format = STR("PKCS12")};
    TRY(admin_body_object(call));
    TRY(admin_member_str(call, call->body, "format", &file.format));
    TRY(admin_member_str(call, call->body, "keyAlias", &file.alias));
    TRY(admin_member_str(call, call->body, "storePassword", &file.store_password));
    TRY(admin_member_str(call, call->body, "keyPassword", &file.key_password));
    *ret_file = file;
    return 0;
}

static void send_file(struct admin_call *call, struct str file)
{
    respond_status(call->res, 200);
    respond_header(call->res, "Content-Type", STR("application/octet-stream"));
    respond_header(call->res, "Cache-Control", STR("no-cache"));
    buf_add(&call->res->body, file);
}

/* What is kept: never a private half. */
int rest_client_certificate_download(struct admin_call *call)
{
    struct client client;
    struct client_key key;
    struct client_key_file form;
    struct str file;
    TRY(clients_find(call, &client));
    TRY(check_attr(call));
    TRY(read_file(call, &form));
    TRY(key_of(call, &client, &key));
    TRY(client_key_write(&call->ctx, &key, &form, &file));
    send_file(call, file);
    return 0;
}

/* The file is made before the key is kept, and goes out when that is on the disk. */
int rest_client_certificate_generate_file(struct admin_call *call)
{
    struct client_key key;
    struct client_key_file form;
    struct str file;
    TRY(read_file(call, &form));
    TRY(make(call, &key));
    TRY(client_key_write(&call->ctx, &key, &form, &file));
    TRY(keep(call, &key));
    TRY(admin_commit(call));
    send_file(call, file);
    return 0;
}
