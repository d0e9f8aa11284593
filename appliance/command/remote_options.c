#include "appliance/command/remote_options.h"

#include "core/base/banned.h"

int remote_of_options(struct cli *cli, struct remote *ret_remote)
{
    const struct remote_login login = {
        .token_file = args_get(cli->args, "token-file"),
        .client_id = args_get(cli->args, "client-id"),
        .secret_file = args_get(cli->args, "secret-file"),
        .realm = args_get(cli->args, "auth-realm"),
    };
    struct remote remote = {.arena = cli->arena, .err = &cli->err};
    if (args_has(cli->args, "ca-file")) {
        remote.ca_file = arena_cstr(cli->arena, args_get(cli->args, "ca-file"));
        if (!remote.ca_file)
            return ERR_NO_MEMORY;
    }
    TRY(remote_open(&remote, args_get(cli->args, "server"), &login));
    *ret_remote = remote;
    return 0;
}
