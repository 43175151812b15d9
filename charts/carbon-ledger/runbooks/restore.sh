#!/bin/sh
# Brings a ledger back from a backup, and compares it with the anchor; or accepts that records are lost.
set -eu
. "$(dirname "$0")/common.sh"
usage="usage: restore.sh from VALUES... | restore.sh accept SIZE"
[ $# -ge 2 ] || fail "$usage"
action=$1
shift

case $action in
from)
  need_kubernetes 'Backup and restore in charts/README.md'
  need_files "$@"
  stop_servers
  upgrade "$@"
  start_servers
  if anchor_agrees; then
    await_servers
    say "Nothing is lost. Remove database.cnpg.recover and restore.from from your values."
  else
    size=$(sed -n 's/^database  *\([0-9]*\) entries.*/\1/p' "$scratch/anchor")
    fail "records are missing, so servers sign nothing: restore a newer backup, or give the records up with" \
      "restore.sh accept $size"
  fi
  ;;
accept)
  { [ $# -eq 1 ] && is_number "$1"; } || fail "$usage"
  need_restart
  say "Decide that the $1 entries of the database count, and that all later ones are lost."
  keyed anchor accept --size "$1"
  restart_servers
  need_anchor
  say "The ledger goes on after $1 entries. Tell everyone who holds receipts, and ask suppliers to post again."
  ;;
*) fail "$usage" ;;
esac
