# Shared by the scripts here. Sourced, not run.

say() { printf '\n== %s\n' "$*"; }

# Debian packages, installed only where they are missing.
need_packages() {
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        say "not a Debian: what its packages $* hold must be installed already"
        return 0
    fi
    local missing=()
    local package
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    say "installing ${missing[*]}"
    local sudo=""
    [ "$(id -u)" -eq 0 ] || sudo="sudo"
    $sudo apt-get update -qq
    DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# PostgreSQL's server for tests that start one of their own: its programs, not a cluster that runs beside them. Where it cannot
# be had, those tests are skipped and say so.
want_postgres() {
    compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null && return 0
    command -v apt-get >/dev/null || return 0
    local sudo="" conf=/etc/postgresql-common/createcluster.conf
    [ "$(id -u)" -eq 0 ] || sudo="sudo"
    if [ ! -e "$conf" ]; then
        $sudo mkdir -p "${conf%/*}"
        echo 'create_main_cluster = false' | $sudo tee "$conf" >/dev/null
    fi
    (need_packages postgresql libpq5) || say "PostgreSQL cannot be installed: its tests are skipped"
}

need_swift() {
    command -v swift >/dev/null && return 0
    echo "Swift is not on the PATH. Install Swift 6.3 or newer for Linux: https://www.swift.org/install/linux/" >&2
    exit 1
}

# Runs a build with its last line shown in place, and the whole output only when it fails.
build_quietly() {
    local log
    log=$(mktemp)
    local started=$SECONDS
    if [ -t 1 ]; then
        "$@" >"$log" 2>&1 &
        local pid=$!
        while kill -0 "$pid" 2>/dev/null; do
            printf '\r\033[K   %3d min %02d s  %.90s' $(((SECONDS - started) / 60)) $(((SECONDS - started) % 60)) \
                "$(tail -n 1 "$log" | tr -d '\r')"
            sleep 1
        done
        printf '\r\033[K'
        wait "$pid" || { cat "$log"; rm -f "$log"; return 1; }
    else
        "$@" >"$log" 2>&1 || { cat "$log"; rm -f "$log"; return 1; }
    fi
    printf '   built in %d min %02d s\n' $(((SECONDS - started) / 60)) $(((SECONDS - started) % 60))
    rm -f "$log"
}
