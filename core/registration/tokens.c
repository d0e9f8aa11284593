/* Tokens of registration, as records by their hashes. */
#include "core/registration/tokens.h"

#include "core/admin/record.h"
#include "core/admin/record_document.h"
#include "core/base/rng.h"
#include "core/codec/base64.h"
#include "core/crypto/digest.h"
#include "core/port/clients.h"
#include "core/port/records.h"

#include "core/base/banned.h"

static const struct field access_field_list[] = {
    {"timestamp", offsetof(struct initial_access, created_s), FIELD_I64, 0, NULL},
    {"expiration", offsetof(struct initial_access, lifespan_s), FIELD_I64, 0, NULL},
    {"count", offsetof(struct initial_access, count), FIELD_I64, 1, NULL},
    {"remainingCount", offsetof(struct initial_access, remaining), FIELD_I64, 0, NULL},
};
static const struct field_table access_fields = {access_field_list, ARRAY_LEN(access_field_list)};

static struct str hash_of(struct arena *a, struct str token)
{
    unsigned char hash[BLAKE2B_BYTES];
    blake2b_256_of(token, hash);
    return hex_encode(a, str_of((const char *)hash, sizeof(hash)));
}

static int make_token(struct arena *a, struct str *ret_token, struct str *ret_hash)
{
    *ret_token = token_new(a);
    *ret_hash = str_absent(*ret_token) ? *ret_token : hash_of(a, *ret_token);
    return str_absent(*ret_hash) ? ERR_NO_MEMORY : 0;
}

/* --- Initial access tokens --- */

static bool is_over(const struct auth_ctx *ctx, const struct initial_access *access)
{
    return access->remaining < 1 ||
           (access->lifespan_s > 0 && access->created_s + access->lifespan_s <= now_s(ctx->now));
}

static int read_access(const struct auth_ctx *ctx, const struct realm_record *record,
                       struct initial_access *ret_access)
{
    *ret_access = (struct initial_access){.id = record->id};
    return record_document_read(ctx, &access_fields, ret_access, record->json);
}

static int write_access(const struct auth_ctx *ctx, const struct initial_access *access,
                        struct realm_record *io_record)
{
    return record_document_write(ctx, &access_fields, access, "id", access->id, &io_record->json);
}

int initial_access_list(const struct auth_ctx *ctx, struct store_read *r,
                        struct initial_accesses *ret_list)
{
    struct realm_record *records;
    size_t count;
    TRY(record_list(r, ctx->arena, RECORD_INITIAL_ACCESS, &records, &count));
    struct initial_access *items = ARENA_ARRAY(ctx->arena, count + 1, struct initial_access);
    if (!items)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < count; i++)
        TRY(read_access(ctx, &records[i], &items[i]));
    *ret_list = (struct initial_accesses){items, count};
    return 0;
}

static int prune(const struct auth_ctx *ctx, struct store_write *w)
{
    struct initial_accesses list;
    TRY(initial_access_list(ctx, store_write_reader(w), &list));
    for (size_t i = 0; i < list.count; i++)
        if (is_over(ctx, &list.items[i]))
            TRY(record_delete(w, RECORD_INITIAL_ACCESS, list.items[i].id));
    return 0;
}

static int check_access(const struct auth_ctx *ctx, const struct initial_access *access)
{
    if (access->count < 1 || access->count > INITIAL_ACCESS_COUNT_MAX)
        return err_field(ctx->err, ERR_INVALID_REQUEST, "count", "count must be 1 to %d",
                         INITIAL_ACCESS_COUNT_MAX);
    if (access->lifespan_s < 0 || access->lifespan_s > INITIAL_ACCESS_LIFE_S)
        return err_field(ctx->err, ERR_INVALID_REQUEST, "expiration",
                         "expiration must be a number of seconds, at most ten years");
    return 0;
}

static int record_event(const struct auth_ctx *ctx, struct store_write *w, const char *what,
                        const struct initial_access *access)
{
    struct arena *a = ctx->arena;
    return ADMIN_RECORD(ctx, w, EVENT_ConfigurationChanged, RECORD_INITIAL_ACCESS, access->id,
                        {"change", str_c(what)},
                        {"count", arena_printf(a, "%lld", (long long)access->count)},
                        {"expiration", arena_printf(a, "%lld", (long long)access->lifespan_s)});
}

int initial_access_create(const struct auth_ctx *ctx, struct store_write *w,
                          struct initial_access *io_access, struct str *ret_token)
{
    struct realm_record record = {.kind = RECORD_INITIAL_ACCESS};
    TRY(check_access(ctx, io_access));
    TRY(prune(ctx, w));
    TRY(admin_id(ctx->arena, &io_access->id));
    io_access->created_s = now_s(ctx->now);
    io_access->remaining = io_access->count;
    record.id = io_access->id;
    TRY(make_token(ctx->arena, ret_token, &record.name));
    TRY(write_access(ctx, io_access, &record));
    TRY(record_insert(w, &record));
    return record_event(ctx, w, "created", io_access);
}

int initial_access_delete(const struct auth_ctx *ctx, struct store_write *w, struct str id)
{
    struct realm_record record;
    struct initial_access access;
    TRY(record_find(store_write_reader(w), ctx->arena, RECORD_INITIAL_ACCESS, id, &record));
    TRY(read_access(ctx, &record, &access));
    TRY(record_delete(w, RECORD_INITIAL_ACCESS, id));
    return record_event(ctx, w, "deleted", &access);
}

static int refuse(const struct auth_ctx *ctx)
{
    return err_set(ctx->err, ERR_INVALID_TOKEN, "The token is not good for this");
}

static int find(const struct auth_ctx *ctx, struct store_read *r, const char *kind,
                struct str token, struct realm_record *ret_record)
{
    struct str hash = hash_of(ctx->arena, token);
    if (str_absent(hash))
        return ERR_NO_MEMORY;
    int rc = record_find_by_name(r, ctx->arena, kind, hash, ret_record);
    return rc == ERR_NOT_FOUND ? refuse(ctx) : rc;
}

int initial_access_spend(const struct auth_ctx *ctx, struct store_write *w, struct str token)
{
    struct realm_record record;
    struct initial_access access;
    TRY(find(ctx, store_write_reader(w), RECORD_INITIAL_ACCESS, token, &record));
    TRY(read_access(ctx, &record, &access));
    if (is_over(ctx, &access))
        return refuse(ctx);
    access.remaining--;
    TRY(write_access(ctx, &access, &record));
    record.kind = RECORD_INITIAL_ACCESS;
    return record_update(w, &record);
}

/* --- Registration access tokens: the record has the client's id --- */

int registration_token_issue(const struct auth_ctx *ctx, struct store_write *w,
                             const struct client *client, struct str *ret_token)
{
    struct realm_record record = {.kind = RECORD_REGISTRATION, .id = client->id, .json = STR("{}")};
    TRY(make_token(ctx->arena, ret_token, &record.name));
    int rc = record_update(w, &record);
    return rc == ERR_NOT_FOUND ? record_insert(w, &record) : rc;
}

int registration_token_give(const struct auth_ctx *ctx, struct store_write *w,
                            const struct client *client, struct str *ret_token)
{
    TRY(registration_token_issue(ctx, w, client, ret_token));
    return ADMIN_RECORD(ctx, w, EVENT_ClientModified, "client", client->id,
                        {"clientId", client->client_id},
                        {"registrationAccessToken", STR("renewed")});
}

int registration_token_find(const struct auth_ctx *ctx, struct store_read *r, struct str token,
                            struct client *ret_client)
{
    struct realm_record record;
    TRY(find(ctx, r, RECORD_REGISTRATION, token, &record));
    int rc = client_find_by_id(r, ctx->arena, record.id, ret_client);
    if (rc == ERR_NOT_FOUND || (rc == 0 && !ret_client->enabled))
        return refuse(ctx);
    return rc;
}
