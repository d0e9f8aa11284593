#include "core/codec/address.h"

#include <arpa/inet.h>
#include <string.h>

#include "core/base/banned.h"

#define HOST_BYTES 8

struct str address_host(struct str ip, unsigned char room[ADDRESS_BYTES])
{
    char text[INET6_ADDRSTRLEN];
    if (ip.len >= sizeof(text) || str_find(ip, ':') < 0)
        return ip;
    memcpy(text, ip.ptr, ip.len);
    text[ip.len] = '\0';
    if (inet_pton(AF_INET6, text, room) != 1 || str_find(ip, '.') >= 0)
        return ip;
    return str_of((const char *)room, HOST_BYTES);
}
