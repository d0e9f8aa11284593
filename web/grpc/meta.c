/* The header fields of a call that mean something here; the rest is not kept. */
#include "web/grpc/internal.h"

#include "core/base/banned.h"

#define TIMEOUT_MAX_DIGITS 8

static const struct {
    struct str name;
    enum grpc_meta_name meta;
} wanted[] = {
    {STR_INIT(":path"), META_PATH},
    {STR_INIT(":method"), META_METHOD},
    {STR_INIT(":authority"), META_AUTHORITY},
    {STR_INIT("content-type"), META_CONTENT_TYPE},
    {STR_INIT("grpc-encoding"), META_ENCODING},
    {STR_INIT("grpc-timeout"), META_TIMEOUT},
    {STR_INIT("authorization"), META_AUTHORIZATION},
    {STR_INIT("x-tenant-id"), META_TENANT},
    {STR_INIT("user-agent"), META_USER_AGENT},
    {STR_INIT("traceparent"), META_TRACEPARENT},
};

struct str grpc_meta_get(const struct grpc_meta *meta, enum grpc_meta_name name)
{
    if (!meta->spans[name].present)
        return str_of(NULL, 0);
    return str_sub(buf_str(&meta->bytes), meta->spans[name].at, meta->spans[name].len);
}

static void keep(struct grpc_meta *meta, enum grpc_meta_name name, struct str value)
{
    /* Two answers to who asks, or for which tenant, are none. */
    if (meta->spans[name].present) {
        meta->repeated = true;
        return;
    }
    meta->spans[name].at = (uint32_t)meta->bytes.len;
    meta->spans[name].len = (uint32_t)value.len;
    meta->spans[name].present = true;
    buf_add(&meta->bytes, value);
}

/* Every field counts, kept or not, as RFC 9113 6.5.2 has it. A list that goes on beyond the limit
 * costs the connection: a few bytes of HPACK stand for thousands. */
bool grpc_call_header(struct grpc_call *call, struct str name, struct str value)
{
    call->header_bytes += name.len + value.len + 32;
    if (call->header_bytes > GRPC_HEADERS_MAX_BYTES)
        return grpc_conn_charge(call->conn, 1 + (int64_t)(value.len / 256));
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
        if (str_eq(name, wanted[i].name)) {
            keep(&call->meta, wanted[i].meta, value);
            break;
        }
    return true;
}

int64_t grpc_timeout_ms(struct str text)
{
    static const struct {
        char unit;
        int64_t ns;
    } units[] = {{'H', 3600000000000}, {'M', 60000000000}, {'S', 1000000000},
                 {'m', 1000000},       {'u', 1000},        {'n', 1}};
    int64_t amount;
    if (text.len < 2 || text.len > TIMEOUT_MAX_DIGITS + 1 || text.ptr[0] == '-' ||
        str_to_i64(str_sub(text, 0, text.len - 1), &amount) != 0)
        return -1;
    for (size_t i = 0; i < ARRAY_LEN(units); i++)
        if (units[i].unit == text.ptr[text.len - 1])
            return units[i].ns >= 1000000 ? amount * (units[i].ns / 1000000)
                                          : (amount * units[i].ns + 999999) / 1000000;
    return -1;
}
