//! The tables: segments, markers and turns for programs, quotes and sticky notes for people.

use super::call::Call;
use super::csv::{Cell, Table};
use super::plain::{clean, clean_some, clock, clock_ms};
use super::quote::{Quote, link, quote};
use crate::document::marker::Marker;
use crate::document::transcript::Role;
use crate::document::turns::TurnKind;

/// A row for each segment of the transcript.
pub fn segments(call: &Call) -> Table {
    let mut table = Table::new(&[
        "id",
        "start_ms",
        "end_ms",
        "start",
        "end",
        "track",
        "speaker",
        "role",
        "text",
        "link",
        "corrected",
    ]);
    for said in &call.said {
        let voice = call.voice(said);
        table.row(vec![
            said.id.as_str().into(),
            said.start_ms.into(),
            said.end_ms.into(),
            clock_ms(said.start_ms, '.').into(),
            clock_ms(said.end_ms, '.').into(),
            said.track.to_string().into(),
            voice.label.as_str().into(),
            role(voice.role).into(),
            said.text.as_str().into(),
            link(call, said.track, (said.start_ms, said.end_ms)).into(),
            said.corrected.then_some("yes").into(),
        ]);
    }
    table
}

/// A row for each turn, with the words that it holds.
pub fn turns(call: &Call) -> Table {
    let mut table = Table::new(&[
        "id",
        "start_ms",
        "end_ms",
        "start",
        "end",
        "track",
        "speaker",
        "kind",
        "speech_ms",
        "text",
    ]);
    for turn in &call.turns.turns {
        let voice = call.voices.iter().find(|v| v.is_on(turn.track));
        let inside = |at: u64| (turn.start_ms..turn.end_ms).contains(&at);
        let words: Vec<&str> = call
            .said
            .iter()
            .filter(|said| said.track == turn.track)
            .flat_map(|said| &said.words)
            .filter(|word| inside((word.start_ms + word.end_ms) / 2))
            .map(|word| word.text.as_str())
            .collect();
        table.row(vec![
            turn.id.as_str().into(),
            turn.start_ms.into(),
            turn.end_ms.into(),
            clock_ms(turn.start_ms, '.').into(),
            clock_ms(turn.end_ms, '.').into(),
            turn.track.to_string().into(),
            voice.map(|v| v.label.as_str()).into(),
            match turn.kind {
                TurnKind::Turn => "turn",
                TurnKind::Backchannel => "backchannel",
            }
            .into(),
            turn.speech_ms.into(),
            words.join(" ").into(),
        ]);
    }
    table
}

/// A row for each marker, with the words that it is about.
pub fn markers(call: &Call) -> Table {
    let mut table = Table::new(&[
        "id", "kind", "t_ms", "start_ms", "end_ms", "time", "note", "severity", "tags", "emotion",
        "author", "speaker", "quote", "link",
    ]);
    for marker in &call.markers {
        let quote = quote(call, marker);
        table.row(vec![
            marker.id.as_str().into(),
            clean(&marker.kind).into(),
            marker.t_ms.into(),
            marker.start_ms.into(),
            marker.end_ms.into(),
            clock_ms(marker.t_ms, '.').into(),
            clean_some(marker.note.as_deref()).into(),
            marker.severity.map(u64::from).into(),
            tags(marker).into(),
            clean_some(marker.emotion.as_deref()).into(),
            clean_some(marker.author.as_deref()).into(),
            speaker(call, quote.as_ref()),
            quote.as_ref().map(|quote| quote.text.as_str()).into(),
            link_of(call, marker, quote.as_ref()).into(),
        ]);
    }
    table
}

/// The sheet that interviewers fill in after a call, filled in from the markers: a `pain` marker's
/// note is the problem, every other note is the observed behaviour. Where the author gave no
/// emotion, `delight` and `surprise` say it themselves.
pub fn quotes(call: &Call) -> Table {
    let mut table = Table::new(&[
        "Problem",
        "Observed Behavior",
        "Emotion",
        "Direct Quote",
        "Session",
        "Speaker",
        "Start",
        "End",
        "Marker",
        "Kind",
        "Severity",
        "Tags",
        "Author",
        "Clip",
        "Link",
        "Session Id",
    ]);
    for marker in &call.markers {
        let quote = quote(call, marker);
        let note = clean_some(marker.note.as_deref());
        let (problem, behaviour) = match marker.kind.as_str() {
            "pain" => (note, None),
            _ => (None, note),
        };
        let (start_ms, end_ms) = range(marker, quote.as_ref());
        table.row(vec![
            problem.into(),
            behaviour.into(),
            emotion(marker).into(),
            quote.as_ref().map(|quote| quote.text.as_str()).into(),
            call.title().into(),
            speaker(call, quote.as_ref()),
            clock(start_ms).into(),
            clock(end_ms).into(),
            marker.id.as_str().into(),
            clean(&marker.kind).into(),
            marker.severity.map(u64::from).into(),
            tags(marker).into(),
            clean_some(marker.author.as_deref()).into(),
            call.clip_file(marker).into(),
            link_of(call, marker, quote.as_ref()).into(),
            call.manifest.id.as_str().into(),
        ]);
    }
    table
}

/// One insight a row, its text first, as whiteboards take sticky notes in: the note, and the quote
/// where there is no note.
pub fn stickies(call: &Call) -> Table {
    let mut table = Table::new(&[
        "Insight", "Kind", "Quote", "Speaker", "Tags", "Session", "Time",
    ]);
    for marker in &call.markers {
        let quote = quote(call, marker);
        let note = clean_some(marker.note.as_deref());
        let quoted = quote.as_ref().map(|quote| format!("“{}”", quote.text));
        let Some(insight) = note.or_else(|| quoted.clone()) else {
            continue;
        };
        table.row(vec![
            insight.into(),
            clean(&marker.kind).into(),
            quoted.into(),
            speaker(call, quote.as_ref()),
            tags(marker).into(),
            call.title().into(),
            clock(marker.t_ms).into(),
        ]);
    }
    table
}

/// The interview guide, a question or follow-up a row. What somebody ticked and what the words hint at
/// stand apart.
pub fn guide(call: &Call) -> Table {
    let mut table = Table::new(&[
        "id",
        "phase",
        "question",
        "follows",
        "ticked_ms",
        "ticked",
        "hint_score",
        "hint_text",
        "hint_start_ms",
        "hint_end_ms",
        "hint_link",
    ]);
    for item in call.guide.iter().flat_map(|guide| &guide.items) {
        let hint = item.hint.as_ref();
        let range = hint.map(|h| (h.evidence.start_ms, h.evidence.end_ms));
        table.row(vec![
            item.id.as_str().into(),
            clean(&item.phase).into(),
            clean(&item.ask).into(),
            item.follows.as_deref().into(),
            item.ticked_ms.into(),
            item.ticked_ms.map(clock).into(),
            hint.map(|hint| hint.score.to_string()).into(),
            hint.map(|hint| clean(&hint.text)).into(),
            range.map(|(start, _)| start).into(),
            range.map(|(_, end)| end).into(),
            hint.map(|h| {
                link(
                    call,
                    h.evidence.track,
                    (h.evidence.start_ms, h.evidence.end_ms),
                )
            })
            .into(),
        ]);
    }
    table
}

fn speaker(call: &Call, quote: Option<&Quote>) -> Cell {
    quote
        .map(|quote| call.voices[quote.voice].label.as_str())
        .into()
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Interviewer => "interviewer",
        Role::Participant => "participant",
        Role::Observer => "observer",
        Role::Unknown => "unknown",
    }
}

fn tags(marker: &Marker) -> String {
    let tags: Vec<String> = marker.tags.iter().map(|tag| clean(tag)).collect();
    tags.join("; ")
}

/// What the speaker felt, as the author said by a word or by the kind of marker.
pub fn emotion(marker: &Marker) -> Option<String> {
    clean_some(marker.emotion.as_deref()).or_else(|| {
        let says = matches!(marker.kind.as_str(), "delight" | "surprise");
        says.then(|| marker.kind.clone())
    })
}

fn range(marker: &Marker, quote: Option<&Quote>) -> (u64, u64) {
    quote.map_or((marker.start_ms, marker.end_ms), |quote| {
        (quote.start_ms, quote.end_ms)
    })
}

fn link_of(call: &Call, marker: &Marker, quote: Option<&Quote>) -> String {
    let track = quote.map_or(call.main_track(), |quote| quote.track);
    link(call, track, range(marker, quote))
}
