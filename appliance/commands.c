/* The table of commands, put together from the files of appliance/command. */
#include "appliance/command/commands.h"

#include "core/base/banned.h"

static const struct {
    const struct command *commands;
    const size_t *count;
} groups[] = {
    {serve_commands, &serve_command_count},
    {realm_commands, &realm_command_count},
    {realm_import_commands, &realm_import_command_count},
    {user_commands, &user_command_count},
    {client_commands, &client_command_count},
    {mapper_commands, &mapper_command_count},
    {issuer_commands, &issuer_command_count},
    {role_commands, &role_command_count},
    {group_commands, &group_command_count},
    {keys_commands, &keys_command_count},
    {audit_commands, &audit_command_count},
    {backup_commands, &backup_command_count},
    {restore_commands, &restore_command_count},
    {standby_commands, &standby_command_count},
    {diverged_commands, &diverged_command_count},
    {witness_commands, &witness_command_count},
    {status_commands, &status_command_count},
    {clock_commands, &clock_command_count},
    {routes_commands, &routes_command_count},
    {apply_commands, &apply_command_count},
    {change_commands, &change_command_count},
    {bench_commands, &bench_command_count},
    {machine_commands, &machine_command_count},
};

const struct command *command_at(size_t index)
{
    for (size_t i = 0; i < ARRAY_LEN(groups); i++) {
        if (index < *groups[i].count)
            return &groups[i].commands[index];
        index -= *groups[i].count;
    }
    return NULL;
}

const struct command *command_find(struct str path)
{
    for (size_t i = 0; command_at(i); i++)
        if (str_eq_c(path, command_at(i)->path))
            return command_at(i);
    return NULL;
}
