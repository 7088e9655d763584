#!/bin/sh
# Makes the virtual environment that Ansible and ansible-lint run in, or leaves it as it is.
#
#   scripts/ansible_environment.sh VENV
#
# It is apart from the one of scripts/environment.sh: Ansible brings many packages that raftpi
# must not lean on. PYTHON in the environment names the interpreter, one that can make virtual
# environments (.venv/bin/python can). Quick when there is nothing to do: the stamp in VENV
# holds what it was made of.
set -eu

venv=${1:?usage: scripts/ansible_environment.sh VENV}
# ansible-core from 2.18 on speaks to Python 3.11 and 3.13 on the boards.
packages='ansible-core>=2.18 ansible-lint>=25'

say() { printf '%s\n' "$*" >&2; }
fail() { say "$@"; exit 1; }

# What the environment was made of: another content of the stamp means make it anew.
recipe() { printf '%s %s\n' "$packages" "$PWD"; }

# Ansible reaches the boards with the system's ssh.
if ! command -v ssh >/dev/null 2>&1; then
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
        fail "ssh is missing, which Ansible needs. Install it with: sudo apt-get install openssh-client"
    fi
    say "ssh is missing; installing openssh-client"
    export DEBIAN_FRONTEND=noninteractive
    apt-get install -y -qq --no-install-recommends openssh-client >/dev/null 2>&1 ||
        { apt-get update -qq && apt-get install -y -qq --no-install-recommends openssh-client; } >/dev/null ||
        fail "This did not work: apt-get install openssh-client"
fi

if [ -f "$venv/stamp" ] && [ "$(cat "$venv/stamp")" = "$(recipe)" ] && "$venv/bin/python" -c '' 2>/dev/null; then
    exit 0
fi

python=${PYTHON:-python3}
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
    fail "$python is not a Python 3.11 or newer; name one: PYTHON=.venv/bin/python sh $0 $venv"
fi
if [ -e "$venv" ] && [ ! -f "$venv/pyvenv.cfg" ]; then
    fail "$venv exists and is no virtual environment; remove it, or choose another directory"
fi
say "Setting up $venv for Ansible (once; it may take a minute or two)"
# Made anew, so that nothing is left of an older list of packages.
rm -rf "$venv"
"$python" -m venv "$venv" ||
    fail "$python cannot make virtual environments. On Debian: sudo apt-get install python3-venv"
# shellcheck disable=SC2086  # one argument per package
"$venv/bin/python" -m pip -qq --disable-pip-version-check install $packages
recipe >"$venv/stamp"
