# What test/hosts/run says and waits with; sourced, not run.

passed=0
unchecked=()
heading() { printf '\n── %s\n' "$1"; }
pass() { echo "PASS  $1"; passed=$((passed + 1)); }
not_checked() { echo "----  not checked: $1"; unchecked+=("$1"); }
fail() {
  echo "FAIL  $1" >&2
  systemctl status --no-pager --full portfoliod.service 2>&1 | head -n 20 >&2
  journalctl -u portfoliod --no-pager -n 25 -o short-precise >&2
  exit 1
}
expect() { if [[ $2 == "$3" ]]; then pass "$1"; else fail "$1: ${2:-nothing} instead of $3"; fi; }
expect_text() { if [[ $2 == *"$3"* ]]; then pass "$1"; else fail "$1: no '$3' in: ${2:-nothing}"; fi; }
# quietly COMMAND ...: its output only when it fails.
quietly() { "$@" >"$state/output" 2>&1 </dev/null || { cat "$state/output" >&2; fail "$*"; }; }

# await WHAT EXPECTED SECONDS COMMAND ...: until the command prints EXPECTED. It asks again and again, and so is for what nobody
# announces: rows of tables, a line of systemctl's. What the journal tells is waited for by await_journal.
await() {
  local what=$1 expected=$2 deadline=$((SECONDS + $3)) since=${EPOCHREALTIME/./} said=''
  shift 3
  while said=$("$@" 2>&1) || true; [[ $said != "$expected" ]]; do
    ((SECONDS < deadline)) || fail "$what: after $(((${EPOCHREALTIME/./} - since) / 1000000)) s still '$said' instead of '$expected'"
    sleep 0.1
  done
  pass "$what (after $(((${EPOCHREALTIME/./} - since) / 1000)) ms)"
}

# ── systemd ──

property() { systemctl show --property "$1" --value portfoliod.service; }
active() { property ActiveState; }
main_pid() { property MainPID; }
# What the journal holds of the service since mark().
mark() { printf '@%s' "${EPOCHREALTIME/,/.}" >"$state/mark"; }
journal() {
  journalctl --sync
  journalctl -u portfoliod --no-pager -o cat --since="$(<"$state/mark")" "$@"
}
journal_has() { grep -qE "$1" <<<"$(journal)" && echo yes; }
# journal_lines COUNT SECONDS PATTERN [JOURNALCTL ARGUMENT ...]: the first so many lines since mark() that have the pattern, for which it
# follows the journal so long; of another unit than the service where $unit says so.
journal_lines() {
  local count=$1 seconds=$2 pattern=$3 follower
  shift 3
  exec 4< <(exec timeout "$seconds" journalctl -u "${unit:-portfoliod}" --no-pager -o cat "$@" -f -n all --since="$(<"$state/mark")")
  follower=$!
  grep -E -m "$count" -- "$pattern" <&4 || true
  kill "$follower" 2>/dev/null || true
  exec 4<&-
}
# await_journal WHAT SECONDS PATTERN
await_journal() {
  local since=${EPOCHREALTIME/./}
  [[ $(journal_lines 1 "$2" "$3") ]] || fail "$1: after $2 s the journal has no line like '$3'"
  pass "$1 (after $(((${EPOCHREALTIME/./} - since) / 1000)) ms)"
}
# Whether it runs, as another process than that one.
runs_anew() { [[ $(main_pid) != 0 && $(main_pid) != "$1" && $(active) == active ]] && echo yes; }
# What systemd says once the service has said READY=1.
is_started='^Started portfoliod'

# ── PostgreSQL ──

as_postgres() { (cd / && runuser -u postgres -- "$@"); }
value() { as_postgres psql -X -q -A -t -d portfolio -c "$1"; }
# ann's own psql, as the README has it: peer authentication, a member of portfolio_app.
ann() { (cd / && runuser -u ann -- psql -X -q -A -t -v ON_ERROR_STOP=1 -d portfolio -c "$1"); }
# buy SYMBOL QUANTITY PRICE DAYS_AGO
buy() {
  ann "INSERT INTO transactions (portfolio_id, asset_id, transaction_type, quantity, price, timestamp)
    SELECT 1, id, 'buy', $2, $3, now() AT TIME ZONE 'UTC' - interval '$4 days' FROM assets WHERE symbol = '$1' ORDER BY id LIMIT 1"
}
# Nothing waits any more, and what the daemon says the portfolio is worth is Σ quantity × last close × last rate, from the tables.
figures_follow() {
  value "SELECT NOT EXISTS (SELECT FROM portfoliod.pending_changes)
    AND NOT EXISTS (SELECT FROM backfill_queue WHERE status <> 'completed')
    AND EXISTS (SELECT FROM asset_prices)
    AND (SELECT current_value_usd FROM portfolio_performance_cache WHERE portfolio_id = 1) =
      (SELECT round(sum(h.quantity * (SELECT close FROM asset_prices s WHERE s.asset_id = h.asset_id ORDER BY timestamp DESC LIMIT 1)
          * CASE a.native_currency WHEN 'USD' THEN 1 ELSE (SELECT rate_to_usd FROM exchange_rates r
              WHERE r.currency_code = a.native_currency ORDER BY timestamp DESC LIMIT 1) END), 2)
         FROM portfolio_positions h JOIN assets a ON a.id = h.asset_id WHERE h.portfolio_id = 1 AND h.quantity > 0)"
}
