# shellcheck shell=sh disable=SC2086
# Parameters and steps that the runbooks share. RUN and RESTART are commands, so they are split into words (SC2086).
#
#   NAMESPACE, RELEASE   where the ledger is: ledgers, ledger
#   RUN                  runs a program beside a server; empty for a ledger on this machine
#   RESTART              restarts the servers; needed if they are not on Kubernetes
#   PASSPHRASE_FILE      file with the passphrase of the keys, where RUN runs
#   CHART                folder of the chart: the one above this folder
#   WAIT                 seconds to wait for a step: 900

NAMESPACE=${NAMESPACE:-ledgers}
RELEASE=${RELEASE:-ledger}
RUN=${RUN-kubectl -n $NAMESPACE exec deployment/$RELEASE -c server --}
RESTART=${RESTART:-}
PASSPHRASE_FILE=${PASSPHRASE_FILE:-}
CHART=${CHART:-$(dirname "$0")/..}
WAIT=${WAIT:-900}
part=app.kubernetes.io/instance=$RELEASE,app.kubernetes.io/component

scratch=$(umask 077 && mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM

say() { printf '%s\n' "$*"; }

fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

is_number() { case $1 in '' | *[!0-9]*) return 1 ;; esac }

on_kubernetes() { case $RUN in kubectl\ *) ;; *) return 1 ;; esac }

# need_kubernetes WHERE: refuses another way to run the program, and names the guide for it.
need_kubernetes() { on_kubernetes || fail "this runbook is for Kubernetes, but RUN is '$RUN': see $1"; }

# need_files FILE...: refuses files that cannot be read.
need_files() {
  for file; do
    if [ ! -f "$file" ] || [ ! -r "$file" ]; then fail "cannot read the file '$file'"; fi
  done
}

is_number "$WAIT" || fail "WAIT is '$WAIT', but must be a number of seconds"

ledger() { $RUN carbon-ledger "$@"; }

# For commands that read the log's key.
keyed() { ledger "$@" ${PASSPHRASE_FILE:+--passphrase-file "$PASSPHRASE_FILE"}; }

cluster() { kubectl -n "$NAMESPACE" "$@"; }

# upgrade FILE...: with these values, and with no others.
upgrade() {
  say "Upgrade the release $RELEASE with the values of $*."
  for file; do
    shift
    set -- "$@" -f "$file"
  done
  helm upgrade "$RELEASE" "$CHART" -n "$NAMESPACE" "$@" >"$scratch/helm" || fail "helm upgrade failed: nothing was changed"
}

await_setup() {
  say "Wait for the set-up job."
  cluster wait --for=condition=complete job -l "$part=setup" "--timeout=${WAIT}s" ||
    fail "the set-up job does not end: kubectl -n $NAMESPACE logs -l $part=setup --all-containers"
}

await_servers() {
  if on_kubernetes; then
    say "Wait until all servers are ready."
    cluster rollout status "deployment/$RELEASE" "--timeout=${WAIT}s" ||
      fail "servers are not ready: kubectl -n $NAMESPACE logs deployment/$RELEASE -c server"
  fi
}

restart_servers() {
  say "Restart the servers."
  if on_kubernetes; then
    cluster rollout restart "deployment/$RELEASE"
    await_servers
  else
    $RESTART
  fi
}

# need_restart: refuses to begin if the servers cannot be restarted at the end.
need_restart() { on_kubernetes || [ -n "$RESTART" ] || fail "RESTART is empty: give the command that restarts the servers"; }

stop_servers() {
  say "Stop the servers, so that nobody posts."
  replicas=$(cluster get "deployment/$RELEASE" -o 'jsonpath={.spec.replicas}')
  if [ "$replicas" = 0 ]; then replicas=1; fi
  cluster scale "deployment/$RELEASE" --replicas=0
  cluster wait --for=delete pod -l "$part=server" "--timeout=${WAIT}s" || fail "servers do not end: look at kubectl -n $NAMESPACE get pods"
}

start_servers() {
  say "Start the servers: $replicas."
  cluster scale "deployment/$RELEASE" "--replicas=$replicas"
}

# Waits until the database answers, and prints the comparison with the anchor. False if they contradict each other.
anchor_agrees() {
  say "Wait until the database answers, and compare it with the anchor."
  waited=0
  until keyed anchor show >"$scratch/anchor" 2>"$scratch/reason" || grep -q '^verdict' "$scratch/anchor"; do
    [ "$waited" -lt "$WAIT" ] || fail "no answer after $WAIT s: $(tail -n 1 "$scratch/reason")"
    sleep 1
    waited=$((waited + 1))
  done
  cat "$scratch/anchor"
  grep -q '^verdict    the database continues the signed head$' "$scratch/anchor"
}

need_anchor() { anchor_agrees || fail "the database does not continue the anchor, so servers sign nothing: run restore.sh"; }

# need_commits ADVICE...: fails with this advice if a commit does not end.
need_commits() {
  say "Try a commit."
  keyed doctor >"$scratch/doctor" 2>"$scratch/reason" || :
  grep -E '^[a-z]+ +commit ' "$scratch/doctor" || :
  grep -q '^ok  *commit ' "$scratch/doctor" || fail "$@"
}
