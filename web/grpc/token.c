/* garita.token.v1.TokenValidation over gRPC. The caller comes first, so that a stranger learns nothing
 * about how messages are read. */
#include "web/grpc/caller.h"
#include "web/validation/methods.h"

#include "core/base/banned.h"

static int serve(struct grpc_work *w, validation_method *method)
{
    struct validation_call call;
    struct validation_caller caller;
    TRY(grpc_caller_find(w, &call, &caller));
    return method(&call, &caller, w->message, w->out);
}

int grpc_token_validate(struct grpc_work *w)
{
    return serve(w, proto_validate);
}

int grpc_token_validate_batch(struct grpc_work *w)
{
    return serve(w, proto_validate_batch);
}

int grpc_token_introspect(struct grpc_work *w)
{
    return serve(w, proto_introspect);
}

int grpc_token_user_context(struct grpc_work *w)
{
    return serve(w, proto_user_context);
}

int grpc_token_revoke(struct grpc_work *w)
{
    int err = serve(w, proto_revoke);
    return err == ERR_STORE_STANDBY ? grpc_pass_on(w) : err;
}

/* For grpc_token_attach: the realm's name. */
int grpc_token_watch(struct grpc_work *w)
{
    return serve(w, proto_watch);
}
