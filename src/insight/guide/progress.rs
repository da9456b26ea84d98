//! What became of a guide in a call.

use std::collections::BTreeMap;

use super::{Matcher, items};
use crate::document::guide::{Guide, GuideCoverage, GuideHint, GuideItem};
use crate::document::transcript::{Role, TranscriptDocument};
use crate::document::turns::TurnsDocument;
use crate::error::{Error, ErrorKind, Result};
use crate::event::{Event, GuideTicked, GuideUnticked};
use crate::insight::speech::{evidence, sentences, text};

/// A pause that ends a sentence, in milliseconds.
const PAUSE_MS: u64 = 800;

/// A guide and its ticks, as the events of a session tell them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Progress {
    guide: Option<Guide>,
    ticks: BTreeMap<String, u64>,
}

/// A phase of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhaseSpan {
    /// Title in the guide.
    pub title: String,
    /// First millisecond inside.
    pub start_ms: u64,
    /// First millisecond after.
    pub end_ms: u64,
}

impl Progress {
    /// Takes an event; those that are not about the guide change nothing.
    pub fn take(&mut self, event: &Event) {
        match event {
            Event::GuideLoaded(loaded) => {
                self.guide = Some(loaded.0.clone());
                self.ticks.clear();
            }
            Event::GuideTicked(tick) => drop(self.ticks.insert(tick.item.clone(), tick.t_ms)),
            Event::GuideUnticked(tick) => drop(self.ticks.remove(&tick.item)),
            _ => {}
        }
    }

    /// The guide, if there is one.
    pub fn guide(&self) -> Option<&Guide> {
        self.guide.as_ref()
    }

    /// When a question was ticked.
    pub fn ticked_ms(&self, id: &str) -> Option<u64> {
        self.ticks.get(id).copied()
    }

    /// The event by which a question gets its tick, or loses it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`] when the guide has no such question.
    pub fn toggle(&self, id: &str, t_ms: u64) -> Result<Event> {
        let known = self.guide.iter().flat_map(items).any(|item| item.id == id);
        if !known {
            return Err(Error::new(
                ErrorKind::Usage,
                format!("the guide has no question {id}"),
            ));
        }
        let item = id.to_owned();
        Ok(match self.ticks.contains_key(id) {
            true => Event::GuideUnticked(GuideUnticked { item }),
            false => Event::GuideTicked(GuideTicked { item, t_ms }),
        })
    }

    /// The phases of a call: the first one of the guide runs from the start, and a tick on a question of
    /// another phase begins that one. Without ticks, and in a guide with fewer than two phases, nobody
    /// knows, and there are none.
    pub fn phases(&self, duration_ms: u64) -> Vec<PhaseSpan> {
        let Some(guide) = self.guide.as_ref().filter(|guide| guide.phases.len() > 1) else {
            return Vec::new();
        };
        let mut ticks: Vec<(u64, usize)> = items(guide)
            .filter_map(|item| Some((self.ticked_ms(item.id)?, item.phase_number)))
            .collect();
        ticks.sort_unstable();
        if ticks.is_empty() {
            return Vec::new();
        }
        let mut begins = vec![(0, 0)];
        for (t_ms, phase) in ticks {
            if begins.last().is_some_and(|&(_, running)| running != phase) {
                begins.push((t_ms.min(duration_ms), phase));
            }
        }
        let ends = begins.iter().skip(1).map(|&(t_ms, _)| t_ms);
        let spans = begins.iter().zip(ends.chain([duration_ms]));
        spans
            .map(|(&(start_ms, phase), end_ms)| PhaseSpan {
                title: guide.phases[phase].title.clone(),
                start_ms,
                end_ms,
            })
            .filter(|span| span.start_ms < span.end_ms)
            .collect()
    }
}

/// How much of its guide a call covered; `None` without a guide. Hints are looked for in what those say
/// who may have asked: everybody but participants and observers.
pub fn coverage(
    progress: &Progress,
    transcript: &TranscriptDocument,
    turns: &TurnsDocument,
) -> Option<GuideCoverage> {
    let guide = progress.guide()?;
    let hints = hints(guide, transcript, turns);
    let items: Vec<GuideItem> = items(guide)
        .map(|item| GuideItem {
            id: item.id.to_owned(),
            phase: item.phase.title.clone(),
            ask: item.ask.to_owned(),
            follows: item.follows.map(str::to_owned),
            ticked_ms: progress.ticked_ms(item.id),
            hint: hints.get(item.id).cloned(),
        })
        .collect();
    let count = |counts: fn(&GuideItem) -> bool| {
        let questions = items.iter().filter(|item| item.follows.is_none());
        questions.filter(|item| counts(item)).count() as u32
    };
    Some(GuideCoverage {
        goal: guide.goal.clone(),
        questions: count(|_| true),
        ticked: count(|item| item.ticked_ms.is_some()),
        hinted: count(|item| item.ticked_ms.is_none() && item.hint.is_some()),
        items,
    })
}

/// The best hint for each question, the first of equally good ones.
fn hints(
    guide: &Guide,
    transcript: &TranscriptDocument,
    turns: &TurnsDocument,
) -> BTreeMap<String, GuideHint> {
    let matcher = Matcher::new(guide);
    let asks = |track| {
        let speaker = transcript.speakers.iter().find(|s| s.track == track);
        speaker.is_none_or(|s| matches!(s.role, Role::Interviewer | Role::Unknown))
    };
    let mut hints: BTreeMap<String, GuideHint> = BTreeMap::new();
    for sentence in sentences(transcript, turns, PAUSE_MS) {
        if !asks(sentence.track) {
            continue;
        }
        let said: Vec<String> = sentence.tokens.iter().map(|t| t.text.clone()).collect();
        let said: Vec<String> = said.into_iter().filter(|word| word != "?").collect();
        let Some(hint) = matcher.best(&said) else {
            continue;
        };
        if hints
            .get(&hint.id)
            .is_none_or(|known| known.score < hint.score)
        {
            let found = GuideHint {
                text: text(&sentence.words),
                rules: vec!["guide.words".into()],
                score: hint.score,
                evidence: evidence(sentence.track, &sentence.words),
            };
            hints.insert(hint.id, found);
        }
    }
    hints
}
