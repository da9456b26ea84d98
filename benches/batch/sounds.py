"""The calls that the bench hears, the same samples in every run and on every machine."""
import array, collections, hashlib, json, operator, os, random, wave

import flac

RATE = 16_000
SIDES = ('mic', 'system')

# What programs are given (a file, or one for each side) and what was said in each file.
Sound = collections.namedtuple('Sound', 'name files said seconds sha256')


class Sounds:
    """Makes sounds in a folder when they are asked for, out of the sample call in another one."""

    def __init__(self, call, folder, minutes):
        self.call, self.folder, self.minutes, self.made = call, folder, minutes, {}
        self.names = ('mixed', 'sides', 'long-mixed', 'long-sides')

    def get(self, name):
        if name not in self.made:
            sides, turns = self.long() if name.startswith('long') else self.short()
            if name.endswith('mixed'):
                written = [(name, mix(*sides), said(turns, SIDES))]
            else:
                written = [('%s-%s' % (name, track), side, said(turns, [track])) for track, side in zip(SIDES, sides)]
            digest = hashlib.sha256()
            for _, samples, _ in written:
                digest.update(samples.tobytes())
            self.made[name] = Sound(
                name, [self.write(stem, samples) for stem, samples, _ in written], [text for *_, text in written],
                max(len(samples) for _, samples, _ in written) / RATE, digest.hexdigest())
        return self.made[name]

    def short(self):
        if 'call' not in self.made:
            with open(os.path.join(self.call, 'truth.json')) as file:
                turns = json.load(file)['turns']
            self.made['call'] = [read(os.path.join(self.call, track + '.flac')) for track in SIDES], turns
        return self.made['call']

    def long(self):
        if 'long call' not in self.made:
            self.made['long call'] = longer(*self.short(), self.minutes)
        return self.made['long call']

    def write(self, stem, samples):
        path = os.path.join(self.folder, stem + '.wav')
        with wave.open(path, 'wb') as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(RATE)
            out.writeframes(samples.tobytes())
        return path


def read(path):
    samples, rate = flac.read(path)
    if rate != RATE:
        raise ValueError('%s has %d samples a second' % (path, rate))
    return samples


def mix(a, b):
    try:
        return array.array('h', map(operator.add, a, b))
    except OverflowError:
        return array.array('h', (max(-32768, min(32767, x + y)) for x, y in zip(a, b)))


def longer(sides, turns, minutes):
    """A call of about `minutes` out of turns in varied order: samples of each side, and the turns."""
    dice, laid, at = random.Random(7), [], RATE
    sources = dict(zip(SIDES, sides))
    made = {name: array.array('h') for name in SIDES}
    while at < minutes * 60 * RATE:
        for turn in dice.sample(turns, len(turns)):
            start, end = (turn[k] * RATE // 1000 for k in ('start_ms', 'end_ms'))
            sound = sources[turn['track']][max(0, start - RATE // 10):end + RATE // 10]
            fill(made[turn['track']], at)
            made[turn['track']].extend(sound)
            laid.append(dict(turn, start_ms=at * 1000 // RATE))
            at += len(sound) + int(RATE * dice.uniform(0.3, 2.5))
            if at >= minutes * 60 * RATE:
                break
    for side in made.values():
        fill(side, at)
    return [made[name] for name in SIDES], laid


def fill(side, until):
    side.extend(array.array('h', bytes(2 * (until - len(side)))))


def said(turns, tracks):
    return ' '.join(turn['text'] for turn in turns if turn['track'] in tracks)
