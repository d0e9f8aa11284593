/* Sealing and opening the boxes of events. */
#include "store/sql/event_box.h"

#include "core/codec/json.h"
#include "core/crypto/aead.h"

#include "core/base/banned.h"

#define BOX_MAX_BYTES ((size_t)300 << 10)

_Static_assert(PERSON_KEY_BYTES == AEAD_KEY_BYTES, "a person's key seals");

/* A box opens only in its own event and as what it was. */
static struct str associated_of(struct arena *a, const struct event_record *e,
                                enum event_box_kind kind)
{
    return ARENA_CONCAT(a, STR("garita audit box 1 "), str_c(event_box_name(kind)), STR(" "),
                        e->id);
}

static struct str key_view(const unsigned char key[PERSON_KEY_BYTES])
{
    return str_of((const char *)key, PERSON_KEY_BYTES);
}

/* --- Sealing --- */

/* What is empty takes no room. */
static void write_json(struct json_writer *w, const char *name, struct str json)
{
    if (str_eq(json, STR("{}")))
        return;
    jw_key(w, name);
    jw_raw(w, json);
}

static int write_members(struct arena *a, const struct event_record *e, enum event_box_kind kind,
                         struct str *ret_text)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, a, BOX_MAX_BYTES);
    jw_init(&w, &b);
    jw_begin_object(&w);
    if (event_box_has_actor(kind)) {
        jw_member_str_opt(&w, "ip", e->ip);
        jw_member_str_opt(&w, "userAgent", e->user_agent);
        write_json(&w, "metadata", e->metadata);
    }
    if (event_box_has_data(kind))
        write_json(&w, "data", e->data);
    jw_end_object(&w);
    return jw_finish(&w, ret_text);
}

static void clear_members(struct event_record *e, enum event_box_kind kind)
{
    if (event_box_has_actor(kind)) {
        e->ip = e->user_agent = str_of(NULL, 0);
        e->metadata = STR("{}");
    }
    if (event_box_has_data(kind))
        e->data = STR("{}");
}

static bool nothing_inside(const struct event_record *e, enum event_box_kind kind)
{
    bool actor = str_absent(e->ip) && str_absent(e->user_agent) && str_eq(e->metadata, STR("{}"));
    bool data = str_eq(e->data, STR("{}"));
    return (actor || !event_box_has_actor(kind)) && (data || !event_box_has_data(kind));
}

static int fill_box(struct store_write *w, struct event_record *e, enum event_box_kind kind,
                    const unsigned char key[PERSON_KEY_BYTES])
{
    struct str text, associated = associated_of(&w->arena, e, kind);
    if (str_absent(associated))
        return ERR_NO_MEMORY;
    TRY(write_members(&w->arena, e, kind, &text));
    return aead_seal(&w->arena, key_view(key), associated, text, &e->boxes[kind]);
}

static int seal(struct store_write *w, struct event_record *e, enum event_box_kind kind,
                struct str person)
{
    unsigned char key[PERSON_KEY_BYTES];
    bool gone;
    if (nothing_inside(e, kind))
        return 0;
    int err = person_key_for_write(w, person, key, &gone);
    if (err == 0 && !gone)
        err = fill_box(w, e, kind, key);
    secret_wipe(key, sizeof(key));
    if (err == 0)
        clear_members(e, kind);
    return err;
}

static struct str actor_of(struct store_write *w, const struct event *event)
{
    if (!str_empty(event->actor.user_id))
        return event->actor.user_id;
    return event->name_is_unknown ? event_unknown_person(&w->arena, w->now.wall_ms) : STR("");
}

static struct str subject_of(const struct event *event, const struct event_record *e)
{
    struct str user = STR("user:");
    if (event->data_is_impersonal || !str_starts(e->stream_id, user))
        return STR("");
    return str_from(e->stream_id, user.len);
}

int event_boxes_seal(struct store_write *w, const struct event *event, struct event_record *e)
{
    struct str actor = actor_of(w, event), subject = subject_of(event, e);
    if (str_absent(actor))
        return ERR_NO_MEMORY;
    if (!str_empty(actor) && str_eq(actor, subject))
        return seal(w, e, EVENT_BOX_BOTH, actor);
    if (!str_empty(actor))
        TRY(seal(w, e, EVENT_BOX_ACTOR, actor));
    return str_empty(subject) ? 0 : seal(w, e, EVENT_BOX_SUBJECT, subject);
}

/* --- Opening --- */

static int read_json(struct arena *a, const struct json_value *v, const char *name,
                     struct str *ret_text)
{
    struct buf b;
    struct json_writer w;
    const struct json_value *member = json_get(v, name);
    *ret_text = STR("{}");
    if (!member)
        return 0;
    buf_init(&b, a, BOX_MAX_BYTES);
    jw_init(&w, &b);
    jw_value(&w, member);
    return jw_finish(&w, ret_text);
}

static int read_members(struct arena *a, struct str text, struct event_record *e,
                        enum event_box_kind kind)
{
    const struct json_value *v;
    TRY(json_parse(a, text, BOX_MAX_BYTES, &v));
    if (event_box_has_actor(kind)) {
        e->ip = json_get_str(v, "ip");
        e->user_agent = json_get_str(v, "userAgent");
        TRY(read_json(a, v, "metadata", &e->metadata));
    }
    return event_box_has_data(kind) ? read_json(a, v, "data", &e->data) : 0;
}

static int open_with(struct arena *a, struct event_record *e, enum event_box_kind kind,
                     const unsigned char key[PERSON_KEY_BYTES])
{
    struct str text, associated = associated_of(a, e, kind);
    if (str_absent(associated))
        return ERR_NO_MEMORY;
    TRY(aead_open(a, key_view(key), associated, e->boxes[kind], &text));
    int err = read_members(a, text, e, kind);
    /* One box that cannot be read does not hide the other events. */
    return err == 0 || err == ERR_NO_MEMORY ? err : ERR_SEAL;
}

static int open_box(struct store_read *r, struct arena *a, struct event_record *e,
                    enum event_box_kind kind)
{
    unsigned char key[PERSON_KEY_BYTES];
    struct str person = event_box_person(a, e, kind);
    bool gone = false;
    if (str_absent(person))
        return ERR_NO_MEMORY;
    int err = person_key_read(r, person, key, &gone);
    if (err == 0 && !gone)
        err = open_with(a, e, kind, key);
    secret_wipe(key, sizeof(key));
    e->opened = true;
    e->erased |= gone || err == ERR_SEAL;
    return err == ERR_SEAL ? 0 : err;
}

int event_boxes_open(struct store_read *r, struct arena *a, struct event_record *e)
{
    for (int i = 0; e->format == EVENT_FORMAT_BOXES && i < EVENT_BOX_KINDS; i++)
        if (!str_absent(e->boxes[i]))
            TRY(open_box(r, a, e, (enum event_box_kind)i));
    return 0;
}
