//! The interview guide while a call is recorded: a quiet list of what was asked.

use std::collections::BTreeMap;

use verbatim::audio::Track;
use verbatim::event::{Event, TranscriptFinal};
use verbatim::insight::guide::{Item, Matcher, Progress, items};
use verbatim::insight::words::tokens;

use super::ink::{Ink, Line};
use super::keys::Key;
use super::text::clock;

/// Rows of the list at most.
const MOST_ROWS: usize = 14;

/// Windows with fewer rows have one line for the guide, unless the list is asked for.
const TALL: usize = 30;

/// A guide and what is known of it.
#[derive(Debug)]
pub struct GuideList {
    progress: Progress,
    matcher: Matcher,
    /// Questions that sound asked, and how sure that is.
    hints: BTreeMap<String, f64>,
    /// The question that a tick is for, by its place in the guide.
    at: usize,
    /// The user moved there, so hints leave it alone until the next tick.
    chosen: bool,
    shown: Shown,
}

/// Whether the list is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    /// As the window's height allows.
    ByRoom,
    Always,
    Never,
}

impl GuideList {
    /// The list of the guide that `event` loads; nothing for any other event.
    pub fn begin(event: &Event) -> Option<GuideList> {
        let mut progress = Progress::default();
        progress.take(event);
        let matcher = Matcher::new(progress.guide()?);
        Some(GuideList {
            progress,
            matcher,
            hints: BTreeMap::new(),
            at: 0,
            chosen: false,
            shown: Shown::ByRoom,
        })
    }

    /// Takes an event. Returns a line that tells of a tick.
    pub fn update(&mut self, event: &Event) -> Option<Line> {
        self.progress.take(event);
        match event {
            Event::TranscriptFinal(text) => {
                self.listen(text);
                None
            }
            Event::GuideTicked(tick) => {
                self.chosen = false;
                self.go_on();
                let ask = self.ask(&tick.item);
                let at = format!("[{}] ", clock(tick.t_ms));
                Some(
                    Line::default()
                        .add(Ink::Faint, at)
                        .add(Ink::Plain, format!("✓ {ask}")),
                )
            }
            Event::GuideUnticked(tick) => {
                let text = format!("guide: the tick is taken back: {}", self.ask(&tick.item));
                Some(Line::default().add(Ink::Faint, text))
            }
            _ => None,
        }
    }

    /// Takes a key. Returns the question that gets its tick or loses it.
    pub fn press(&mut self, key: Key, height: usize) -> Option<String> {
        let last = self.all().len().saturating_sub(1);
        match key {
            Key::Char('g') => {
                self.shown = match self.is_listed(height) {
                    true => Shown::Never,
                    false => Shown::Always,
                };
            }
            Key::Char('j') => (self.at, self.chosen) = ((self.at + 1).min(last), true),
            Key::Char('k') => (self.at, self.chosen) = (self.at.saturating_sub(1), true),
            Key::Char('t') => return self.all().get(self.at).map(|item| item.id.to_owned()),
            _ => {}
        }
        None
    }

    /// The lines for a terminal of this size: the list where there is room, or one line.
    pub fn lines(&self, width: usize, height: usize) -> Vec<Line> {
        if height < 10 || width < 40 {
            return Vec::new();
        }
        let all = self.all();
        let mut lines = vec![self.head(&all, height)];
        if !self.is_listed(height) {
            return lines;
        }
        let rows = (height / 3).clamp(3, MOST_ROWS).min(all.len());
        // The question in hand stays in sight, with one before it.
        let first = self.at.saturating_sub(1).min(all.len() - rows);
        for (n, item) in all.iter().enumerate().skip(first).take(rows) {
            lines.push(self.row(n, item).cut(width));
        }
        lines
    }

    fn is_listed(&self, height: usize) -> bool {
        match self.shown {
            Shown::Always => true,
            Shown::Never => false,
            Shown::ByRoom => height >= TALL,
        }
    }

    fn head(&self, all: &[Item<'_>], height: usize) -> Line {
        let questions = || all.iter().filter(|item| item.follows.is_none());
        let ticked = questions().filter(|item| self.progress.ticked_ms(item.id).is_some());
        let hinted = questions().filter(|item| self.is_hinted(item.id)).count();
        let mut text = format!("guide {} of {}", ticked.count(), questions().count());
        if hinted > 0 {
            text.push_str(&format!(", {hinted} maybe"));
        }
        let line = Line::default().add(Ink::Strong, text);
        match (self.is_listed(height), all.get(self.at)) {
            (true, _) => line.add(Ink::Faint, " · t tick · j k move · g hide"),
            (false, Some(item)) => line
                .add(Ink::Faint, " · t tick · g list · next: ")
                .add(Ink::Plain, item.ask),
            (false, None) => line,
        }
    }

    /// A question with its state: ticked, maybe asked, open.
    fn row(&self, n: usize, item: &Item<'_>) -> Line {
        let ticked = self.progress.ticked_ms(item.id);
        let state = match (ticked, self.is_hinted(item.id)) {
            (Some(_), _) => "✓",
            (None, true) => "~",
            (None, false) => "·",
        };
        let hand = if n == self.at { "›" } else { " " };
        let indent = if item.follows.is_some() { "  " } else { "" };
        let ink = match (n == self.at, ticked) {
            (true, _) => Ink::Strong,
            (false, Some(_)) => Ink::Faint,
            (false, None) => Ink::Plain,
        };
        Line::default().add(ink, format!("{hand} {state} {indent}{}", item.ask))
    }

    fn is_hinted(&self, id: &str) -> bool {
        self.hints.contains_key(id) && self.progress.ticked_ms(id).is_none()
    }

    /// What the interviewer says may be a question of the guide: then a tick is for that one.
    fn listen(&mut self, text: &TranscriptFinal) {
        if text.track == Track::System {
            return;
        }
        for segment in &text.segments {
            let Some(hint) = self.matcher.best(&tokens(&segment.text)) else {
                continue;
            };
            let place = self.all().iter().position(|item| item.id == hint.id);
            if !self.chosen && self.progress.ticked_ms(&hint.id).is_none() {
                self.at = place.unwrap_or(self.at);
            }
            let known = self.hints.entry(hint.id).or_default();
            *known = known.max(hint.score);
        }
    }

    /// To the next question without a tick.
    fn go_on(&mut self) {
        let all = self.all();
        let open = |n: &usize| self.progress.ticked_ms(all[*n].id).is_none();
        let next = (self.at..all.len()).chain(0..self.at).find(open);
        self.at = next.unwrap_or(self.at);
    }

    fn ask(&self, id: &str) -> String {
        let all = self.all();
        let item = all.iter().find(|item| item.id == id);
        item.map_or(id, |item| item.ask).to_owned()
    }

    fn all(&self) -> Vec<Item<'_>> {
        self.progress.guide().into_iter().flat_map(items).collect()
    }
}

#[cfg(test)]
mod tests {
    use verbatim::event::GuideLoaded;
    use verbatim::insight::guide::parse;

    use super::*;

    const GUIDE: &str = "[[question]]\nask = \"Tell me about the weekly report.\"\n\
        follow_ups = [\"How often does that happen?\"]\n\
        [[question]]\nask = \"What did you try before you found us?\"\n";

    fn list() -> GuideList {
        let guide = parse(GUIDE).expect("a guide");
        GuideList::begin(&Event::GuideLoaded(GuideLoaded(guide))).expect("a list")
    }

    fn tick(list: &mut GuideList) -> Line {
        let id = list.press(Key::Char('t'), 24).expect("a question");
        let event = list.progress.toggle(&id, 12_000).expect("an event");
        list.update(&event).expect("a line")
    }

    fn says(list: &mut GuideList, track: &str, text: &str) {
        let event = serde_json::json!({
            "type": "transcript.final",
            "data": {
                "utterance": "u0001", "track": track, "pass": "p1", "start_ms": 0, "end_ms": 1,
                "segments": [{
                    "id": "s0001", "track": track, "speaker": "", "start_ms": 0, "end_ms": 1, "text": text,
                    "utterance": "u0001", "pass": "p1", "avg_logprob": 0.0, "no_speech_prob": 0.0, "words": [],
                }],
            },
        });
        list.update(&serde_json::from_value(event).expect("an event"));
    }

    fn text(list: &GuideList, height: usize) -> Vec<String> {
        let lines = list.lines(79, height);
        assert!(lines.iter().skip(1).all(|line| line.width() <= 79));
        lines.iter().map(Line::text).collect()
    }

    #[test]
    fn a_hint_moves_the_hand_and_a_tick_moves_it_on() {
        let mut list = list();
        assert_eq!(text(&list, 24).len(), 1);
        says(&mut list, "system", "what did you try before you found us");
        assert!(
            text(&list, 24)[0].starts_with("guide 0 of 2 ·"),
            "{:?}",
            text(&list, 24)
        );
        says(&mut list, "mic", "so what did you try before you found us");
        assert!(
            text(&list, 24)[0].contains("1 maybe") && text(&list, 24)[0].ends_with("found us?")
        );
        assert_eq!(
            tick(&mut list).text(),
            "[00:12] ✓ What did you try before you found us?"
        );
        assert!(text(&list, 24)[0].starts_with("guide 1 of 2 ·"));
        list.press(Key::Char('g'), 24);
        let rows = text(&list, 24);
        assert_eq!(
            rows[1..],
            [
                "› · Tell me about the weekly report.",
                "  ·   How often does that happen?",
                "  ✓ What did you try before you found us?",
            ]
        );
        // Whoever moved the hand keeps it where it is.
        list.press(Key::Char('j'), 24);
        says(&mut list, "mic", "tell me about the weekly report");
        assert!(text(&list, 24)[1].starts_with("  ~ Tell me"));
        assert!(text(&list, 24)[2].starts_with("› ·"));
    }

    #[test]
    fn the_list_opens_where_there_is_room_and_closes_by_its_key() {
        let mut list = list();
        assert_eq!(text(&list, 40).len(), 4);
        list.press(Key::Char('g'), 40);
        assert_eq!(text(&list, 40).len(), 1);
        assert_eq!(list.lines(30, 24), []);
        assert_eq!(list.lines(80, 8), []);
    }
}
