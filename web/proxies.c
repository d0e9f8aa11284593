/* Trusted proxies and their headers. */
#include "web/proxies.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include "core/base/banned.h"

#define MAX_NETWORKS   64
#define MAX_HOPS       16
#define HOST_MAX_BYTES 261 /* a name and a port */

struct address {
    unsigned char bytes[16]; /* IPv4 as ::ffff:a.b.c.d */
};

struct network {
    struct address address;
    int prefix; /* of 128 */
};

struct proxy_list {
    struct network networks[MAX_NETWORKS];
    size_t count;
};

static bool parse_ip(struct str text, struct address *ret, bool *ret_is_v4)
{
    static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
    char cstr[INET6_ADDRSTRLEN];
    if (text.len == 0 || text.len >= sizeof(cstr))
        return false;
    memcpy(cstr, text.ptr, text.len);
    cstr[text.len] = '\0';
    *ret_is_v4 = inet_pton(AF_INET, cstr, ret->bytes + 12) == 1;
    if (!*ret_is_v4)
        return inet_pton(AF_INET6, cstr, ret->bytes) == 1;
    memcpy(ret->bytes, mapped, sizeof(mapped));
    return true;
}

static int parse_network(struct str text, struct network *ret)
{
    int64_t prefix;
    bool is_v4;
    ptrdiff_t slash = str_find(text, '/');
    struct str ip = slash < 0 ? text : str_sub(text, 0, (size_t)slash);
    if (!parse_ip(ip, &ret->address, &is_v4))
        return ERR_CONFIG;
    int64_t most = is_v4 ? 32 : 128;
    prefix = most;
    if (slash >= 0 && str_to_i64(str_from(text, (size_t)slash + 1), &prefix) != 0)
        return ERR_CONFIG;
    if (prefix < 0 || prefix > most)
        return ERR_CONFIG;
    ret->prefix = (int)(prefix + (is_v4 ? 96 : 0));
    return 0;
}

static bool next_word(struct str *rest, struct str *ret_word)
{
    size_t start = 0, end;
    while (start < rest->len && strchr(", \t", rest->ptr[start]))
        start++;
    for (end = start; end < rest->len && !strchr(", \t", rest->ptr[end]);)
        end++;
    *ret_word = str_sub(*rest, start, end - start);
    *rest = str_from(*rest, end);
    return ret_word->len > 0;
}

int proxy_list_new(struct str text, struct err_ctx *err, struct proxy_list **ret_list)
{
    struct str word;
    struct proxy_list *list = calloc(1, sizeof(*list));
    if (!list)
        return ERR_NO_MEMORY;
    while (next_word(&text, &word)) {
        if (list->count == MAX_NETWORKS || parse_network(word, &list->networks[list->count]) != 0) {
            free(list);
            return err_set(err, ERR_CONFIG, "'%.*s' is not a network, or one too many",
                           STR_ARG(word));
        }
        list->count++;
    }
    *ret_list = list;
    return 0;
}

void proxy_list_free(struct proxy_list *list)
{
    free(list);
}

static bool is_inside(const struct network *n, const struct address *a)
{
    int whole = n->prefix / 8, rest = n->prefix % 8;
    if (memcmp(n->address.bytes, a->bytes, (size_t)whole) != 0)
        return false;
    unsigned mask = rest ? 0xffU << (8 - rest) & 0xffU : 0;
    return rest == 0 || ((n->address.bytes[whole] ^ a->bytes[whole]) & mask) == 0;
}

bool proxy_list_has(const struct proxy_list *list, struct str ip)
{
    struct address a;
    bool is_v4;
    if (list->count == 0 || !parse_ip(ip, &a, &is_v4))
        return false;
    for (size_t i = 0; i < list->count; i++)
        if (is_inside(&list->networks[i], &a))
            return true;
    return false;
}

/* Without quotes, brackets and port: "\"[2001:db8::1]:4711\"" is 2001:db8::1. */
static struct str bare_address(struct str node)
{
    node = str_trim(node);
    if (node.len >= 2 && node.ptr[0] == '"' && node.ptr[node.len - 1] == '"')
        node = str_sub(node, 1, node.len - 2);
    ptrdiff_t close = str_find(node, ']');
    if (node.len && node.ptr[0] == '[' && close > 0)
        return str_sub(node, 1, (size_t)close - 1);
    ptrdiff_t colon = str_find(node, ':');
    bool one_colon = colon >= 0 && str_find(str_from(node, (size_t)colon + 1), ':') < 0;
    return one_colon ? str_sub(node, 0, (size_t)colon) : node;
}

struct hops {
    struct str items[MAX_HOPS];
    size_t count;
};

static int add_hop(struct hops *hops, struct str node)
{
    struct address a;
    bool is_v4;
    struct str ip = bare_address(node);
    if (hops->count == MAX_HOPS || !parse_ip(ip, &a, &is_v4))
        return ERR_INVALID_REQUEST;
    hops->items[hops->count++] = ip;
    return 0;
}

static int set_proto(struct forwarded *f, struct str proto)
{
    f->https = str_ieq(proto, STR("https"));
    f->says_proto = true;
    return f->https || str_ieq(proto, STR("http")) ? 0 : ERR_INVALID_REQUEST;
}

static int set_host(struct forwarded *f, struct str host)
{
    for (size_t i = 0; i < host.len; i++)
        if (strchr("/\\@?# \t\"<>", host.ptr[i]))
            return ERR_INVALID_REQUEST;
    f->host = host;
    return host.len > 0 && host.len <= HOST_MAX_BYTES ? 0 : ERR_INVALID_REQUEST;
}

/* RFC 7239 4: elements by comma, pairs by semicolon. proto and host are the nearest proxy's: the
 * last element's. */
static int read_pair(struct str pair, struct hops *hops, struct forwarded *f)
{
    ptrdiff_t eq = str_find(pair, '=');
    if (eq <= 0)
        return ERR_INVALID_REQUEST;
    struct str name = str_trim(str_sub(pair, 0, (size_t)eq));
    struct str value = str_trim(str_from(pair, (size_t)eq + 1));
    if (str_ieq(name, STR("for")))
        return add_hop(hops, value);
    if (value.len >= 2 && value.ptr[0] == '"')
        value = str_sub(value, 1, value.len - 2);
    if (str_ieq(name, STR("proto")))
        return set_proto(f, value);
    if (str_ieq(name, STR("host")))
        return set_host(f, value);
    return 0;
}

static int read_forwarded(struct str value, struct hops *hops, struct forwarded *f)
{
    struct str element, pair;
    while (str_next(&value, ',', &element))
        while (str_next(&element, ';', &pair))
            TRY(read_pair(pair, hops, f));
    return 0;
}

static int read_one(const struct http_header *h, struct hops *hops, struct forwarded *f,
                    unsigned *styles)
{
    struct str value = h->value, node;
    if (str_ieq(h->name, STR("Forwarded"))) {
        *styles |= 1;
        return read_forwarded(value, hops, f);
    }
    if (!str_ieq(str_sub(h->name, 0, 12), STR("X-Forwarded-")))
        return 0;
    *styles |= 2;
    struct str what = str_from(h->name, 12);
    if (str_ieq(what, STR("Proto")))
        return set_proto(f, str_trim(value));
    if (str_ieq(what, STR("Host")))
        return set_host(f, str_trim(value));
    while (str_ieq(what, STR("For")) && str_next(&value, ',', &node))
        TRY(add_hop(hops, node));
    return 0;
}

int forwarded_read(const struct proxy_list *list, const struct request *req, struct str peer_ip,
                   struct forwarded *ret_forwarded)
{
    struct forwarded f = {.client_ip = peer_ip, .https = req->https};
    struct hops hops = {0};
    unsigned styles = 0;
    f.trusted = proxy_list_has(list, peer_ip);
    if (!f.trusted) {
        *ret_forwarded = f;
        return 0;
    }
    for (size_t i = 0; i < req->header_count; i++)
        TRY(read_one(&req->headers[i], &hops, &f, &styles));
    if (styles == 3)
        return ERR_INVALID_REQUEST;
    /* From the nearest hop outwards: what stands beyond the first stranger is the stranger's tale. */
    while (hops.count && proxy_list_has(list, f.client_ip))
        f.client_ip = hops.items[--hops.count];
    *ret_forwarded = f;
    return 0;
}
