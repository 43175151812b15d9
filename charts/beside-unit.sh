#!/bin/sh
# Runs a command beside the unit carbon-ledger.service, as root, with its account, home, settings and passphrase:
#   charts/beside-unit.sh carbon-ledger doctor
# The runbooks take it as RUN. Every file that the command writes belongs to the account.
set -eu
[ $# -gt 0 ] || {
  echo "usage: beside-unit.sh COMMAND [ARGUMENT...]" >&2
  exit 2
}
ACCOUNT=${ACCOUNT:-carbon-ledger}
CONFIGURATION=${CONFIGURATION:-/etc/carbon-ledger}
CARBON_LEDGER_HOME=${CARBON_LEDGER_HOME:-/var/lib/carbon-ledger/home}
RUNTIME_DIRECTORY=${RUNTIME_DIRECTORY:-/run/carbon-ledger}
PATH=${PROGRAM:-/opt/carbon-ledger/bin}:$PATH
export CARBON_LEDGER_HOME RUNTIME_DIRECTORY PATH
if [ -f "$CONFIGURATION/environment" ]; then
  set -a
  . "$CONFIGURATION/environment"
  set +a
fi
if [ -f "$CONFIGURATION/passphrase" ]; then
  CARBON_LEDGER_PASSPHRASE=$(cat "$CONFIGURATION/passphrase")
  export CARBON_LEDGER_PASSPHRASE
fi
cd /
exec runuser -u "$ACCOUNT" -- "$@"
