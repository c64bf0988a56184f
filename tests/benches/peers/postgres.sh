#!/usr/bin/env bash
# Two PostgreSQL clusters on the loopback that replicate to each other by logical replication: the table `up` from the
# first to the second, `down` the other way. A commit is on the disk of its own end when it is answered, at the writer's
# and at the applier's. They run until standard input ends; nothing is left behind.
#
#   postgres.sh PORT PORT    prints the settings, then: ready PASSWORD POSTMASTER POSTMASTER
set -euo pipefail
[ "$#" = 2 ] || { echo "usage: postgres.sh PORT PORT" >&2; exit 2; }
ports=("$1" "$2")

bin=$(for one in /usr/lib/postgresql/*/bin "$(pg_config --bindir 2>/dev/null || true)"; do
    if [ -x "$one/initdb" ] && [ -x "$one/postgres" ]; then echo "$one"; fi
done | sort -V | tail -1)
[ -n "$bin" ] || { echo "the programs of a PostgreSQL server are needed: apt-get install postgresql" >&2; exit 1; }

# PostgreSQL refuses to run as root.
as() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }

folder=$(mktemp -d)
if [ "$(id -u)" = 0 ]; then chown postgres "$folder"; fi
end() {
    for port in "${ports[@]}"; do
        as "$bin/pg_ctl" -D "$folder/$port" -m immediate -w stop >/dev/null 2>&1 || true
    done
    rm -rf "$folder"
}
trap end EXIT
cd "$folder"

password=$(head -c 24 /dev/urandom | base64 | tr -d '+/=')
(umask 077 && printf '%s\n' "$password" >password)
if [ "$(id -u)" = 0 ]; then chown postgres password; fi
export PGPASSWORD=$password PGOPTIONS="-c client_min_messages=warning"

settings=(
    fsync=on full_page_writes=on synchronous_commit=on wal_level=logical
    shared_buffers=512MB max_wal_size=4GB wal_compression=off jit=off autovacuum=on
    max_connections=50 wal_retrieve_retry_interval=100ms
)
for port in "${ports[@]}"; do
    as "$bin/initdb" -A scram-sha-256 --pwfile=password -U postgres -E UTF8 --locale=C --no-sync -D "$port" >/dev/null
    arguments="-c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories="
    for setting in "${settings[@]}"; do arguments+=" -c $setting"; done
    as "$bin/pg_ctl" -D "$port" -l "$port.log" -o "$arguments" -w start >/dev/null
done

ask() { "$bin/psql" -X -q -A -t -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$1" -U postgres -c "$2" postgres; }
for port in "${ports[@]}"; do
    ask "$port" "CREATE TABLE up (id text PRIMARY KEY, body bytea NOT NULL);
                 CREATE TABLE down (id text PRIMARY KEY, body bytea NOT NULL)"
done
ask "${ports[0]}" "CREATE PUBLICATION up FOR TABLE up"
ask "${ports[1]}" "CREATE PUBLICATION down FOR TABLE down"
# Without the option a subscription applies with synchronous_commit off. Binary, because it is the faster.
subscribe() {
    ask "$2" "CREATE SUBSCRIPTION $3
        CONNECTION 'host=127.0.0.1 port=$1 user=postgres dbname=postgres password=$password'
        PUBLICATION $3 WITH (copy_data = false, synchronous_commit = 'on', binary = true)"
}
subscribe "${ports[0]}" "${ports[1]}" up
subscribe "${ports[1]}" "${ports[0]}" down

"$bin/postgres" --version
echo "each end: ${settings[*]}; subscription: synchronous_commit=on, binary=on; no TLS"
echo "ready $password $(head -1 "${ports[0]}/postmaster.pid") $(head -1 "${ports[1]}/postmaster.pid")"
cat >/dev/null
