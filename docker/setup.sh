#!/bin/sh
# The first service of compose.yaml, which ends when it is done: makes the secrets that are missing,
# and Asterisk's configuration anew from docker/asterisk, as "ccgateway init" does beside any Asterisk.
set -eu
umask 0027
secrets=/etc/ccgateway/secrets

make_secret() {
    [ -s "$1" ] || { python3 -c 'import secrets; print(secrets.token_urlsafe(24))' > "$1.half" \
        && mv "$1.half" "$1"; }
}

for name in ami agi http; do make_secret "$secrets/$name"; done
make_secret /run/postgres-secret/password
make_secret /run/phones-secret/password
echo "postgresql://ccgateway:$(cat /run/postgres-secret/password)@postgres/ccgateway" > "$secrets/dsn"

etc=/etc/asterisk
find "$etc" -mindepth 1 -delete
# The rig has the same Asterisk: all its modules but those that look for a server that is not there.
cp "$(dirname "$(command -v ccgateway)")/../share/ccgateway/asterisk-config/rig/modules.conf" "$etc"
cp /usr/share/ccgateway/asterisk/*.conf "$etc"
sed -i "s/@{phones_secret}/$(cat /run/phones-secret/password)/" "$etc/pjsip.conf"
chmod 0640 "$etc"/*.conf
ccgateway init --config /etc/ccgateway/ccgateway.toml --etc "$etc" --apply \
    --trunk-context from-trunk --phones-context from-phones --trunk 'PJSIP/NUMBER@trunk'
rm -f "$etc"/*.bak
