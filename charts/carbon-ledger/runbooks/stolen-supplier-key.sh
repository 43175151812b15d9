#!/bin/sh
# On the supplier's machine: revokes a stolen key with another key of the supplier, and finds the revocation on the log.
set -eu
RUN=
. "$(dirname "$0")/common.sh"
usage="usage: KEY=FILE VKEY=VKEY URL=ADDRESS stolen-supplier-key.sh ORGANIZATION KEYID FIRST-ENTRY-IN-DOUBT"
if [ $# -ne 3 ] || [ -z "${KEY:-}" ] || [ -z "${VKEY:-}" ] || [ -z "${URL:-}" ] || ! is_number "$3"; then fail "$usage"; fi
need_files "$KEY"

say "Revoke the key $2 of $1. Its signatures from entry $3 on are in doubt."
ledger key change "$1" --key "$KEY" --revoke "$2" --compromised-since "$3" --origin "${VKEY%%+*}" --url "$URL" \
  ${PASSPHRASE_FILE:+--passphrase-file "$PASSPHRASE_FILE"}
say "Look for the revocation on the log."
ledger monitor "$URL" --vkey "$VKEY" --state "$scratch/state" --organization "$1" --once >"$scratch/events"
if ! grep -F "revoked  $2" "$scratch/events" || ! grep -F "compromised since entry $3" "$scratch/events"; then
  fail "the log does not show the revocation: ask its operator, with the output of carbon-ledger monitor"
fi
say "The key signs no more. Every figure that rests on its records from entry $3 on is marked."
