/* Flows, executions and configurations as records. */
#include "core/admin/flow_store.h"

#include "core/admin/record.h"
#include "core/auth/flow_rules.h"
#include "core/auth/login_records.h"
#include "core/port/records.h"

#include "core/base/banned.h"

/* --- Reading --- */

static int read_stored(struct store_read *r, struct arena *a, struct auth_flows *ret_flows)
{
    TRY(login_flows_read(r, a, ret_flows));
    return login_configs_read(r, a, ret_flows);
}

int admin_flows_load(const struct auth_ctx *ctx, struct store_read *r, struct auth_flows *ret_flows)
{
    TRY(read_stored(r, ctx->arena, ret_flows));
    return ret_flows->count > 0 ? 0 : flows_default(ctx->arena, auth_realm(ctx)->id, ret_flows);
}

/* --- Writing --- */

struct row {
    struct realm_record record;
    const struct field_table *table;
    const void *before, *after;
    struct str alias;                       /* for the event */
    const void *shown_before, *shown_after; /* likewise; NULL: as they are */
};

static int text_of(struct arena *a, const struct field_table *table, const void *object,
                   struct str *ret_json)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, a, RECORD_MAX_BYTES);
    jw_init(&w, &b);
    jw_begin_object(&w);
    fields_write(table, object, &w);
    jw_end_object(&w);
    return jw_finish(&w, ret_json);
}

static int write_row(const struct flow_change *change, struct row *row)
{
    if (!row->after)
        return record_delete(change->w, row->record.kind, row->record.id);
    TRY(text_of(change->ctx->arena, row->table, row->after, &row->record.json));
    return row->before ? record_update(change->w, &row->record)
                       : record_insert(change->w, &row->record);
}

static int store_row(const struct flow_change *change, struct row *row)
{
    const struct auth_ctx *ctx = change->ctx;
    struct str data;
    bool changed;
    TRY(change_data(ctx->arena, row->table, row->before, row->after, "alias", row->alias, &data,
                    &changed));
    if (!changed)
        return 0;
    if (row->shown_before || row->shown_after)
        TRY(change_data(ctx->arena, row->table, row->shown_before, row->shown_after, "alias",
                        row->alias, &data, NULL));
    int rc = write_row(change, row);
    if (rc == ERR_CONFLICT)
        return err_field(ctx->err, rc, "alias", "Flow %.*s already exists", STR_ARG(row->alias));
    TRY(rc);
    return admin_record(ctx, change->w, EVENT_ConfigurationChanged, row->record.kind,
                        row->record.id, data);
}

int flow_store(const struct flow_change *change, const struct auth_flow *before,
               const struct auth_flow *after)
{
    const struct auth_flow *flow = after ? after : before;
    struct row row = {
        .record = {.kind = RECORD_FLOW, .id = flow->id, .name = flow->alias},
        .table = &auth_flow_fields,
        .before = before,
        .after = after,
        .alias = flow->alias,
    };
    return store_row(change, &row);
}

int flow_store_execution(const struct flow_change *change, const struct flow_execution *before,
                         const struct flow_execution *after)
{
    const struct flow_execution *e = after ? after : before;
    struct row row = {
        .record = {.kind = RECORD_EXECUTION,
                   .id = e->id,
                   .parent = e->parent,
                   .position = e->priority},
        .table = &flow_execution_fields,
        .before = before,
        .after = after,
        .alias = e->authenticator,
    };
    return store_row(change, &row);
}

/* AU-01: that a secret is there and whether it is a new one, never which. */
static int without_secrets(struct arena *a, const struct flow_config *config,
                           const struct flow_config *before, struct flow_config *ret_shown)
{
    struct flow_config shown = *config;
    for (size_t i = 0; i < config->config.count; i++) {
        struct str_pair pair = config->config.items[i];
        bool same = before && str_eq(str_map_get(&before->config, pair.name), pair.value);
        if (step_property_is_secret(pair.name))
            TRY(str_map_set(&shown.config, a, pair.name, same ? STR("***") : STR("*** (new)")));
    }
    *ret_shown = shown;
    return 0;
}

int flow_store_config(const struct flow_change *change, const struct flow_config *before,
                      const struct flow_config *after)
{
    struct arena *a = change->ctx->arena;
    struct flow_config shown_before, shown_after;
    const struct flow_config *config = after ? after : before;
    struct row row = {
        .record = {.kind = RECORD_AUTHENTICATOR_CONFIG, .id = config->id},
        .table = &flow_config_fields,
        .before = before,
        .after = after,
        .alias = config->alias,
    };
    if (before)
        TRY(without_secrets(a, before, before, &shown_before));
    if (after)
        TRY(without_secrets(a, after, before, &shown_after));
    row.shown_before = before ? &shown_before : NULL;
    row.shown_after = after ? &shown_after : NULL;
    return store_row(change, &row);
}

/* --- Changes --- */

/* Without events: what every realm begins with is no news. */
static int store_all(const struct flow_change *change, const struct auth_flows *all)
{
    for (size_t i = 0; i < all->count; i++) {
        const struct auth_flow *flow = &all->flows[i];
        struct row row = {.record = {.kind = RECORD_FLOW, .id = flow->id, .name = flow->alias},
                          .table = &auth_flow_fields,
                          .after = flow};
        TRY(write_row(change, &row));
    }
    for (size_t i = 0; i < all->execution_count; i++) {
        const struct flow_execution *e = &all->executions[i];
        struct row row = {.record = {.kind = RECORD_EXECUTION,
                                     .id = e->id,
                                     .parent = e->parent,
                                     .position = e->priority},
                          .table = &flow_execution_fields,
                          .after = e};
        TRY(write_row(change, &row));
    }
    for (size_t i = 0; i < all->config_count; i++) {
        struct row row = {.record = {.kind = RECORD_AUTHENTICATOR_CONFIG, .id = all->configs[i].id},
                          .table = &flow_config_fields,
                          .after = &all->configs[i]};
        TRY(write_row(change, &row));
    }
    return 0;
}

int flow_change_begin(const struct auth_ctx *ctx, struct store_write *w,
                      struct flow_change *ret_change)
{
    struct flow_change change = {.ctx = ctx, .w = w};
    TRY(read_stored(store_write_reader(w), ctx->arena, &change.flows));
    if (change.flows.count == 0) {
        TRY(flows_default(ctx->arena, auth_realm(ctx)->id, &change.flows));
        TRY(store_all(&change, &change.flows));
    }
    *ret_change = change;
    return 0;
}

/* One that leads nowhere because its steps were disabled is obeyed: nobody logs in by it. */
static int check_bound(const struct flow_change *change, enum flow_use use)
{
    struct err_ctx ignored = {0};
    const struct auth_flow *flow =
        flow_find_alias(&change->flows, flow_use_alias(auth_realm(change->ctx), use));
    bool leads =
        flow && flow_check_use(&change->flows, flow, use, flow_use_setting(use), &ignored) == 0;
    const char *missing = flow && !leads ? flow_step_missing(&change->flows, flow->id) : NULL;
    if (!missing)
        return 0;
    return err_field(
        change->ctx->err, ERR_INVALID_REQUEST, "requirement",
        "The flow %.*s is in use and would need the step %s, which does not exist here",
        STR_ARG(flow->alias), missing);
}

int flow_change_end(struct flow_change *change)
{
    TRY(read_stored(store_write_reader(change->w), change->ctx->arena, &change->flows));
    if (change->flows.count > FLOWS_MAX || change->flows.execution_count > FLOW_EXECUTIONS_MAX)
        return err_field(change->ctx->err, ERR_LIMIT_REACHED, "flows",
                         "At most %d flows and %d executions", FLOWS_MAX, FLOW_EXECUTIONS_MAX);
    for (int use = 0; use < FLOW_USES; use++)
        TRY(check_bound(change, (enum flow_use)use));
    return 0;
}

/* --- Finding --- */

static int missing(const struct flow_change *change, const char *what)
{
    return err_set(change->ctx->err, ERR_NOT_FOUND, "%s", what);
}

int flow_of(const struct flow_change *change, struct str id, const struct auth_flow **ret_flow)
{
    *ret_flow = flow_find(&change->flows, id);
    return *ret_flow ? 0 : missing(change, "Could not find flow with id");
}

int flow_of_alias(const struct flow_change *change, struct str alias,
                  const struct auth_flow **ret_flow)
{
    *ret_flow = flow_find_alias(&change->flows, alias);
    return *ret_flow ? 0 : missing(change, "Flow not found");
}

int flow_check_readable(const struct flow_change *change, const struct auth_flow *flow)
{
    if (!flow->unreadable)
        return 0;
    return err_field(change->ctx->err, ERR_CONFLICT, "alias",
                     "What is stored of the flow %.*s cannot be read: delete it",
                     STR_ARG(flow->alias));
}

int flow_execution_of(const struct flow_change *change, struct str id,
                      const struct flow_execution **ret_execution)
{
    *ret_execution = flow_execution_find(&change->flows, id);
    return *ret_execution ? 0 : missing(change, "Illegal execution");
}

int flow_config_of(const struct flow_change *change, struct str id,
                   const struct flow_config **ret_config)
{
    *ret_config = flow_config_find(&change->flows, id);
    return *ret_config ? 0 : missing(change, "Could not find authenticator config");
}
