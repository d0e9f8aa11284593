/* garita routes: the Admin API and the permission that each line needs, for whoever reviews access. */
#include "appliance/cli.h"
#include "appliance/command/commands.h"
#include "web/router.h"

#include "core/base/banned.h"

static const struct {
    unsigned method;
    const char *name;
} methods[] = {{HTTP_GET, "GET"}, {HTTP_POST, "POST"}, {HTTP_PUT, "PUT"}, {HTTP_DELETE, "DELETE"}};

static void write_route(struct json_writer *w, const struct route *route)
{
    for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
        if (!(route->methods & methods[i].method))
            continue;
        jw_begin_object(w);
        jw_member_c(w, "method", methods[i].name);
        jw_member_c(w, "path", route->pattern);
        jw_member_c(w, "permission", admin_permission_name(route->permission));
        jw_end_object(w);
    }
}

static int routes(struct cli *cli)
{
    struct buf b;
    struct json_writer w;
    struct reply reply = {0};
    buf_init(&b, cli->arena, REPLY_MAX_BYTES);
    jw_init(&w, &b);
    jw_begin_array(&w);
    for (size_t i = 0; i < web_route_count; i++)
        if (web_routes[i].admin)
            write_route(&w, &web_routes[i]);
    jw_end_array(&w);
    TRY(jw_finish(&w, &reply.data));
    return cli_show(cli, &reply);
}

const struct command routes_commands[] = {
    {"routes", "", 0, 0, "show the Admin API and the permission that each of its lines needs", NULL,
     NULL, 0, false, "method,path,permission", NULL, routes, NULL},
};
const size_t routes_command_count = ARRAY_LEN(routes_commands);
