#!/bin/sh
# Runs a command beside the unit carbon-ledger.service, as root, with its account, home, settings and passphrase:
#   charts/beside-unit.sh carbon-ledger doctor
# The runbooks take it as RUN. Every file that the command writes belongs to the account. The command runs in /, so name
# files by absolute paths, in folders that the account can open.
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
fail() {
  echo "beside-unit.sh: $*" >&2
  exit 1
}
[ "$(id -u)" -eq 0 ] || [ "$(id -un)" = "$ACCOUNT" ] || fail "run it as root"
if [ -f "$CONFIGURATION/environment" ]; then
  # As systemd reads it: nothing is evaluated, so that a value may contain spaces and `&`.
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in
      '' | \#* | \;*) continue ;;
      *=*) ;;
      *) fail "$CONFIGURATION/environment: a line is not NAME=VALUE: $line" ;;
    esac
    name=${line%%=*} value=${line#*=}
    case $name in
      '' | [0-9]* | *[!A-Za-z0-9_]*) fail "$CONFIGURATION/environment: not the name of a variable: $name" ;;
    esac
    case $value in
      \"*\") value=${value#\"} value=${value%\"} ;;
      \'*\') value=${value#\'} value=${value%\'} ;;
    esac
    export "$name=$value"
  done <"$CONFIGURATION/environment"
fi
if [ -f "$CONFIGURATION/passphrase" ]; then
  CARBON_LEDGER_PASSPHRASE=$(cat "$CONFIGURATION/passphrase")
  export CARBON_LEDGER_PASSPHRASE
fi
# The unit has a private /tmp: it would not see the socket of a database that a command starts there.
if [ "$(id -u)" -eq 0 ] && [ ! -e "$RUNTIME_DIRECTORY" ]; then
  install -d -o "$ACCOUNT" -g "$(id -g "$ACCOUNT")" -m 700 "$RUNTIME_DIRECTORY"
fi
cd /
exec runuser -u "$ACCOUNT" -- "$@"
