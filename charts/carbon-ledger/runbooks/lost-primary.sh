#!/bin/sh
# After the loss of the primary: waits for the new one, and checks that nothing is lost and that posts go on.
set -eu
. "$(dirname "$0")/common.sh"
[ $# -eq 0 ] || fail "usage: lost-primary.sh"

need_anchor
need_commits "the new primary commits nothing, since no standby confirms it: repair an instance, and do not lower" \
  "synchronousStandbys"
await_servers
say "Nothing that was acknowledged is lost, and posts go on."
