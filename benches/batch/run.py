#!/usr/bin/env python3
"""verbatim transcribe beside whisper.cpp's own command line: same sound, same model file, same threads,
greedy, in one run and in alternating order.

  scripts/whisper-cli.sh FOLDER                 builds whisper-cli, prints its path and that of its VAD model
  cargo build --release
  benches/batch/run.py --cli PROGRAM --vad MODEL [--model NAME=FILE ...] [--quick]

whisper-cli runs as -bs 1 -bo 1 -nf -mc 0: greedy, without fallback and text context, which is what verbatim
does. verbatim runs with --word-times fast, because whisper-cli aligns no words either.

Sound: the sample call mixed to one mono file, the sample call as a file for each side, and a longer call
laid out of the sample call's turns in an order and with pauses that are the same in every run (30
minutes; 5 with --quick). Wall time, processor time of the whole process tree, the sum of the peak
resident memory of its processes, and the word error rate against what was said. Ratios are whisper-cli
over verbatim: above 1, verbatim is faster or smaller. Needs ffmpeg; nothing is written outside a folder
of its own. --hour measures memory instead: an hour against ten minutes.
"""
import argparse, array, json, os, platform, random, re, statistics, subprocess, sys, tempfile, threading, time, wave

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CALL = os.path.join(ROOT, 'tests/fixtures/sample-call')
RATE = 16_000


def read(track):
    """Samples of a side of the sample call."""
    pcm = subprocess.run(['ffmpeg', '-v', 'error', '-i', os.path.join(CALL, track + '.flac'), '-f', 's16le',
                          '-ar', str(RATE), '-ac', '1', '-'], check=True, stdout=subprocess.PIPE).stdout
    return array.array('h', pcm)


def write(path, samples):
    with wave.open(path, 'wb') as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(samples.tobytes())
    return path


def mix(a, b):
    return array.array('h', (max(-32768, min(32767, x + y)) for x, y in zip(a, b)))


def longer(tracks, turns, minutes):
    """A call of about `minutes` out of turns in varied order: samples and turns of each side."""
    dice, laid, at = random.Random(7), [], RATE
    sides = {name: array.array('h') for name in tracks}
    while at < minutes * 60 * RATE:
        for turn in dice.sample(turns, len(turns)):
            start, end = (turn[k] * RATE // 1000 for k in ('start_ms', 'end_ms'))
            start, end = max(0, start - RATE // 10), end + RATE // 10
            sound = tracks[turn['track']][start:end]
            side = sides[turn['track']]
            side.extend(array.array('h', bytes(2 * (at - len(side)))))
            side.extend(sound)
            laid.append(dict(turn, start_ms=at * 1000 // RATE))
            at += len(sound) + int(RATE * dice.uniform(0.3, 2.5))
            if at >= minutes * 60 * RATE:
                break
    for side in sides.values():
        side.extend(array.array('h', bytes(2 * (at - len(side)))))
    return sides, laid


def words(text):
    text = re.sub(r'\[[^\]]*\]', ' ', text).replace('-', ' ').lower()
    found = (''.join(c for c in word if c.isalnum() or c == "'") for word in text.split())
    return [word for word in found if word]


def errors(reference, heard):
    """Words substituted, left out and put in, by the shortest way."""
    row = list(range(len(heard) + 1))
    for i, expected in enumerate(reference):
        diagonal, row[0] = row[0], i + 1
        for j, word in enumerate(heard):
            here = diagonal + (word != expected)
            diagonal = row[j + 1]
            row[j + 1] = min(here, row[j] + 1, diagonal + 1)
    return row[-1]


class Peak(threading.Thread):
    """Sum of the peak resident memory of a process and of its children, looked at ten times a second."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.peaks, self.over = pid, {}, threading.Event()

    def tree(self, pid):
        yield pid
        try:
            for task in os.listdir('/proc/%d/task' % pid):
                with open('/proc/%d/task/%s/children' % (pid, task)) as children:
                    for child in children.read().split():
                        yield from self.tree(int(child))
        except OSError:
            return

    def run(self):
        while not self.over.wait(0.1):
            for pid in self.tree(self.pid):
                try:
                    with open('/proc/%d/status' % pid) as status:
                        line = next(line for line in status if line.startswith('VmHWM'))
                    self.peaks[pid] = int(line.split()[1])
                except (OSError, StopIteration):
                    pass


def measure(command):
    """Wall and processor seconds, memory in MB, and what it wrote to standard output."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        begun = time.monotonic()
        child = subprocess.Popen(command, stdout=out, stderr=err, stdin=subprocess.DEVNULL)
        peak = Peak(child.pid)
        peak.start()
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - begun
        child.returncode = os.waitstatus_to_exitcode(status)
        peak.over.set()
        peak.join()
        out.seek(0)
        err.seek(0)
        if child.returncode not in (0, 3):
            sys.exit('%s ended with %d:\n%s' % (command[0], child.returncode, err.read().decode()))
        return {'wall': wall, 'cpu': usage.ru_utime + usage.ru_stime,
                'memory': sum(peak.peaks.values()) / 1024}, out.read().decode()


def verbatim(args, model, files, dir):
    out = tempfile.mkdtemp(dir=dir)
    command = [args.verbatim, 'transcribe', '--word-times', 'fast', '--model', model, '--threads', str(args.threads), '--out', out, *files]
    if args.workers:
        command += ['--workers', str(args.workers)]
    figures, _ = measure(command)
    session, = (entry.path for entry in os.scandir(out) if entry.is_dir())
    with open(os.path.join(session, 'transcript.json')) as document:
        segments = json.load(document)['segments']
    if len(files) == 1:
        return figures, [' '.join(s['text'] for s in segments)]
    return figures, [' '.join(s['text'] for s in segments if s['track'] == side) for side in ('mic', 'system')]


def whisper_cli(args, model, files, vad):
    """Both sides in one call of the program, which loads the model once."""
    command = [args.cli, '-m', model, '-t', str(args.threads), '-bs', '1', '-bo', '1', '-nf', '-mc', '0', '-l', 'en', '-np',
               '-otxt', *(['--vad', '-vm', args.vad] if vad else []), *files]
    for file in files:
        if os.path.exists(file + '.txt'):
            os.remove(file + '.txt')
    figures, _ = measure(command)
    return figures, [open(file + '.txt').read() for file in files]


def compare(args, title, name, model, files, references, dir, runs):
    ways = {'verbatim': lambda: verbatim(args, model, files, dir),
            'whisper-cli': lambda: whisper_cli(args, model, files, False)}
    if args.vad:
        ways['whisper-cli --vad'] = lambda: whisper_cli(args, model, files, True)
    found = {way: [] for way in ways}
    for run in range(runs):
        order = list(ways) if run % 2 == 0 else list(reversed(ways))
        for way in order:
            figures, texts = ways[way]()
            wrong = sum(errors(words(r), words(t)) for r, t in zip(references, texts))
            figures['wer'] = 100 * wrong / sum(len(words(r)) for r in references)
            found[way].append(figures)
    middle = {way: {k: statistics.median(f[k] for f in runs) for k in runs[0]} for way, runs in found.items()}
    ours = middle['verbatim']
    for way, figures in middle.items():
        walls = [f['wall'] for f in found[way]]
        ratio = '' if way == 'verbatim' else '%.2f' % (figures['wall'] / ours['wall'])
        print('| %s | %s | %s | %.1f s (%.1f to %.1f) | %s | %.1f s | %.0f MB | %.1f %% |' % (
            title, name, way, figures['wall'], min(walls), max(walls), ratio, figures['cpu'], figures['memory'],
            figures['wer']), flush=True)


def said(turns, sides):
    return [' '.join(t['text'] for t in turns if t['track'] in side) for side in sides]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--verbatim', default=os.path.join(ROOT, 'target/release/verbatim'))
    parser.add_argument('--cli', help='whisper-cli')
    parser.add_argument('--vad', help="whisper-cli's VAD model")
    parser.add_argument('--model', action='append', default=[], metavar='NAME=FILE')
    parser.add_argument('--threads', type=int, default=os.cpu_count())
    parser.add_argument('--workers', type=int)
    parser.add_argument('--runs', type=int, default=3)
    parser.add_argument('--quick', action='store_true', help='a long call of 5 minutes, and only one run of it')
    parser.add_argument('--only', help='only sound whose title holds this')
    parser.add_argument('--hour', action='store_true', help='memory of an hour against ten minutes')
    args = parser.parse_args()
    models = [m.split('=', 1) for m in args.model] or [['starter', os.path.join(ROOT, 'models/ggml-starter-q8_0.bin')]]
    with open(os.path.join(CALL, 'truth.json')) as file:
        turns = json.load(file)['turns']
    tracks = {name: read(name) for name in ('mic', 'system')}
    with tempfile.TemporaryDirectory() as dir:
        if args.hour:
            return hour(args, models[0][1], tracks, turns, dir)
        minutes = 5 if args.quick else 30
        sides, laid = longer(tracks, turns, minutes)
        file = lambda name, samples: write(os.path.join(dir, name + '.wav'), samples)
        sounds = [
            ('sample call, mixed', [file('mixed', mix(tracks['mic'], tracks['system']))], said(turns, ['mic system']), args.runs),
            ('sample call, two files', [file('mic', tracks['mic']), file('system', tracks['system'])], said(turns, ['mic', 'system']), args.runs),
            ('%d minutes, two files' % minutes, [file('long-mic', sides['mic']), file('long-system', sides['system'])],
             said(laid, ['mic', 'system']), 1 if args.quick else args.runs),
        ]
        print('%s, %d threads, load %.1f before' % (processor(), args.threads, os.getloadavg()[0]))
        print('| sound | model | program | wall | ratio | processor | memory | word error rate |')
        print('|---|---|---|---|---|---|---|---|')
        for name, model in models:
            for title, files, references, runs in sounds:
                if args.only is None or args.only in title:
                    compare(args, title, name, model, files, references, dir, runs)


def hour(args, model, tracks, turns, dir):
    for minutes in (10, 60):
        sides, _ = longer(tracks, turns, minutes)
        files = [write(os.path.join(dir, '%d-%s.wav' % (minutes, name)), side) for name, side in sides.items()]
        figures, _ = verbatim(args, model, files, dir)
        print('%d minutes: %.0f MB, %.1f s' % (minutes, figures['memory'], figures['wall']), flush=True)


def processor():
    try:
        with open('/proc/cpuinfo') as info:
            return next(line.split(':', 1)[1].strip() for line in info if line.startswith('model name'))
    except (OSError, StopIteration):
        return platform.processor()


if __name__ == '__main__':
    main()
