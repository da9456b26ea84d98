//! `verbatim export`: a session in the formats of other programs.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser};
use verbatim::batch::clip::not_redacted;
use verbatim::batch::edit::Editor;
use verbatim::document::guide::GuideCoverage;
use verbatim::document::manifest::{Manifest, Status};
use verbatim::document::redaction::RedactionsDocument;
use verbatim::document::review::ReviewDocument;
use verbatim::export::call::Call;
use verbatim::export::csv::ByteOrderMark;
use verbatim::export::{FORMATS, Format, Needs};
use verbatim::redact::call::redact;
use verbatim::redact::detect::completed;
use verbatim::store::folder::SessionFolder;
use verbatim::store::{documents, files};
use verbatim::{Error, ErrorKind, Result};

use super::args::{SessionsDir, session_folder};
use super::consent::PublicArgs;
use super::exit::Outcome;
use super::show;

/// What stands for every format.
const ALL: &str = "all";

/// Arguments of `export`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  verbatim export last --as srt,docx
  verbatim export last --as quotes.csv --out ~/research/acme.csv
  verbatim export last --as txt --out - | less

Files go into the session's folder exports, where they can be made again at any time; the paths are \
printed. In a CSV file, text that a spreadsheet would take for a formula has an apostrophe before it.")]
pub struct ExportArgs {
    /// Session: its folder, the folder's name, or `last`
    session: PathBuf,

    /// Formats, separated by commas
    #[arg(
        long = "as",
        value_name = "FORMAT",
        required = true,
        value_delimiter = ',',
        value_parser = PossibleValuesParser::new(names())
    )]
    formats: Vec<String>,

    /// Where to write: a folder, a file for a single format, or - for standard output
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,

    /// Leave out what `verbatim redact` names; the files go into the folder exports/redacted
    #[arg(long)]
    redacted: bool,

    /// Whether CSV files begin with a byte order mark, by which Excel knows UTF-8
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = BomArg::Auto)]
    bom: BomArg,

    /// The text as it was when this pass was complete, such as p1 before `verbatim finish --model`
    #[arg(long, value_name = "PASS")]
    pass: Option<String>,

    #[command(flatten)]
    public: PublicArgs,

    #[command(flatten)]
    sessions: SessionsDir,
}

/// When CSV files begin with a byte order mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum BomArg {
    /// In the sheets that people open: quotes.csv and stickies.csv
    Auto,
    /// In every table
    Always,
    /// In none
    Never,
}

impl From<BomArg> for ByteOrderMark {
    fn from(arg: BomArg) -> ByteOrderMark {
        match arg {
            BomArg::Auto => ByteOrderMark::Auto,
            BomArg::Always => ByteOrderMark::Always,
            BomArg::Never => ByteOrderMark::Never,
        }
    }
}

fn names() -> Vec<PossibleValue> {
    let all = PossibleValue::new(ALL).help("Every format");
    let each = FORMATS
        .iter()
        .map(|format| PossibleValue::new(format.name).help(format.help));
    each.chain([all]).collect()
}

/// Where exports go.
enum Target {
    Folder(PathBuf),
    File(PathBuf),
    Stdout,
}

/// Writes a session in other formats.
///
/// # Errors
///
/// [`ErrorKind::Usage`] when the formats do not fit to where they shall go, [`ErrorKind::Session`]
/// when the folder holds no session, or no text yet, [`ErrorKind::PermissionDenied`] when consent does
/// not cover what it is for, [`ErrorKind::Disk`] when a file cannot be written.
pub fn run(args: ExportArgs) -> Result<Outcome> {
    let formats = chosen(&args.formats);
    let folder = SessionFolder::open(&session_folder(&args.session, &args.sessions.dir)?)?;
    let mut call = read(&folder, &formats, args.pass.as_deref())?;
    let lacks = args.public.check(&call.manifest)?;
    let mut usual = folder.exports();
    if args.redacted {
        call = redacted(&folder, call)?;
        usual = usual.join("redacted");
    }
    let target = target(args.out.as_deref(), &formats, usual)?;
    if let Some(scope) = lacks {
        let names = formats.iter().map(|format| format.name.to_owned());
        Editor::open(&folder)?.override_consent(scope, names.collect())?;
    }
    if let Target::Folder(path) = &target {
        files::create_folders(path).map_err(|error| match args.out {
            None => error.hint("--out names another folder"),
            Some(_) => error,
        })?;
    }
    for format in formats {
        let bytes = format.write(&call, args.bom.into())?;
        let path = match &target {
            Target::Folder(path) => path.join(format.file),
            Target::File(path) => path.clone(),
            Target::Stdout => {
                print(&bytes)?;
                continue;
            }
        };
        files::replace(&path, &bytes)?;
        print(format!("{}\n", path.display()).as_bytes())?;
    }
    if !call.waits() {
        return Ok(Outcome::Done);
    }
    eprintln!(
        "verbatim: some speech has no text yet; run: verbatim finish {}",
        folder.path().display()
    );
    Ok(Outcome::Incomplete)
}

/// The formats that were named, each once, in the order of the table for `all`.
fn chosen(names: &[String]) -> Vec<&'static Format> {
    if names.iter().any(|name| name == ALL) {
        return FORMATS.iter().collect();
    }
    let mut chosen: Vec<&Format> = Vec::new();
    for format in names
        .iter()
        .filter_map(|name| verbatim::export::format(name))
    {
        if !chosen.iter().any(|known| known.name == format.name) {
            chosen.push(format);
        }
    }
    chosen
}

fn target(out: Option<&Path>, formats: &[&Format], usual: PathBuf) -> Result<Target> {
    let Some(out) = out else {
        return Ok(Target::Folder(usual));
    };
    let single = match formats {
        [format] => Some(format),
        _ => None,
    };
    if out.as_os_str() == "-" {
        return match single {
            Some(format) if format.is_text() => Ok(Target::Stdout),
            _ => Err(
                Error::new(ErrorKind::Usage, "standard output takes one text format")
                    .hint("name a single one that is text, or a folder with --out"),
            ),
        };
    }
    // A path that ends with a separator is a folder that may be missing yet.
    let ended = out
        .to_string_lossy()
        .ends_with(['/', std::path::MAIN_SEPARATOR]);
    Ok(match single {
        Some(_) if !out.is_dir() && !ended => Target::File(out.to_path_buf()),
        _ => Target::Folder(out.to_path_buf()),
    })
}

/// Reads the documents; says what to do when what the formats are made of is not there.
pub(super) fn read(
    folder: &SessionFolder,
    formats: &[&Format],
    pass: Option<&str>,
) -> Result<Call> {
    let manifest: Manifest = documents::read(&folder.manifest())?;
    let finish = format!("verbatim finish {} writes it", folder.path().display());
    if manifest.status == Status::Recording {
        let what = "is still being recorded, or its recorder died";
        return Err(Error::new(
            ErrorKind::Session,
            format!("{} {what}", folder.path().display()),
        )
        .hint("when no recorder runs, verbatim finish completes it"));
    }
    let missing = || {
        Error::new(
            ErrorKind::Session,
            format!("{} has no transcript yet", folder.path().display()),
        )
        .hint(finish.as_str())
    };
    if !folder.transcript().exists() {
        return Err(missing());
    }
    let call = Call::new(
        manifest,
        documents::read(&folder.turns())?,
        show::transcript(folder, pass)?,
        documents::read_markers(folder)?,
    )
    .with_guide(guide(folder)?)
    .with_clips(documents::read_clips(folder.path())?);
    let text = formats.iter().any(|format| format.needs == Needs::Text);
    match text && call.said.is_empty() && call.waits() {
        true => Err(missing()),
        false => Ok(call),
    }
}

/// What the call covered of its guide. A session of an earlier version has no review.
fn guide(folder: &SessionFolder) -> Result<Option<GuideCoverage>> {
    if !folder.review().exists() {
        return Ok(None);
    }
    documents::read::<ReviewDocument>(&folder.review()).map(|review| review.guide)
}

/// The call without what must not leave the session.
fn redacted(folder: &SessionFolder, call: Call) -> Result<Call> {
    let path = folder.redactions();
    if !path.exists() {
        return Err(not_redacted(folder));
    }
    let document: RedactionsDocument = documents::read(&path)?;
    let rules = completed(&call, &document.rules);
    Ok(redact(call, &rules).call)
}

/// Prints to standard output; a reader that has seen enough is no failure.
pub(super) fn print(bytes: &[u8]) -> Result<()> {
    match io::stdout().write_all(bytes) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::new(ErrorKind::Disk, "cannot write to standard output").because(error))
        }
        _ => Ok(()),
    }
}
