//! What the lines of a recorder say about its captions.

use std::collections::BTreeMap;

use serde_json::Value;

use super::batch::{self, Speech};
use super::call::{Line, Recorded};
use super::load::{Sample, processors};
use super::support::measure::array;
use super::support::program::{json, sample_call};
use super::words::{Joins, Word, is_alike, letters, of_segments, pairs};
use verbatim::audio::Track;
use verbatim::time::Span;

/// How far a word's time in a caption may be from its true one, in milliseconds, and it is still taken
/// for it.
const NEAR_MS: i64 = 1_500;

/// Time after the end of an utterance by which the recorder knows of it: the pause that ends speech, and
/// what it takes to tell speech from echo. In milliseconds.
const KNOWN_AFTER_MS: i64 = 1_500;

/// Wait after which an utterance has fallen behind and others may go before it, in milliseconds.
const LATE_MS: i64 = 8_000;

/// Seconds over which a share of the processors is to be kept.
const SHARE_OVER_S: f64 = 20.0;

/// A word that was spoken, and when it was shown.
struct Spoken {
    track: String,
    word: Word,
    shown_ms: Option<i64>,
    /// Up to where the line that showed it had heard.
    heard_ms: Option<i64>,
    committed_ms: Option<i64>,
}

/// The figures of a call. Delays are in milliseconds after the true end of the word or phrase.
#[derive(Default)]
pub struct Figures {
    pub spoken: usize,
    pub shown: Vec<i64>,
    pub committed: Vec<i64>,
    pub finals: Vec<i64>,
    /// Parts of the delays above. Of a word: until the look that shows it begins, and what it takes.
    pub until_look: Vec<i64>,
    pub of_look: Vec<i64>,
    /// Of a phrase: until the recorder knows that it is over, and from then until its text is there.
    pub until_known: Vec<i64>,
    pub of_text: Vec<i64>,
    /// A decode of an utterance by itself, after the call.
    pub decode: Vec<i64>,
    /// Words that were shown, and those of them that were later replaced or taken back.
    pub ever_shown: usize,
    pub later_changed: usize,
    pub partials: usize,
    /// Committed words that a later line did not repeat letter by letter.
    pub committed_changed: usize,
    /// Against a decode of each utterance for itself.
    pub compared: usize,
    pub joins: Joins,
    /// Utterances without a final, and speech without text in the finished session.
    pub deferred: usize,
    /// Looks at open utterances that were begun while an utterance that had just ended waited.
    pub out_of_order: usize,
    pub untranscribed_ms: i64,
    pub lost_samples: i64,
    /// Longest wait of an utterance, and the time from the end of the call to the last text.
    pub behind_ms: i64,
    pub caught_up_ms: i64,
    /// Processors used from the start of the call to its end.
    pub all: f64,
    pub recogniser: f64,
    /// The recogniser's most over some seconds, as a share of the machine.
    pub most_share: f64,
    pub share: f64,
    /// From the player's start to the first sample of the call.
    pub begun_ms: i64,
    pub apart_ms: i64,
    pub code: Option<i32>,
    /// For each quarter of a minute: partials, finals, and the longest wait in milliseconds.
    pub course: Vec<(usize, usize, i64)>,
}

impl Figures {
    pub fn of(recorded: &Recorded) -> Figures {
        let mut figures = Figures::default();
        let mut spoken = spoken(recorded);
        for line in &recorded.lines {
            figures.delays(recorded, line, &mut spoken);
        }
        figures.spoken = spoken.len();
        let after = |came: Option<i64>, word: &Spoken| came.map(|came| came - word.word.end_ms);
        figures.shown = sorted(spoken.iter().filter_map(|w| after(w.shown_ms, w)));
        figures.committed = sorted(spoken.iter().filter_map(|w| after(w.committed_ms, w)));
        figures.until_look = sorted(spoken.iter().filter_map(|w| after(w.heard_ms, w)));
        let of_look = |w: &Spoken| Some(w.shown_ms? - w.heard_ms?);
        figures.of_look = sorted(spoken.iter().filter_map(of_look));
        for parts in [
            &mut figures.finals,
            &mut figures.until_known,
            &mut figures.of_text,
        ] {
            parts.sort_unstable();
        }
        figures.steadiness(recorded);
        figures.completeness(recorded);
        figures.processors(recorded);
        figures.course(recorded);
        figures.out_of_order = out_of_order(recorded);
        let lags: Vec<i64> = recorded.lags.iter().map(|(_, lag)| *lag).collect();
        figures.apart_ms = (lags[0] - lags[1]).abs();
        figures.begun_ms =
            lags[0] - recorded.played.duration_since(recorded.epoch).as_millis() as i64;
        figures.code = recorded.code;
        figures
    }

    /// Notes which spoken words a line shows for the first time.
    fn delays(&mut self, recorded: &Recorded, line: &Line, spoken: &mut [Spoken]) {
        let (words, committed) = match (line.is("transcript.partial"), line.is("transcript.final"))
        {
            (true, _) => (partial_words(line), committed(line)),
            (_, true) => (of_segments(line.data()), usize::MAX),
            _ => return,
        };
        let came = recorded.came_ms(line);
        let data = line.data();
        let from = data["start_ms"].as_i64().expect("ms") - NEAR_MS;
        let end = data["heard_ms"].as_i64().or(data["end_ms"].as_i64());
        let to = end.expect("ms") + NEAR_MS;
        let mut near: Vec<&mut Spoken> = spoken
            .iter_mut()
            .filter(|s| data["track"] == s.track.as_str())
            .filter(|s| s.word.start_ms >= from && s.word.end_ms <= to)
            .collect();
        let truth: Vec<Word> = near.iter().map(|s| s.word.clone()).collect();
        let (a, b) = (letters(&truth), letters(&words));
        for pair in pairs(&a, &b) {
            let (Some(i), Some(j)) = pair else { continue };
            let apart = (truth[i].middle_ms() - words[j].middle_ms()).abs();
            if !is_alike(&a[i], &b[j]) || apart > NEAR_MS {
                continue;
            }
            if near[i].shown_ms.is_none() {
                near[i].shown_ms = Some(came);
                near[i].heard_ms = data["heard_ms"].as_i64();
            }
            if j < committed {
                near[i].committed_ms.get_or_insert(came);
            }
        }
        if line.is("transcript.final") {
            let end = phrase_end(line, &truth);
            self.finals.push(came - end);
            if let Some(known) = known_ms(recorded, line) {
                self.until_known.push(known - end);
                self.of_text.push(came - known);
            }
        }
    }

    /// Follows the words of each utterance from line to line.
    fn steadiness(&mut self, recorded: &Recorded) {
        let mut last: BTreeMap<String, (Vec<Word>, usize)> = BTreeMap::new();
        for line in &recorded.lines {
            let is_partial = line.is("transcript.partial");
            if !is_partial && !line.is("transcript.final") {
                continue;
            }
            self.partials += usize::from(is_partial);
            let id = line.data()["utterance"].as_str().expect("an id").to_owned();
            let (words, fixed) = match is_partial {
                true => (partial_words(line), committed(line)),
                false => (of_segments(line.data()), 0),
            };
            let (before, held) = last.remove(&id).unwrap_or_default();
            let same = |n: &usize| words.get(*n).map(|w| &w.text) == Some(&before[*n].text);
            self.committed_changed += held - (0..held).filter(same).count();
            let (a, b) = (letters(&before), letters(&words));
            let kept = pairs(&a, &b)
                .into_iter()
                .filter(|pair| matches!(*pair, (Some(i), Some(j)) if a[i] == b[j]))
                .count();
            self.later_changed += before.len() - kept;
            if is_partial {
                self.ever_shown += words.len() - kept;
                last.insert(id, (words, fixed));
            }
        }
    }

    /// Holds the text against a decode of the same speech, and looks for what is missing.
    fn completeness(&mut self, recorded: &Recorded) {
        let finals: Vec<&Line> = recorded
            .lines
            .iter()
            .filter(|l| l.is("transcript.final"))
            .collect();
        let mut texts: Vec<(Speech, Vec<Word>)> = finals
            .iter()
            .map(|line| (speech(line.data()), of_segments(line.data())))
            .collect();
        texts.sort_by_key(|((_, span), _)| span.start);
        let speech: Vec<Speech> = texts.iter().map(|(speech, _)| *speech).collect();
        let decoded = batch::decode(&recorded.session, &recorded.model, &speech);
        for ((alone, took_ms), (_, live)) in decoded.iter().zip(&texts) {
            self.compared += alone.len();
            self.decode.push(*took_ms);
            self.joins.add(&letters(alone), &letters(live));
        }
        self.decode.sort_unstable();
        let deferred = recorded
            .lines
            .iter()
            .filter(|line| line.is("transcript.deferred"));
        self.deferred = deferred.count();
        let transcript = json(&recorded.session.join("transcript.json"));
        self.untranscribed_ms = array(&transcript["untranscribed"]).map(length_ms).sum();
        let manifest = json(&recorded.session.join("session.json"));
        let lost = |track: &Value| track["lost_samples"].as_i64().expect("samples");
        self.lost_samples = array(&manifest["tracks"]).map(lost).sum();
        let last = finals.iter().map(|line| line.at).max();
        let late = last.and_then(|last| last.checked_duration_since(recorded.over));
        self.caught_up_ms = late.unwrap_or_default().as_millis() as i64;
    }

    fn processors(&mut self, recorded: &Recorded) {
        let inside: Vec<Sample> = recorded
            .samples
            .iter()
            .filter(|sample| (recorded.played..=recorded.over).contains(&sample.at))
            .copied()
            .collect();
        let (Some(first), Some(last)) = (inside.first(), inside.last()) else {
            return;
        };
        let rate = |a: &Sample, b: &Sample, of: fn(&Sample) -> f64| {
            (of(b) - of(a)) / b.at.duration_since(a.at).as_secs_f64().max(0.1)
        };
        self.all = rate(first, last, |sample| sample.all);
        self.recogniser = rate(first, last, |sample| sample.recogniser);
        let machine = processors() as f64;
        self.share = self.recogniser / machine;
        for (at, from) in inside.iter().enumerate() {
            let until = |to: &&Sample| to.at.duration_since(from.at).as_secs_f64() >= SHARE_OVER_S;
            if let Some(to) = inside[at..].iter().find(until) {
                let share = rate(from, to, |sample| sample.recogniser) / machine;
                self.most_share = self.most_share.max(share);
            }
        }
    }

    fn course(&mut self, recorded: &Recorded) {
        for line in &recorded.lines {
            let quarter = (recorded.came_ms(line) / 15_000) as usize;
            if self.course.len() <= quarter {
                self.course.resize(quarter + 1, (0, 0, 0));
            }
            let (partials, finals, behind) = &mut self.course[quarter];
            *partials += usize::from(line.is("transcript.partial"));
            *finals += usize::from(line.is("transcript.final"));
            if line.is("backlog") {
                let waited = line.data()["behind_ms"].as_i64().expect("ms");
                *behind = waited.max(*behind);
                self.behind_ms = waited.max(self.behind_ms);
            }
        }
    }
}

/// The words of the call on the session's timeline.
fn spoken(recorded: &Recorded) -> Vec<Spoken> {
    let truth = json(&sample_call("words.json"));
    array(&truth["words"])
        .map(|value| {
            let track = value["track"].as_str().expect("a track").to_owned();
            let shift = recorded.lag_ms(&track);
            let word = Word::of(value);
            Spoken {
                track,
                word: Word {
                    start_ms: word.start_ms + shift,
                    end_ms: word.end_ms + shift,
                    ..word
                },
                shown_ms: None,
                heard_ms: None,
                committed_ms: None,
            }
        })
        .collect()
}

/// Partials for which a final had to wait: all they hear was spoken after the recorder knew that the
/// utterance is over, and they come first nevertheless.
fn out_of_order(recorded: &Recorded) -> usize {
    let ms = |line: &Line, name: &str| line.data()[name].as_i64().expect("ms");
    let waits = |partial: &Line, last: &Line| {
        let known = ms(last, "end_ms") + KNOWN_AFTER_MS;
        let begun = ms(partial, "heard_ms");
        last.at > partial.at && (known..known + LATE_MS).contains(&begun)
    };
    let lines = recorded.lines.iter();
    let finals: Vec<&Line> = lines.filter(|l| l.is("transcript.final")).collect();
    let partials = recorded.lines.iter().filter(|l| l.is("transcript.partial"));
    partials
        .filter(|partial| finals.iter().any(|last| waits(partial, last)))
        .count()
}

/// When the recorder told that the speech of a final is over.
fn known_ms(recorded: &Recorded, last: &Line) -> Option<i64> {
    let is_it = |line: &&Line| {
        let same = |field: &str| line.data()[field] == last.data()[field];
        line.is("speech.end") && same("track") && same("end_ms")
    };
    let told = recorded.lines.iter().find(is_it)?;
    Some(recorded.came_ms(told))
}

/// When the last word of a final's speech was spoken.
fn phrase_end(line: &Line, near: &[Word]) -> i64 {
    let (from, to) = (&line.data()["start_ms"], &line.data()["end_ms"]);
    let (from, to) = (from.as_i64().expect("ms"), to.as_i64().expect("ms"));
    let inside = |word: &&Word| (from..to).contains(&word.middle_ms());
    near.iter()
        .filter(inside)
        .map(|word| word.end_ms)
        .max()
        .unwrap_or(to)
}

fn partial_words(line: &Line) -> Vec<Word> {
    array(&line.data()["words"]).map(Word::of).collect()
}

fn committed(line: &Line) -> usize {
    line.data()["committed"].as_u64().expect("a number") as usize
}

fn speech(data: &Value) -> Speech {
    let ms = |edge: &str| data[edge].as_u64().expect("ms");
    let track: Track = serde_json::from_value(data["track"].clone()).expect("a track");
    (track, Span::from_ms(ms("start_ms"), ms("end_ms")))
}

fn length_ms(range: &Value) -> i64 {
    range["end_ms"].as_i64().expect("ms") - range["start_ms"].as_i64().expect("ms")
}

fn sorted(delays: impl Iterator<Item = i64>) -> Vec<i64> {
    let mut delays: Vec<i64> = delays.collect();
    delays.sort_unstable();
    delays
}

/// The value below which `share` of a sorted list lies.
pub fn quantile(sorted: &[i64], share: f64) -> i64 {
    let at = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(at.saturating_sub(1)).copied().unwrap_or(0)
}
