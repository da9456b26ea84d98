//! What must give all of its text, from the samples to the words: speech that never pauses, and words
//! that were shown while they were spoken.
#![cfg(all(target_os = "linux", feature = "cli"))]

#[path = "support/hearing.rs"]
mod hearing;
mod support;

use hearing::{archive, rms};
use support::engine::{TimedText, long_speech, no_word_is_lost, starter, words_met};
use support::program::{expect_code, json, only_session, run, verbatim, write_wav};
use support::wer;
use verbatim::audio::Track;
use verbatim::engine::neural::Neural;
use verbatim::text::Transcriber;
use verbatim::text::agreement::{Agreement, AgreementOptions};
use verbatim::text::transcribe::transcribe_utterance;
use verbatim::text::words::RawWord;
use verbatim::time::{Span, TICKS_PER_MS, Tick};
use verbatim::voice::analysis::{Analyzer, VoiceEvent};
use verbatim::voice::utterance::Cut;

/// Utterances that a live session hands to the recogniser. `samples` are at 16 kHz.
fn utterances(samples: &[i16]) -> Vec<Cut> {
    let detector = Box::new(Neural::new().expect("the weights are in the program"));
    let mut analyzer = Analyzer::suited(Track::System, detector);
    let mut events = Vec::new();
    for block in archive(samples).chunks(960) {
        analyzer.push(block, &mut events);
    }
    analyzer.finish(&mut events);
    let cut = |event| match event {
        VoiceEvent::Utterance(cut) => Some(cut),
        _ => None,
    };
    events.into_iter().filter_map(cut).collect()
}

/// The sound of a span at 16 kHz.
fn sound(samples: &[i16], span: Span) -> Vec<i16> {
    let at = |tick: u64| ((tick / 3) as usize).min(samples.len());
    samples[at(span.start.0)..at(span.end.0)].to_vec()
}

/// The words of an utterance, as a live session writes them.
fn words(samples: &[i16], cut: &Cut, recogniser: &mut dyn Transcriber) -> Vec<TimedText> {
    let read = &mut |_: Track, span: Span| Ok(sound(samples, span));
    let part = (cut.span, cut.audio);
    let text = transcribe_utterance(cut.track, part, recogniser, read).expect("a decode");
    let words = text.words().into_iter();
    words
        .map(|(word, time)| TimedText {
            text: word.text,
            start_ms: time.start.ms(),
            end_ms: time.end.ms(),
        })
        .collect()
}

/// How often an open utterance is looked at, as the scheduler does it on a machine that is quick enough.
const STEP: u64 = 600 * TICKS_PER_MS;

/// The texts that are shown of an utterance while it is spoken, then its final one.
fn shown(samples: &[i16], cut: &Cut, recogniser: &mut dyn Transcriber) -> Vec<Vec<String>> {
    let read = &mut |_: Track, span: Span| Ok(sound(samples, span));
    let mut decode = |end: Tick| {
        let speech = Span::new(cut.span.start, end.min(cut.span.end));
        let part = (speech, Span::new(cut.audio.start, end));
        transcribe_utterance(cut.track, part, recogniser, read).expect("a decode")
    };
    let mut agreement = Agreement::new(AgreementOptions::default(), cut.audio.start);
    let mut shown = Vec::new();
    let mut heard = cut.audio.start.after(800 * TICKS_PER_MS);
    while heard < cut.span.end {
        if let Some(partial) = agreement.push(decode(heard).words(), heard) {
            shown.push(partial.words);
        }
        heard = heard.after(STEP);
    }
    shown.push(decode(cut.audio.end).settle(cut.span, agreement).words());
    let plain = |words: Vec<(RawWord, Span)>| {
        let words = words.iter().flat_map(|(word, _)| wer::words(&word.text));
        words.collect()
    };
    shown.into_iter().map(plain).collect()
}

/// Words that one text has and the other has not, in their order.
fn gone(before: &[String], after: &[String]) -> usize {
    let mut longest = vec![vec![0; after.len() + 1]; before.len() + 1];
    for (i, a) in before.iter().enumerate() {
        for (j, b) in after.iter().enumerate() {
            longest[i + 1][j + 1] = match a == b {
                true => longest[i][j] + 1,
                false => longest[i][j + 1].max(longest[i + 1][j]),
            };
        }
    }
    before.len() - longest[before.len()][after.len()]
}

#[test]
fn few_words_change_after_they_are_shown() {
    let mut recogniser = starter();
    let (mut ever, mut changed) = (0, 0);
    for side in [Track::Mic, Track::System] {
        let samples = hearing::track(side);
        for cut in utterances(&samples) {
            let texts = shown(&samples, &cut, &mut recogniser);
            let mut before: &[String] = &[];
            for (at, text) in texts.iter().enumerate() {
                changed += gone(before, text);
                if at + 1 < texts.len() {
                    ever += gone(text, before);
                }
                before = text;
            }
        }
    }
    assert!(
        ever > 230,
        "only {ever} words are shown while they are spoken"
    );
    assert!(changed * 20 < ever, "{changed} of {ever} changed");
}

/// Words of the truth that a cut goes through: those in whose middle it lies.
fn words_cut(truth: &[TimedText], cuts: &[Cut]) -> Vec<String> {
    /// Sound at a word's edges that may lie beyond a cut, in milliseconds: the synthesiser's own
    /// word boundaries are not where it is quietest.
    const EDGE_MS: u64 = 60;
    let inside = |word: &&TimedText| {
        let at = |cut: &Cut| {
            let end = cut.span.end.ms();
            word.start_ms + EDGE_MS < end && end + EDGE_MS < word.end_ms
        };
        cuts.iter().any(at)
    };
    let through = truth.iter().filter(inside);
    through.map(|word| format!("{word:?}")).collect()
}

#[test]
fn speech_without_a_pause_is_cut_between_words_and_loses_none() {
    let (samples, truth) = long_speech();
    let cuts = utterances(&samples);
    assert!(cuts.len() >= 5, "{cuts:?}");
    for pair in cuts.windows(2) {
        assert_eq!(pair[0].span.end, pair[1].span.start, "the pieces tile");
        assert_eq!(pair[0].audio.end, pair[1].audio.start, "the sound tiles");
    }
    assert!(cuts.iter().all(|cut| cut.audio.ms() <= 15_000), "{cuts:?}");
    let (first, last) = (cuts[0].span, cuts[cuts.len() - 1].span);
    let length_ms = samples.len() as u64 / 16;
    assert!(first.start.ms() < 300 && last.end.ms() + 300 > length_ms);
    let usual = rms(&samples);
    for cut in &cuts[..cuts.len() - 1] {
        let around = Span::new(cut.span.end.before(480), cut.span.end.after(480));
        let level = rms(&sound(&samples, around));
        assert!(level < usual / 5.0, "{level} of {usual} at {cut:?}");
    }
    let through = words_cut(&truth, &cuts[..cuts.len() - 1]);
    assert!(through.is_empty(), "cut through {through:?}: {cuts:?}");
    let mut recogniser = starter();
    let heard: Vec<TimedText> = cuts
        .iter()
        .flat_map(|cut| words(&samples, cut, &mut recogniser))
        .collect();
    let at: Vec<u64> = cuts.iter().map(|cut| cut.span.end.ms()).collect();
    no_word_is_lost(&truth, &heard, &at[..at.len() - 1]);
}

#[test]
fn a_file_of_speech_without_a_pause_has_all_its_words_at_their_times() {
    let (samples, truth) = long_speech();
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("long.wav");
    write_wav(&file, 16_000, 1, &samples);
    let mut command = verbatim(dir.path());
    expect_code(&run(command.arg("transcribe").arg(&file)), 0);
    let transcript = json(&only_session(dir.path()).join("transcript.json"));
    assert_eq!(transcript["passes"][0]["timing_method"], "dtw");
    let heard: Vec<TimedText> = support::measure::array(&transcript["segments"])
        .flat_map(|segment| support::measure::array(&segment["words"]))
        .map(TimedText::of)
        .collect();
    no_word_is_lost(&truth, &heard, &[]);
    let met = words_met(&truth, &heard);
    assert!(met.median_ms <= 60, "{met:?}");
    for pair in heard.windows(2) {
        assert!(pair[0].end_ms <= pair[1].start_ms, "{pair:?}");
    }
}
