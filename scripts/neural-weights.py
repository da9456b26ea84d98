#!/usr/bin/env python3
"""Packs the neural detector's weights and the probabilities that its test compares with.

    pip download silero-vad==6.2.3 --no-deps
    pip install onnx onnxruntime safetensors soundfile
    scripts/neural-weights.py silero_vad-6.2.3-py3-none-any.whl

Writes models/silero-vad-16k.safetensors, which holds the numbers of the wheel's 16 kHz network
unchanged and without the matrix of the Fourier transform, and tests/golden/neural-probabilities.txt.
The wheel has a safetensors file of its own, but with the weights of an earlier release.
"""
import pathlib
import sys
import zipfile

import numpy
import onnx
import onnxruntime
import safetensors.numpy
import soundfile

NETWORK = "silero_vad/data/silero_vad_16k_op15.onnx"
FRAMES = 1200
FRAME, CONTEXT = 512, 64

root = pathlib.Path(__file__).resolve().parent.parent
network = zipfile.ZipFile(sys.argv[1]).read(NETWORK)
graph = onnx.load_from_string(network).graph
tensors = {}
for initializer in graph.initializer:
    if initializer.name.startswith(("model.encoder", "model.decoder")):
        name = initializer.name.removeprefix("model.")
        tensors[name] = onnx.numpy_helper.to_array(initializer).astype(numpy.float32)
safetensors.numpy.save_file(tensors, root / "models/silero-vad-16k.safetensors")

session = onnxruntime.InferenceSession(network)
lines = []
for track in ("mic", "system"):
    sound, _ = soundfile.read(root / f"tests/fixtures/sample-call/{track}.flac", dtype="int16")
    sound = sound.astype(numpy.float32) / 32768
    state = numpy.zeros((2, 1, 128), numpy.float32)
    context = numpy.zeros(CONTEXT, numpy.float32)
    words = [track]
    for frame in numpy.split(sound[: FRAMES * FRAME], FRAMES):
        given = {"input": numpy.concatenate([context, frame])[None], "state": state, "sr": numpy.array(16000)}
        probability, state = session.run(None, given)
        context = frame[-CONTEXT:]
        words.append(f"{probability[0, 0]:.5f}")
    lines.append(" ".join(words) + "\n")
(root / "tests/golden/neural-probabilities.txt").write_text("".join(lines))
