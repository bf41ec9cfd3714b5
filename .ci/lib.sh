# Shared by ./check, ./demo and .ci/run; sourced, not run. Needs no git: the clone may belong to anybody.

project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)

# The build folder: build/ in the clone. Where that cannot be written (a clone of root's, used by somebody else) it is a folder
# of the user's own, so that nothing needs more rights than the user has.
build_folder() {
  local name=$1
  if [[ -w $project && ( ! -e $project/$name || -w $project/$name ) ]]; then
    echo "$project/$name"
  else
    echo "${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/portfoliod/$(cksum <<<"$project" | cut -d' ' -f1)/$name"
  fi
}

# configure_project FOLDER [CMAKE ARGUMENT ...]: its output goes to FOLDER/build.log. The caller holds the folder's lock.
configure_project() {
  local build=$1 made_for
  shift
  # A copied or moved clone brings a build folder that points elsewhere.
  made_for=$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "$build/CMakeCache.txt" 2>/dev/null) || true
  [[ $made_for && $made_for != "$project" ]] && find "$build" -mindepth 1 -delete

  local options=("$@")
  [[ -e $build/CMakeCache.txt ]] || options+=(-G Ninja)
  if command -v ccache >/dev/null; then
    options+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
    [[ -w ${HOME:-} || ${CCACHE_DIR:-} ]] || export CCACHE_DIR=$build/ccache
  fi
  cmake -S "$project" -B "$build" "${options[@]}" >"$build/build.log" 2>&1 </dev/null
}

# build_project FOLDER TARGETS [CMAKE ARGUMENT ...]: configures and builds; one line when all is well, the first failure when not.
# TARGETS are separated by spaces; '' builds everything, `none` only configures. Of two runs side by side the second waits for
# the first and finds its work done: the lock is on the folder itself, so none is left behind.
build_project() {
  local build=$1 targets=$2 log=$1/build.log since=$SECONDS ok=1
  shift 2
  mkdir -p "$build"
  exec 8<"$build"
  flock 8
  configure_project "$build" "$@" 8<&- || ok=
  if [[ $ok && $targets != none ]]; then
    # shellcheck disable=SC2086  # words on purpose
    cmake --build "$build" -j "$(nproc)" ${targets:+--target $targets} 2>&1 </dev/null 8<&- |
      tee -a "$log" | show_progress || ok=
  fi
  # What root builds in somebody else's clone stays that somebody's.
  if ((EUID == 0)); then chown -R --reference="$project" "$build"; fi
  exec 8<&-
  if [[ ! $ok ]]; then
    local first
    first=$(grep -n -m 1 -E '^FAILED:|CMake Error' "$log" | cut -d: -f1) || true
    tail -n "+${first:-1}" "$log" | head -n 40 >&2
    echo "build: failed after $((SECONDS - since)) s; all of it: $log" >&2
    return 1
  fi
  echo "build: ready after $((SECONDS - since)) s"
}

# How much there is to do and, on a terminal, a line that counts: the first build takes minutes.
show_progress() {
  local line announced=''
  while IFS= read -r line; do
    [[ ! $announced && $line =~ ^\[1/([0-9]{2,})\] ]] && announced=1 && echo "build: ${BASH_REMATCH[1]} steps; the log is $log"
    [[ -t 1 && $line == \[*/*\]* ]] && printf '\rbuild: %s\e[K' "${line%%]*}]"
  done
  [[ -t 1 ]] && printf '\r\e[K'
  return 0
}

# What all of build/ is configured with, so that ./demo and ./check find each other's work.
build_options=(-DCMAKE_BUILD_TYPE=RelWithDebInfo -DPORTFOLIOD_TESTS=ON -DPORTFOLIOD_WERROR=ON)

# The folder of the newest PostgreSQL server, 15 or later.
postgres_bin() {
  local folder
  for folder in $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -t/ -k5,5nr) $(dirname "$(command -v postgres || echo /none/postgres)"); do
    [[ -x $folder/initdb && -x $folder/postgres ]] && { echo "$folder"; return; }
  done
  echo "no PostgreSQL server found (package postgresql)" >&2
  return 1
}
