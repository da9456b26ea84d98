//! `transcribe --as`: text in another program's form on standard output, for scripts.

use clap::builder::{PossibleValue, PossibleValuesParser};
use verbatim::batch::queue::Call;
use verbatim::export::csv::ByteOrderMark;
use verbatim::export::{FORMATS, Format, Needs, format};
use verbatim::store::folder::SessionFolder;
use verbatim::{Error, ErrorKind, Result};

use super::{TranscribeArgs, options, outcome, work};
use crate::cli::exit::Outcome;
use crate::cli::{export, stop};
use crate::view::queue::{Board, Onlooker};

/// Other names of formats: what scripts call them.
const ALIASES: &[(&str, &str)] = &[("openai-verbose", "openai"), ("verbose_json", "openai")];

/// Formats that hold nothing but text.
fn texts() -> impl Iterator<Item = &'static Format> {
    FORMATS
        .iter()
        .filter(|format| format.is_text() && format.needs == Needs::Text)
}

/// What `--as` takes.
pub(super) fn names() -> PossibleValuesParser {
    let values = texts().map(|format| {
        let aliases = ALIASES.iter().filter(|(_, name)| *name == format.name);
        PossibleValue::new(format.name)
            .help(format.help)
            .aliases(aliases.map(|(alias, _)| *alias))
    });
    PossibleValuesParser::new(values.collect::<Vec<_>>())
}

/// Prints the text of one call.
///
/// # Errors
///
/// [`ErrorKind::Usage`] for more calls than one; otherwise as [`super::run`].
pub(super) fn run(args: &TranscribeArgs, calls: Vec<Call>, name: &str) -> Result<Outcome> {
    if calls.len() != 1 {
        let what = "standard output takes the text of one recording";
        return Err(Error::new(ErrorKind::Usage, what)
            .hint("name a single file, or transcribe and then use verbatim export"));
    }
    let alias = ALIASES.iter().find(|(alias, _)| *alias == name);
    let format = format(alias.map_or(name, |(_, name)| name));
    let Some(format) = format else {
        return Err(Error::new(
            ErrorKind::Usage,
            format!("there is no format {name}"),
        ));
    };
    let mut options = options(args);
    let scratch = match &args.out {
        Some(_) => None,
        None => {
            let made = tempfile::tempdir();
            Some(made.map_err(|e| Error::io("make a folder in", &std::env::temp_dir(), e))?)
        }
    };
    if let Some(scratch) = &scratch {
        options.import.dir = scratch.path().to_owned();
    }
    let board = Board::new(Onlooker::Waiting, vec![0]);
    let results = work(
        calls.into_iter(),
        args,
        &options,
        (&board, &stop::permit(board.announcer())?),
    )?;
    let session = results.first().and_then(|(_, ended)| ended.session.clone());
    let ended = outcome(results)?;
    if let Some(session) = session {
        let call = export::read(&SessionFolder::open(&session)?, &[format], None)?;
        export::print(&format.write(&call, ByteOrderMark::Auto)?)?;
    }
    Ok(ended)
}
