#!/bin/sh
# order: on the registrar's machine, erases the body of a record. purge: then rewrites the database's files.
set -eu
action=${1:-}
if [ "$action" = order ]; then RUN=; fi
. "$(dirname "$0")/common.sh"
usage="usage: REGISTRAR_KEY=FILE URL=ADDRESS erasure.sh order DIGEST LEGAL-BASIS | erasure.sh purge"

order() {
  carbon-ledger erase "$1" --basis "$2" --registrar-key "$REGISTRAR_KEY" --url "$URL"
}

case $action in
order)
  if [ $# -ne 3 ] || [ -z "${REGISTRAR_KEY:-}" ] || [ -z "${URL:-}" ]; then fail "$usage"; fi
  case $2 in *[!0-9a-f]*) fail "the digest '$2' is not hexadecimal" ;; esac
  [ ${#2} -eq 64 ] || fail "the digest '$2' has ${#2} digits, but must have 64"
  need_files "$REGISTRAR_KEY"
  say "Erase the body of the record $2. This is final."
  order "$2" "$3"
  say "Ask for it again: the ledger must answer that it is erased."
  if order "$2" "$3" >"$scratch/again" 2>&1 || ! grep -q 'is erased' "$scratch/again"; then
    fail "the record is not erased: $(tail -n 1 "$scratch/again")"
  fi
  say "The ledger does not show the body any more. In a maintenance window, run erasure.sh purge."
  ;;
purge)
  [ $# -eq 1 ] || fail "$usage"
  say "Rewrite the database's files. Nobody can read or write a table meanwhile."
  if ledger purge >"$scratch/purged"; then
    cat "$scratch/purged"
    say "No file of the database holds erased content. Backups keep it until they expire."
    exit 0
  fi
  cat "$scratch/purged"
  if grep -q '^not allowed:' "$scratch/purged"; then
    fail "the database's owner may not do every step: a superuser grants the rights in the guide, then repeat this"
  fi
  fail "files may still hold erased content: remove the cause above, then repeat this"
  ;;
*) fail "$usage" ;;
esac
