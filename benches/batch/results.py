"""Lines of results, and the table that is made of them."""
import json, re, statistics

WAYS = {'verbatim': 'verbatim', 'cli': 'whisper-cli', 'cli-vad': 'whisper-cli with its VAD'}
# Results with all of these alike are one comparison.
CASE = ('machine', 'cpus', 'threads', 'workers', 'sound', 'sound_sha256', 'model', 'model_sha256')


def words(text):
    text = re.sub(r'\[[^\]]*\]', ' ', text).replace('-', ' ').lower()
    found = (''.join(c for c in word if c.isalnum() or c == "'") for word in text.split())
    return [word for word in found if word]


def errors(reference, heard):
    """Words substituted, left out and put in, by the shortest way: Myers' columns of bits."""
    if not reference:
        return len(heard)
    where = {}
    for i, word in enumerate(reference):
        where[word] = where.get(word, 0) | 1 << i
    mask, last = (1 << len(reference)) - 1, 1 << len(reference) - 1
    up, down, count = mask, 0, len(reference)
    for word in heard:
        same = where.get(word, 0)
        vertical, across = same | down, ((same & up) + up ^ up) | same
        more, less = down | mask & ~(across | up), up & across
        count += bool(more & last) - bool(less & last)
        more, less = (more << 1 | 1) & mask, less << 1 & mask
        up, down = less | mask & ~(vertical | more), more & vertical
    return count


def read(paths):
    """Results of several files, each once."""
    found = []
    for path in paths:
        try:
            with open(path) as file:
                lines = [json.loads(line) for line in file if line.endswith('\n')]
        except FileNotFoundError:
            continue
        found += [line for line in lines if line not in found]
    return found


def case(result):
    return tuple(result.get(key) for key in CASE)


def rounds(results, wanted):
    """The rounds of a case: for each, the figures of every way that it holds."""
    found = {}
    for result in results:
        if case(result) == wanted:
            found.setdefault(result['round'], {})[result['way']] = result
    return found


def spread(values, form):
    low, middle, high = min(values), statistics.median(values), max(values)
    return form % middle if len(values) == 1 else '%s (%s to %s)' % (form % middle, form % low, form % high)


def print_table(results):
    heads = 'sound | model | program | rounds | wall | whisper-cli / verbatim | processor | ratio | memory | ratio | word error rate'
    before = None
    for wanted in dict.fromkeys(case(result) for result in results):
        told = dict(zip(CASE, wanted))
        setting = '%s, processors %s, %d threads' % (told['machine'], told['cpus'], told['threads'])
        if told['workers']:
            setting += ', %d workers' % told['workers']
        if setting != before:
            print('\n%s\n\n| %s |\n|%s' % (setting, heads, '---|' * (heads.count('|') + 1)))
            before = setting
        held = rounds(results, wanted)
        for way, title in WAYS.items():
            own = [ways[way] for ways in held.values() if way in ways]
            if not own:
                continue
            row = [told['sound'] if way == 'verbatim' else '', told['model'] if way == 'verbatim' else '', title, str(len(own))]
            for key, form in (('wall', '%.1f s'), ('cpu', '%.1f s'), ('memory', '%.0f MB')):
                # A ratio is between two runs of the same round, minutes apart at most.
                pairs = [ways[way][key] / ways['verbatim'][key] for ways in held.values() if {way, 'verbatim'} <= set(ways)]
                row += [spread([one[key] for one in own], form), spread(pairs, '%.2f') if pairs and way != 'verbatim' else '']
            row.append(spread([one['wer'] for one in own], '%.1f %%') if len({one['wer'] for one in own}) > 1 else '%.1f %%' % own[0]['wer'])
            print('| %s |' % ' | '.join(row))
