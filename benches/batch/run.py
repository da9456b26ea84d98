#!/usr/bin/env python3
"""verbatim transcribe beside whisper.cpp's own command line: same sound, same model file, same threads,
greedy, in rounds of alternating order.

  scripts/whisper-cli.sh FOLDER            builds whisper-cli, prints its path and that of its VAD model
  cargo build --release
  benches/batch/run.py --cli PROGRAM --vad MODEL

or, on another machine without a network, with everything in one folder:

  kit/  verbatim  whisper-cli  NAME-silero-NAME.bin  ggml-starter-f16.bin  widen.py  sample-call/
        run.py  flac.py  sounds.py  results.py
  kit/run.py --kit kit --cpus 0,1 --out results.ndjson

Sounds: mixed (the sample call as one mono file), sides (a file for each side), long-mixed and long-sides
(30 minutes laid out of the sample call's turns, in an order and with pauses that are always the same).
Models: starter, and base, small, medium, large: the starter widened by widen.py to the dimensions of
Whisper's own (which needs numpy), so real cost and the same text; more by --model NAME=FILE, such as Whisper's
own, which scripts/whisper-weights.py obtains.
Ways: verbatim, cli (whisper-cli as it comes), cli-vad (with its voice activity detection).

whisper-cli runs as -bs 1 -bo 1 -nf -mc 0: greedy, without fallback and text context, which is what verbatim
does. verbatim runs with --word-times fast, because whisper-cli aligns no words either.

Every run is a line in --out as soon as it is done. The same command goes on where it was stopped, --budget
stops it by itself, and --report FILE... makes one table of several files. Wall time, processor time of the
whole process tree, the sum of the peak resident memory of its processes, and the word error rate. Ratios
are whisper-cli over verbatim in the same round: above 1, verbatim is faster or smaller.

--hour measures memory instead: an hour against ten minutes. Then it kills the hour's transcription three times
at random moments, and fails where the text is not the same to the byte as without.
"""
import argparse, glob, hashlib, json, os, platform, random, shutil, signal, statistics, subprocess, sys, tempfile, threading, time

import results
from sounds import Sounds

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))


class Peak(threading.Thread):
    """Sum of the peak resident memory of a process and of its children, looked at twenty times a second."""

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
        while not self.over.wait(0.05):
            for pid in self.tree(self.pid):
                try:
                    with open('/proc/%d/status' % pid) as status:
                        line = next(line for line in status if line.startswith('VmHWM'))
                    self.peaks[pid] = int(line.split()[1])
                except (OSError, StopIteration):
                    pass


def measure(command):
    """Wall and processor seconds, and memory in MB."""
    with tempfile.TemporaryFile() as out:
        begun = time.monotonic()
        child = subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL)
        peak = Peak(child.pid)
        peak.start()
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - begun
        child.returncode = os.waitstatus_to_exitcode(status)
        peak.over.set()
        peak.join()
        if child.returncode not in (0, 3):
            out.seek(0)
            sys.exit('%s ended with %d:\n%s' % (' '.join(command), child.returncode, out.read().decode(errors='replace')))
        return {'wall': wall, 'cpu': usage.ru_utime + usage.ru_stime, 'memory': sum(peak.peaks.values()) / 1024}


def verbatim(args, model, files):
    out = tempfile.mkdtemp(dir=args.work)
    command = [args.verbatim, 'transcribe', '--word-times', 'fast', '--language', 'en', '--model', model, '--threads', str(args.threads),
               *(['--workers', str(args.workers)] if args.workers else []), '--out', out, *files]
    figures = measure(command)
    session, = (entry.path for entry in os.scandir(out) if entry.is_dir())
    with open(os.path.join(session, 'transcript.json')) as document:
        segments = json.load(document)['segments']
    shutil.rmtree(out)
    if len(files) == 1:
        return figures, [' '.join(s['text'] for s in segments)]
    return figures, [' '.join(s['text'] for s in segments if s['track'] == side) for side in ('mic', 'system')]


def whisper_cli(args, model, files, vad=()):
    """All files in one call of the program, which loads the model once."""
    command = [args.cli, '-m', model, '-t', str(args.threads), '-bs', '1', '-bo', '1', '-nf', '-mc', '0', '-l', 'en', '-np',
               '-otxt', *vad, *files]
    for file in files:
        if os.path.exists(file + '.txt'):
            os.remove(file + '.txt')
    figures = measure(command)
    texts = []
    for file in files:
        with open(file + '.txt') as text:
            texts.append(text.read())
    return figures, texts


def ways(args):
    """What is compared, by name, in the order of the first round."""
    known = {'verbatim': verbatim, 'cli': whisper_cli,
             'cli-vad': lambda args, model, files: whisper_cli(args, model, files, ['--vad', '-vm', args.vad])}
    return {name: known[name] for name in args.ways}


def wanted(args, sound, model):
    """What a result is of, without its figures."""
    return {'machine': processor(), 'cpus': args.cpus, 'threads': args.threads, 'workers': args.workers, 'sound': sound.name,
            'seconds': round(sound.seconds, 3), 'sound_sha256': sound.sha256, 'model': model, 'model_sha256': sha256(args.models[model])}


def compare(args, sound, model, begun):
    """Rounds until there are as many as are wanted, or the time is over."""
    told = wanted(args, sound, model)
    while True:
        known = results.read([args.out])
        full = [r for r in results.rounds(known, results.case(told)).values() if set(args.ways) <= set(r)]
        if len(full) >= args.runs:
            return
        # What this model cost for a second of sound before tells about how long another round takes.
        before = {way: [r['wall'] / r['seconds'] for r in known if (r['model'], r['way'], r['threads']) == (model, way, args.threads)]
                  for way in args.ways}
        takes = sum(statistics.median(walls) * sound.seconds for walls in before.values() if walls)
        if args.budget and time.monotonic() - begun + takes > args.budget:
            print('not begun: %s with %s (about %.0f s)' % (sound.name, model, takes), file=sys.stderr)
            return
        order = list(ways(args).items())
        name = '%d-%d' % (time.time_ns(), len(full))
        for way, run in order if len(full) % 2 == 0 else reversed(order):
            load = os.getloadavg()[0]
            figures, texts = run(args, args.models[model], sound.files)
            pairs = [(results.words(said), results.words(text)) for said, text in zip(sound.said, texts)]
            wer = 100 * sum(results.errors(*pair) for pair in pairs) / sum(len(said) for said, _ in pairs)
            line = dict(told, way=way, round=name, load=load, wer=round(wer, 3), **{k: round(v, 3) for k, v in figures.items()})
            with open(args.out, 'a') as out:
                out.write(json.dumps(line) + '\n')
            print('%-10s %-8s %-8s %7.1f s wall %7.1f s processor %5.0f MB %5.1f %%' % (
                sound.name, model, way, line['wall'], line['cpu'], line['memory'], wer), file=sys.stderr)


def hour(args, sounds):
    model = next(iter(args.models.values()))
    for minutes in (10, 60):
        sounds.minutes = minutes
        sounds.made.pop('long call', None)
        sounds.made.pop('long-sides', None)
        files = sounds.get('long-sides').files
        figures, _ = verbatim(args, model, files)
        print('%d minutes: %.0f MB, %.1f s' % (minutes, figures['memory'], figures['wall']), flush=True)
    killed(args, model, files, figures['wall'])


def killed(args, model, files, takes):
    """Transcribes once more, killed three times, and compares with a run that was left alone."""
    places = [os.path.join(args.work, name) for name in ('whole', 'killed')]
    run = lambda place: subprocess.Popen([args.verbatim, 'transcribe', '--model', model, '--out', place, *files], start_new_session=True,
                                         stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    run(places[0]).wait()
    for at in sorted(random.uniform(0.1, 0.9) * takes / 3 for _ in range(3)):
        child = run(places[1])
        time.sleep(at)
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        print('killed after %.1f s' % at, flush=True)
    run(places[1]).wait()
    sessions = [[entry.path for entry in os.scandir(place) if entry.is_dir()] for place in places]
    if [len(found) for found in sessions] != [1, 1]:
        sys.exit('a kill made another session: %s' % sessions)
    for name in ('transcript.json', 'turns.json', 'stats.json'):
        whole, other = (without_id(os.path.join(found[0], name)) for found in sessions)
        if whole != other:
            sys.exit('%s differs after the kills' % name)
        print('%s: the same %d bytes' % (name, len(whole)), flush=True)


def without_id(path):
    """A document without the id of its session, the one thing in which two sessions of the same sound differ."""
    with open(path, 'rb') as file:
        document = file.read()
    return document.replace(json.loads(document)['session'].encode(), b'')


def widened(args, size):
    path = os.path.join(args.work, 'ggml-starter-%s.bin' % size)
    if not os.path.exists(path):
        subprocess.run([sys.executable, args.widen, args.starter, size, path + '.part'], check=True, stdout=subprocess.DEVNULL)
        os.replace(path + '.part', path)
    return path


def sha256(path, known={}):
    if path not in known:
        digest = hashlib.sha256()
        with open(path, 'rb') as file:
            while block := file.read(1 << 20):
                digest.update(block)
        known[path] = digest.hexdigest()
    return known[path]


def processor():
    try:
        with open('/proc/cpuinfo') as info:
            name = next(line.split(':', 1)[1].strip() for line in info if line.startswith('model name'))
    except (OSError, StopIteration):
        name = platform.processor()
    return '%s, %d cores' % (name, os.cpu_count())


def listed(text):
    return [part for part in text.split(',') if part]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--kit', help='folder with all that is needed')
    parser.add_argument('--verbatim')
    parser.add_argument('--cli', help='whisper-cli')
    parser.add_argument('--vad', help="whisper-cli's VAD model")
    parser.add_argument('--starter', help='the starter model; f16 where it is to be widened')
    parser.add_argument('--widen', help='widen.py')
    parser.add_argument('--call', help='folder of the sample call')
    parser.add_argument('--model', action='append', default=[], metavar='NAME=FILE', help='another model')
    parser.add_argument('--sounds', type=listed, default=['mixed', 'sides', 'long-mixed', 'long-sides'], metavar='NAME,...')
    parser.add_argument('--models', type=listed, metavar='NAME,...', help='[default: starter and those of --model]')
    parser.add_argument('--ways', type=listed, metavar='NAME,...')
    parser.add_argument('--cpus', metavar='N,...', help='run on these processors only')
    parser.add_argument('--threads', type=int, help='[default: as many as processors]')
    parser.add_argument('--workers', type=int, help='windows that verbatim decodes at a time [default: its own choice]')
    parser.add_argument('--runs', type=int, default=3, help='rounds of each case, with those that --out holds')
    parser.add_argument('--minutes', type=int, default=30, help='length of the long call')
    parser.add_argument('--budget', type=float, metavar='SECONDS', help='begin no round that would end later')
    parser.add_argument('--work', help='folder for sounds and widened models, kept [default: one that is removed]')
    parser.add_argument('--out', default='results.ndjson', help='file of results, which is added to')
    parser.add_argument('--report', nargs='+', metavar='FILE', help='only print the table of these results')
    parser.add_argument('--hour', action='store_true', help='memory of an hour against ten minutes')
    return parser.parse_args()


def complete(args):
    """Fills in what was not said."""
    kit = lambda name: next(iter(sorted(glob.glob(os.path.join(args.kit, name)))), None) if args.kit else None
    args.verbatim = args.verbatim or kit('verbatim') or os.path.join(ROOT, 'target/release/verbatim')
    args.cli = args.cli or kit('whisper-cli')
    args.vad = args.vad or kit('*silero*.bin')
    args.starter = args.starter or kit('ggml-starter-f16.bin') or os.path.join(ROOT, 'models/ggml-starter-q8_0.bin')
    args.widen = args.widen or kit('widen.py')
    args.call = args.call or kit('sample-call') or os.path.join(ROOT, 'tests/fixtures/sample-call')
    args.ways = args.ways or ['verbatim'] + ['cli'] * bool(args.cli) + ['cli-vad'] * bool(args.cli and args.vad)
    if args.cpus:
        os.sched_setaffinity(0, {int(cpu) for cpu in listed(args.cpus)})
    else:
        args.cpus = ','.join(str(cpu) for cpu in sorted(os.sched_getaffinity(0)))
    args.threads = args.threads or len(os.sched_getaffinity(0))
    files = dict(model.split('=', 1) for model in args.model)
    names = args.models or ['starter', *files]
    path = lambda name: files.get(name) or (args.starter if name == 'starter' else widened(args, name))
    args.models = {name: path(name) for name in names}


def main():
    args = arguments()
    if args.report:
        return results.print_table(results.read(args.report))
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        args.work = args.work or scratch
        os.makedirs(args.work, exist_ok=True)
        complete(args)
        sounds = Sounds(args.call, args.work, args.minutes)
        if args.hour:
            return hour(args, sounds)
        for model in args.models:
            for name in args.sounds:
                compare(args, sounds.get(name), model, begun)
    results.print_table(results.read([args.out]))


if __name__ == '__main__':
    main()
