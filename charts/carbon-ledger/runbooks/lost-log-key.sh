#!/bin/sh
# Creates the Secret with the log's key again from a copy, and restarts the servers.
set -eu
. "$(dirname "$0")/common.sh"
SECRET=${SECRET:-$RELEASE-log-key}
[ $# -eq 1 ] || fail "usage: [SECRET=NAME] lost-log-key.sh COPY-OF-LOG-KEY.PEM"
need_kubernetes 'Another log key in charts/README.md'
need_files "$1"
grep -q 'PRIVATE KEY-----$' "$1" || fail "the file '$1' holds no private key"
if cluster get secret "$SECRET" >"$scratch/secret" 2>&1; then
  fail "the Secret $SECRET exists: if its key is not the log's, delete it first"
fi

say "Create the Secret $SECRET from $1."
cluster create secret generic "$SECRET" "--from-file=log-key.pem=$1"
restart_servers
need_anchor
say "All servers have the log's key again."
