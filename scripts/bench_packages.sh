#!/bin/sh
# Installs the Debian packages that the tests with boards need, unless they are there.
#
#   scripts/bench_packages.sh PACKAGE...
#
# Root only, like those tests. Quick when there is nothing to do.
set -eu

missing=
for package in "$@"; do
    status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
    echo "These tests boot boards, which needs root, and:$missing. Run them with sudo." >&2
    exit 1
fi
echo "Installing$missing" >&2
log=$(mktemp)
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086  # one word a package
if ! { apt-get install -y --no-install-recommends $missing ||
    { apt-get update && apt-get install -y --no-install-recommends $missing; }; } >"$log" 2>&1; then
    tail -n 5 "$log" >&2
    rm -f "$log"
    echo "This did not work: apt-get install$missing" >&2
    exit 1
fi
rm -f "$log"
