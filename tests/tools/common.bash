# What the tests of programs in this folder share; they source it with `bin` and `dir` set. Each has its own stop_all and its own
# `show_state`, which says what a failure is to be seen by.
failures=0

fail() {
  echo "FAILED: $*"
  failures=$((failures + 1))
  show_state 2>/dev/null
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
