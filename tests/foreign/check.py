"""Reads exports with readers that others made, and compares what they find with what was said.

    check.py FOLDER...    each with every export of a call and expected.json
"""

import csv
import html
import json
import pathlib
import re
import sys
import sysconfig
import zipfile
from collections import defaultdict

import docx
import jsonschema
import openpyxl
import parselmouth
import pympi
import pysubs2
import srt
import svgelements
import textgrid
import webvtt
from assemblyai import types as assemblyai_types
from deepgram.types.listen_v1response import ListenV1Response
from lxml import etree
from markdown_it import MarkdownIt
from openai.types.audio import TranscriptionVerbose
from PIL import Image

# What reads each export here. Where a program publishes neither a reader nor a schema of its format, its
# shape is written down in SHAPES after the files that the program writes.
READERS = {
    "transcript.srt": "srt, pysubs2",
    "transcript.vtt": "webvtt-py, pysubs2",
    "chapters.vtt": "webvtt-py",
    "transcript.txt": "plain text",
    "transcript.md": "markdown-it-py",
    "transcript.docx": "python-docx",
    "segments.csv": "Python's csv, strict",
    "turns.csv": "Python's csv, strict",
    "markers.csv": "Python's csv, strict",
    "quotes.csv": "Python's csv, strict",
    "stickies.csv": "Python's csv, strict",
    "guide.csv": "Python's csv, strict",
    "quotes.xlsx": "openpyxl",
    "thank-you.md": "markdown-it-py",
    "transcript.TextGrid": "Praat (parselmouth), textgrid",
    "labels.txt": "the format of Audacity's manual, line by line",
    "transcript.eaf": "pympi-ling",
    "transcript.qdpx": "REFI-QDA's schema, lxml",
    "timeline.svg": "svgelements",
    "timeline.png": "Pillow",
    "transcript.podcast.json": "jsonschema, SHAPES",
    "transcript.whisper.json": "jsonschema, SHAPES",
    "transcript.whisperx.json": "jsonschema, SHAPES; pysubs2",
    "transcript.openai.json": "openai; pysubs2",
    "transcript.assemblyai.json": "assemblyai",
    "transcript.deepgram.json": "deepgram-sdk",
}

PACKAGES = pathlib.Path(sysconfig.get_path("purelib"))


def letters(texts):
    """What is left of texts when white space and order do not count."""
    return sorted(re.sub(r"\s", "", "".join(texts)))


def said(expected, label=None):
    return [s["text"] for s in expected["said"] if label in (None, s["speaker"])]


def same(found, wanted, what):
    if letters(found) != letters(wanted):
        raise AssertionError(f"{what}:\n  found  {found!r}\n  wanted {wanted!r}")


def check_webvtt(folder, expected):
    captions = list(webvtt.read(folder / "transcript.vtt"))
    by_voice = defaultdict(list)
    for caption in captions:
        by_voice[html.unescape(caption.voice)].append(html.unescape(caption.text))
        assert caption.end_in_seconds >= caption.start_in_seconds
    for label in expected["labels"]:
        same(by_voice[label], said(expected, label), f"vtt of {label}")
    chapters = list(webvtt.read(folder / "chapters.vtt"))
    assert len(chapters) in (expected["markers"], expected["markers"] + 1)


def check_srt(folder, expected):
    text = (folder / "transcript.srt").read_text(encoding="utf-8")
    cues = list(srt.parse(text))
    assert srt.compose(cues, reindex=False) == text
    for before, after in zip(cues, cues[1:]):
        assert before.end <= after.start and before.index + 1 == after.index
    found = "".join(cue.content for cue in cues)
    for segment in said(expected):
        for word in segment.replace("-->", "→").split():
            assert word in found or len(word) > 20, word


def check_pysubs2(folder, expected):
    for name, count in [("transcript.srt", None), ("transcript.vtt", None)]:
        events = pysubs2.load(str(folder / name), encoding="utf-8").events
        assert events and all(event.end > event.start for event in events), name
    for name in ["transcript.openai.json", "transcript.whisperx.json"]:
        document = json.loads((folder / name).read_text(encoding="utf-8"))
        events = pysubs2.load_from_whisper(document).events
        starts = [segment["start_ms"] for segment in expected["said"]]
        assert [event.start for event in events] == sorted(starts), name


def check_textgrid(folder, expected):
    path = str(folder / "transcript.TextGrid")
    praat = parselmouth.read(path)
    call = parselmouth.praat.call
    names = [call(praat, "Get tier name", n + 1) for n in range(call(praat, "Get number of tiers"))]
    other = textgrid.TextGrid.fromFile(path)
    assert names == [tier.name.replace('""', '"') for tier in other.tiers]
    for number, name in enumerate(names, 1):
        if name == "markers":
            assert call(praat, "Get number of points", number) == expected["markers"]
            continue
        count = call(praat, "Get number of intervals", number)
        texts = [call(praat, "Get label of interval", number, n + 1) for n in range(count)]
        label = name.removesuffix(" words")
        same(texts, said(expected, label), f"TextGrid tier {name}")
        times = [(i.minTime, i.maxTime) for i in other.getFirst(other.tiers[number - 1].name)]
        assert len(times) == count
        assert all(before[1] == after[0] for before, after in zip(times, times[1:]))


def check_elan(folder, expected):
    eaf = pympi.Elan.Eaf(str(folder / "transcript.eaf"))
    for label in expected["labels"]:
        for tier in (label, f"{label} words"):
            annotations = sorted(eaf.get_annotation_data_for_tier(tier))
            same([a[2] for a in annotations], said(expected, label), f"ELAN tier {tier}")
            assert all(a[1] <= b[0] for a, b in zip(annotations, annotations[1:]))
    if expected["markers"]:
        assert len(eaf.get_annotation_data_for_tier("markers")) == expected["markers"]


def check_docx(folder, expected):
    packed(folder / "transcript.docx")
    document = docx.Document(str(folder / "transcript.docx"))
    assert document.core_properties.title == expected["title"]
    assert document.core_properties.created.year == 2026
    paragraphs = [(p.style.name, p.text) for p in document.paragraphs]
    assert paragraphs[0] == ("Title", expected["title"])
    quotes = [row["Direct Quote"] for row in table(folder / "quotes.csv") if row["Direct Quote"]]
    found = [text.split(": “", 1)[1].removesuffix("”") for name, text in paragraphs if name == "Quote"]
    assert found == quotes
    after = [text for _, text in paragraphs]
    after = after[after.index("Transcript") + 1 :]
    whole = "\n".join(after)
    for segment in expected["said"]:
        assert segment["text"] in whole and f"{segment['speaker']}: " in whole


def packed(path):
    with zipfile.ZipFile(path) as package:
        assert package.testzip() is None
        assert all(info.date_time == (1980, 1, 1, 0, 0, 0) for info in package.infolist())
        return {name: package.read(name) for name in package.namelist()}


def check_refi(folder, expected):
    files = packed(folder / "transcript.qdpx")
    project = etree.fromstring(files.pop("project.qde"))
    schema = PACKAGES / "qualitative_coding" / "refi_qda" / "schema.xsd"
    etree.XMLSchema(etree.parse(str(schema))).assertValid(project)
    space = {"q": "urn:QDA-XML:project:1.0"}
    guids = project.xpath("//@guid")
    assert len(guids) == len(set(guids)), "a GUID stands twice"
    targets = project.xpath("//@targetGUID | //@fromSyncPoint | //@toSyncPoint")
    assert set(targets) <= set(guids), "a reference leads nowhere"
    (transcript,) = project.xpath("//q:Transcript", namespaces=space)
    path = transcript.get("plainTextPath").removeprefix("internal://")
    text = files[f"sources/{path}"].decode("utf-8")
    points = transcript.xpath("q:SyncPoint", namespaces=space)
    positions = [int(point.get("position")) for point in points]
    stamps = [int(point.get("timeStamp")) for point in points]
    assert stamps == sorted(stamps) and positions[-1] == len(text)
    lines = [text[a:b] for a, b in zip(positions, positions[1:])]
    wanted = [f"{s['speaker']}: {s['text']}\n" for s in expected["said"]]
    assert lines == wanted
    selections = project.xpath("//q:TranscriptSelection | //q:AudioSelection", namespaces=space)
    assert len(selections) == expected["markers"]


def restored(cell):
    """A cell without the apostrophe that keeps spreadsheets from seeing a formula."""
    return re.sub("^'(?=[\\s'\u200b-\u200f\ufeff]*[=+@＝＋－＠-])", "", cell)


def table(path):
    with open(path, encoding="utf-8-sig", newline="") as file:
        head, *rows = csv.reader(file, strict=True)
    for row in rows:
        assert len(row) == len(head), path
        assert not any(cell.lstrip()[:1] in tuple("=+-@") for cell in row if cell.strip()), row
    return [dict(zip(head, map(restored, row))) for row in rows]


def check_csv(folder, expected):
    found = [(r["speaker"], int(r["start_ms"]), r["text"]) for r in table(folder / "segments.csv")]
    assert found == [(s["speaker"], s["start_ms"], s["text"]) for s in expected["said"]]
    assert table(folder / "turns.csv")
    assert len(table(folder / "markers.csv")) == expected["markers"]
    sheet = table(folder / "quotes.csv")
    assert len(sheet) == expected["markers"]
    four = ["Problem", "Observed Behavior", "Emotion", "Direct Quote"]
    assert not sheet or list(sheet[0])[:4] == four
    for row in sheet:
        assert re.fullmatch(r"audio/\w+\.wav#t=[0-9.]+,[0-9.]+", row["Link"]), row["Link"]
    assert all(row["Insight"] for row in table(folder / "stickies.csv"))


def check_xlsx(folder, expected):
    packed(folder / "quotes.xlsx")
    book = openpyxl.load_workbook(folder / "quotes.xlsx")
    assert book.properties.title == expected["title"]
    sheets = {
        "Quotes": "quotes.csv",
        "Sticky notes": "stickies.csv",
        "Markers": "markers.csv",
        "Turns": "turns.csv",
        "Segments": "segments.csv",
    }
    assert book.sheetnames == list(sheets)
    for sheet, name in sheets.items():
        head, *rows = book[sheet].iter_rows()
        head = [cell.value for cell in head]
        assert all(cell.data_type in ("s", "n", "inlineStr") for row in rows for cell in row), "a formula"
        found = [
            {title: "" if cell.value is None else str(cell.value) for title, cell in zip(head, row)}
            for row in rows
        ]
        assert found == table(folder / name), f"{sheet} is not {name}"
    head = [cell.value for cell in next(book["Quotes"].iter_rows())]
    assert head[:4] == ["Problem", "Observed Behavior", "Emotion", "Direct Quote"]
    numbers = [row[1].value for row in list(book["Segments"].iter_rows())[1:]]
    assert numbers == [segment["start_ms"] for segment in expected["said"]]


def shown(path):
    """What a reader of Markdown shows, without white space."""
    text = path.read_text(encoding="utf-8")
    if text.startswith("---\n"):
        text = text.split("\n---\n", 1)[1]
    tokens = MarkdownIt("commonmark").parse(text)
    inline = [child for token in tokens for child in token.children or []]
    assert not any(child.type in ("html_inline", "link_open", "image") for child in inline)
    assert not any(token.type in ("html_block", "code_block") for token in tokens)
    return re.sub(r"\s", "", "".join(child.content for child in inline))


def check_markdown(folder, expected):
    text = shown(folder / "transcript.md")
    for segment in expected["said"]:
        assert re.sub(r"\s", "", segment["text"]) in text, segment["text"]
    for question in expected["questions"]:
        assert re.sub(r"\s", "", question) in text, question
    assert "Threethingsstaywithme" in shown(folder / "thank-you.md") or not expected["markers"]


def check_text(folder, expected):
    text = (folder / "transcript.txt").read_text(encoding="utf-8")
    assert "\r" not in text and "\0" not in text
    for segment in expected["said"]:
        assert segment["text"] in text, segment["text"]


def check_svg(folder, expected):
    picture = svgelements.SVG.parse(str(folder / "timeline.svg"))
    shapes = list(picture.elements())
    texts = [shape.text for shape in shapes if isinstance(shape, svgelements.Text)]
    assert any(expected["title"] in text for text in texts if text), texts
    assert sum(isinstance(shape, svgelements.Rect) for shape in shapes) > len(expected["labels"])
    for shape in shapes:
        if isinstance(shape, svgelements.Rect):
            assert shape.width >= 0 and shape.x >= 0 and shape.x + shape.width <= picture.width


def check_png(folder, expected):
    drawn = svgelements.SVG.parse(str(folder / "timeline.svg"))
    Image.open(folder / "timeline.png").verify()
    picture = Image.open(folder / "timeline.png").convert("RGB")
    assert picture.size == (2 * drawn.width, 2 * drawn.height), picture.size
    # The rows are where the SVG has them, and text stands beside them.
    rows = [s for s in drawn.elements() if isinstance(s, svgelements.Rect) and s.fill == "#1f4e79"]
    for row in (row for row in rows if row.width > 2):
        at = (int(2 * (row.x + row.width / 2)), int(2 * (row.y + row.height / 2)))
        around = [picture.getpixel((at[0] + dx, at[1])) for dx in range(-9, 10)]
        assert (0x1F, 0x4E, 0x79) in around or (0, 0, 0) in around, (at, around)
    labels = picture.crop((0, 200, 240, picture.height - 100)).convert("L")
    assert not expected["said"] or labels.getextrema()[0] < 60, "no names"


def check_guide(folder, expected):
    asked = [row["question"] for row in table(folder / "guide.csv")]
    assert asked == expected["questions"]


def check_that_all_are_read(folder, expected):
    assert sorted(expected["files"]) == sorted(READERS)


def check_audacity(folder, expected):
    lines = (folder / "labels.txt").read_text(encoding="utf-8").splitlines()
    assert len(lines) == len(expected["said"]) + expected["markers"]
    for line in lines:
        assert re.fullmatch(r"\d+\.\d{6}\t\d+\.\d{6}\t[^\t]+", line), line


SECONDS = {"type": "number", "minimum": 0}
STAMP = {"type": "string", "pattern": r"^\d\d+:\d\d:\d\d,\d\d\d$"}


def record(**fields):
    return {
        "type": "object",
        "properties": fields,
        "required": list(fields),
        "additionalProperties": False,
    }


def many(item):
    return {"type": "array", "items": item}


TEXT = {"type": "string", "minLength": 1}
TIMES = {
    "timestamps": record(**{"from": STAMP, "to": STAMP}),
    "offsets": record(**{"from": {"type": "integer"}, "to": {"type": "integer"}}),
}
WORD = record(word=TEXT, start=SECONDS, end=SECONDS, score=SECONDS, speaker=TEXT)
SHAPES = {
    "transcript.podcast.json": record(
        version={"const": "1.0.0"},
        segments=many(record(speaker=TEXT, startTime=SECONDS, endTime=SECONDS, body=TEXT)),
    ),
    "transcript.whisper.json": record(
        systeminfo={"type": "string"},
        model=record(type={"type": "string"}),
        params=record(
            model={"type": "string"}, language={"type": "string"}, translate={"type": "boolean"}
        ),
        result=record(language={"type": "string"}),
        transcription=many(
            record(
                **TIMES,
                text={"type": "string", "pattern": "^ "},
                speaker={"enum": ["0", "1", "?"]},
                tokens=many(record(text=TEXT, **TIMES, p=SECONDS, t_dtw={"const": -1})),
            )
        ),
    ),
    "transcript.whisperx.json": record(
        segments=many(record(start=SECONDS, end=SECONDS, text=TEXT, words=many(WORD), speaker=TEXT)),
        word_segments=many(WORD),
        language={"type": "string"},
    ),
}


def check_json(folder, expected):
    for name, shape in SHAPES.items():
        document = json.loads((folder / name).read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator(shape).validate(document)
    read = lambda name: (folder / f"transcript.{name}.json").read_text(encoding="utf-8")
    openai = TranscriptionVerbose.model_validate_json(read("openai"))
    same([segment.text for segment in openai.segments], said(expected), "OpenAI")
    same([word.word for word in openai.words], said(expected), "words of OpenAI")
    assembly = assemblyai_types.TranscriptResponse.parse_raw(read("assemblyai"))
    same([utterance.text for utterance in assembly.utterances], said(expected), "AssemblyAI")
    assert assembly.status == assemblyai_types.TranscriptStatus.completed
    deepgram = ListenV1Response.model_validate_json(read("deepgram"))
    found = [channel.alternatives[0].transcript for channel in deepgram.results.channels]
    same(found, said(expected), "Deepgram")
    assert len(deepgram.results.utterances) == len(expected["said"])


def main(folders):
    checks = [check for name, check in globals().items() if name.startswith("check_")]
    faults = 0
    for folder in map(pathlib.Path, folders):
        expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
        for check in checks:
            try:
                check(folder, expected)
            except Exception as fault:
                faults += 1
                print(f"{folder.name}: {check.__name__}: {type(fault).__name__}: {fault}"[:2000])
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
