#!/bin/sh
# PostgreSQL for compose.yaml: a cluster with the gateway's own role and database where there is none
# yet, then the server. The role's password is in a file, which docker/setup.sh writes.
set -eu
home=/var/lib/postgresql/data
data=$home/15
secret=/run/postgres-secret/password

if [ ! -d "$data" ]; then
    # Under another name until it is whole: whoever is killed meanwhile begins anew.
    rm -rf "$home/half"
    initdb -D "$home/half" --username=postgres --encoding=UTF8 --locale=C.UTF-8 \
        --auth-local=peer --auth-host=scram-sha-256
    echo 'host ccgateway ccgateway samenet scram-sha-256' >> "$home/half/pg_hba.conf"
    postgres --single -D "$home/half" postgres <<SQL
CREATE ROLE ccgateway LOGIN PASSWORD '$(cat "$secret")'
CREATE DATABASE ccgateway OWNER ccgateway
SQL
    mv "$home/half" "$data"
fi
exec postgres -D "$data" -c 'listen_addresses=*' -c timezone=UTC
