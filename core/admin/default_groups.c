/* The groups that new people join. */
#include "core/admin/default_groups.h"

#include "core/admin/record.h"
#include "core/port/documents.h"
#include "core/port/roles.h"

#include "core/base/banned.h"

#define DOCUMENT_MAX_BYTES ((size_t)DEFAULT_GROUPS_MAX * 64)

static int read_ids(const struct auth_ctx *ctx, struct store_read *r, struct strs *ret_ids)
{
    struct str text;
    const struct json_value *list, *item;
    *ret_ids = (struct strs){0};
    int rc = document_find(r, ctx->arena, STR(DOCUMENT_DEFAULT_GROUPS), &text);
    if (rc == ERR_NOT_FOUND)
        return 0;
    TRY(rc);
    if (json_parse(ctx->arena, text, DOCUMENT_MAX_BYTES, &list) != 0)
        return ERR_STORE_CORRUPT;
    for (struct json_iter it = json_iter(list); json_next(&it, NULL, &item);)
        TRY(strs_add(ret_ids, ctx->arena, json_str(item)));
    return 0;
}

int default_groups_list(const struct auth_ctx *ctx, struct store_read *r, struct groups *ret_groups)
{
    struct strs ids;
    struct groups found = {0};
    TRY(read_ids(ctx, r, &ids));
    found.items = ARENA_ARRAY(ctx->arena, ids.count + 1, struct group);
    if (!found.items)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < ids.count; i++) {
        int rc = group_find_by_id(r, ctx->arena, ids.items[i], &found.items[found.count]);
        if (rc != ERR_NOT_FOUND)
            TRY(rc);
        found.count += rc == 0;
    }
    *ret_groups = found;
    return 0;
}

static int write_all(const struct auth_ctx *ctx, struct store_write *w, const struct groups *groups)
{
    struct buf b;
    struct json_writer j;
    struct str text;
    buf_init(&b, ctx->arena, DOCUMENT_MAX_BYTES);
    jw_init(&j, &b);
    jw_begin_array(&j);
    for (size_t i = 0; i < groups->count; i++)
        jw_str(&j, groups->items[i].id);
    jw_end_array(&j);
    TRY(jw_finish(&j, &text));
    return document_put(w, STR(DOCUMENT_DEFAULT_GROUPS), text);
}

static size_t place_of(const struct groups *groups, int64_t pk)
{
    size_t at = 0;
    while (at < groups->count && groups->items[at].pk != pk)
        at++;
    return at;
}

static int record(const struct auth_ctx *ctx, struct store_write *w, const struct group *group,
                  const char *what)
{
    return ADMIN_RECORD(ctx, w, EVENT_ConfigurationChanged, "realm", auth_realm(ctx)->id,
                        {"document", STR(DOCUMENT_DEFAULT_GROUPS)}, {what, group->path},
                        {"groupId", group->id});
}

int default_groups_add(const struct auth_ctx *ctx, struct store_write *w, const struct group *group)
{
    struct groups all;
    TRY(default_groups_list(ctx, store_write_reader(w), &all));
    if (place_of(&all, group->pk) < all.count)
        return 0;
    if (all.count >= DEFAULT_GROUPS_MAX)
        return err_field(ctx->err, ERR_INVALID_REQUEST, "groupId", "At most %d default groups",
                         DEFAULT_GROUPS_MAX);
    all.items[all.count++] = *group; /* default_groups_list leaves room for one more */
    TRY(write_all(ctx, w, &all));
    return record(ctx, w, group, "added");
}

int default_groups_remove(const struct auth_ctx *ctx, struct store_write *w,
                          const struct group *group)
{
    struct groups all;
    TRY(default_groups_list(ctx, store_write_reader(w), &all));
    size_t at = place_of(&all, group->pk);
    if (at == all.count)
        return 0;
    for (size_t i = at + 1; i < all.count; i++)
        all.items[i - 1] = all.items[i];
    all.count--;
    TRY(write_all(ctx, w, &all));
    return record(ctx, w, group, "removed");
}

int default_groups_tidy(const struct auth_ctx *ctx, struct store_write *w)
{
    struct strs ids;
    struct groups left;
    TRY(read_ids(ctx, store_write_reader(w), &ids));
    TRY(default_groups_list(ctx, store_write_reader(w), &left));
    return left.count == ids.count ? 0 : write_all(ctx, w, &left);
}

int default_groups_join(const struct auth_ctx *ctx, struct store_write *w, int64_t user_pk)
{
    struct groups all;
    TRY(default_groups_list(ctx, store_write_reader(w), &all));
    for (size_t i = 0; i < all.count; i++)
        TRY(user_group_add(w, user_pk, all.items[i].pk));
    return 0;
}
