/* Records of logins to models. */
#include "core/auth/login_records.h"

#include "core/port/records.h"

#include "core/base/banned.h"

static int read_record(struct arena *a, const struct realm_record *record,
                       const struct field_table *table, void *object)
{
    const struct json_value *json;
    fields_default(table, object);
    if (json_parse(a, record->json, RECORD_MAX_BYTES, &json) != 0 ||
        fields_read(table, object, a, json, NULL) != 0)
        return ERR_STORE_CORRUPT;
    return 0;
}

static int read_flows(struct store_read *r, struct arena *a, struct auth_flows *all)
{
    struct realm_record *records;
    TRY(record_list(r, a, RECORD_FLOW, &records, &all->count));
    all->flows = ARENA_ARRAY(a, all->count + 1, struct auth_flow);
    if (!all->flows)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < all->count; i++) {
        TRY(read_record(a, &records[i], &auth_flow_fields, &all->flows[i]));
        all->flows[i].id = records[i].id;
    }
    return 0;
}

static int read_executions(struct store_read *r, struct arena *a, struct auth_flows *all)
{
    struct realm_record *records;
    TRY(record_list(r, a, RECORD_EXECUTION, &records, &all->execution_count));
    all->executions = ARENA_ARRAY(a, all->execution_count + 1, struct flow_execution);
    if (!all->executions)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < all->execution_count; i++) {
        struct flow_execution *e = &all->executions[i];
        TRY(read_record(a, &records[i], &flow_execution_fields, e));
        e->id = records[i].id;
        e->parent = records[i].parent;
    }
    return 0;
}

int login_flows_read(struct store_read *r, struct arena *a, struct auth_flows *ret_flows)
{
    struct auth_flows all = {0};
    TRY(read_flows(r, a, &all));
    TRY(read_executions(r, a, &all));
    *ret_flows = all;
    return 0;
}

int login_configs_read(struct store_read *r, struct arena *a, struct auth_flows *io_flows)
{
    struct realm_record *records;
    size_t count;
    TRY(record_list(r, a, RECORD_AUTHENTICATOR_CONFIG, &records, &count));
    struct flow_config *configs = ARENA_ARRAY(a, count + 1, struct flow_config);
    if (!configs)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        TRY(read_record(a, &records[i], &flow_config_fields, &configs[i]));
        configs[i].id = records[i].id;
    }
    io_flows->configs = configs;
    io_flows->config_count = count;
    return 0;
}

int login_actions_read(struct store_read *r, struct arena *a, struct required_actions *ret_actions)
{
    struct required_actions actions = {.stored = true};
    struct realm_record *records;
    TRY(record_list(r, a, RECORD_REQUIRED_ACTION, &records, &actions.count));
    if (actions.count == 0)
        return required_actions_default(a, ret_actions);
    actions.items = ARENA_ARRAY(a, actions.count, struct required_action);
    if (!actions.items)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < actions.count; i++)
        TRY(read_record(a, &records[i], &required_action_fields, &actions.items[i]));
    *ret_actions = actions;
    return 0;
}
