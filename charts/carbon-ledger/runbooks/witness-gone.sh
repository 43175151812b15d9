#!/bin/sh
# Puts another policy of witnesses into force, by the values that hold it, and waits for its quorum. On one machine,
# change the policy file first.
set -eu
. "$(dirname "$0")/common.sh"
if on_kubernetes; then
  [ $# -ge 1 ] || fail "usage: witness-gone.sh VALUES..."
else
  [ $# -eq 0 ] || fail "usage: RUN=... RESTART=... witness-gone.sh"
fi
need_files "$@"
need_restart

if on_kubernetes; then
  upgrade "$@"
  await_setup
  await_servers
else
  restart_servers
fi
say "Wait until the quorum has cosigned."
waited=0
while :; do
  keyed doctor >"$scratch/doctor" 2>"$scratch/reason" || :
  grep -E '^[a-z]+ +(witnesses|quorum) ' "$scratch/doctor" >"$scratch/witnesses" || :
  grep -q ' quorum ' "$scratch/witnesses" && ! grep -qE '^(error|unknown) ' "$scratch/witnesses" && break
  cat "$scratch/witnesses" "$scratch/reason" >"$scratch/last"
  [ "$waited" -lt "$WAIT" ] || fail "no quorum after $WAIT s: $(tail -n 1 "$scratch/last")"
  sleep 1
  waited=$((waited + 1))
done
cat "$scratch/witnesses"
need_anchor
say "The policy is in force. Give its file to everyone who checks the log."
