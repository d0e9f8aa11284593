/* The table of what can be called. */
#include "web/grpc/internal.h"

#include "core/base/banned.h"

const struct grpc_method grpc_methods[GRPC_METHODS] = {
#define M(name, service, method, kind, handler, attach)                                            \
    {service, method, GRPC_##kind, handler, attach},
#include "web/grpc/methods.def"
#undef M
};

const struct grpc_method *grpc_method_find(struct str path)
{
    for (size_t i = 0; i < GRPC_METHODS; i++) {
        struct str service = str_c(grpc_methods[i].service);
        if (path.len > service.len + 2 && path.ptr[0] == '/' &&
            str_starts(str_from(path, 1), service) && path.ptr[service.len + 1] == '/' &&
            str_eq_c(str_from(path, service.len + 2), grpc_methods[i].method))
            return &grpc_methods[i];
    }
    return NULL;
}

bool grpc_service_is_known(struct str service)
{
    for (size_t i = 0; i < GRPC_METHODS; i++)
        if (str_eq_c(service, grpc_methods[i].service))
            return true;
    return false;
}
