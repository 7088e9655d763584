#!/bin/sh
# The first process of the emulated Pi. /payload is what this boot brought along:
#   address   the Pi joins the network there
#   run       is run instead of a system with systemd and sshd, then the Pi goes off
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm
ip link set lo up
if [ -f /payload/address ]; then
    while read -r module; do
        insmod "/usr/lib/modules/$module.ko" || echo "emulated-pi: no module $module"
    done </usr/lib/modules/order
    tries=0
    while [ ! -e /sys/class/net/usb0 ] && [ $tries -lt 200 ]; do
        sleep 0.1
        tries=$((tries + 1))
    done
    ip addr add "$(cat /payload/address)" dev usb0
    ip link set usb0 up
fi
echo "emulated-pi: booted $(tr -d '\0' </proc/device-tree/model), kernel $(uname -r)"
[ -f /payload/run ] || exec /sbin/init
mount -t tmpfs tmp /tmp
mount -t tmpfs run /run
cd /payload && sh ./run
echo "emulated-pi: run ended with $?"
# QEMU was told not to reboot, so it ends.
echo b >/proc/sysrq-trigger
