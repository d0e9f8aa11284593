/* Records of logins to models. */
#include "core/auth/login_records.h"

#include "core/port/records.h"

#include "core/base/banned.h"

static int read_record(struct arena *a, const struct realm_record *record,
                       const struct field_table *table, void *object)
{
    const struct json_value *json;
    fields_default(table, object);
    int rc = json_parse(a, record->json, RECORD_MAX_BYTES, &json);
    if (rc == 0 && json_kind(json) != JSON_OBJECT)
        rc = ERR_STORE_CORRUPT;
    if (rc == 0)
        rc = fields_read(table, object, a, json, NULL);
    return rc == 0 || rc == ERR_NO_MEMORY ? rc : ERR_STORE_CORRUPT;
}

/* One that does not read stays there by its name, so that what binds it finds nothing else, and leads
 * nobody in; all others are read. */
static int read_flow(struct arena *a, const struct realm_record *record, struct auth_flow *ret_flow)
{
    int rc = read_record(a, record, &auth_flow_fields, ret_flow);
    if (rc == ERR_STORE_CORRUPT) {
        fields_default(&auth_flow_fields, ret_flow);
        ret_flow->alias = record->name;
        ret_flow->top_level = true;
        ret_flow->unreadable = true;
        rc = 0;
    }
    ret_flow->id = record->id;
    return rc;
}

static int read_flows(struct store_read *r, struct arena *a, struct auth_flows *all)
{
    struct realm_record *records;
    TRY(record_list(r, a, RECORD_FLOW, &records, &all->count));
    all->flows = ARENA_ARRAY(a, all->count + 1, struct auth_flow);
    if (!all->flows)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < all->count; i++)
        TRY(read_flow(a, &records[i], &all->flows[i]));
    return 0;
}

/* The flow that it is of could lead by any way: it leads by none. */
static int read_execution(struct arena *a, const struct realm_record *record,
                          const struct auth_flows *all, struct flow_execution *ret_execution)
{
    struct auth_flow *flow = flow_find(all, record->parent);
    int rc = read_record(a, record, &flow_execution_fields, ret_execution);
    if (rc == ERR_STORE_CORRUPT) {
        fields_default(&flow_execution_fields, ret_execution);
        ret_execution->unreadable = true;
        if (flow)
            flow->unreadable = true;
        rc = 0;
    }
    ret_execution->id = record->id;
    ret_execution->parent = record->parent;
    return rc;
}

static int read_executions(struct store_read *r, struct arena *a, struct auth_flows *all)
{
    struct realm_record *records;
    TRY(record_list(r, a, RECORD_EXECUTION, &records, &all->execution_count));
    all->executions = ARENA_ARRAY(a, all->execution_count + 1, struct flow_execution);
    if (!all->executions)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < all->execution_count; i++)
        TRY(read_execution(a, &records[i], all, &all->executions[i]));
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
