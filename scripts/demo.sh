#!/usr/bin/env bash
# Records and transcribes the bundled sample call.
#
#   scripts/demo.sh live [MODEL]   through a private audio server with a virtual microphone and
#                                  virtual speakers; nothing of your own sound set-up is touched
#   scripts/demo.sh file [MODEL]   from the call's files, where no audio server can run
set -euo pipefail

mode=${1:-live}
model=${2:-starter}
top=$(cd "$(dirname "$0")/.." && pwd)
verbatim=${VERBATIM:-${CARGO_TARGET_DIR:-$top/target}/release/verbatim}
player=${PLAY_CALL:-${CARGO_TARGET_DIR:-$top/target}/release/examples/play_call}
call=$top/tests/fixtures/sample-call
sessions=${DEMO_DIR:-$top/demo-sessions}

work=$(mktemp -d "${TMPDIR:-/tmp}/verbatim-demo.XXXXXX")
recorder=
driver=
clean_up() {
    [ -z "$driver" ] || kill "$driver" 2>/dev/null || true
    if [ -n "$recorder" ] && kill -INT "$recorder" 2>/dev/null; then wait "$recorder" || true; fi
    [ ! -d "$work/audio" ] || "$top/scripts/virtual-audio.sh" stop "$work/audio" >/dev/null 2>&1 || true
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

if [ "$model" = starter ]; then
    echo "Model: starter (bundled). It knows five synthetic voices and misspells one word in six; a real"
    echo "Whisper model writes real calls: make demo MODEL=base.en (fetches 148 MB once)."
else
    "$verbatim" models verify "$model" >/dev/null 2>&1 || "$verbatim" models fetch "$model"
fi

if [ "$mode" = file ]; then
    "$verbatim" record --title "Sample call" --dir "$sessions" --model "$model" \
        --consent "Asked and given at the start of the call" \
        --mic "file:$call/mic.flac" --system "file:$call/system.flac"
    exit
fi

"$top/scripts/virtual-audio.sh" start "$work/audio" "${AUDIO:-pulse}" >"$work/audio.log" 2>&1 || {
    cat "$work/audio.log" >&2
    echo "demo: the private audio server did not start; make demo-file runs the same without one" >&2
    exit 1
}
eval "$("$top/scripts/virtual-audio.sh" env "$work/audio")"

mkdir -p "$sessions"
touch "$work/begun"
"$verbatim" record --title "Sample call" --dir "$sessions" --model "$model" \
    --consent "Asked and given at the start of the call" --mic mic --system speakers &
recorder=$!

# Plays the call once both tracks deliver samples, and stops the recorder when it is over.
(
    for _ in $(seq 150); do
        kill -0 "$recorder" 2>/dev/null || exit 0
        log=$(find "$sessions" -name events.ndjson -newer "$work/begun" | head -n 1)
        [ -n "$log" ] && [ "$(grep -c '"track.started"' "$log")" -ge 2 ] && break
        sleep 0.1
    done
    "$player" --mic micsink "$call/mic.flac" --system speakers "$call/system.flac" >"$work/player.log" 2>&1 \
        || { echo "demo: the player failed:" >&2; cat "$work/player.log" >&2; }
    sleep 1
    kill -INT "$recorder" 2>/dev/null || true
) &
driver=$!

code=0
wait "$recorder" || code=$?
recorder=
exit "$code"
