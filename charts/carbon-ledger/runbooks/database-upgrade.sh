#!/bin/sh
# Changes the version of PostgreSQL after a dump, and checks that nothing is missing. in-place: the values name another
# image. copy: they name an empty database of the new version, which gets the dump.
set -eu
. "$(dirname "$0")/common.sh"
usage="usage: database-upgrade.sh in-place|copy MAJOR-VERSION VALUES..."
{ [ $# -ge 3 ] && is_number "$2"; } || fail "$usage"
way=$1 major=$2
case $way in in-place | copy) ;; *) fail "$usage" ;; esac
shift 2
need_kubernetes 'Backup and restore in charts/README.md'
need_files "$@"

# Sets `version`, which is empty if the database does not answer. Whether it has the new version.
is_upgraded() {
  version=$(ledger status 2>"$scratch/reason" | sed -n 's/^database .*PostgreSQL \([0-9.]*\).*/\1/p')
  [ "${version%%.*}" = "$major" ]
}

is_upgraded || [ -n "$version" ] || fail "the database does not answer: run look.sh"
say "The database has version $version."
need_anchor
stop_servers
job=$RELEASE-before-$major-$(date -u +%Y%m%d%H%M%S)
say "Make a dump, by the job $job."
cluster create job "$job" "--from=cronjob/$RELEASE-backup"
cluster wait --for=condition=complete "job/$job" "--timeout=${WAIT}s" ||
  fail "the dump failed: kubectl -n $NAMESPACE logs job/$job; start the servers: kubectl -n $NAMESPACE scale" \
    "deployment/$RELEASE --replicas=$replicas"
dump=$(cluster logs "job/$job" | sed -n 's/.*"dump": *"\([^"]*\)".*/\1/p')
[ -n "$dump" ] || fail "the job $job names no dump"
say "The dump is $dump."
if [ "$way" = copy ]; then
  printf 'restore: {from: "%s"}\n' "$dump" >"$scratch/restore.yaml"
  set -- "$@" "$scratch/restore.yaml"
fi
upgrade "$@"
start_servers
if [ "$way" = in-place ]; then
  say "Wait until the operator of the database has changed its version."
  waited=0
  until is_upgraded || [ "$waited" -ge "$WAIT" ]; do
    sleep 1
    waited=$((waited + 1))
  done
fi
await_servers
need_anchor
is_upgraded || fail "the database has version $version, but should have $major: look at the values and at its instances"
need_commits "the new database commits nothing: look at its instances"
say "The database has version $version. Nothing is lost, and posts go on. Keep the old database until the next backup."
