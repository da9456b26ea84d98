//! Calls on paper, heard by a recogniser that changes its mind, falls silent and fails: whatever it
//! does, the lines that are told keep the contract of `docs/EVENTS.md`.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::text::align::TimedWord;
use crate::text::words::RawWord;
use crate::time::{Span, Tick};

/// Length of every spoken word, in milliseconds.
const WORD_MS: u64 = 400;

/// Time between two looks of the session at its lanes, in milliseconds.
const STEP_MS: u64 = 100;

/// Somebody speaks so many words from `start_ms` on.
#[derive(Clone, Copy, Debug)]
struct Spoken {
    track: Track,
    start_ms: u64,
    words: u64,
}

impl Spoken {
    fn end_ms(self) -> u64 {
        self.start_ms + self.words * WORD_MS
    }

    /// The utterance as far as it is heard at `ms`.
    fn cut(self, ms: u64) -> Cut {
        let end_ms = ms.min(self.end_ms());
        Cut {
            track: self.track,
            span: Span::from_ms(self.start_ms, end_ms),
            audio: Span::from_ms(self.start_ms.saturating_sub(400), ms.min(end_ms + 200)),
        }
    }
}

/// What a recogniser hears in `span`, which begins with the words 0, 1, 2 and so on. `whim` says what
/// it does this time.
fn heard(span: Span, until: Tick, whim: u8) -> Vec<TimedWord> {
    let said = |n: u64| {
        let from = span.start.ms() + n * WORD_MS;
        let raw = RawWord {
            text: format!("w{n}"),
            start_cs: 0,
            end_cs: 0,
            probability: 0.5 + f32::from(whim % 5) / 10.0,
            logprob: -0.3,
            tokens: 1,
        };
        (raw, Span::from_ms(from, from + WORD_MS))
    };
    let mut words: Vec<TimedWord> = (0..)
        .map(said)
        .take_while(|(_, time)| time.end <= until)
        .collect();
    let at = usize::from(whim) % words.len().max(1);
    match whim % 8 {
        0 => words.clear(),
        1 => drop(words.pop()),
        2 => words
            .iter_mut()
            .for_each(|(word, _)| word.text.make_ascii_uppercase()),
        3 if !words.is_empty() => words[at].0.text = format!("x{whim}"),
        4 if !words.is_empty() => words.insert(at, words[at].clone()),
        5 if !words.is_empty() => drop(words.remove(at)),
        _ => {}
    }
    words
}

/// Reads the lines as a program would that believes the contract.
#[derive(Debug, Default)]
struct Reader {
    /// The newest partial of each utterance.
    last: BTreeMap<String, TranscriptPartial>,
    retired: BTreeSet<String>,
    partials: usize,
}

impl Reader {
    fn read(&mut self, told: Vec<Told>) -> Result<(), TestCaseError> {
        for told in told {
            match told {
                Told::Partial(partial) => self.partial(partial)?,
                Told::Event(Event::TranscriptFinal(last)) => {
                    let words: Vec<String> = last
                        .segments
                        .iter()
                        .flat_map(|segment| segment.words.iter().map(|word| word.text.clone()))
                        .collect();
                    self.begins(&last.utterance, &words)?;
                    prop_assert!(self.retired.insert(last.utterance), "told twice");
                }
                Told::Event(Event::TranscriptDeferred(deferred)) => {
                    let id = deferred.utterance.expect("an utterance");
                    prop_assert!(self.retired.insert(id), "told twice");
                }
                Told::Event(_) => {}
            }
        }
        Ok(())
    }

    fn partial(&mut self, partial: TranscriptPartial) -> Result<(), TestCaseError> {
        self.partials += 1;
        let id = partial.utterance.clone();
        prop_assert!(
            !self.retired.contains(&id),
            "a partial after the end of {id}"
        );
        prop_assert!(partial.committed as usize <= partial.words.len());
        let words: Vec<String> = partial.words.iter().map(|word| word.text.clone()).collect();
        self.begins(&id, &words)?;
        if let Some(before) = self.last.get(&id) {
            prop_assert!(partial.revision > before.revision, "revisions go back");
            prop_assert!(
                partial.committed >= before.committed,
                "words are uncommitted"
            );
            prop_assert!(
                partial.heard_ms >= before.heard_ms,
                "less was heard than before"
            );
            let before_words = before.words.iter().map(|word| &word.text);
            let same = before_words.eq(words.iter()) && partial.committed == before.committed;
            prop_assert!(!same, "nothing is new in {partial:?}");
        }
        prop_assert!(!words.is_empty(), "a partial without words");
        self.last.insert(id, partial);
        Ok(())
    }

    /// Whether the words begin with those that are committed.
    fn begins(&self, id: &str, words: &[String]) -> Result<(), TestCaseError> {
        let Some(before) = self.last.get(id) else {
            return Ok(());
        };
        let committed = &before.words[..before.committed as usize];
        let committed: Vec<&str> = committed.iter().map(|word| word.text.as_str()).collect();
        let begin: Vec<&str> = words
            .iter()
            .take(committed.len())
            .map(String::as_str)
            .collect();
        prop_assert_eq!(begin, committed);
        Ok(())
    }
}

/// Runs a call. A decode takes as many steps as the whim that it takes from `whims`, up to `slowest`.
fn call(spoken: &[Spoken], whims: &[u8], slowest: u64) -> Result<Reader, TestCaseError> {
    let mut captioner = Captioner::new(
        Some(ScheduleOptions::default()),
        AgreementOptions::default(),
        UntranscribedReason::NotRequested,
    );
    captioner.ready("p1");
    let mut reader = Reader::default();
    let mut whims = whims.iter().copied().cycle();
    let mut running: Option<(Job, u64)> = None;
    let end_ms = spoken
        .iter()
        .map(|spoken| spoken.end_ms())
        .max()
        .unwrap_or(0)
        + 1_000;
    for at in (0..).step_by(STEP_MS as usize) {
        let now = Duration::from_millis(at);
        for spoken in spoken {
            let (from, to) = (spoken.start_ms + 200, spoken.end_ms());
            if (from..to).contains(&at) {
                captioner.grow(spoken.cut(at));
            } else if at == to + 200 {
                captioner.pause(spoken.cut(at));
            } else if at == to + 400 {
                reader.read(captioner.end(spoken.cut(at), now))?;
            }
        }
        if let Some((job, _)) = running.take_if(|(_, until)| at >= *until) {
            let whim = whims.next().unwrap_or(0);
            let texts = job.utterances.iter().map(|utterance| {
                let words = heard(utterance.span, utterance.audio.end, whim);
                SpanText::scripted(utterance.span, words)
            });
            let texts = texts.collect();
            let places = 0..job.utterances.len();
            let again = match places.len() {
                1 => Vec::new(),
                _ => places
                    .filter(|place| (whim >> (place % 8)) & 1 == 1)
                    .collect(),
            };
            let failed = whim % 31 == 30;
            let decoded = Decoded {
                texts: (!failed).then_some(Together { texts, again }),
                cpu: Duration::from_millis(50),
            };
            reader.read(captioner.decoded(decoded, now))?;
        }
        if running.is_none()
            && let Some(job) = captioner.next(now)
        {
            let takes = u64::from(whims.next().unwrap_or(0)) % slowest.max(1);
            running = Some((job, at + STEP_MS * (1 + takes)));
        }
        if at > end_ms && running.is_none() && captioner.is_done(now) {
            break;
        }
        prop_assert!(at < 3_600_000, "the call does not come to an end");
    }
    Ok(reader)
}

/// Two people who talk, also at once.
fn talk() -> impl Strategy<Value = Vec<Spoken>> {
    let side = |track| {
        prop::collection::vec((6u64..30, 1u64..25), 0..8).prop_map(move |parts| {
            let mut at = 0;
            let mut spoken = Vec::new();
            for (wait, words) in parts {
                let start_ms = at + wait * STEP_MS;
                spoken.push(Spoken {
                    track,
                    start_ms,
                    words,
                });
                at = start_ms + words * WORD_MS;
            }
            spoken
        })
    };
    (side(Track::Mic), side(Track::System)).prop_map(|(mut mic, system)| {
        mic.extend(system);
        mic
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn whatever_the_recogniser_does_the_lines_keep_the_contract(
        spoken in talk(),
        whims in prop::collection::vec(any::<u8>(), 1..60),
        slowest in 1u64..40,
    ) {
        let reader = call(&spoken, &whims, slowest)?;
        prop_assert_eq!(reader.retired.len(), spoken.len(), "each utterance is told once");
    }
}

#[test]
fn a_recogniser_that_hears_well_shows_words_while_they_are_spoken() {
    let spoken = [Spoken {
        track: Track::Mic,
        start_ms: 1_000,
        words: 20,
    }];
    let reader = call(&spoken, &[7], 2).expect("the contract is kept");
    assert!(reader.partials >= 8, "{} partials", reader.partials);
    let last = &reader.last["u0001"];
    assert!(last.committed >= 15, "{last:?}");
}

/// Utterances that fell behind are heard together by a recogniser that has `among` of each of them to
/// say there, and `alone` of one that is heard by itself. Returns the words of each final, in the order
/// in which they are told, while somebody speaks on and on.
fn told_late(among: &[u64], alone: &[u64]) -> Vec<(String, Vec<String>)> {
    let mut captioner = Captioner::new(
        Some(ScheduleOptions::default()),
        AgreementOptions::default(),
        UntranscribedReason::NotRequested,
    );
    captioner.ready("p1");
    let spoken = |n: u64| Spoken {
        track: Track::Mic,
        start_ms: 1_000 + n * 4_000,
        words: 5,
    };
    let count = among.len() as u64;
    for n in 0..count {
        captioner.end(spoken(n).cut(u64::MAX), Duration::from_secs(20));
    }
    let newer = Spoken {
        track: Track::System,
        start_ms: 40_000,
        words: 5,
    };
    let mut told = Vec::new();
    for at in 0..20u64 {
        let now = Duration::from_secs(42 + at);
        if at == 1 {
            captioner.end(newer.cut(u64::MAX), now);
        }
        captioner.grow(
            Spoken {
                words: 50,
                ..spoken(9)
            }
            .cut(40_000 + at * 1_000),
        );
        let Some(job) = captioner.next(now) else {
            continue;
        };
        if job.purpose == Purpose::Look {
            break;
        }
        let shared = job.utterances.len() > 1;
        let words_of = |utterance: &Utterance| {
            let place = (utterance.span.start.ms() - 1_000) / 4_000;
            let known = if shared { among } else { alone };
            let words = known.get(place as usize).copied().unwrap_or(5);
            let until = utterance.span.start.after(words * WORD_MS * 48);
            SpanText::scripted(utterance.span, heard(utterance.span, until, 7))
        };
        let again = |place: &usize| shared && among[*place] != 5;
        let texts = Together {
            texts: job.utterances.iter().map(words_of).collect(),
            again: (0..job.utterances.len()).filter(again).collect(),
        };
        let decoded = Decoded {
            texts: Some(texts),
            cpu: Duration::from_millis(900),
        };
        if at == 0 {
            assert!(shared, "they are heard together");
        }
        let lines = captioner.decoded(decoded, now + Duration::from_millis(900));
        told.extend(lines.into_iter().filter_map(|told| match told {
            Told::Event(Event::TranscriptFinal(last)) => {
                let words = last.segments.into_iter().flat_map(|segment| segment.words);
                Some((last.utterance, words.map(|word| word.text).collect()))
            }
            _ => None,
        }));
    }
    told
}

#[test]
fn text_that_did_not_fit_among_others_waits_for_newer_text_and_then_for_its_own_decode() {
    let told = told_late(&[5, 2, 5, 4], &[5, 5, 5, 0]);
    let ids: Vec<&str> = told.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(ids, ["u0001", "u0003", "u0006", "u0002", "u0004"]);
    let counts: Vec<usize> = told.iter().map(|(_, words)| words.len()).collect();
    assert_eq!(
        counts,
        [5, 5, 5, 5, 4],
        "what covers more of the speech stands"
    );
}
