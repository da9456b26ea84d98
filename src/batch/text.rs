//! Text for the speech of a session that has none yet.

use std::collections::{BTreeMap, VecDeque};

use super::again::written;
use super::language::Look;
use super::log::{BatchLog, Step, Watch};
use super::recall::Recalling;
use super::upcoming::Upcoming;
use crate::audio::Track;
use crate::document::common::{Untranscribed, UntranscribedReason};
use crate::document::transcript::{Pass, PassMode, PassScope, Segment, TranscriptDocument};
use crate::dsp::level::dbfs;
use crate::dsp::mixdown::to_f32;
use crate::error::Result;
use crate::event::{Envelope, Event, LanguageDetected, PassEnded, TranscriptFinal};
use crate::store::documents;
use crate::store::folder::SessionFolder;
use crate::store::journal::{self, Journal};
use crate::store::speech::SpeechReader;
use crate::store::windows::{self, Windows};
use crate::text::ids::Ids;
use crate::text::language::AUTO;
use crate::text::transcribe::{Outcome, transcribe_spans};
use crate::text::{Limits, Recogniser, Transcriber};
use crate::time::{Span, TICKS_PER_ANALYSIS_SAMPLE, TICKS_PER_MS, TICKS_PER_SECOND, Tick};
use crate::voice::utterance::{Cutter, UtteranceOptions};

/// Speech handed to the recogniser at a time, in milliseconds: what is done is logged before the next
/// portion begins, so that little is lost when the work is cut off.
const PORTION_MS: u64 = 120_000;

/// Ticks in a frame in which long speech may be cut: 20 ms.
const FRAME: u64 = 20 * TICKS_PER_MS;

/// Ticks of sound read at a time when long speech is cut: 30 s.
const CUT_BLOCK: u64 = 30 * TICKS_PER_SECOND;

/// Samples at 16 kHz in a millisecond.
const SAMPLES_PER_MS: usize = 16;

/// Speech that still waits for a recogniser, per track, in order.
pub fn waiting(transcript: &TranscriptDocument) -> BTreeMap<Track, Vec<Span>> {
    let mut spans: BTreeMap<Track, Vec<Span>> = BTreeMap::new();
    for item in &transcript.untranscribed {
        if is_waiting(item) {
            spans
                .entry(item.track)
                .or_default()
                .push(Span::from_ms(item.start_ms, item.end_ms));
        }
    }
    spans
}

fn is_waiting(item: &Untranscribed) -> bool {
    item.reason.waits() || item.reason == UntranscribedReason::Failed
}

/// Transcribes all speech of a session that waits, logs the text and writes the documents. Returns
/// the finished transcript. A pass of the same recogniser that was cut off is gone through again from
/// its start; its windows that were heard are not decoded again, and its result is as if it had never
/// been cut off.
///
/// # Errors
///
/// [`ErrorKind::Model`](crate::ErrorKind::Model) when the recogniser cannot work at all,
/// [`ErrorKind::Disk`](crate::ErrorKind::Disk) when the session cannot be written,
/// [`ErrorKind::Interrupted`](crate::ErrorKind::Interrupted) when the watch's permit is over. What was
/// logged before stays.
pub fn transcribe_waiting(
    folder: &SessionFolder,
    recogniser: &mut Recogniser,
    watch: &mut dyn Watch,
) -> Result<TranscriptDocument> {
    run_pass(folder, recogniser, PassScope::Missing, watch)
}

/// Runs a pass over a part of a session's speech, as [`transcribe_waiting`] does over what waits.
pub(super) fn run_pass(
    folder: &SessionFolder,
    recogniser: &mut Recogniser,
    scope: PassScope,
    watch: &mut dyn Watch,
) -> Result<TranscriptDocument> {
    let mut pass = recogniser.pass.clone();
    (pass.mode, pass.scope) = (PassMode::Batch, scope);
    let mut events = journal::read_undamaged(folder)?;
    let logged = cut_off(folder, &pass, &mut events)?;
    let ids = Ids::after(events.iter().map(|envelope| &envelope.event));
    let before = documents::fold_events(folder, events)?;
    let spans = match scope {
        PassScope::Missing => waiting(&before.transcript),
        PassScope::Again => written(&before, &pass),
    };
    let before = before.transcript;
    if spans.is_empty() {
        return Ok(before);
    }
    pass.id = format!("p{}", before.passes.len() + 1);
    let windows = Windows::open(folder, &pass)?;
    let mut work = Work {
        log: BatchLog::after(Journal::reopen(folder)?, logged, watch),
        ids,
        pass: pass.id.clone(),
        done_ms: 0,
        all_ms: spans.values().flatten().map(|span| span.ms()).sum(),
    };
    let limits = recogniser.transcriber.limits();
    let mut upcoming = Upcoming::of(folder, &spans, (limits, recogniser.hearing));
    let mut transcriber = Recalling {
        inner: recogniser.transcriber.as_mut(),
        windows,
        permit: work.log.permit(),
        upcoming: &mut upcoming,
        further: VecDeque::new(),
        begun: VecDeque::new(),
        languages: BTreeMap::new(),
        language: pass.language.clone(),
    };
    let first = spans.values().flatten().map(|span| span.start).min();
    work.log
        .record(first.unwrap_or_default(), Event::PassStarted(pass.clone()))?;
    if pass.language == AUTO {
        let mut look = Look {
            folder,
            recogniser: &mut transcriber,
            hearing: recogniser.hearing,
            pass: &pass,
            before: &before.passes,
        };
        for found in look.at(&spans)? {
            let language = found.language.clone();
            transcriber.languages.insert(found.track, language);
            let pass = pass.id.clone();
            let event = Event::LanguageDetected(LanguageDetected { pass, found });
            work.log.record(first.unwrap_or_default(), event)?;
        }
    }
    let mut archive = SpeechReader::hearing(folder, recogniser.hearing);
    for (track, spans) in spans {
        let language = transcriber.languages.get(&track).cloned();
        transcriber.speak(&language.unwrap_or_else(|| pass.language.clone()));
        for portion in portions(&spans) {
            let pieces = cut(track, portion, limits, &mut archive)?;
            let mut way = Way::through(portion, &mut work.log, (work.done_ms, work.all_ms));
            let outcome = transcribe_spans(
                track,
                &pieces,
                &mut transcriber,
                &mut |track, span| {
                    way.has_come_to(span.start);
                    archive.read(track, span)
                },
                &mut work.ids,
            )?;
            work.log_portion(track, portion, outcome)?;
        }
    }
    if scope == PassScope::Again {
        let pass = work.pass;
        work.log
            .record(Tick::ZERO, Event::PassEnded(PassEnded { pass }))?;
    }
    let transcript = documents::write(folder)?.transcript;
    transcriber.windows.remove()?;
    Ok(transcript)
}

/// Parts the events of a session where a pass of the same recogniser began that was cut off: what it
/// logged is taken out of `events` and returned.
fn cut_off(
    folder: &SessionFolder,
    pass: &Pass,
    events: &mut Vec<Envelope>,
) -> Result<VecDeque<Event>> {
    let Some(begun) = windows::begun(folder)? else {
        return Ok(VecDeque::new());
    };
    let id = begun.id.clone();
    let same = Pass { id, ..pass.clone() } == begun;
    let start = events
        .iter()
        .position(|envelope| same && envelope.event == Event::PassStarted(begun.clone()));
    let later = start.map_or(Vec::new(), |start| events.split_off(start));
    let own = |event: &Event| {
        matches!(
            event,
            Event::PassStarted(_)
                | Event::LanguageDetected(_)
                | Event::PassEnded(_)
                | Event::TranscriptFinal(_)
        )
    };
    let later = later.into_iter().map(|envelope| envelope.event);
    Ok(later.filter(own).collect())
}

/// Cuts a list of spans into portions of about [`PORTION_MS`]; the cut depends on the spans alone.
pub(super) fn portions(spans: &[Span]) -> Vec<&[Span]> {
    let mut portions = Vec::new();
    let (mut from, mut ms) = (0, 0);
    for (index, span) in spans.iter().enumerate() {
        ms += span.ms();
        if ms >= PORTION_MS {
            portions.push(&spans[from..=index]);
            (from, ms) = (index + 1, 0);
        }
    }
    if from < spans.len() {
        portions.push(&spans[from..]);
    }
    portions
}

/// Cuts spans that are longer than a window at their quietest places, as a live session would.
pub(super) fn cut(
    track: Track,
    spans: &[Span],
    limits: Limits,
    archive: &mut SpeechReader,
) -> Result<Vec<Span>> {
    let window_ms = (limits.window_samples / SAMPLES_PER_MS) as u32;
    let options = UtteranceOptions {
        window_ms,
        ..UtteranceOptions::default()
    };
    let mut pieces = Vec::new();
    for &span in spans {
        let mut cuts = Vec::new();
        let mut cutter = Cutter::new(track, options, options.post_roll_ms);
        cutter.start(span.start);
        let mut at = span.start;
        // A span that fits a window needs no look at its sound.
        while span.ms() > u64::from(window_ms) / 2 && at < span.end {
            let block = Span::new(at, at.after(CUT_BLOCK).min(span.end));
            for (frame, level_db) in levels(block, &archive.read(track, block)?) {
                cutter.frame(frame, level_db, frame.end, &mut cuts);
            }
            at = block.end;
        }
        cutter.end(span, span.end, &mut cuts);
        pieces.extend(cuts.into_iter().map(|cut| cut.span));
    }
    Ok(pieces)
}

/// Level of every frame of a block, in dBFS.
fn levels(block: Span, sound: &[i16]) -> impl Iterator<Item = (Span, f32)> {
    let samples = (FRAME / TICKS_PER_ANALYSIS_SAMPLE) as usize;
    sound.chunks(samples).scan(block.start, move |at, frame| {
        let squares: f64 = frame.iter().map(|&s| f64::from(to_f32(s)).powi(2)).sum();
        let span = Span::new(*at, at.after(FRAME).min(block.end));
        *at = span.end;
        Some((span, dbfs(squares / frame.len() as f64)))
    })
}

/// Tells how far a portion has come while its windows are heard.
struct Way<'a, 'b> {
    portion: &'a [Span],
    log: &'a mut BatchLog<'b>,
    /// Speech worked off before the portion, and all of it, in milliseconds.
    of_all: (u64, u64),
    told_ms: u64,
}

impl<'a, 'b> Way<'a, 'b> {
    fn through(portion: &'a [Span], log: &'a mut BatchLog<'b>, of_all: (u64, u64)) -> Way<'a, 'b> {
        Way {
            portion,
            log,
            of_all,
            told_ms: 0,
        }
    }

    /// The sound from `at` on is about to be heard; speech that is heard once more is no news.
    fn has_come_to(&mut self, at: Tick) {
        let behind = self.portion.iter().take_while(|span| span.end <= at);
        let behind_ms = behind.map(|span| span.ms()).sum();
        if behind_ms > self.told_ms {
            self.told_ms = behind_ms;
            let (done_ms, all_ms) = self.of_all;
            self.log
                .progress(Step::Transcribing, done_ms + behind_ms, all_ms);
        }
    }
}

struct Work<'a> {
    log: BatchLog<'a>,
    ids: Ids,
    pass: String,
    done_ms: u64,
    all_ms: u64,
}

impl Work<'_> {
    /// Logs a final for every span of the portion, whether it got text or not.
    fn log_portion(&mut self, track: Track, portion: &[Span], outcome: Outcome) -> Result<()> {
        let mut segments = outcome.segments;
        for span in portion {
            let (start_ms, end_ms) = (span.start.ms(), span.end.ms());
            let (inside, outside): (Vec<Segment>, Vec<Segment>) =
                segments.into_iter().partition(|s| s.start_ms < end_ms);
            segments = outside;
            let untranscribed = outcome
                .untranscribed
                .iter()
                .filter(|item| item.start_ms < end_ms && start_ms < item.end_ms)
                .cloned()
                .collect();
            let utterance = self.ids.utterance();
            let segments = inside
                .into_iter()
                .map(|segment| Segment {
                    utterance: utterance.clone(),
                    pass: self.pass.clone(),
                    ..segment
                })
                .collect();
            self.log.record(
                span.end,
                Event::TranscriptFinal(TranscriptFinal {
                    utterance,
                    track,
                    pass: self.pass.clone(),
                    start_ms,
                    end_ms,
                    segments,
                    untranscribed,
                }),
            )?;
            self.done_ms += span.ms();
            self.log
                .progress(Step::Transcribing, self.done_ms, self.all_ms);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn portions_hold_every_span_once_and_in_order() {
        let spans: Vec<Span> = (0..50)
            .map(|n| Span::from_ms(n * 10_000, n * 10_000 + 7_000))
            .collect();
        let portions = portions(&spans);
        let flat: Vec<Span> = portions.iter().flat_map(|p| p.iter().copied()).collect();
        assert_eq!(flat, spans);
        assert!(portions.len() > 1);
        assert!(
            portions
                .iter()
                .all(|p| p.iter().map(|s| s.ms()).sum::<u64>() < PORTION_MS + 7_000)
        );
    }
}
