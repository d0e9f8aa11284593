/* A run as a whole: the realm, the transaction, the parts in their order, the answer. */
#include "web/apply/apply.h"

#include "core/admin/bootstrap.h"
#include "core/admin/four_eyes_bypass.h"
#include "core/admin/realms.h"
#include "core/base/log.h"
#include "web/apply/engine.h"
#include "web/validation/call.h"
#include "web/web.h"

#include "core/base/banned.h"

#define STEP_MAX_BYTES    ((size_t)48 << 20)
#define IGNORED_MAX_BYTES ((size_t)64 << 10)
#define FOREIGN_MAX_BYTES ((size_t)1 << 10)
/* Half of what the command socket takes, where the answer travels as escaped text. */
#define ANSWER_MAX_BYTES  ((size_t)4 << 20)
#define ANSWER_ROOM_BYTES ((size_t)64 << 10) /* beside the answer, which is copied to be sent */

/* --- The realm --- */

static int tell_missing(struct apply *e)
{
    return err_set(&e->req->err, ERR_NOT_FOUND, "Realm not found.");
}

static int master_context(struct apply *e, struct auth_ctx *ret_ctx, struct realm_view **ret_view)
{
    TRY(realm_view_acquire(e->req->web->services.store, STR(REALM_MASTER), ret_view));
    *ret_ctx = e->ctx;
    ret_ctx->view = *ret_view;
    return 0;
}

/* Whoever makes a realm administers it: from here on with the rights that he got by it. */
static int give_creator(struct apply *e, const struct auth_ctx *master)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    struct validation_call asked;
    if (e->caller->is_operator)
        return 0;
    TRY(store_write_begin_for(master->view, master->now, NEED_CHANGE, &w));
    TRY(admin_realm_give_creator(master, w, e->realm, e->caller->user_id));
    TRY(store_commit_p(&w, DURABLE_STANDBY));
    TRY(validation_call_of(e->req, &asked));
    TRY(admin_caller_find(&asked, &e->creator));
    e->caller = &e->creator;
    return 0;
}

static int make_realm(struct apply *e)
{
    CLEANUP(realm_view_release_p) struct realm_view *view = NULL;
    struct auth_ctx master;
    struct realm realm;
    TRY(bootstrap_settings(e->req->arena, e->realm, &realm));
    /* From the first moment on: what a crash leaves here is the owner's, and his next run goes on. */
    TRY(str_map_set(&realm.attributes, e->req->arena, STR(APPLY_MARK), e->owner));
    TRY(master_context(e, &master, &view));
    TRY(admin_realm_create(&master, e->req->web->services.store, &realm));
    e->is_made = true;
    return give_creator(e, &master);
}

/* A realm is a database of its own, made before the transaction: a run that fails takes it away, and never
 * one that another call made at the same moment. */
static void unmake_realm(struct apply *e)
{
    CLEANUP(realm_view_release_p) struct realm_view *view = NULL;
    struct auth_ctx master;
    const struct err_ctx err = e->req->err;
    if (!e->is_made)
        return;
    int rc = master_context(e, &master, &view);
    rc = rc == 0 ? admin_realm_delete(&master, e->realm) : rc;
    if (rc != 0)
        LOG_WARN("apply", "realm %.*s was made, could not be filled, and stays: %s",
                 STR_ARG(e->realm), err_text(rc));
    e->req->err = err;
}

static int begin_new(struct apply *e)
{
    if (!admin_may(e->caller, e->realm, ADMIN_CREATE_REALM))
        return tell_missing(e);
    TRY(realm_name_check(e->realm, &e->req->err));
    e->is_new = true;
    e->is_imagined = e->options->dry_run;
    if (e->is_imagined)
        return 0;
    TRY(make_realm(e));
    return realm_view_acquire(e->req->web->services.store, e->realm, &e->base);
}

/* AD-02: those of another realm learn nothing, not even whether there is such a realm. */
static int begin_realm(struct apply *e)
{
    if (!admin_reaches(e->caller, e->realm))
        return ERR_FORBIDDEN;
    int rc = realm_view_acquire(e->req->web->services.store, e->realm, &e->base);
    if (rc == ERR_NOT_FOUND)
        return begin_new(e);
    TRY(rc);
    return admin_may(e->caller, e->realm, ADMIN_ANY_ROLE) ? 0 : ERR_FORBIDDEN;
}

static int begin_write(struct apply *e)
{
    if (e->is_imagined)
        return 0;
    e->ctx.view = e->base;
    e->ctx.issuer = ARENA_CONCAT(e->req->arena, e->ctx.base_url, STR("/realms/"), e->realm);
    if (str_absent(e->ctx.issuer))
        return ERR_NO_MEMORY;
    if (e->call && e->call->w) { /* of whoever approves: it is his to commit */
        e->w = e->call->w;
        return 0;
    }
    TRY(store_write_begin_for(e->base, e->ctx.now, NEED_CHANGE, &e->w));
    return four_eyes_read(store_write_reader(e->w), e->req->arena, &e->four_eyes);
}

/* --- The parts --- */

static int run_parts(struct apply *e)
{
    bool ours;
    TRY(apply_settings(e, &ours));
    apply_next(e);
    TRY(apply_realm_roles(e));
    TRY(apply_scopes(e));
    TRY(apply_clients(e));
    TRY(apply_client_roles(e));
    TRY(apply_all_composites(e));
    TRY(apply_scope_mappings(e));
    TRY(apply_groups(e));
    TRY(apply_realm_lists(e, ours));
    TRY(apply_users(e));
    return e->options->prune && !e->is_new ? apply_prune(e) : 0;
}

static int refuse_foreign(struct apply *e)
{
    struct str names;
    if (e->count.foreign == 0 || e->options->dry_run)
        return 0;
    TRY(buf_finish(&e->foreign, &names));
    return err_set(&e->req->err, ERR_CONFLICT, "Not made by %.*s, so nothing was changed: %.*s%s",
                   STR_ARG(e->owner), STR_ARG(names), e->count.foreign > 3 ? " and others" : "");
}

static bool has_changes(const struct apply *e)
{
    return e->count.create + e->count.update + e->count.adopt + e->count.remove > 0;
}

bool apply_writes_for_call(const struct apply *e)
{
    return e->call && e->w == e->call->w;
}

int apply_judge(struct apply *e)
{
    struct admin_call *call = e->call;
    if (e->four_eyes.kinds == 0)
        return 0;
    if (!call)
        return four_eyes_bypass(&e->ctx, e->w, &e->four_eyes);
    TRY(held_change_judge(&e->ctx, e->w, &e->four_eyes, &call->held));
    call->held_realm = e->realm;
    return call->held.kinds == 0 ? 0 : ERR_NEEDS_APPROVAL;
}

static int end_write(struct apply *e)
{
    realm_view_release_p(&e->own);
    e->ctx.view = e->base;
    if (!e->w || e->options->dry_run || !has_changes(e) || apply_writes_for_call(e))
        return 0;
    TRY(apply_judge(e));
    return store_commit_p(&e->w, DURABLE_STANDBY);
}

/* --- The answer --- */

static void write_summary(const struct apply *e, struct json_writer *w)
{
    jw_member_object(w, "summary");
    jw_member_i64(w, "create", e->count.create);
    jw_member_i64(w, "update", e->count.update);
    jw_member_i64(w, "adopt", e->count.adopt);
    jw_member_i64(w, "delete", e->count.remove);
    jw_member_i64(w, "foreign", e->count.foreign);
    jw_member_i64(w, "keep", e->count.keep);
    jw_member_i64(w, "same", e->count.same);
    jw_end_object(w);
}

static int write_end(struct apply *e)
{
    struct json_writer *w = e->out;
    struct str ignored;
    jw_end_array(w);
    jw_end_array(&e->ignored);
    TRY(jw_finish(&e->ignored, &ignored));
    jw_key(w, "ignored");
    jw_raw(w, ignored);
    jw_member_bool(w, "applied", !e->options->dry_run && has_changes(e));
    write_summary(e, w);
    jw_end_object(w);
    return 0;
}

/* What could not be answered must not have been done: the answer is complete before the commit, and
 * there is room to send it. */
static int check_answer(const struct apply *e)
{
    const struct arena *a = e->req->arena;
    size_t len = e->out->buf->len, left = a->max_bytes - a->used_bytes;
    if (e->out->err != 0)
        return e->out->err;
    return e->out->buf->failed || len > ANSWER_MAX_BYTES || left < 2 * len + ANSWER_ROOM_BYTES
               ? ERR_TOO_LARGE
               : 0;
}

static int run(struct apply *e)
{
    TRY(begin_realm(e));
    if (!e->is_imagined)
        TRY(apply_hash_ahead(e, json_get(e->wanted, "users"), false));
    TRY(begin_write(e));
    TRY(run_parts(e));
    TRY(refuse_foreign(e));
    TRY(write_end(e));
    TRY(check_answer(e));
    return end_write(e);
}

static int check_options(struct apply *e)
{
    struct str owner = e->options->owner;
    e->owner = str_empty(owner) ? STR(APPLY_OWNER) : owner;
    bool ok = e->owner.len <= APPLY_OWNER_MAX;
    for (size_t i = 0; ok && i < e->owner.len; i++) {
        char c = e->owner.ptr[i];
        ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '-' || c == '_' || c == '.';
    }
    return ok ? 0
              : err_field(&e->req->err, ERR_INVALID_REQUEST, "owner",
                          "owner is a name of at most %d letters, digits, '-', '_' and '.'",
                          APPLY_OWNER_MAX);
}

static int take_document(struct apply *e, const struct json_value *document)
{
    if (!json_is_object(document))
        return err_set(&e->req->err, ERR_INVALID_REQUEST, "An object is expected");
    e->wanted = document;
    e->realm = json_get_str(document, "realm");
    return str_empty(e->realm) ? err_field(&e->req->err, ERR_INVALID_REQUEST, "realm",
                                           "the document names no realm")
                               : 0;
}

static void end(struct apply *e)
{
    realm_view_release_p(&e->own);
    if (apply_writes_for_call(e))
        e->w = NULL;
    store_rollback_p(&e->w);
    realm_view_release_p(&e->base);
    arena_free(&e->step);
}

/* e: caller, request, context, options and writer are set. */
static int apply_document(struct apply *e, const struct json_value *document)
{
    arena_init(&e->step, STEP_MAX_BYTES);
    buf_init(&e->foreign, e->req->arena, FOREIGN_MAX_BYTES);
    buf_init(&e->ignored_text, e->req->arena, IGNORED_MAX_BYTES);
    jw_init(&e->ignored, &e->ignored_text);
    jw_begin_array(&e->ignored);
    TRY(check_options(e));
    TRY(take_document(e, document));
    jw_begin_object(e->out);
    jw_member_str(e->out, "realm", e->realm);
    jw_member_str(e->out, "owner", e->owner);
    jw_member_array(e->out, "changes");
    int rc = run(e);
    end(e);
    if (rc != 0)
        unmake_realm(e);
    return rc;
}

/* --- Two ways in --- */

int rest_apply(struct admin_call *call)
{
    struct apply_options options = {.dry_run = false};
    struct apply e = {.options = &options,
                      .caller = &call->caller,
                      .call = call,
                      .req = call->req,
                      .ctx = call->ctx,
                      .out = &call->out};
    /* The body names the realm: begin_realm and each call ask for the rights there. */
    if (!admin_is_any(&call->caller))
        return ERR_FORBIDDEN;
    /* Problems would live in the step, which is over when they are answered: one sentence that names the
     * object goes out instead, as for the operator. */
    e.ctx.ret_problems = NULL;
    TRY(admin_query(call, "owner", &options.owner));
    TRY(admin_query_dry_run(call, &options.dry_run));
    TRY(admin_query_bool(call, "adopt", false, &options.adopt));
    TRY(admin_query_bool(call, "prune", false, &options.prune));
    TRY(admin_body_object(call));
    return apply_document(&e, call->body);
}

int apply_as_operator(struct store *store, struct arena *a, const struct now *now,
                      const struct event_actor *actor, struct str document,
                      const struct apply_options *options, struct json_writer *w,
                      struct err_ctx *err)
{
    const struct admin_caller operator= {.realm = STR(REALM_MASTER),
                                         .of_master = true,
                                         .is_operator = true,
                                         .username = actor->username,
                                         .client_id = actor->client_id};
    const struct web web = {.services = {.store = store}};
    struct request req = {.arena = a, .now = *now, .web = &web};
    struct apply e = {.options = options, .caller = &operator, .req = & req, .out = w};
    const struct json_value *json;
    e.ctx = (struct auth_ctx){.arena = a,
                              .now = &req.now,
                              .err = &req.err,
                              .issuer = STR(""),
                              .base_url = STR(""),
                              .actor = *actor};
    int rc = json_parse(a, document, APPLY_MAX_BYTES, &json);
    rc = rc == 0 ? apply_document(&e, json) : rc;
    *err = req.err;
    return rc;
}
