//! A session's documents in the formats of other programs.
//!
//! A format is a row of [`FORMATS`] and a file of its own here: documents in, text or bytes out, the
//! same for the same documents.

pub mod audacity;
pub mod call;
pub mod csv;
pub mod cues;
pub mod docx;
pub mod elan;
pub mod json;
pub mod lane;
pub mod md;
mod office;
pub mod package;
pub mod plain;
pub mod prose;
pub mod quote;
pub mod refi;
pub mod sheets;
pub mod srt;
pub mod textgrid;
pub mod thanks;
pub mod timeline;
pub mod txt;
pub mod vtt;
pub mod xlsx;
pub mod xml;

use self::call::Call;
use self::csv::{ByteOrderMark, Table};
use self::json::{assemblyai, deepgram, openai, podcast, whisper_cpp, whisperx};
use crate::error::Result;

/// A format that calls can be exported to.
#[derive(Debug)]
pub struct Format {
    /// What the user types.
    pub name: &'static str,
    /// Name of the file that is made.
    pub file: &'static str,
    /// One line about it.
    pub help: &'static str,
    /// What it is made of.
    pub needs: Needs,
    writer: Writer,
}

/// What an export is made of, beside `session.json`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// The transcript.
    Text,
    /// The turns; text is added where there is some.
    Turns,
    /// The markers; text is added where there is some.
    Markers,
}

/// How a format is written.
#[derive(Debug)]
enum Writer {
    Text(fn(&Call) -> String),
    /// A table that programs read.
    Data(fn(&Call) -> Table),
    /// A table that people open.
    Sheet(fn(&Call) -> Table),
    Package(fn(&Call) -> Result<Vec<u8>>),
}

/// Every format, in the order in which they are listed.
pub const FORMATS: &[Format] = &[
    text("srt", "transcript.srt", "SubRip captions", srt::write),
    text(
        "vtt",
        "transcript.vtt",
        "WebVTT captions with voices",
        vtt::write,
    ),
    Format {
        needs: Needs::Markers,
        ..text(
            "chapters",
            "chapters.vtt",
            "WebVTT chapters from the markers",
            vtt::chapters,
        )
    },
    text(
        "txt",
        "transcript.txt",
        "Plain text with times and speakers",
        txt::write,
    ),
    text(
        "md",
        "transcript.md",
        "Markdown with markers, times and speakers",
        md::write,
    ),
    package("docx", "transcript.docx", "Word document", docx::write),
    table(
        "csv",
        "segments.csv",
        "Table of segments",
        Needs::Text,
        Writer::Data(sheets::segments),
    ),
    table(
        "turns.csv",
        "turns.csv",
        "Table of turns",
        Needs::Turns,
        Writer::Data(sheets::turns),
    ),
    table(
        "markers.csv",
        "markers.csv",
        "Table of markers",
        Needs::Markers,
        Writer::Data(sheets::markers),
    ),
    table(
        "quotes.csv",
        "quotes.csv",
        "Sheet of markers: Problem, Observed Behavior, Emotion, Direct Quote",
        Needs::Markers,
        Writer::Sheet(sheets::quotes),
    ),
    table(
        "stickies.csv",
        "stickies.csv",
        "Sticky notes for whiteboards, an insight a row",
        Needs::Markers,
        Writer::Sheet(sheets::stickies),
    ),
    table(
        "xlsx",
        "quotes.xlsx",
        "Excel workbook: quote sheet, sticky notes, markers, turns, segments",
        Needs::Markers,
        Writer::Package(xlsx::write),
    ),
    table(
        "guide.csv",
        "guide.csv",
        "Table of the interview guide: ticked, and maybe asked",
        Needs::Turns,
        Writer::Data(sheets::guide),
    ),
    text(
        "thanks",
        "thank-you.md",
        "Thank-you note with three takeaways, to finish by hand",
        thanks::write,
    ),
    text(
        "textgrid",
        "transcript.TextGrid",
        "Praat TextGrid",
        textgrid::write,
    ),
    text(
        "audacity",
        "labels.txt",
        "Audacity label track",
        audacity::write,
    ),
    text("elan", "transcript.eaf", "ELAN annotations", elan::write),
    package(
        "refi-qda",
        "transcript.qdpx",
        "REFI-QDA project for qualitative analysis",
        refi::write,
    ),
    table(
        "timeline.svg",
        "timeline.svg",
        "Picture of who speaks when, with silences and markers",
        Needs::Turns,
        Writer::Text(timeline::write),
    ),
    Format {
        needs: Needs::Turns,
        ..package(
            "timeline.png",
            "timeline.png",
            "The same picture as pixels",
            timeline::png::write,
        )
    },
    text(
        "podcast",
        "transcript.podcast.json",
        "Podcast namespace transcript",
        podcast::write,
    ),
    text(
        "whisper-json",
        "transcript.whisper.json",
        "JSON as whisper.cpp writes it",
        whisper_cpp::write,
    ),
    text(
        "whisperx",
        "transcript.whisperx.json",
        "JSON as WhisperX writes it",
        whisperx::write,
    ),
    text(
        "openai",
        "transcript.openai.json",
        "OpenAI verbose_json",
        openai::write,
    ),
    text(
        "assemblyai",
        "transcript.assemblyai.json",
        "AssemblyAI transcript",
        assemblyai::write,
    ),
    text(
        "deepgram",
        "transcript.deepgram.json",
        "Deepgram transcript",
        deepgram::write,
    ),
];

const fn text(
    name: &'static str,
    file: &'static str,
    help: &'static str,
    write: fn(&Call) -> String,
) -> Format {
    table(name, file, help, Needs::Text, Writer::Text(write))
}

const fn package(
    name: &'static str,
    file: &'static str,
    help: &'static str,
    write: fn(&Call) -> Result<Vec<u8>>,
) -> Format {
    table(name, file, help, Needs::Text, Writer::Package(write))
}

const fn table(
    name: &'static str,
    file: &'static str,
    help: &'static str,
    needs: Needs,
    writer: Writer,
) -> Format {
    Format {
        name,
        file,
        help,
        needs,
        writer,
    }
}

/// The format of a name.
pub fn format(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}

impl Format {
    /// Whether the export is text, which can go to a terminal or a pipe.
    pub fn is_text(&self) -> bool {
        !matches!(self.writer, Writer::Package(_))
    }

    /// The call in this format, as it stands in its file. `mark` is for tables only.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Session`](crate::ErrorKind::Session) when a package cannot be made.
    pub fn write(&self, call: &Call, mark: ByteOrderMark) -> Result<Vec<u8>> {
        let (table, by_default) = match self.writer {
            Writer::Text(write) => return Ok(write(call).into_bytes()),
            Writer::Package(write) => return write(call),
            Writer::Data(write) => (write(call), false),
            Writer::Sheet(write) => (write(call), true),
        };
        let marked = match mark {
            ByteOrderMark::Auto => by_default,
            ByteOrderMark::Always => true,
            ByteOrderMark::Never => false,
        };
        let mark = if marked { "\u{FEFF}" } else { "" };
        Ok(format!("{mark}{}", table.into_text()).into_bytes())
    }
}
