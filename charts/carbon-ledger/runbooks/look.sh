#!/bin/sh
# Shows the pods of a ledger, its faults with their remedies, and whether the database continues the anchor.
set -eu
. "$(dirname "$0")/common.sh"
[ $# -eq 0 ] || fail "usage: look.sh"

if on_kubernetes; then cluster get pods -l "app.kubernetes.io/instance=$RELEASE"; fi
outcome=0
keyed doctor || outcome=1
keyed anchor show || outcome=1
[ "$outcome" = 0 ] || fail "the ledger has faults: each line above names its remedy"
