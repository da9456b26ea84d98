#!/usr/bin/env bash
# Installs what building and running verbatim needs on Debian and Ubuntu. Safe to run again:
# it asks the package manager only for what is missing.
#
#   scripts/setup.sh build         compiler tools and headers
#   scripts/setup.sh demo          the same, and a private audio server for the demo
#   scripts/setup.sh test          the same, what the tests drive, and under target/foreign the
#                                  readers of other people that exports are held against
set -euo pipefail

build=(build-essential cmake clang libclang-dev pkg-config libasound2-dev)
demo=(pulseaudio pulseaudio-utils)
# Recorded hold music is what callers hear while nobody speaks.
test=(ffmpeg qemu-user tmux util-linux iproute2 python3-venv asterisk-moh-opsound-g722)

# Installs the pinned readers once for each list of them. Nothing but the tests of exports uses them.
readers() {
    local wanted=tests/foreign/requirements.txt alone=tests/foreign/alone.txt home=target/foreign
    [ "$purpose" = test ] || return 0
    cd "$(dirname "$0")/.."
    cat "$wanted" "$alone" | cmp -s - "$home/installed.txt" && return 0
    echo "setup: installing what reads the exports in the tests"
    mkdir -p target
    python3 -m venv --clear "$home"
    local install=("$home/bin/python" -m pip install --quiet --disable-pip-version-check)
    "${install[@]}" -r "$wanted"
    "${install[@]}" --no-deps --ignore-requires-python -r "$alone"
    cat "$wanted" "$alone" >"$home/installed.txt"
}

purpose=${1:-build}
case $purpose in
    build) wanted=("${build[@]}") ;;
    demo) wanted=("${build[@]}" "${demo[@]}") ;;
    test) wanted=("${build[@]}" "${demo[@]}" "${test[@]}") ;;
    *) sed -n '2,9p' "$0"; exit 2 ;;
esac

if ! command -v cargo >/dev/null; then
    if [ -x "$HOME/.cargo/bin/cargo" ]; then
        echo "setup: cargo is in ~/.cargo/bin but not on the PATH; run: . ~/.cargo/env" >&2
    else
        echo "setup: a Rust toolchain is missing; install it from https://rustup.rs and run this again" >&2
    fi
    exit 1
fi

if [ "$(uname -s)" != Linux ]; then
    if [ "$(uname -s)" = Darwin ] && ! command -v cmake >/dev/null; then
        echo "setup: cmake is missing; run: brew install cmake" >&2
        exit 1
    fi
    readers
    exit 0
fi

if ! command -v dpkg-query >/dev/null; then
    echo "setup: this is not Debian or Ubuntu; install the counterparts of: ${wanted[*]}" >&2
    readers
    exit 0
fi

missing=()
for package in "${wanted[@]}"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
    readers
    exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "setup: as root, run: apt-get install ${missing[*]}" >&2; exit 1; }
    as_root=(sudo)
fi
echo "setup: installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
readers
