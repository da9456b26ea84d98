#!/usr/bin/env bash
# Fetches recordings of people and of hold music for `cargo bench --bench vad` from Debian's packages
# and unpacks them, as mono WAV at 16 kHz, into target/vad-set. Nothing is installed but ffmpeg where
# it is missing, and nothing of it belongs into the repository.
#
#   scripts/vad-set.sh [FOLDER]
set -euo pipefail

target=$(realpath -m "${1:-$(dirname "$0")/../target/vad-set}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if ! command -v ffmpeg >/dev/null; then
    as_root=()
    [ "$(id -u)" -eq 0 ] || as_root=(sudo)
    DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends ffmpeg
fi

packages=(ktuberling-data klettres-data pocketsphinx-testdata asterisk-moh-opsound-g722)
for language in en es fr it ru; do
    packages+=("asterisk-core-sounds-$language-g722")
done
(cd "$work" && apt-get download -qq "${packages[@]}")
for package in "$work"/*.deb; do
    dpkg -x "$package" "$work/all"
done

# convert NAME FILE...: at most 150 of the files, in order, as target/NAME/000.wav and so on.
convert() {
    local name=$1 number=0
    shift
    mkdir -p "$target/$name"
    for file in "${@:1:150}"; do
        local options=()
        [[ $file == *.g722 ]] && options=(-f g722)
        ffmpeg -nostdin -loglevel error -y "${options[@]}" -i "$file" -ac 1 -ar 16000 -c:a pcm_s16le \
            "$(printf '%s/%s/%03d.wav' "$target" "$name" "$number")"
        number=$((number + 1))
    done
}

shopt -s nullglob
share=$work/all/usr/share
for voice in "$share"/asterisk/sounds/*_*; do
    convert "voices/asterisk-$(basename "$voice")" "$voice"/*.g722
done
for language in ca da de el en gl lt ru sl uk wa; do
    convert "voices/ktuberling-$language" "$share/ktuberling/sounds/$language"/*
done
for language in cs de en_GB es fr hu ml nds pt_BR; do
    convert "voices/klettres-$language" "$share/klettres/$language"/*/*.ogg
done
convert voices/librivox "$share"/pocketsphinx/test/data/librivox/*.wav
convert music "$share"/asterisk/moh/*.g722
echo "vad-set: $(find "$target" -name '*.wav' | wc -l) sounds in $target"
