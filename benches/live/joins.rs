//! Words lost or doubled where the text of an utterance that is over joins the words that were shown
//! while it was spoken: every utterance of the sample call, looked at by every rhythm and phase.
//!
//! Real time shows each join once a run; this decodes every beginning of each utterance once and then
//! plays all rhythms of looks over them.

use std::iter::StepBy;
use std::ops::Range;
use std::path::Path;
use std::thread;

use serde_json::Value;
use verbatim::audio::Track;
use verbatim::engine::whisper::Whisper;
use verbatim::text::agreement::{Agreement, AgreementOptions};
use verbatim::text::align::TimedWord;
use verbatim::text::schedule::PaceOptions;
use verbatim::text::transcribe::{SpanText, transcribe_utterance};
use verbatim::time::{Span, TICKS_PER_ANALYSIS_SAMPLE, TICKS_PER_MS, Tick};

use super::batch::{Speech, sound};
use super::support::measure::array;
use super::support::program::{flac, run, sample_call, verbatim};
use super::support::recogniser::settings;
use super::words::{Joins, Word, letters};

/// Distance of the beginnings that are decoded, in milliseconds; looks fall on these.
const GRID_MS: u64 = 100;

/// Times between looks, in milliseconds.
const STEPS_MS: [u64; 6] = [600, 800, 1_000, 1_400, 2_000, 3_000];

const TRACKS: [Track; 2] = [Track::Mic, Track::System];

/// An utterance and what is heard of it.
struct Heard {
    speech: Span,
    audio: Span,
    /// Words of the sound up to each time, in order.
    looks: Vec<(Tick, Vec<TimedWord>)>,
    whole: SpanText,
}

/// What came of one rhythm.
#[derive(Default)]
pub struct Rhythm {
    pub step_ms: u64,
    pub ends: usize,
    pub words: usize,
    pub joins: Joins,
}

/// Decodes the sample call with `model`, by so many threads, and plays all rhythms.
pub fn measure(model: &Path, threads: usize) -> Vec<Rhythm> {
    let speech = speech();
    let tracks = TRACKS.map(|track| flac(&sample_call(&format!("{track}.flac"))));
    let heard: Vec<Heard> = thread::scope(|scope| {
        let (speech, tracks) = (&speech, &tracks);
        let workers: Vec<_> = (0..threads)
            .map(|first| {
                let mine = (first..speech.len()).step_by(threads);
                scope.spawn(move || hear(model, speech, tracks, mine))
            })
            .collect();
        let heard = workers.into_iter().map(|worker| worker.join());
        heard.flat_map(|heard| heard.expect("a worker")).collect()
    });
    STEPS_MS.map(|step| rhythm(&heard, step)).into()
}

fn rhythm(heard: &[Heard], step_ms: u64) -> Rhythm {
    let mut rhythm = Rhythm {
        step_ms,
        ..Rhythm::default()
    };
    let step = (step_ms / GRID_MS) as usize;
    for utterance in heard {
        let alone = plain(utterance.whole.words());
        for phase in 0..step {
            let options = AgreementOptions::default();
            let mut agreement = Agreement::new(options, utterance.audio.start);
            for (end, words) in utterance.looks.iter().skip(phase).step_by(step) {
                agreement.push(words.clone(), *end);
            }
            let live = utterance.whole.clone().settle(utterance.speech, agreement);
            rhythm.ends += 1;
            rhythm.words += alone.len();
            rhythm.joins.add(&alone, &plain(live.words()));
        }
    }
    rhythm
}

/// Decodes these utterances whole, and each as all that it may be looked at as while it is open.
fn hear(
    model: &Path,
    speech: &[Speech],
    tracks: &[Vec<i16>],
    mine: StepBy<Range<usize>>,
) -> Vec<Heard> {
    let mut whisper = Whisper::load(&settings(model))
        .expect("the model loads")
        .remove(0);
    let mut heard = Vec::new();
    for at in mine {
        let (track, span) = speech[at];
        let audio = sound(speech, at);
        let mut decode = |span: Span, audio: Span| {
            transcribe_utterance(track, (span, audio), &mut whisper, &mut |track, span| {
                Ok(cut(&tracks[usize::from(track == Track::System)], span))
            })
            .expect("the speech is decoded")
        };
        let first = u64::from(PaceOptions::default().first_ms) * TICKS_PER_MS;
        let ends = (audio.start.0 + first..span.end.0).step_by((GRID_MS * TICKS_PER_MS) as usize);
        let looks = ends.map(Tick).map(|end| {
            let text = decode(Span::new(span.start, end), Span::new(audio.start, end));
            (end, text.words())
        });
        heard.push(Heard {
            speech: span,
            audio,
            looks: looks.collect(),
            whole: decode(span, audio),
        });
    }
    heard
}

/// The speech of the sample call as verbatim itself finds it.
fn speech() -> Vec<Speech> {
    let dir = tempfile::tempdir().expect("a folder");
    let files = TRACKS.map(|track| sample_call(&format!("{track}.flac")));
    let output = run(verbatim(dir.path()).arg("turns").args(files));
    let turns: Value = serde_json::from_slice(&output.stdout).expect("turns");
    let mut speech = Vec::new();
    for (track, found) in TRACKS.into_iter().zip(array(&turns["tracks"])) {
        for span in array(&found["speech"]) {
            let ms = |edge: &str| span[edge].as_u64().expect("ms");
            speech.push((track, Span::from_ms(ms("start_ms"), ms("end_ms"))));
        }
    }
    speech.sort_by_key(|(_, span): &Speech| span.start);
    speech
}

fn cut(track: &[i16], span: Span) -> Vec<i16> {
    let at = |tick: Tick| ((tick.0 / TICKS_PER_ANALYSIS_SAMPLE) as usize).min(track.len());
    track[at(span.start)..at(span.end)].to_vec()
}

fn plain(words: Vec<TimedWord>) -> Vec<String> {
    let words: Vec<Word> = words.into_iter().map(Word::heard).collect();
    letters(&words)
}
