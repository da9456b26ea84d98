//! Clips of a session that is over: found, cut, described, and kept in the session.

mod place;

use crate::audio::Track;
use crate::clip::describe::{self, Piece};
use crate::clip::find;
use crate::clip::words::{on_track, text};
use crate::clock::wall_clock;
use crate::document::clip::{Clip, ClipDocument, Media};
use crate::document::common::{ConsentScope, Range};
use crate::document::manifest::Status;
use crate::document::marker::Marker;
use crate::document::redaction::Rules;
use crate::error::{Error, ErrorKind, Result};
use crate::event::{ClipCreated, ConsentOverridden, Event};
use crate::export::call::Call;
use crate::export::quote::quote;
use crate::redact::call::{RedactedCall, redact, redact_marker};
use crate::redact::detect::completed;
use crate::store::clip::{self, Format, Sound};
use crate::store::folder::{Lock, SessionFolder};
use crate::store::journal::Journal;
use crate::store::{documents, files};
use crate::time::Span;

/// What is to be cut.
#[derive(Clone, Debug, PartialEq)]
pub struct Stretch {
    /// Where it begins.
    pub start_ms: u64,
    /// Where it ends.
    pub end_ms: u64,
    /// How its edges are found.
    pub edges: Edges,
    /// The marker that it is about.
    pub marker: Option<Marker>,
}

/// How the edges of a clip are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edges {
    /// At the edges of the words that the times lie in, in the quietest place near them.
    Snapped,
    /// At the very times.
    Exact,
}

/// Where a quote may be said.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// On which track.
    pub track: Track,
    /// Where its first word begins.
    pub start_ms: u64,
    /// Where its last word ends.
    pub end_ms: u64,
    /// The words, verbatim.
    pub text: String,
    /// Likeness to what was asked for, up to 1.
    pub score: f64,
}

/// How a clip is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClipOptions {
    /// The tracks to be heard; none stands for all.
    pub tracks: Vec<Track>,
    /// How the sound is written.
    pub format: Format,
    /// Length of the fades in milliseconds.
    pub fade_ms: u64,
    /// Whether what must not leave the session is in it.
    pub hides: Hides,
}

/// What of a call is hidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hides {
    /// Nothing.
    Nothing,
    /// What the session's redactions name: its text is replaced, and a tone stands in its place.
    Redacted,
}

/// The sole right to cut clips of a session.
pub struct Cutter {
    folder: SessionFolder,
    journal: Journal,
    call: Call,
    redacted: Option<(RedactedCall, Rules)>,
    clips: Vec<Clip>,
    _lock: Lock,
}

impl Cutter {
    /// Opens a session that is over.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Session`] when it is still being recorded or a document is missing.
    pub fn open(folder: &SessionFolder) -> Result<Cutter> {
        let lock = folder.lock()?;
        let documents = documents::fold_folder(folder)?;
        if documents.manifest.status == Status::Recording {
            return Err(Error::new(
                ErrorKind::Session,
                format!("the recorder of {} died", folder.path().display()),
            )
            .hint("verbatim finish makes the session whole"));
        }
        if documents.manifest.no_audio.is_some() {
            return Err(Error::new(
                ErrorKind::Session,
                format!("{} keeps no audio to cut", folder.path().display()),
            )
            .hint("its markers and notes: verbatim markers, verbatim export --as markers.csv"));
        }
        let markers = super::mark::markers(folder)?;
        let shown = documents.shown_transcript();
        let call = Call::new(documents.manifest, documents.turns, shown, markers);
        let redacted = documents.redactions.map(|document| {
            let rules = completed(&call, &document.rules);
            (redact(call.clone(), &rules), rules)
        });
        Ok(Cutter {
            folder: folder.clone(),
            journal: Journal::reopen(folder)?,
            clips: documents.clips.map_or_else(Vec::new, |list| list.clips),
            call,
            redacted,
            _lock: lock,
        })
    }

    /// What is told of the call to whom the clips are for.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Session`] when nobody has said yet what must not leave the session.
    pub fn told(&self, hides: Hides) -> Result<&Call> {
        match (hides, &self.redacted) {
            (Hides::Nothing, _) => Ok(&self.call),
            (Hides::Redacted, Some((redacted, _))) => Ok(&redacted.call),
            (Hides::Redacted, None) => Err(not_redacted(&self.folder)),
        }
    }

    /// The session's documents.
    pub fn call(&self) -> &Call {
        &self.call
    }

    /// The clips that were cut so far.
    pub fn clips(&self) -> &[Clip] {
        &self.clips
    }

    /// Where a quote may be said, the likeliest first.
    pub fn find(&self, quote: &str) -> Vec<Found> {
        let mut all = Vec::new();
        for planned in &self.call.manifest.tracks {
            let words = on_track(&self.call.transcript, planned.track);
            let texts = words.iter().map(|placed| placed.word.text.as_str());
            for candidate in find::find(quote, texts) {
                let words = &words[candidate.first..=candidate.last];
                all.push(Found {
                    track: planned.track,
                    start_ms: words[0].word.start_ms,
                    end_ms: words[words.len() - 1].word.end_ms,
                    text: text(words),
                    score: candidate.score,
                });
            }
        }
        all.sort_by(|a, b| {
            b.score
                .total_cmp(&a.score)
                .then(a.start_ms.cmp(&b.start_ms))
        });
        let scores: Vec<f64> = all.iter().map(|found: &Found| found.score).collect();
        all.truncate(find::worth_showing(&scores));
        all
    }

    /// The stretch of a marker, by its id or its number, and the whole sentences that are quoted for it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`] when there is no such marker.
    pub fn marker(&self, id: &str) -> Result<Stretch> {
        let marker = self
            .call
            .markers
            .iter()
            .find(|m| is_named(&m.id, 'm', id))
            .ok_or_else(|| {
                Error::new(ErrorKind::Usage, format!("there is no marker {id}"))
                    .hint("verbatim markers SESSION lists them")
            })?;
        let quote = quote(&self.call, marker);
        let quoted = quote.map_or((marker.start_ms, marker.end_ms), |q| (q.start_ms, q.end_ms));
        Ok(Stretch {
            start_ms: marker.start_ms.min(quoted.0),
            end_ms: marker.end_ms.max(quoted.1),
            edges: Edges::Snapped,
            marker: Some(marker.clone()),
        })
    }

    /// The stretch of a turn, by its id or its number.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`] when there is no such turn.
    pub fn turn(&self, name: &str) -> Result<Stretch> {
        let mut turns = self.call.turns.turns.iter();
        let turn = turns.find(|turn| is_named(&turn.id, 't', name));
        let turn = turn.ok_or_else(|| {
            Error::new(ErrorKind::Usage, format!("there is no turn {name}"))
                .hint("turns.json lists them")
        })?;
        Ok(Stretch {
            start_ms: turn.start_ms,
            end_ms: turn.end_ms,
            edges: Edges::Snapped,
            marker: None,
        })
    }

    /// Cuts a clip into the session's folder `clips`, with the JSON beside it. The same clip is not cut
    /// twice.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`] when the stretch is empty or the session has no such track,
    /// [`ErrorKind::Disk`] when it cannot be written.
    pub fn cut(&mut self, stretch: &Stretch, options: &ClipOptions) -> Result<ClipDocument> {
        let tracks = self.tracks(options)?;
        let span = self.span(stretch, &tracks)?;
        let known = self.clips.iter().map(|clip| clip.id.as_str());
        let numbers = known.filter_map(|id| id.strip_prefix('c')?.parse::<u32>().ok());
        let id = format!("c{:04}", numbers.max().unwrap_or(0) + 1);
        let piece = Piece {
            media: Media {
                file: format!("{id}.{}", options.format.extension()),
                media_type: options.format.media_type().into(),
                bytes: 0,
                sha256: String::new(),
            },
            id,
            span,
            tracks: tracks.clone(),
            fade_ms: options.fade_ms,
            marker: stretch
                .marker
                .as_ref()
                .map(|m| self.marker_told(m, options.hides)),
        };
        let told = self.told(options.hides)?;
        let mut clip = describe::clip(piece, &told.manifest, &told.transcript);
        clip.redacted = self.hidden(options.hides, &clip);
        let kept = match self
            .clips
            .iter()
            .find(|known| is_same(known, &clip))
            .cloned()
        {
            Some(known) if self.holds(&known, options.format) => known,
            _ => {
                let folder = self.folder.clips();
                files::create_folders(&folder)?;
                let hidden = clip
                    .redacted
                    .iter()
                    .flatten()
                    .map(|range| Span::from(*range));
                let sound = Sound::open(&self.folder, &tracks, span, options.fade_ms)?
                    .hiding(hidden.collect());
                let path = folder.join(&clip.media.file);
                clip.media = clip::write(sound, options.format, &path)?;
                self.record(Event::ClipCreated(ClipCreated(Box::new(clip.clone()))))?;
                self.clips.push(clip.clone());
                clip
            }
        };
        let told = self.told(options.hides)?;
        let document = describe::document(kept, &told.manifest, &told.transcript);
        let beside = self
            .folder
            .clips()
            .join(format!("{}.json", document.clip.id));
        files::replace(&beside, &documents::bytes(&document)?)?;
        documents::write_marks(&self.folder, &documents::fold_folder(&self.folder)?)?;
        Ok(document)
    }

    fn marker_told(&self, marker: &Marker, hides: Hides) -> Marker {
        match (hides, &self.redacted) {
            (Hides::Redacted, Some((_, rules))) => redact_marker(marker, rules),
            _ => marker.clone(),
        }
    }

    /// Where a tone stands in a clip; whole stretches, of which the clip may hold a part.
    fn hidden(&self, hides: Hides, clip: &Clip) -> Option<Vec<Range>> {
        let (redacted, _) = self
            .redacted
            .as_ref()
            .filter(|_| hides == Hides::Redacted)?;
        let mut stretches = redacted.stretches();
        stretches.retain(|s| s.start_ms < clip.end_ms && clip.start_ms < s.end_ms);
        Some(stretches)
    }

    /// Keeps in the log that something was made although no consent covers it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Disk`] when the log cannot be written.
    pub fn override_consent(&mut self, scope: ConsentScope, made: Vec<String>) -> Result<()> {
        self.record(Event::ConsentOverridden(ConsentOverridden { scope, made }))
    }

    fn record(&mut self, event: Event) -> Result<()> {
        let t_ms = self.call.turns.duration_ms;
        self.journal.append(event, t_ms, &wall_clock()).map(drop)
    }

    /// Whether a clip's file is still what it was.
    fn holds(&self, known: &Clip, format: Format) -> bool {
        let path = self.folder.clips().join(&known.media.file);
        clip::describe(&path, format).is_ok_and(|media| media == known.media)
    }
}

/// Nothing can be hidden before somebody has said what.
pub fn not_redacted(folder: &SessionFolder) -> Error {
    let name = folder.path().display();
    Error::new(
        ErrorKind::Session,
        format!("nobody has said yet what must not leave {name}"),
    )
    .hint("verbatim redact SESSION --preview shows what would be replaced; without --preview it is kept")
}

/// Whether somebody who writes `name`, such as `m3` or `3`, means the id `m0003`.
fn is_named(id: &str, letter: char, name: &str) -> bool {
    let number = |text: &str| text.trim_start_matches([letter, '0']).to_owned();
    id == name || number(id) == number(name)
}

/// Whether two clips are the same but for their id and file.
fn is_same(a: &Clip, b: &Clip) -> bool {
    let plain = |clip: &Clip| Clip {
        id: String::new(),
        media: Media {
            file: String::new(),
            media_type: clip.media.media_type.clone(),
            bytes: 0,
            sha256: String::new(),
        },
        ..clip.clone()
    };
    plain(a) == plain(b)
}
