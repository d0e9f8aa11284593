# Include direction. Reads file:line:text (code.awk) and prints what goes the wrong way:
# web -> core, store -> core, appliance -> all, never web <-> store; inside core the order below,
# what is not named there is a use case and comes last. A quoted include is a path from the root.
BEGIN {
    count = split("base codec crypto jose model audit port", order, " ")
    for (i = 1; i <= count; i++) rank[order[i]] = i
    allowed["core", "core"] = allowed["store", "core"] = allowed["store", "store"] = 1
    allowed["web", "core"] = allowed["web", "web"] = 1
    foreign["civetweb.c"] = foreign["sqlite3.c"] = 1
}

function level(path,   parts) {
    split(path, parts, "/")
    return (parts[2] in rank) ? rank[parts[2]] : count + 1
}

{
    split($0, field, ":")
    file = field[1]
    text = substr($0, length(file) + length(field[2]) + 3)
    if (text !~ /^[ \t]*#[ \t]*include[ \t]/) next
    quoted = text ~ /"/
    target = text
    sub(/^[^"<]*["<]/, "", target)
    sub(/[">].*$/, "", target)
    split(file, from, "/")
    split(target, to, "/")
    where = file ":" field[2] ": "
    if (!quoted) {
        if (from[1] == "core" && from[2] != "crypto" && target ~ /^openssl\//)
            print where target ": only core/crypto may include libcrypto"
        # What mbedTLS's library is built with: it belongs to that library.
        if (from[1] != "core" && file != "appliance/build/gcm_alt.c" && target ~ /^openssl\//)
            print where target ": only core/crypto may include libcrypto"
        if (from[1] == "core" && target ~ /^(sys\/socket|netinet\/.*|pthread|threads|sqlite3|lmdb|civetweb|curl\/.*|mbedtls\/ssl.*)(\.h)?$/)
            print where target ": core has no sockets, no SQL, no threads"
        if (from[1] != "store" && from[1] != "tests" && target ~ /^(sqlite3|lmdb)\.h$/)
            print where target ": only store may include it"
        next
    }
    if (target in foreign) next
    if (to[1] !~ /^(core|store|web|appliance|tests)$/) {
        print where target ": write the path from the root of the repository"
        next
    }
    if (from[1] == "appliance" || from[1] == "tests") next
    if (!((from[1], to[1]) in allowed))
        print where from[1] " must not include " target
    else if (from[1] == "core" && level(target) > level(file))
        print where "core/" from[2] " must not include " target
}
