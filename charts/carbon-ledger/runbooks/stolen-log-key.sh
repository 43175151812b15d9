#!/bin/sh
# Gives the log another key. At the end the new key signs alone, and nobody needs the old one.
set -eu
. "$(dirname "$0")/common.sh"
SECRET=${SECRET:-$RELEASE-log-key}
[ $# -eq 0 ] || fail "usage: [SECRET=NAME] stolen-log-key.sh"

# stored NAME=FILE...: puts files into the Secret; a name without a file is removed from it.
stored() {
  entries=
  for entry; do
    file=${entry#*=}
    value=null
    if [ -n "$file" ]; then value=\"$(base64 <"$file" | tr -d '\n')\"; fi
    entries="$entries${entries:+, }\"${entry%%=*}\": $value"
  done
  printf '{"data": {%s}}' "$entries" >"$scratch/patch"
  cluster patch secret "$SECRET" --patch-file "$scratch/patch"
}

if on_kubernetes; then
  pod=$(cluster get pods -l "$part=server" -o name | head -n 1)
  [ -n "$pod" ] || fail "no server runs, so nobody can make the next key"
  all=$RUN
  RUN="kubectl -n $NAMESPACE exec $pod -c server --"
fi
say "Make the next key."
keyed key rotate-log --prepare >"$scratch/prepared"
cat "$scratch/prepared"
if on_kubernetes; then
  name=$(sed -n 's/^file .*\/\(log-key-[0-9]*\.pem\)$/\1/p' "$scratch/prepared")
  [ -n "$name" ] || fail "the output above names no file of the new key"
  say "Give it to all servers, in the Secret $SECRET."
  (umask 077 && $RUN sh -c "cat \"\$CARBON_LEDGER_HOME\"/$name" >"$scratch/new.pem")
  stored "$name=$scratch/new.pem"
  RUN=$all
  restart_servers
fi
say "Begin and end the rotation."
keyed key rotate-log
keyed key rotate-log --finish >"$scratch/finished"
cat "$scratch/finished"
grep -q '^signs  *the new key$' "$scratch/finished" || fail "the rotation has not ended: repeat carbon-ledger key rotate-log --finish"
if on_kubernetes; then
  say "Remove the old key from the Secret."
  stored "log-key.pem=$scratch/new.pem" "$name="
  restart_servers
fi
need_anchor
say "The new key signs alone. Send its vkey to everyone who pinned the old one, and ask witnesses to remove the old one."
