#!/usr/bin/env bash
# A virtual sound card for the demo and the tests: no hardware, no system bus, no network, works as
# root, and private to one folder, so that a real sound server is never touched.
#
#   virtual-audio.sh start DIR [pulse|pipewire]
#   virtual-audio.sh stop  DIR     ends the processes it started, and no others
#   virtual-audio.sh env   DIR     prints what a client needs:  eval "$(virtual-audio.sh env DIR)"
#   virtual-audio.sh check DIR
#
# A client sees:
#   sink   speakers   (default)   what a call plays; its loopback is speakers.monitor
#   sink   micsink                play a file here to speak into the microphone
#   source mic        (default)   mono, hears micsink
#
# Both sinks are faces of one null sink, so that they are rendered in the same cycle of the same
# thread: two streams that are started together are heard together.
#
# Needs pulseaudio and pulseaudio-utils; for pipewire also pipewire, pipewire-pulse, wireplumber and
# dbus-daemon.
set -eu

verb=${1:-}
dir=${2:-}
kind=${3:-pulse}
[ -n "$verb" ] && [ -n "$dir" ] || { sed -n '2,10p' "$0"; exit 2; }
case $dir in /*) ;; *) dir=$PWD/$dir ;; esac
if [ ${#dir} -gt 90 ]; then
    echo "virtual-audio: the folder's path must be shorter than 90 characters, for the socket's sake" >&2
    exit 2
fi

print_env() {
    printf 'export XDG_RUNTIME_DIR=%s PULSE_RUNTIME_PATH=%s PULSE_SERVER=%s PIPEWIRE_RUNTIME_DIR=%s PULSE_COOKIE=%s\n' \
        "$dir" "$dir/pulse" "unix:$dir/pulse/native" "$dir" "$dir/cookie"
}

wait_for_socket() {
    for _ in $(seq 100); do
        [ -S "$1" ] && return 0
        sleep 0.1
    done
    echo "virtual-audio: $1 did not appear" >&2
    tail -n 5 "$dir"/*.log >&2 || true
    return 1
}

# spawn NAME COMMAND...: in a session of its own, with a log, and its PID kept for stop.
spawn() {
    local name=$1
    shift
    setsid "$@" >"$dir/$name.log" 2>&1 </dev/null &
    echo $! >"$dir/$name.pid"
}

runs() { [ "$(cat "/proc/$1/comm" 2>/dev/null)" = "$2" ]; }

stop() {
    local name pid
    for name in pipewire-pulse wireplumber pipewire pulseaudio dbus-daemon; do
        [ -f "$dir/$name.pid" ] || continue
        pid=$(cat "$dir/$name.pid")
        if runs "$pid" "$name"; then
            kill -CONT "$pid" 2>/dev/null || true
            kill "$pid" 2>/dev/null || true
            for _ in $(seq 30); do
                runs "$pid" "$name" || break
                sleep 0.1
            done
            if runs "$pid" "$name"; then kill -9 "$pid"; fi
        fi
        rm -f "$dir/$name.pid"
    done
    rm -f "$dir/pulse/native" "$dir/pipewire-0" "$dir/pipewire-0.lock" "$dir/bus"
}

start_pulse() {
    local remap="module-remap-sink master=card remix=no"
    # norewinds=1: null sinks then work in blocks of at most 50 ms instead of 2 s.
    spawn pulseaudio pulseaudio -n --daemonize=no --use-pid-file=no --exit-idle-time=-1 --disallow-exit \
        --disable-shm=yes --realtime=no --high-priority=no --log-target=stderr --log-level=notice \
        -L "module-native-protocol-unix auth-anonymous=1 socket=$dir/pulse/native" \
        -L "module-null-sink sink_name=card norewinds=1 rate=48000 channels=3 channel_map=front-left,front-right,aux0 sink_properties=device.description=Card" \
        -L "$remap sink_name=speakers channels=2 channel_map=front-left,front-right master_channel_map=front-left,front-right sink_properties=device.description=Speakers" \
        -L "$remap sink_name=micsink channels=1 channel_map=mono master_channel_map=aux0 sink_properties=device.description=MicFeed" \
        -L "module-remap-source source_name=mic master=micsink.monitor channels=1 channel_map=mono master_channel_map=mono remix=no source_properties=device.description=Microphone"
    wait_for_socket "$dir/pulse/native"
}

start_pipewire() {
    mkdir -p "$dir/config/pipewire/pipewire.conf.d"
    cat >"$dir/config/pipewire/pipewire.conf.d/virtual.conf" <<'CONF'
context.objects = [
  { factory = adapter args = { factory.name = support.null-audio-sink node.name = speakers node.description = "Speakers" media.class = Audio/Sink audio.position = [ FL FR ] audio.rate = 48000 object.linger = true } }
  { factory = adapter args = { factory.name = support.null-audio-sink node.name = micsink node.description = "MicFeed" media.class = Audio/Sink audio.position = [ MONO ] audio.rate = 48000 object.linger = true } }
]
CONF
    # WirePlumber leaves when it finds no session bus: it gets a private one on a unix socket.
    spawn dbus-daemon dbus-daemon --session --nofork --nopidfile --address="unix:path=$dir/bus"
    wait_for_socket "$dir/bus"
    export DBUS_SESSION_BUS_ADDRESS=unix:path=$dir/bus
    spawn pipewire pipewire
    wait_for_socket "$dir/pipewire-0"
    spawn wireplumber wireplumber
    sleep 1
    spawn pipewire-pulse pipewire-pulse
    wait_for_socket "$dir/pulse/native"
}

has() { pactl list short "$1" 2>/dev/null | cut -f2 | grep -qx "$2"; }

start() {
    mkdir -p "$dir"
    chmod 700 "$dir"
    mkdir -p -m 700 "$dir/pulse" "$dir/home" "$dir/config" "$dir/state"
    stop
    eval "$(print_env)"
    export HOME=$dir/home XDG_CONFIG_HOME=$dir/config XDG_STATE_HOME=$dir/state
    unset DISPLAY WAYLAND_DISPLAY DBUS_SESSION_BUS_ADDRESS
    local server=$PULSE_SERVER
    unset PULSE_SERVER
    case $kind in
        pulse) start_pulse ;;
        pipewire) start_pipewire ;;
        *) echo "virtual-audio: \"$kind\" is neither pulse nor pipewire" >&2; exit 2 ;;
    esac
    export PULSE_SERVER=$server
    for _ in $(seq 50); do
        has sinks micsink && break
        sleep 0.1
    done
    if [ "$kind" = pipewire ]; then
        pactl load-module module-remap-source source_name=mic master=micsink.monitor channels=1 \
            channel_map=mono master_channel_map=mono remix=no \
            source_properties=device.description=Microphone >/dev/null
    fi
    for _ in $(seq 50); do
        has sources mic && break
        sleep 0.1
    done
    pactl set-default-sink speakers
    pactl set-default-source mic
    check
}

check() {
    eval "$(print_env)"
    pactl info | grep -E '^(Server Name|Default (Sink|Source))'
    pactl list short sinks
    pactl list short sources
}

case $verb in
    start) start ;;
    stop) stop ;;
    env) print_env ;;
    check) check ;;
    *) sed -n '2,10p' "$0"; exit 2 ;;
esac
