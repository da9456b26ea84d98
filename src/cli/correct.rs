//! `verbatim correct`: what is really said.

use std::path::{Path, PathBuf};

use clap::Args;
use verbatim::batch::edit::{Corrected, Editor};
use verbatim::document::correction::Correction;
use verbatim::export::csv::restored;
use verbatim::mark::import::table::rows;
use verbatim::store::documents;
use verbatim::store::folder::SessionFolder;
use verbatim::text::edited::{Exported, blocks, edited};
use verbatim::{Error, ErrorKind, Result};

use super::args::{SessionsDir, session_folder};
use super::exit::Outcome;
use super::export;
use crate::view::markers::{print_json, print_line};

/// Arguments of `correct`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  verbatim correct last                          list the corrections
  verbatim correct last s42 \"It was last Friday, I opened four spreadsheets.\"
  verbatim correct last s42 --undo
  verbatim export last --as txt --out call.txt   edit what is said, then:
  verbatim correct last --from call.txt

An edited transcript may be txt, md, srt, vtt or csv, as export writes it: its words are laid along those \
of the session, voice by voice. Leave times, names and headings as they are.

What was recognised stays in transcript.json; corrections.json is laid over it by show, search, clips \
and exports. Words that stay keep their times.")]
pub struct CorrectArgs {
    /// Session: its folder, the folder's name, or `last`
    session: PathBuf,

    /// Segment, by its id in transcript.json
    #[arg(requires = "change")]
    segment: Option<String>,

    /// What is said in it
    #[arg(group = "change")]
    text: Option<String>,

    /// Take the correction of the segment back
    #[arg(long, group = "change", requires = "segment")]
    undo: bool,

    /// Take every text that differs from an edited export: txt, md, srt, vtt or csv
    #[arg(long, value_name = "FILE", conflicts_with = "segment")]
    from: Option<PathBuf>,

    /// Who corrects
    #[arg(long, value_name = "NAME", env = "VERBATIM_AUTHOR")]
    author: Option<String>,

    /// Print the corrections as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    sessions: SessionsDir,
}

/// Corrects segments, or lists the corrections.
///
/// # Errors
///
/// [`ErrorKind::Usage`] when there is no such segment or the file is no table of segments,
/// [`ErrorKind::Session`] when the session is still being recorded, [`ErrorKind::Disk`] when it cannot be
/// written.
pub fn run(args: CorrectArgs) -> Result<Outcome> {
    let folder = SessionFolder::open(&session_folder(&args.session, &args.sessions.dir)?)?;
    let texts: Vec<(String, String)> = match (&args.segment, &args.text, &args.from) {
        (Some(segment), Some(text), _) => vec![(segment.clone(), text.clone())],
        (_, _, Some(file)) => from_file(&folder, file)?,
        _ => Vec::new(),
    };
    if args.undo || args.from.is_some() || !texts.is_empty() {
        let mut editor = Editor::open(&folder)?;
        match &args.segment {
            Some(segment) if args.undo => editor.restore(segment)?,
            _ => {
                let made = editor.correct(&texts, args.author.as_deref())?;
                let changed = made
                    .iter()
                    .filter(|made| **made == Corrected::Changed)
                    .count();
                eprintln!("{changed} of {} segments corrected", made.len());
            }
        }
    }
    let corrections = documents::fold_folder(&folder)?.corrections;
    let corrections = corrections.map_or_else(Vec::new, |document| document.corrections);
    if args.json {
        print_json(&corrections)?;
        return Ok(Outcome::Done);
    }
    for correction in &corrections {
        print(correction)?;
    }
    if corrections.is_empty() {
        eprintln!("no corrections");
    }
    Ok(Outcome::Done)
}

fn print(correction: &Correction) -> Result<()> {
    let gone = match correction.words.is_empty() {
        true => "  (a later pass has taken this segment away)",
        false => "",
    };
    print_line(&format!(
        "{}  - {}{gone}",
        correction.segment, correction.raw
    ))?;
    let by = correction
        .author
        .as_ref()
        .map(|author| format!("  by {author}"));
    let indent = " ".repeat(correction.segment.len());
    print_line(&format!(
        "{indent}  + {}{}",
        correction.text,
        by.unwrap_or_default()
    ))
}

/// Ids and texts of an edited export.
fn from_file(folder: &SessionFolder, path: &Path) -> Result<Vec<(String, String)>> {
    let text = std::fs::read_to_string(path).map_err(|e| match e.kind() {
        std::io::ErrorKind::InvalidData => Error::new(
            ErrorKind::Usage,
            format!("{} is no text in UTF-8", path.display()),
        )
        .hint("save it as plain text; .docx and .xlsx files are not read"),
        _ => Error::io("read", path, e),
    })?;
    if path
        .extension()
        .is_some_and(|end| end.eq_ignore_ascii_case("csv"))
    {
        return table(path, &text);
    }
    let call = export::read(folder, &[], None)?;
    let names: Vec<&str> = call
        .voices
        .iter()
        .map(|voice| voice.label.as_str())
        .collect();
    let said = call.said.iter().map(|said| Exported {
        id: said.id.clone(),
        voice: call.voice(said).label.clone(),
        text: said.text.clone(),
    });
    let said: Vec<Exported> = said.collect();
    let edited = edited(&said, &blocks(&text, &names)).map_err(|e| {
        Error::new(
            ErrorKind::Usage,
            format!("{} cannot be laid along the session", path.display()),
        )
        .because(e)
        .hint(
            "export it with verbatim export SESSION --as txt, change words only, and leave times, names \
             and headings; speakers are renamed with verbatim speakers",
        )
    })?;
    if !edited.gone.is_empty() {
        eprintln!(
            "left as they are, for the file has no word of them: {}",
            edited.gone.join(", ")
        );
    }
    Ok(edited.texts)
}

/// Ids and texts of an edited table of segments.
fn table(path: &Path, text: &str) -> Result<Vec<(String, String)>> {
    let wrong = |what: &str| {
        Error::new(ErrorKind::Usage, format!("{} {what}", path.display())).hint(
            "export one with verbatim export SESSION --as csv and keep its columns id and text",
        )
    };
    let mut rows = rows(text).into_iter();
    let header = rows.next().ok_or_else(|| wrong("is empty"))?;
    let column = |name: &str| {
        header
            .iter()
            .position(|n| n.trim().eq_ignore_ascii_case(name))
    };
    let (Some(id), Some(text)) = (column("id"), column("text")) else {
        return Err(wrong("has no columns id and text"));
    };
    let mut texts = Vec::new();
    for row in rows.filter(|row| row.iter().any(|cell| !cell.trim().is_empty())) {
        match (row.get(id), row.get(text)) {
            (Some(id), Some(text)) => texts.push((id.trim().to_owned(), restored(text).to_owned())),
            _ => return Err(wrong("has a row that is too short")),
        }
    }
    Ok(texts)
}
