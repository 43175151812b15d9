#!/bin/sh
# Gives a full database more room, by the values that say so, and checks that posts go on. Without values it only checks.
set -eu
. "$(dirname "$0")/common.sh"
case ${1:-} in -*) fail "usage: full-disk.sh [VALUES...]" ;; esac
need_files "$@"

if [ $# -gt 0 ]; then
  need_kubernetes 'Looking at a ledger in charts/README.md'
  upgrade "$@"
fi
need_anchor
need_commits "the database commits nothing: make more room, or repair the archive of WAL"
await_servers
ledger status | grep -E '^(database|disk|growth|archive) ' || :
say "Nothing that was acknowledged is lost, and posts go on."
