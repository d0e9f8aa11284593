/* Networks and the addresses that belong to nobody's public host. */
#include "store/fetch/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "core/base/banned.h"

/* RFC 6890 and its registries. IPv4 stands as ::ffff:a.b.c.d, its prefix counted from there. */
static const char *const closed[] = {
    "0.0.0.0/8",     "10.0.0.0/8",      "100.64.0.0/10",  "127.0.0.0/8",    "169.254.0.0/16",
    "172.16.0.0/12", "192.0.0.0/24",    "192.0.2.0/24",   "192.88.99.0/24", "192.168.0.0/16",
    "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",    "240.0.0.0/4",
    "::/96",         "64:ff9b::/96",    "64:ff9b:1::/48", "100::/64",       "2001::/23",
    "2001:db8::/32", "2002::/16",       "3fff::/20",      "5f00::/16",      "fc00::/7",
    "fe80::/10",     "fec0::/10",       "ff00::/8",
};

static const unsigned char mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

int network_parse(struct str text, struct network *ret_network)
{
    char address[INET6_ADDRSTRLEN + 1];
    ptrdiff_t slash = str_find(text, '/');
    size_t len = slash < 0 ? text.len : (size_t)slash;
    int64_t bits;
    struct network n = {.bits = 128};
    if (len == 0 || len >= sizeof(address))
        return ERR_INVALID_SYNTAX;
    memcpy(address, text.ptr, len);
    address[len] = '\0';
    bool v4 = inet_pton(AF_INET, address, n.prefix + 12) == 1;
    if (v4)
        memcpy(n.prefix, mapped_prefix, sizeof(mapped_prefix));
    else if (inet_pton(AF_INET6, address, n.prefix) != 1)
        return ERR_INVALID_SYNTAX;
    if (slash >= 0) {
        if (str_to_i64(str_from(text, len + 1), &bits) != 0 || bits < 0 || bits > (v4 ? 32 : 128))
            return ERR_INVALID_SYNTAX;
        n.bits = (int)bits + (v4 ? 96 : 0);
    }
    *ret_network = n;
    return 0;
}

/* As 16 bytes; false for other families. An IPv4-mapped IPv6 address is told from IPv4. */
static bool bytes_of(const struct sockaddr *address, unsigned char out[16], bool *ret_v6)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof(in));
        memcpy(out, mapped_prefix, sizeof(mapped_prefix));
        memcpy(out + 12, &in.sin_addr, 4);
        *ret_v6 = false;
        return true;
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 in;
        memcpy(&in, address, sizeof(in));
        memcpy(out, &in.sin6_addr, 16);
        *ret_v6 = true;
        return true;
    }
    return false;
}

static bool prefix_fits(const struct network *n, const unsigned char bytes[16])
{
    int whole = n->bits / 8;
    int rest = n->bits % 8;
    if (memcmp(n->prefix, bytes, (size_t)whole) != 0)
        return false;
    return rest == 0 || ((n->prefix[whole] ^ bytes[whole]) >> (8 - rest)) == 0;
}

bool network_has(const struct network *network, const struct sockaddr *address)
{
    unsigned char bytes[16];
    bool v6;
    return bytes_of(address, bytes, &v6) && prefix_fits(network, bytes);
}

bool address_is_public(const struct sockaddr *address)
{
    unsigned char bytes[16];
    bool v6;
    if (!bytes_of(address, bytes, &v6))
        return false;
    if (v6 && memcmp(bytes, mapped_prefix, sizeof(mapped_prefix)) == 0)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(closed); i++) {
        struct network n;
        if (network_parse(str_c(closed[i]), &n) != 0 || prefix_fits(&n, bytes))
            return false;
    }
    /* Only 2000::/3 is given out so far. */
    return !v6 || (bytes[0] >> 5) == 1;
}

uint16_t address_port(const struct sockaddr *address)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    if (address->sa_family == AF_INET) {
        memcpy(&v4, address, sizeof(v4));
        return ntohs(v4.sin_port);
    }
    if (address->sa_family == AF_INET6) {
        memcpy(&v6, address, sizeof(v6));
        return ntohs(v6.sin6_port);
    }
    return 0;
}
