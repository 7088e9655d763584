#!/bin/sh
# The programs that raftpi is measured beside, in build/peers: etcd from Debian, PySyncObj from
# PyPI. Nothing is installed on the machine; an etcd that is on the path already is taken.
set -eu

python=$1
place=build/peers
pysyncobj=pysyncobj==0.3.17

mkdir -p "$place"
if [ ! -x "$place/usr/bin/etcd" ]; then
    if command -v apt-get >/dev/null; then
        (
            cd "$place"
            apt-get download -q etcd-server etcd-client || {
                [ "$(id -u)" = 0 ] && apt-get update -qq && apt-get download -q etcd-server etcd-client
            }
            for package in etcd-server_*.deb etcd-client_*.deb; do dpkg -x "$package" .; done
        )
    elif command -v etcd >/dev/null; then
        mkdir -p "$place/usr/bin"
        ln -s "$(command -v etcd)" "$(command -v etcdctl)" "$place/usr/bin/"
    else
        echo 'etcd is missing: install it (apt-get needs Debian), and try again.' >&2
        exit 1
    fi
fi
[ -d "$place/python/pysyncobj" ] ||
    "$python" -m pip install -q --disable-pip-version-check --target "$place/python" "$pysyncobj"
