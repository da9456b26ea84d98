//! What keys do while a call is recorded: one sets a marker, others say more about it afterwards.

use verbatim::document::marker::Marker;
use verbatim::mark::kinds::Kinds;
use verbatim::mark::request::{Change, NOTE_CHARS, WORD_CHARS};

use super::ink::{Ink, Line};
use super::keys::Key;

/// Something that a key asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Set a marker of this kind.
    Mark(String),
    /// Say something more about the marker of this id.
    Change(String, Change),
    /// Take the last marker back.
    Undo,
    /// Pause, or record again.
    Pause,
}

/// Keys of [`Hand::press`] that are no kind's.
const COMMANDS: [char; 6] = ['!', 'u', 'n', '#', 'e', '?'];

/// The state between keys.
#[derive(Debug, Default)]
pub struct Hand {
    /// The marker that was set last, and that the next key is about.
    last: Option<Marker>,
    typing: Option<Typing>,
    help: bool,
}

#[derive(Debug)]
struct Typing {
    about: Marker,
    field: Field,
    text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Note,
    Tag,
    Emotion,
}

impl Hand {
    /// Takes a key. Returns what it asks for.
    ///
    /// A kind's own key comes before a command, but never before what is being typed.
    pub fn press(&mut self, key: Key, kinds: &Kinds) -> Option<Act> {
        if self.typing.is_some() {
            return self.typed(key);
        }
        match key {
            Key::Char(c) => match kinds.by_key(c) {
                Some(kind) => Some(Act::Mark(kind.name.clone())),
                None => self.command(c),
            },
            Key::Enter => {
                self.begin(Field::Note);
                None
            }
            Key::Escape => {
                self.help = false;
                None
            }
            Key::Backspace => None,
        }
    }

    /// Whether a key means nothing here: nobody types, no kind has it, and no command.
    pub fn is_free(&self, key: Key, kinds: &Kinds) -> bool {
        let Key::Char(c) = key else {
            return false;
        };
        self.typing.is_none() && kinds.by_key(c).is_none() && !COMMANDS.contains(&c)
    }

    fn command(&mut self, c: char) -> Option<Act> {
        match c {
            '!' => {
                let last = self.last.as_ref()?;
                let severity = (last.severity.unwrap_or(0) + 1) % 4;
                let change = Change {
                    severity: Some(severity),
                    ..Change::default()
                };
                return Some(Act::Change(last.id.clone(), change));
            }
            'u' => return Some(Act::Undo),
            'p' => return Some(Act::Pause),
            'n' => self.begin(Field::Note),
            '#' => self.begin(Field::Tag),
            'e' => self.begin(Field::Emotion),
            '?' => self.help = !self.help,
            _ => {}
        }
        None
    }

    fn begin(&mut self, field: Field) {
        if let Some(last) = &self.last {
            let text = match field {
                Field::Note => last.note.clone(),
                Field::Emotion => last.emotion.clone(),
                Field::Tag => None,
            };
            self.typing = Some(Typing {
                about: last.clone(),
                field,
                text: text.unwrap_or_default(),
            });
        }
    }

    fn typed(&mut self, key: Key) -> Option<Act> {
        let typing = self.typing.as_mut()?;
        let longest = match typing.field {
            Field::Note => NOTE_CHARS,
            Field::Tag | Field::Emotion => WORD_CHARS,
        };
        match key {
            Key::Char(c) if typing.text.chars().count() < longest => typing.text.push(c),
            Key::Char(_) => {}
            Key::Backspace => drop(typing.text.pop()),
            Key::Escape => self.typing = None,
            Key::Enter => return self.typing.take().and_then(Typing::act),
        }
        None
    }

    /// A marker was set or changed by a key.
    pub fn set(&mut self, marker: Marker) {
        self.last = Some(marker);
    }

    /// The marker of this id is gone.
    pub fn removed(&mut self, id: &str) {
        if self.last.as_ref().is_some_and(|last| last.id == id) {
            self.last = None;
        }
    }

    /// What stands in the block: what is being typed, or what keys there are.
    pub fn lines(&self, kinds: &Kinds, width: usize) -> Vec<Line> {
        if let Some(typing) = &self.typing {
            return vec![typing.line(width)];
        }
        if !self.help {
            return Vec::new();
        }
        let marks = kinds.iter().filter_map(|kind| {
            let key = kind.key?;
            Some(format!("{key} {} {}", kind.emoji, kind.name))
        });
        let commands = [
            "Enter note",
            "! severity",
            "# tag",
            "e emotion",
            "u undo",
            "p pause",
            "? close",
        ];
        let all: Vec<String> = marks.chain(commands.map(str::to_owned)).collect();
        let pieces: Vec<(Ink, String)> = all
            .iter()
            .map(|piece| (Ink::Plain, format!("{piece} ")))
            .collect();
        let words: Vec<(Ink, &str)> = pieces.iter().map(|(i, s)| (*i, s.as_str())).collect();
        Line::wrap(&words, width)
    }
}

impl Typing {
    /// What the text asks for; nothing when there is nothing to keep.
    fn act(self) -> Option<Act> {
        let text = self.text.trim().to_owned();
        let mut change = Change::default();
        match self.field {
            Field::Note if self.about.note.as_deref().unwrap_or_default() == text => return None,
            Field::Note => change.note = Some(text),
            Field::Emotion if self.about.emotion.as_deref().unwrap_or_default() == text => {
                return None;
            }
            Field::Emotion => change.emotion = Some(text),
            Field::Tag if text.is_empty() => return None,
            Field::Tag => change.tags = Some([self.about.tags, vec![text]].concat()),
        }
        Some(Act::Change(self.about.id, change))
    }

    /// The end of the text is what is seen of a long one.
    fn line(&self, width: usize) -> Line {
        let field = match self.field {
            Field::Note => "note",
            Field::Tag => "tag",
            Field::Emotion => "emotion",
        };
        let head = format!("{field} for {} {}: ", self.about.id, self.about.kind);
        let hint = "  Enter keeps it, Esc does not";
        let room = width.saturating_sub(head.len() + hint.len() + 2).max(8);
        let count = self.text.chars().count();
        let shown: String = self.text.chars().skip(count.saturating_sub(room)).collect();
        Line::default()
            .add(Ink::Strong, head)
            .add(Ink::Plain, format!("{shown}▏"))
            .add(Ink::Faint, hint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marker() -> Marker {
        Marker {
            id: "m0003".into(),
            kind: "pain".into(),
            t_ms: 12_000,
            start_ms: 0,
            end_ms: 17_000,
            note: None,
            severity: Some(3),
            tags: vec!["copies".into()],
            emotion: None,
            author: None,
        }
    }

    fn press(hand: &mut Hand, keys: &str) -> Vec<Act> {
        let kinds = Kinds::default();
        let keys = keys.chars().map(|c| match c {
            '⏎' => Key::Enter,
            '⎋' => Key::Escape,
            '⌫' => Key::Backspace,
            c => Key::Char(c),
        });
        keys.filter_map(|key| hand.press(key, &kinds)).collect()
    }

    #[test]
    fn a_key_marks_and_text_is_text() {
        let mut hand = Hand::default();
        // Nothing to write a note for, nothing that is a key.
        assert_eq!(press(&mut hand, "⏎x!#e"), []);
        assert_eq!(press(&mut hand, "2"), [Act::Mark("pain".into())]);
        hand.set(marker());
        let note = Change {
            note: Some("13 hours u!".into()),
            ..Change::default()
        };
        assert_eq!(
            press(&mut hand, "⏎ 13 hoours⌫⌫⌫⌫urs u!⏎"),
            [Act::Change("m0003".into(), note)]
        );
        assert_eq!(press(&mut hand, "⏎never mind⎋⏎⏎e⏎"), []);
        assert_eq!(press(&mut hand, "up"), [Act::Undo, Act::Pause]);
    }

    #[test]
    fn more_is_said_about_the_last_marker() {
        let mut hand = Hand::default();
        hand.set(marker());
        let severity = Change {
            severity: Some(0),
            ..Change::default()
        };
        let tags = Change {
            tags: Some(vec!["copies".into(), "by hand".into()]),
            ..Change::default()
        };
        let id = || "m0003".to_owned();
        assert_eq!(
            press(&mut hand, "!#by hand⏎#⏎"),
            [Act::Change(id(), severity), Act::Change(id(), tags)]
        );
        hand.removed("m0003");
        assert_eq!(press(&mut hand, "!"), []);
    }

    #[test]
    fn the_keys_are_listed_on_request() {
        let mut hand = Hand::default();
        let kinds = Kinds::default();
        assert!(hand.lines(&kinds, 79).is_empty());
        press(&mut hand, "?");
        let lines = hand.lines(&kinds, 60);
        let text: Vec<String> = lines.iter().map(Line::text).collect();
        let text = text.join(" ");
        for kind in kinds.iter() {
            assert!(text.contains(&kind.name), "{text}");
        }
        assert!(lines.iter().all(|line| line.width() <= 60));
        press(&mut hand, "⎋");
        assert!(hand.lines(&kinds, 79).is_empty());
    }
}
