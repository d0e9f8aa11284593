/* Required actions as records, by alias. */
#include "core/admin/required_actions.h"

#include "core/admin/record.h"
#include "core/auth/login_records.h"
#include "core/model/check.h"
#include "core/port/records.h"

#include "core/base/banned.h"

#define NAME_MAX_BYTES   255
#define CONFIG_MAX       64
#define CONFIG_MAX_BYTES 4096
#define PRIORITY_STEP    10
#define PRIORITY_MAX     100000

int admin_actions_load(const struct auth_ctx *ctx, struct store_read *r,
                       struct required_actions *ret_actions)
{
    return login_actions_read(r, ctx->arena, ret_actions);
}

/* --- Writing --- */

static int record_of(struct arena *a, const struct required_action *action,
                     struct realm_record *ret_record)
{
    struct buf b;
    struct json_writer w;
    *ret_record = (struct realm_record){.kind = RECORD_REQUIRED_ACTION,
                                        .id = action->alias,
                                        .name = action->alias,
                                        .position = action->priority};
    buf_init(&b, a, RECORD_MAX_BYTES);
    jw_init(&w, &b);
    jw_begin_object(&w);
    fields_write(&required_action_fields, action, &w);
    jw_end_object(&w);
    return jw_finish(&w, &ret_record->json);
}

static int insert(const struct auth_ctx *ctx, struct store_write *w,
                  const struct required_action *action)
{
    struct realm_record record;
    TRY(record_of(ctx->arena, action, &record));
    return record_insert(w, &record);
}

/* Before a change: what every realm begins with is stored, which is not news. */
static int begin(const struct auth_ctx *ctx, struct store_write *w,
                 struct required_actions *ret_actions)
{
    TRY(admin_actions_load(ctx, store_write_reader(w), ret_actions));
    for (size_t i = 0; i < ret_actions->count && !ret_actions->stored; i++)
        TRY(insert(ctx, w, &ret_actions->items[i]));
    ret_actions->stored = true;
    return 0;
}

static int record_change(const struct auth_ctx *ctx, struct store_write *w, struct str alias,
                         const struct required_action *before, const struct required_action *after,
                         bool *ret_changed)
{
    struct str data;
    TRY(change_data(ctx->arena, &required_action_fields, before, after, "alias", alias, &data,
                    ret_changed));
    return *ret_changed ? admin_record(ctx, w, EVENT_ConfigurationChanged, RECORD_REQUIRED_ACTION,
                                       alias, data)
                        : 0;
}

int admin_actions_take_over(const struct auth_ctx *ctx, struct store_write *w,
                            const struct required_action *action)
{
    bool changed;
    TRY(insert(ctx, w, action));
    return record_change(ctx, w, action->alias, NULL, action, &changed);
}

static int update(const struct auth_ctx *ctx, struct store_write *w,
                  const struct required_action *before, const struct required_action *after)
{
    struct realm_record record;
    bool changed;
    TRY(record_change(ctx, w, before->alias, before, after, &changed));
    if (!changed)
        return 0;
    TRY(record_of(ctx->arena, after, &record));
    return record_update(w, &record);
}

/* --- Changes --- */

static int find(const struct auth_ctx *ctx, const struct required_actions *actions,
                struct str alias, const struct required_action **ret_action)
{
    *ret_action = required_action_find(actions, alias);
    return *ret_action ? 0 : err_set(ctx->err, ERR_NOT_FOUND, "Failed to find required action");
}

int admin_action_register(const struct auth_ctx *ctx, struct store_write *w, struct str provider_id,
                          struct str name)
{
    struct required_actions actions;
    const struct action_provider *provider = action_provider_find(provider_id);
    bool changed;
    if (!provider)
        return err_field(ctx->err, ERR_INVALID_REQUEST, "providerId",
                         "Required Action Provider not found");
    TRY(text_check(name, NAME_MAX_BYTES, "name", ctx->err));
    TRY(begin(ctx, w, &actions));
    if (required_action_find(&actions, provider_id))
        return err_field(ctx->err, ERR_CONFLICT, "providerId", "The action is registered already");
    struct required_action action = {
        .alias = str_c(provider->alias),
        .name = str_empty(name) ? str_c(provider->name) : name,
        .provider_id = str_c(provider->alias),
        .enabled = true,
        .priority = actions.count > 0 ? actions.items[actions.count - 1].priority + 1 : 1,
    };
    TRY(insert(ctx, w, &action));
    return record_change(ctx, w, action.alias, NULL, &action, &changed);
}

static int check(const struct auth_ctx *ctx, const struct required_action *action)
{
    TRY(text_check(action->name, NAME_MAX_BYTES, "name", ctx->err));
    TRY(map_check(&action->config, CONFIG_MAX, CONFIG_MAX_BYTES, "config", ctx->err));
    if (action->priority < 0 || action->priority > PRIORITY_MAX)
        return err_field(ctx->err, ERR_INVALID_REQUEST, "priority", "priority is 0 to %d",
                         PRIORITY_MAX);
    if (action->default_action && action->enabled && !action_is_here(action->alias))
        return err_field(ctx->err, ERR_INVALID_REQUEST, "defaultAction",
                         "This action does not exist here: new people could never log in");
    return 0;
}

int admin_action_update(const struct auth_ctx *ctx, struct store_write *w, struct str alias,
                        const struct json_value *body)
{
    struct required_actions actions;
    const struct required_action *before;
    TRY(begin(ctx, w, &actions));
    TRY(find(ctx, &actions, alias, &before));
    struct required_action after = *before;
    TRY(fields_merge(&required_action_fields, &after, ctx->arena, body, ctx->err));
    after.alias = before->alias;
    after.provider_id = before->provider_id;
    TRY(check(ctx, &after));
    return update(ctx, w, before, &after);
}

int admin_action_delete(const struct auth_ctx *ctx, struct store_write *w, struct str alias)
{
    struct required_actions actions;
    const struct required_action *action;
    bool changed;
    TRY(begin(ctx, w, &actions));
    TRY(find(ctx, &actions, alias, &action));
    /* Without any the realm would have those of its beginning again. */
    if (actions.count == 1)
        return err_field(ctx->err, ERR_INVALID_REQUEST, "alias",
                         "The last action stays; it can be switched off");
    TRY(record_delete(w, RECORD_REQUIRED_ACTION, action->alias));
    return record_change(ctx, w, action->alias, action, NULL, &changed);
}

int admin_action_move(const struct auth_ctx *ctx, struct store_write *w, struct str alias, int by)
{
    struct required_actions actions;
    const struct required_action *action;
    TRY(begin(ctx, w, &actions));
    TRY(find(ctx, &actions, alias, &action));
    size_t at = (size_t)(action - actions.items), count = actions.count;
    if ((by < 0 && at == 0) || (by > 0 && at + 1 == count))
        return 0;
    size_t other = by < 0 ? at - 1 : at + 1;
    for (size_t i = 0; i < count; i++) {
        struct required_action after = actions.items[i];
        size_t place = i == at ? other : i == other ? at : i;
        after.priority = (int64_t)(place + 1) * PRIORITY_STEP;
        TRY(update(ctx, w, &actions.items[i], &after));
    }
    return 0;
}
