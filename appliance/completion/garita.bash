# Completion of garita for bash. Written by: garita completion bash
_garita() {
  local cur=${COMP_WORDS[COMP_CWORD]} path= word words= i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    [[ $word == -* ]] && break
    ((i > 3)) && break
    path+=${path:+ }$word
  done
  while :; do
    case $path in
    "serve") words="--import-realm --data --config --why --without-standby --json --help --data --master-key-file --disk-reserve --hostname --base-path --default-realm --https-address --https-port --http-address --http-port --admin-address --admin-port --management-address --management-port --grpc-address --grpc-port --grpc-plaintext --replication-address --replication-port --dev --trusted-proxies --tls-cert-file --tls-key-file --tls-sni --tls13-only --tls-client-certificates --tls-ticket-lifetime --hsts-max-age --log-level --log-format --max-connections --max-connections-per-address --workers --max-header-bytes --max-uri-bytes --max-body-bytes --max-parked-bytes --handshake-timeout --header-timeout --min-rate-bytes --keep-alive --stop-timeout --grpc-threads --grpc-max-connections --grpc-max-streams --grpc-max-message-bytes --grpc-idle-timeout --rate-login --rate-login-burst --rate-token --rate-token-burst --rate-read --rate-read-burst --fetch-ca-file --fetch-networks --fetch-ports --hashing-places --open-realms --readers-per-realm --cached-realms --cache-memory --cache-disk --checkpoint-pages --check-pages --check-interval --sweep-interval --audit-sign-interval --audit-archive-days --audit-retention-days --audit-unknown-days --backup-dir --backup-hour --backup-pages --backup-keep-days --backup-keep-months --archive-interval --archive-keep-days --export-dir --export-hour --export-keep-days --export-secrets --replication-without-standby --replication-wait --standby-changes --standby-max-staleness --replication-confirm --replication-kept --replication-pages --promote-hook --demote-hook " ;;
    "init") words="--data --config --why --without-standby --json --help --data --master-key-file --disk-reserve --hostname --base-path --default-realm --https-address --https-port --http-address --http-port --admin-address --admin-port --management-address --management-port --grpc-address --grpc-port --grpc-plaintext --replication-address --replication-port --dev --trusted-proxies --tls-cert-file --tls-key-file --tls-sni --tls13-only --tls-client-certificates --tls-ticket-lifetime --hsts-max-age --log-level --log-format --max-connections --max-connections-per-address --workers --max-header-bytes --max-uri-bytes --max-body-bytes --max-parked-bytes --handshake-timeout --header-timeout --min-rate-bytes --keep-alive --stop-timeout --grpc-threads --grpc-max-connections --grpc-max-streams --grpc-max-message-bytes --grpc-idle-timeout --rate-login --rate-login-burst --rate-token --rate-token-burst --rate-read --rate-read-burst --fetch-ca-file --fetch-networks --fetch-ports --hashing-places --open-realms --readers-per-realm --cached-realms --cache-memory --cache-disk --checkpoint-pages --check-pages --check-interval --sweep-interval --audit-sign-interval --audit-archive-days --audit-retention-days --audit-unknown-days --backup-dir --backup-hour --backup-pages --backup-keep-days --backup-keep-months --archive-interval --archive-keep-days --export-dir --export-hour --export-keep-days --export-secrets --replication-without-standby --replication-wait --standby-changes --standby-max-staleness --replication-confirm --replication-kept --replication-pages --promote-hook --demote-hook " ;;
    "realm create") words="--display-name --locale --data --config --why --without-standby --json --help " ;;
    "realm list") words="--data --config --why --without-standby --json --help " ;;
    "realm show") words="--data --config --why --without-standby --json --help " ;;
    "realm set") words="--enable --disable --data --config --why --without-standby --json --help " ;;
    "realm update") words="--enable --disable --data --config --why --without-standby --json --help " ;;
    "realm check") words="--data --config --why --without-standby --json --help " ;;
    "realm export") words="--to --users --users-per-file --no-secrets --force --data --config --why --without-standby --json --help " ;;
    "realm delete") words="--confirm --data --config --why --without-standby --json --help " ;;
    "realm import") words="--realm --if-exists --dry-run --data --config --why --without-standby --json --help " ;;
    "user add") words="--realm --username --password-file --temporary --email --first-name --last-name --attribute --role --group --data --config --why --without-standby --json --help " ;;
    "user list") words="--realm --search --username --email --first-name --last-name --exact --attribute --after --first --limit --count --data --config --why --without-standby --json --help " ;;
    "user show") words="--realm --username --data --config --why --without-standby --json --help " ;;
    "user set") words="--realm --username --data --config --why --without-standby --json --help " ;;
    "user password") words="--realm --username --password-file --temporary --data --config --why --without-standby --json --help " ;;
    "user set-password") words="--realm --username --password-file --temporary --data --config --why --without-standby --json --help " ;;
    "user disable") words="--realm --username --data --config --why --without-standby --json --help " ;;
    "user enable") words="--realm --username --data --config --why --without-standby --json --help " ;;
    "user unlock") words="--realm --username --data --config --why --without-standby --json --help " ;;
    "user logout") words="--realm --username --data --config --why --without-standby --json --help " ;;
    "user delete") words="--realm --username --data --config --why --without-standby --json --help " ;;
    "user erase") words="--realm --username --reason --data --config --why --without-standby --json --help " ;;
    "user export") words="--realm --username --data --config --why --without-standby --json --help " ;;
    "user roles") words="--realm --username --direct --data --config --why --without-standby --json --help " ;;
    "user import") words="--realm --file --data --config --why --without-standby --json --help " ;;
    "client add") words="--realm --client-id --public --bearer-only --secret-file --redirect-uri --web-origin --service-account --direct-access-grants --consent-required --name --data --config --why --without-standby --json --help " ;;
    "client list") words="--realm --after --limit --data --config --why --without-standby --json --help " ;;
    "client show") words="--realm --client-id --data --config --why --without-standby --json --help " ;;
    "client set") words="--realm --client-id --enable --disable --data --config --why --without-standby --json --help " ;;
    "client update") words="--realm --client-id --enable --disable --data --config --why --without-standby --json --help " ;;
    "client delete") words="--realm --client-id --data --config --why --without-standby --json --help " ;;
    "client secret") words="--realm --client-id --rotate --secret-file --data --config --why --without-standby --json --help " ;;
    "client mapper add") words="--realm --client-id --name --type --data --config --why --without-standby --json --help " ;;
    "client mapper list") words="--realm --client-id --data --config --why --without-standby --json --help " ;;
    "client mapper delete") words="--realm --client-id --name --data --config --why --without-standby --json --help " ;;
    "issuer add") words="--realm --issuer --jwks-uri --jwks-file --audience --enable --disable --data --config --why --without-standby --json --help " ;;
    "issuer list") words="--realm --data --config --why --without-standby --json --help " ;;
    "issuer show") words="--realm --issuer --data --config --why --without-standby --json --help " ;;
    "issuer update") words="--realm --issuer --jwks-uri --jwks-file --audience --enable --disable --data --config --why --without-standby --json --help " ;;
    "issuer remove") words="--realm --issuer --data --config --why --without-standby --json --help " ;;
    "role add") words="--realm --name --client-id --description --data --config --why --without-standby --json --help " ;;
    "role list") words="--realm --client-id --data --config --why --without-standby --json --help " ;;
    "role show") words="--realm --role --client-id --data --config --why --without-standby --json --help " ;;
    "role delete") words="--realm --role --client-id --data --config --why --without-standby --json --help " ;;
    "role assign") words="--realm --role --client-id --username --group --data --config --why --without-standby --json --help " ;;
    "role revoke") words="--realm --role --client-id --username --group --data --config --why --without-standby --json --help " ;;
    "role compose") words="--realm --role --client-id --with --data --config --why --without-standby --json --help " ;;
    "role decompose") words="--realm --role --client-id --with --data --config --why --without-standby --json --help " ;;
    "group add") words="--realm --path --data --config --why --without-standby --json --help " ;;
    "group list") words="--realm --data --config --why --without-standby --json --help " ;;
    "group show") words="--realm --path --data --config --why --without-standby --json --help " ;;
    "group delete") words="--realm --path --data --config --why --without-standby --json --help " ;;
    "group join") words="--realm --path --username --data --config --why --without-standby --json --help " ;;
    "group leave") words="--realm --path --username --data --config --why --without-standby --json --help " ;;
    "keys list") words="--realm --data --config --why --without-standby --json --help " ;;
    "keys rotate") words="--realm --alg --overlap-days --data --config --why --without-standby --json --help " ;;
    "keys disable") words="--realm --kid --data --config --why --without-standby --json --help " ;;
    "audit list") words="--realm --type --user --client --from --to --sealed --limit --after-seq --oldest-first --about --data --config --why --without-standby --json --help " ;;
    "audit export") words="--realm --type --user --client --from --to --sealed --format --data --config --why --without-standby --json --help " ;;
    "audit verify") words="--realm --from --to --data --config --why --without-standby --json --help " ;;
    "audit sign") words="--realm --data --config --why --without-standby --json --help " ;;
    "audit key") words="--realm --format --data --config --why --without-standby --json --help " ;;
    "audit rotate-key") words="--realm --data --config --why --without-standby --json --help " ;;
    "audit archive") words="--realm --older-than-days --data --config --why --without-standby --json --help " ;;
    "audit types") words="--data --config --why --without-standby --json --help " ;;
    "backup now") words="--data --config --why --without-standby --json --help " ;;
    "backup list") words="--data --config --why --without-standby --json --help " ;;
    "backup moments") words="--realm --data --config --why --without-standby --json --help " ;;
    "backup verify") words="--trial --archive --data --config --why --without-standby --json --help " ;;
    "restore") words="--realm --backup --at --to --in-place --from --key-file --dry-run --data --config --why --without-standby --json --help " ;;
    "standby token") words="--expires --data --config --why --without-standby --json --help " ;;
    "standby init") words="--from --token-file --address --data --config --why --without-standby --json --help --data --master-key-file --disk-reserve --hostname --base-path --default-realm --https-address --https-port --http-address --http-port --admin-address --admin-port --management-address --management-port --grpc-address --grpc-port --grpc-plaintext --replication-address --replication-port --dev --trusted-proxies --tls-cert-file --tls-key-file --tls-sni --tls13-only --tls-client-certificates --tls-ticket-lifetime --hsts-max-age --log-level --log-format --max-connections --max-connections-per-address --workers --max-header-bytes --max-uri-bytes --max-body-bytes --max-parked-bytes --handshake-timeout --header-timeout --min-rate-bytes --keep-alive --stop-timeout --grpc-threads --grpc-max-connections --grpc-max-streams --grpc-max-message-bytes --grpc-idle-timeout --rate-login --rate-login-burst --rate-token --rate-token-burst --rate-read --rate-read-burst --fetch-ca-file --fetch-networks --fetch-ports --hashing-places --open-realms --readers-per-realm --cached-realms --cache-memory --cache-disk --checkpoint-pages --check-pages --check-interval --sweep-interval --audit-sign-interval --audit-archive-days --audit-retention-days --audit-unknown-days --backup-dir --backup-hour --backup-pages --backup-keep-days --backup-keep-months --archive-interval --archive-keep-days --export-dir --export-hour --export-keep-days --export-secrets --replication-without-standby --replication-wait --standby-changes --standby-max-staleness --replication-confirm --replication-kept --replication-pages --promote-hook --demote-hook " ;;
    "standby mode") words="--data --config --why --without-standby --json --help " ;;
    "promote") words="--yes --epoch --incomplete --data --config --why --without-standby --json --help " ;;
    "standby rejoin") words="--data --config --why --without-standby --json --help --data --master-key-file --disk-reserve --hostname --base-path --default-realm --https-address --https-port --http-address --http-port --admin-address --admin-port --management-address --management-port --grpc-address --grpc-port --grpc-plaintext --replication-address --replication-port --dev --trusted-proxies --tls-cert-file --tls-key-file --tls-sni --tls13-only --tls-client-certificates --tls-ticket-lifetime --hsts-max-age --log-level --log-format --max-connections --max-connections-per-address --workers --max-header-bytes --max-uri-bytes --max-body-bytes --max-parked-bytes --handshake-timeout --header-timeout --min-rate-bytes --keep-alive --stop-timeout --grpc-threads --grpc-max-connections --grpc-max-streams --grpc-max-message-bytes --grpc-idle-timeout --rate-login --rate-login-burst --rate-token --rate-token-burst --rate-read --rate-read-burst --fetch-ca-file --fetch-networks --fetch-ports --hashing-places --open-realms --readers-per-realm --cached-realms --cache-memory --cache-disk --checkpoint-pages --check-pages --check-interval --sweep-interval --audit-sign-interval --audit-archive-days --audit-retention-days --audit-unknown-days --backup-dir --backup-hour --backup-pages --backup-keep-days --backup-keep-months --archive-interval --archive-keep-days --export-dir --export-hour --export-keep-days --export-secrets --replication-without-standby --replication-wait --standby-changes --standby-max-staleness --replication-confirm --replication-kept --replication-pages --promote-hook --demote-hook " ;;
    "standby forget") words="--data --config --why --without-standby --json --help " ;;
    "status") words="--data --config --why --without-standby --json --help " ;;
    "standby verify") words="--data --config --why --without-standby --json --help " ;;
    "clock show") words="--data --config --why --without-standby --json --help " ;;
    "clock set-back") words="--confirm --data --config --why --without-standby --json --help " ;;
    "routes") words="--data --config --why --without-standby --json --help " ;;
    "apply") words="--file --overlay --var --dry-run --diff --drift --prune --adopt --owner --schema --server --token-file --client-id --secret-file --auth-realm --ca-file --data --config --why --without-standby --json --help " ;;
    "bench-data") words="--divide --data --config --why --without-standby --json --help " ;;
    "config") words="--sample --docs --data --config --why --without-standby --json --help --data --master-key-file --disk-reserve --hostname --base-path --default-realm --https-address --https-port --http-address --http-port --admin-address --admin-port --management-address --management-port --grpc-address --grpc-port --grpc-plaintext --replication-address --replication-port --dev --trusted-proxies --tls-cert-file --tls-key-file --tls-sni --tls13-only --tls-client-certificates --tls-ticket-lifetime --hsts-max-age --log-level --log-format --max-connections --max-connections-per-address --workers --max-header-bytes --max-uri-bytes --max-body-bytes --max-parked-bytes --handshake-timeout --header-timeout --min-rate-bytes --keep-alive --stop-timeout --grpc-threads --grpc-max-connections --grpc-max-streams --grpc-max-message-bytes --grpc-idle-timeout --rate-login --rate-login-burst --rate-token --rate-token-burst --rate-read --rate-read-burst --fetch-ca-file --fetch-networks --fetch-ports --hashing-places --open-realms --readers-per-realm --cached-realms --cache-memory --cache-disk --checkpoint-pages --check-pages --check-interval --sweep-interval --audit-sign-interval --audit-archive-days --audit-retention-days --audit-unknown-days --backup-dir --backup-hour --backup-pages --backup-keep-days --backup-keep-months --archive-interval --archive-keep-days --export-dir --export-hour --export-keep-days --export-secrets --replication-without-standby --replication-wait --standby-changes --standby-max-staleness --replication-confirm --replication-kept --replication-pages --promote-hook --demote-hook " ;;
    "doctor") words="--data --config --why --without-standby --json --help --data --master-key-file --disk-reserve --hostname --base-path --default-realm --https-address --https-port --http-address --http-port --admin-address --admin-port --management-address --management-port --grpc-address --grpc-port --grpc-plaintext --replication-address --replication-port --dev --trusted-proxies --tls-cert-file --tls-key-file --tls-sni --tls13-only --tls-client-certificates --tls-ticket-lifetime --hsts-max-age --log-level --log-format --max-connections --max-connections-per-address --workers --max-header-bytes --max-uri-bytes --max-body-bytes --max-parked-bytes --handshake-timeout --header-timeout --min-rate-bytes --keep-alive --stop-timeout --grpc-threads --grpc-max-connections --grpc-max-streams --grpc-max-message-bytes --grpc-idle-timeout --rate-login --rate-login-burst --rate-token --rate-token-burst --rate-read --rate-read-burst --fetch-ca-file --fetch-networks --fetch-ports --hashing-places --open-realms --readers-per-realm --cached-realms --cache-memory --cache-disk --checkpoint-pages --check-pages --check-interval --sweep-interval --audit-sign-interval --audit-archive-days --audit-retention-days --audit-unknown-days --backup-dir --backup-hour --backup-pages --backup-keep-days --backup-keep-months --archive-interval --archive-keep-days --export-dir --export-hour --export-keep-days --export-secrets --replication-without-standby --replication-wait --standby-changes --standby-max-staleness --replication-confirm --replication-kept --replication-pages --promote-hook --demote-hook " ;;
    "completion") words="--data --config --why --without-standby --json --help " ;;
    "version") words="--verbose --licenses --data --config --why --without-standby --json --help " ;;
    "help") words="--man --markdown --data --config --why --without-standby --json --help " ;;
    "realm") words="create list show set update check export delete import " ;;
    "user") words="add list show set password set-password disable enable unlock logout delete erase export roles import " ;;
    "client") words="add list show set update delete secret mapper " ;;
    "client mapper") words="add list delete " ;;
    "issuer") words="add list show update remove " ;;
    "role") words="add list show delete assign revoke compose decompose " ;;
    "group") words="add list show delete join leave " ;;
    "keys") words="list rotate disable " ;;
    "audit") words="list export verify sign key rotate-key archive types " ;;
    "backup") words="now list moments verify " ;;
    "standby") words="token init mode rejoin forget verify " ;;
    "clock") words="show set-back " ;;
    "") words="serve init realm user client issuer role group keys audit backup restore standby promote status clock routes apply bench-data config doctor completion version help " ;;
    esac
    [[ -n $words || -z $path ]] && break
    if [[ $path == *' '* ]]; then path=${path% *}; else path=; fi
  done
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
  if [[ ${#COMPREPLY[@]} == 0 && $cur != -* ]]; then
    COMPREPLY=($(compgen -f -- "$cur"))
  fi
}
complete -o filenames -F _garita garita
