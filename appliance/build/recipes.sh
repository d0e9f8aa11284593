# shellcheck shell=bash
# How each dependency becomes include/ and lib/ (or src/) of the prefix. Every recipe gets the
# unpacked source and an empty output folder. Sourced, never run.

hardening_flags() { # what this compiler understands
    local flag
    for flag in -fstack-protector-strong -fstack-clash-protection -fcf-protection=full \
        -ftrivial-auto-var-init=zero; do
        ! echo 'int x;' | gcc "$flag" -x c -c -o /dev/null - 2>/dev/null || printf '%s ' "$flag"
    done
}

DEP_CFLAGS="-O2 -fPIC -pthread -ffunction-sections -fdata-sections -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2"

compile_archive() { # ARCHIVE "FLAGS" FILE...: compiles in parallel, one object a file
    local archive=$1 flags=$2 objects
    shift 2
    objects=$(mktemp -d)
    # shellcheck disable=SC2016,SC2086
    printf '%s\n' "$@" | xargs -P "$JOBS" -I '{}' sh -c \
        'f=$1; d=$2; shift 2; gcc "$@" -c "$f" -o "$d/$(basename "$f" .c).o"' \
        sh '{}' "$objects" $DEP_CFLAGS $DEP_HARDENING $flags || return 1
    mkdir -p "$(dirname "$archive")"
    rm -f "$archive"
    ar rcs "$archive" "$objects"/*.o
    rm -rf "$objects"
}

recipe_mbedtls() {
    local src=$1 out=$2 tls x509 crypto flags
    mkdir -p "$out/include"
    cp -r "$src/include/mbedtls" "$src/include/psa" "$out/include/"
    cp "$DEPS_DIR/mbedtls_user_config.h" "$out/include/garita_mbedtls_config.h"
    cp "$DEPS_DIR/gcm_alt.h" "$out/include/"
    flags="-I$out/include -I$src/library -DMBEDTLS_USER_CONFIG_FILE=<garita_mbedtls_config.h>"
    mapfile -t tls < <(ls "$src"/library/{debug,net_sockets,mps_*,ssl_*}.c)
    mapfile -t x509 < <(ls "$src"/library/{pkcs7,x509*}.c)
    mapfile -t crypto < <(find "$src/library" -maxdepth 1 -name '*.c' |
        grep -vxF -e "$(printf '%s\n' "${tls[@]}" "${x509[@]}")" | sort)
    compile_archive "$out/lib/libmbedtls.a" "$flags" "${tls[@]}" &&
        compile_archive "$out/lib/libmbedx509.a" "$flags" "${x509[@]}" &&
        compile_archive "$out/lib/libmbedcrypto.a" "$flags" "${crypto[@]}" "$DEPS_DIR/gcm_alt.c"
    cp "$src/LICENSE" "$out/notice"
}

recipe_sqlite3() {
    local src=$1 out=$2
    mkdir -p "$out/include" "$out/src/sqlite"
    if [ -f "$src/deps/sqlite3/sqlite3.c" ]; then
        cp "$src"/deps/sqlite3/sqlite3.[ch] "$out/src/sqlite/"
    else
        (cd "$src" && ./configure --disable-tcl && make sqlite3.c) || return 1
        cp "$src/sqlite3.c" "$src/sqlite3.h" "$out/src/sqlite/"
    fi
    cp "$DEPS_DIR/sqlite_cfg.h" "$out/src/sqlite/"
    cp "$out/src/sqlite/sqlite3.h" "$out/include/"
    compile_archive "$out/lib/libsqlite3.a" "-I$out/src/sqlite -D_HAVE_SQLITE_CONFIG_H" \
        "$out/src/sqlite/sqlite3.c" || return 1
    echo 'SQLite is in the public domain: https://sqlite.org/copyright.html' >"$out/notice"
}

recipe_civetweb() { # its sources only: they are compiled with our TLS layer in the place of theirs
    local src=$1 out=$2
    mkdir -p "$out/src/civetweb"
    cp "$src/include/civetweb.h" "$src"/src/*.inl "$src/src/civetweb.c" "$out/src/civetweb/"
    rm "$out/src/civetweb/mod_mbedtls.inl"
    cp "$src/LICENSE.md" "$out/notice"
}

recipe_yyjson() {
    local src=$1 out=$2
    mkdir -p "$out/include"
    cp "$src/src/yyjson.h" "$out/include/"
    compile_archive "$out/lib/libyyjson.a" "-I$out/include -DYYJSON_DISABLE_NON_STANDARD=1" \
        "$src/src/yyjson.c" || return 1
    cp "$src/LICENSE" "$out/notice"
}

recipe_curl() { # HTTP, HTTPS, SMTP and SMTPS clients, nothing else
    local src=$1 out=$2 mbedtls
    mbedtls=$(dep_dir mbedtls)
    (cd "$src" && CFLAGS="$DEP_CFLAGS $DEP_HARDENING" \
        CPPFLAGS="-DMBEDTLS_USER_CONFIG_FILE='<garita_mbedtls_config.h>' -I$mbedtls/include" \
        LIBS=-lcrypto \
        ./configure --quiet --prefix="$out" --enable-static --disable-shared --with-pic \
        --with-mbedtls="$mbedtls" --with-ca-bundle=/etc/ssl/certs/ca-certificates.crt \
        --enable-threaded-resolver --disable-dependency-tracking --disable-manual --disable-docs \
        --disable-dict --disable-file --disable-ftp --disable-gopher --disable-imap --disable-ipfs \
        --disable-ldap --disable-ldaps --disable-mqtt --disable-pop3 --disable-rtsp --disable-smb \
        --disable-telnet --disable-tftp --disable-websockets --enable-http --enable-smtp \
        --disable-alt-svc --disable-aws --disable-cookies --disable-dateparse --disable-doh \
        --disable-ech --disable-hsts --disable-libcurl-option --disable-mime --disable-netrc \
        --disable-ntlm --disable-progress-meter --disable-unix-sockets --disable-headers-api \
        --disable-digest-auth --disable-kerberos-auth --disable-negotiate-auth --disable-form-api \
        --disable-bindlocal --disable-sspi --disable-tls-srp --disable-ares --disable-versioned-symbols \
        --without-brotli --without-zlib --without-zstd --without-libpsl --without-libidn2 \
        --without-libssh2 --without-libssh --without-librtmp --without-nghttp2 --without-ngtcp2 \
        --without-nghttp3 --without-quiche --without-libgsasl --without-gssapi &&
        make -C lib -j "$JOBS" && make -C lib install && make -C include install) || return 1
    rm -rf "${out:?}/lib/pkgconfig" "${out:?}/bin" "${out:?}/share"
    rm -f "$out"/lib/*.la
    cp "$src/COPYING" "$out/notice"
}
