# What the tests of programs in this folder share; they source it with `bin` set. `dir` is a directory of the test's own, in
# which its programs run; nothing is left of it or of them. Each test has its own `show_state`, which says what a failure is to
# be seen by.
dir=$(mktemp -d)
export OVS_RUNDIR=$dir OVS_LOGDIR=$dir OVS_DBDIR=$dir OVS_SYSLOG_METHOD=null
export OVS_PKGDATADIR=$bin/../share/openvswitch  # the schema of this build
unset OVS_CTL_TIMEOUT
failures=0
namespaces=()

# take_namespaces FIRST OTHER...: makes the first, or ends as skipped where that is not allowed; at the end none is left
take_namespaces() {
  if ! ip netns add "$1" 2>/dev/null; then
    echo "skipped: needs the right to make network namespaces"
    exit 77
  fi
  namespaces=("$@")
}

stop_all() {
  local each
  kill_all
  for each in "${namespaces[@]}"; do ip netns delete "$each" 2>/dev/null; done
  rm -rf "$dir"
}
trap stop_all EXIT

fail() {
  echo "FAILED: $*"
  failures=$((failures + 1))
  show_state 2>/dev/null
}

# expect_of NAME STATUS OUTPUT COMMAND...: standard output and error together, without what differs between runs; `excused` is
# a script of sed's for what else does
expect_of() {
  local name=$1 status=$2 want=$3 got rc
  shift 3
  got=$("$@" 2>&1)
  rc=$?
  got=$(sed -E "s|$dir|RUN|g; s|$bin/|BIN/|g; s/^[-0-9T:]+Z/TIME/; ${excused:-}" <<<"$got")
  if [[ $rc != "$status" || $got != "$want" ]]; then
    echo "FAILED: $name: status $rc, wanted $status; output:"
    diff <(echo "$want") <(echo "$got")
    failures=$((failures + 1))
  fi
}

# await WHAT COMMAND...: until it succeeds, at most 20 s
await() {
  local what=$1 i
  shift
  for i in $(seq 200); do
    "$@" >/dev/null 2>&1 && return 0
    sleep 0.1
  done
  fail "$what"
}

# kill_all: every process that left its number in the run directory
kill_all() {
  local pidfile
  for pidfile in "$dir"/*.pid; do
    [[ -e $pidfile ]] && kill -KILL "$(cat "$pidfile")" 2>/dev/null
  done
}
