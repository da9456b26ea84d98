//! A session in one screen: where it is, who talked how much, the silences, the first quote.

use std::io::{self, Write};
use std::path::Path;

use verbatim::audio::Track;
use verbatim::document::common::{Gap, GapCause, UntranscribedReason};
use verbatim::document::manifest::{Manifest, Status};
use verbatim::document::stats::StatsDocument;
use verbatim::document::transcript::{Segment, TranscriptDocument};
use verbatim::document::turns::Silence;
use verbatim::event::NoAudio;

use super::text::{Names, bar, clock, minute, percent, plain, seconds, span};

/// Words that a stretch of speech must have to be shown as the first quote.
const QUOTE_WORDS: usize = 8;

/// A track that ends this much before the other is told, in milliseconds. Two recordings of one call are
/// seldom of one length to the sample.
const EARLY_MS: u64 = 1_000;

/// Silences shown.
const SILENCES: usize = 3;

/// The documents that a summary reads.
#[derive(Debug)]
pub struct Shown<'a> {
    /// The session's folder.
    pub folder: &'a Path,
    /// `session.json`.
    pub manifest: &'a Manifest,
    /// `stats.json`.
    pub stats: &'a StatsDocument,
    /// `transcript.json`.
    pub transcript: &'a TranscriptDocument,
}

/// How a summary looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// With bars.
    Drawn,
    /// Only what can be read out.
    Plain,
}

/// Writes the summary.
///
/// # Errors
///
/// When `out` fails.
pub fn write(shown: &Shown<'_>, shape: Shape, out: &mut dyn Write) -> io::Result<()> {
    let manifest = shown.manifest;
    let names = Names::of(&shown.transcript.speakers);
    let tracks: Vec<Track> = shown.stats.tracks.iter().map(|t| t.track).collect();
    if let Some(title) = &manifest.title {
        writeln!(out, "{}", plain(title))?;
    }
    writeln!(out, "Session   {}", shown.folder.display())?;
    writeln!(
        out,
        "Recorded  {}, {}, {}",
        minute(&manifest.started_at),
        clock(manifest.duration_ms),
        status(manifest.status)
    )?;
    for track in &shown.stats.tracks {
        let share = percent(track.talk_share);
        match shape {
            Shape::Drawn => write!(
                out,
                "{} {} {share:>5}  ",
                names.column(track.track, &tracks, 12),
                bar(track.talk_share, 20)
            )?,
            Shape::Plain => write!(out, "{}  {share}, ", names.get(track.track))?,
        }
        let speech = seconds(track.speech_ms);
        writeln!(out, "{speech} of speech, {} turns", track.turns)?;
    }
    silences(&shown.stats.longest_silences, &names, out)?;
    if let Some(quote) = first_quote(&shown.transcript.segments) {
        writeln!(
            out,
            "First quote  [{}] {}: \"{}\"",
            clock(quote.start_ms),
            names.get(quote.track),
            plain(&quote.text)
        )?;
    }
    left_out(shown, out)?;
    losses(shown, out)
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Recording => "still recording, or its recorder died (verbatim finish completes it)",
        Status::Stopped => "audio complete, text missing (verbatim finish completes it)",
        Status::Complete => "complete",
        Status::Recovered => "recovered after a crash",
    }
}

fn silences(longest: &[Silence], names: &Names, out: &mut dyn Write) -> io::Result<()> {
    let shown: Vec<String> = longest
        .iter()
        .filter_map(|silence| Some((silence, silence.after?, silence.before?)))
        .take(SILENCES)
        .map(|(silence, after, before)| {
            let length = seconds(silence.end_ms - silence.start_ms);
            let at = clock(silence.start_ms);
            format!(
                "{length} at {at} ({} to {})",
                names.get(after),
                names.get(before)
            )
        })
        .collect();
    if !shown.is_empty() {
        writeln!(out, "Longest silences  {}", shown.join("; "))?;
    }
    Ok(())
}

/// The first stretch of the other side's speech that is long enough to quote; on a recording where
/// nobody is known to be the other side, of anybody's.
fn first_quote(segments: &[Segment]) -> Option<&Segment> {
    let long = |segment: &&Segment| segment.words.len() >= QUOTE_WORDS;
    let other_side = |segment: &&Segment| segment.track != Track::Mic;
    segments.iter().filter(other_side).find(long)
}

/// What is not there because somebody wanted it so.
fn left_out(shown: &Shown<'_>, out: &mut dyn Write) -> io::Result<()> {
    match shown.manifest.no_audio {
        Some(NoAudio::Markers) => writeln!(out, "No audio  markers and notes only")?,
        Some(NoAudio::Timing) => writeln!(out, "No audio  markers, notes and who spoke when")?,
        None => {}
    }
    for withdrawn in &shown.manifest.withdrawn {
        let text = format!("{} {}", minute(&withdrawn.at), plain(&withdrawn.text));
        writeln!(out, "Consent   withdrawn {}", text.trim_end())?;
    }
    let tracks = shown.manifest.tracks.iter();
    let paused = tracks.map(|track| track.paused_samples).max().unwrap_or(0);
    if paused > 0 {
        writeln!(out, "Paused    {}", clock(paused / 48))?;
    }
    let refused = shown.transcript.untranscribed.iter();
    if refused
        .clone()
        .any(|u| u.reason == UntranscribedReason::NotAllowed)
    {
        writeln!(out, "No text   the consent does not cover a transcript")?;
    }
    Ok(())
}

fn losses(shown: &Shown<'_>, out: &mut dyn Write) -> io::Result<()> {
    for track in &shown.manifest.tracks {
        let ends = |gap: &&Gap| gap.cause == GapCause::SourceEnded;
        let early: u64 = track.gaps.iter().filter(ends).map(|g| g.samples / 48).sum();
        if early >= EARLY_MS {
            let early = seconds(early);
            writeln!(out, "The {} track ends {early} early", track.track)?;
        }
        let lost = track.gaps.iter().filter(|gap| gap.cause.is_loss());
        let (holes, samples) = lost.fold((0, 0), |(n, sum), gap| (n + 1, sum + gap.samples));
        if holes > 0 {
            let holes = match holes {
                1 => "one gap".to_owned(),
                holes => format!("{holes} gaps"),
            };
            writeln!(
                out,
                "Lost  {} of the {} track in {holes} (turns.json says where and why)",
                span(samples / 48),
                track.track,
            )?;
        }
    }
    let waiting: u64 = shown
        .transcript
        .untranscribed
        .iter()
        .filter(|u| u.reason.waits())
        .map(|u| u.end_ms - u.start_ms)
        .sum();
    if waiting > 0 {
        writeln!(
            out,
            "Without text  {} of speech; run: verbatim finish {}",
            seconds(waiting),
            shown.folder.display()
        )?;
    }
    Ok(())
}
