# Runs on the emulated Pi as /payload/run: three daemons, three lamps, and a stage hand who does
# what is typed on the console, "NUMBER VERB BOARD", and answers "stage: NUMBER done". It stands
# for systemd, so it starts a lamp anew that ended by itself. What it says proves nothing but
# that the word was heard: the lamps are read from the chip.
export PYTHONPATH=/payload PYTHONUNBUFFERED=1 GPIOZERO_PIN_FACTORY=lgpio
stty -echo

read -r restart_s <restart_s

node() { # start the daemon of board $1
    python3 -m raftpi node --config "/payload/pi$1.toml" >"/tmp/node$1.log" 2>&1 </dev/null &
    echo $! >"/run/node$1.pid"
}

keep_lamp() { # run the lamp of board $1, again and again until it is stopped on purpose
    mkdir -p "/run/lamp$1"
    rm -f "/run/lamp$1/stopped"
    while [ ! -e "/run/lamp$1/stopped" ]; do
        command=$(sed "s|/etc/raftpi/raftpi.toml|/payload/pi$1.toml|" lamp_command)
        LG_WD=/run/lamp$1 sh -c "exec $command" >>"/tmp/lamp$1.log" 2>&1 </dev/null &
        echo $! >"/run/lamp$1.pid"
        wait $!
        sleep "$restart_s"
    done
}

obey() { # $1: the verb, $2: the board
    case $1 in
    start-node) node "$2" ;;
    start-lamp) keep_lamp "$2" & ;;
    kill-node) kill -KILL "$(cat "/run/node$2.pid")" ;;
    stop-node) kill -TERM "$(cat "/run/node$2.pid")" ;;
    kill-lamp) kill -KILL "$(cat "/run/lamp$2.pid")" ;;
    stop-lamp)
        touch "/run/lamp$2/stopped"
        kill -TERM "$(cat "/run/lamp$2.pid")"
        ;;
    identify) python3 -m raftpi identify "pi$2" --for 8 --config "/payload/pi$2.toml" ;;
    self-test)
        LG_WD=/run/lamp$2 python3 -m raftpi led --self-test --config "/payload/pi$2.toml" \
            >>"/tmp/lamp$2.log" 2>&1 &
        echo $! >"/run/lamp$2.pid"
        ;;
    logs)
        tail -n 12 /tmp/*.log
        cut -d ' ' -f 1 /proc/loadavg
        ;;
    *) echo "stage: no such verb: $1" ;;
    esac
}

echo "stage: open"
while read -r number verb board; do
    obey "$verb" "$board" </dev/null
    echo "stage: $number done with $?"
done
