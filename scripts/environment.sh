#!/bin/sh
# Makes the virtual environment that the Makefile's targets run in, or leaves it as it is.
#
#   scripts/environment.sh VENV EXTRA
#
# EXTRA is `demo` or `test` (which includes demo). PYTHON in the environment names the
# interpreter. Quick when there is nothing to do: the stamp in VENV holds what it was made of.
set -eu

venv=$1
extra=$2
oldest=3.11

say() { printf '%s\n' "$*" >&2; }
fail() { say "$@"; exit 1; }

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

# Installs Debian packages when root; otherwise names the command and gives up.
need_packages() {
    reason=$1
    shift
    if ! command -v apt-get >/dev/null 2>&1; then
        fail "$reason. Install it with this system's package manager (Debian calls it: $*)."
    fi
    if [ "$(id -u)" -ne 0 ]; then
        fail "$reason. Install it with:" "    sudo apt-get install $*"
    fi
    say "$reason; installing $*"
    log=$(mktemp)
    export DEBIAN_FRONTEND=noninteractive
    if ! apt-get install -y --no-install-recommends "$@" >"$log" 2>&1; then
        if ! { apt-get update && apt-get install -y --no-install-recommends "$@"; } >"$log" 2>&1; then
            tail -n 5 "$log" >&2
            rm -f "$log"
            fail "$reason, and this did not work: apt-get install $*"
        fi
    fi
    rm -f "$log"
}

# Prints the interpreter to use: PYTHON, or the first on the path that is new enough.
find_python() {
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        if is_new_enough "$candidate"; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    return 1
}

# What the environment was made of: another content of the stamp means make it anew.
recipe() { printf '%s %s\n' "$(cksum <pyproject.toml)" "$PWD"; }

# The environment is kept when it runs here and was made with the interpreter asked for.
is_usable() {
    is_new_enough "$venv/bin/python" || return 1
    [ -f "$venv/place" ] && [ "$(cat "$venv/place")" = "$PWD" ] || return 1
    [ -n "${PYTHON:-}" ] || return 0
    base='import sys; print(sys.base_prefix, sys.version)'
    [ "$("$PYTHON" -c "$base" 2>/dev/null)" = "$("$venv/bin/python" -c "$base")" ]
}

if is_usable; then
    for stamp in "$venv/stamp-$extra" "$venv/stamp-test"; do
        if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(recipe)" ]; then
            exit 0
        fi
    done
fi

say "Setting up $venv for \`make $extra\` (once; it may take a minute or two)"
if ! python=$(find_python); then
    if [ -n "${PYTHON:-}" ]; then
        fail "PYTHON=$PYTHON is not a Python $oldest or newer."
    elif command -v python3 >/dev/null 2>&1; then
        need_packages "python3 is older than $oldest" "python$oldest" "python$oldest-venv"
    else
        need_packages "python3 is missing" python3 python3-venv
    fi
    python=$(find_python) || fail "No Python $oldest or newer was found; name one: make PYTHON=python3.12 $extra"
fi
if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    need_packages "$python cannot make virtual environments (its venv package is missing)" "python$version-venv"
fi

# Made anew, so that nothing is left of what pyproject.toml no longer names.
if [ -e "$venv" ] && [ ! -f "$venv/pyvenv.cfg" ]; then
    fail "$venv exists and is no virtual environment; remove it, or choose another: make VENV=DIR $extra"
fi
rm -rf "$venv"
"$python" -m venv "$venv"
case $extra in
    demo) extras=demo ;;
    *) extras=demo,$extra ;;
esac
"$venv/bin/python" -m pip -qq --disable-pip-version-check install -e ".[$extras]"
printf '%s\n' "$PWD" >"$venv/place"
recipe >"$venv/stamp-$extra"
