"""Reads mono 16-bit FLAC with nothing but Python, so that the bench runs where no decoder is installed.

A bit string is slow to hold (eight bytes for one) and quick to search, which is what Rice codes need:
two minutes take about three seconds. The sound is compared with the checksum that the encoder left.
"""
import array, hashlib

FIXED = {0: (), 1: (1,), 2: (2, -1), 3: (3, -3, 1), 4: (4, -6, 4, -1)}
SIZES = {1: 192, **{n: 576 << (n - 2) for n in range(2, 6)}, **{n: 256 << (n - 8) for n in range(8, 16)}}


class Bits:
    def __init__(self, data):
        self.text, self.at = bin(int.from_bytes(b'\1' + data, 'big'))[3:], 0

    def take(self, count):
        at, self.at = self.at, self.at + count
        return int(self.text[at:self.at], 2) if count else 0

    def signed(self, count):
        value = self.take(count)
        return value - (1 << count) if count and value >> (count - 1) else value

    def zeros(self):
        """Zeros before the next one, which is taken as well."""
        at, end = self.at, self.text.index('1', self.at)
        self.at = end + 1
        return end - at

    def align(self):
        self.at = -(-self.at // 8) * 8


def read(path):
    """Samples and their rate in hertz."""
    with open(path, 'rb') as file:
        data = file.read()
    if data[:4] != b'fLaC':
        raise ValueError('%s is no FLAC file' % path)
    at, last = 4, False
    while not last:
        last, kind, length = data[at] >> 7, data[at] & 127, int.from_bytes(data[at + 1:at + 4], 'big')
        if kind == 0:
            info = data[at + 4:at + 4 + length]
        at += 4 + length
    form = int.from_bytes(info[10:18], 'big')
    rate, channels, width, total = form >> 44, (form >> 41 & 7) + 1, (form >> 36 & 31) + 1, form & (1 << 36) - 1
    if (channels, width) != (1, 16):
        raise ValueError('%s is not mono with 16 bits' % path)
    samples, bits = array.array('h'), Bits(data[at:])
    while len(samples) < total:
        frame(bits, samples)
    if hashlib.md5(samples.tobytes()).digest() != info[18:34]:
        raise ValueError('%s does not hold what its checksum says' % path)
    return samples, rate


def frame(bits, out):
    if bits.take(14) != 0x3ffe:
        raise ValueError('a frame does not begin where it should')
    bits.take(2)
    size, rate = bits.take(4), bits.take(4)
    bits.take(8)
    first, more = bits.take(8), 0
    while first << more & 0x80:
        more += 1
    bits.take(8 * max(0, more - 1))
    size = bits.take(8) + 1 if size == 6 else bits.take(16) + 1 if size == 7 else SIZES[size]
    bits.take({12: 8, 13: 16, 14: 16}.get(rate, 0))
    bits.take(8)
    bits.take(1)
    kind, wasted = bits.take(6), 0
    if bits.take(1):
        wasted = bits.zeros() + 1
    samples = subframe(bits, kind, size, 16 - wasted)
    out.extend(sample << wasted for sample in samples)
    bits.align()
    bits.take(16)


def subframe(bits, kind, size, width):
    if kind == 0:
        return [bits.signed(width)] * size
    if kind == 1:
        return [bits.signed(width) for _ in range(size)]
    fixed = kind < 32
    order = kind - 8 if fixed else kind - 31
    warm = [bits.signed(width) for _ in range(order)]
    if fixed:
        factors, shift = FIXED[order], 0
    else:
        precision = bits.take(4) + 1
        shift = bits.signed(5)
        factors = [bits.signed(precision) for _ in range(order)]
    rest = residual(bits, size, order)
    return predict(order)(warm, rest, shift, *factors)


def residual(bits, size, order):
    width = 5 if bits.take(2) else 4
    parts = bits.take(4)
    escape, found = (1 << width) - 1, []
    for part in range(1 << parts):
        count = (size >> parts) - (order if part == 0 else 0)
        rice = bits.take(width)
        if rice == escape:
            raw = bits.take(5)
            found.extend(bits.signed(raw) for _ in range(count))
            continue
        text, at = bits.text, bits.at
        for _ in range(count):
            end = text.index('1', at) + 1
            value = end - 1 - at
            at = end + rice
            if rice:
                value = value << rice | int(text[end:at], 2)
            found.append(value >> 1 ^ -(value & 1))
        bits.at = at
    return found


def predict(order, made={}):
    """A predictor written out for its order: three times as fast as a sum over a list."""
    if order not in made:
        names = ['f%d' % n for n in range(order)]
        total = ' + '.join('%s * s[i - %d]' % (name, n + 1) for n, name in enumerate(names)) or '0'
        code = ('def run(s, rest, shift%s):\n i = len(s)\n for r in rest:\n'
                '  s.append(r + ((%s) >> shift))\n  i += 1\n return s' % (''.join(', ' + n for n in names), total))
        space = {}
        exec(code, space)
        made[order] = space['run']
    return made[order]
