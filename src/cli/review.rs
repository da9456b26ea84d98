//! `verbatim review` and `verbatim rules`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use verbatim::document::manifest::{Manifest, Status};
use verbatim::document::review::ReviewDocument;
use verbatim::insight::rules::Rules;
use verbatim::store::folder::SessionFolder;
use verbatim::store::{documents, rules as files};
use verbatim::{Error, ErrorKind, Result};

use super::args::{SessionsDir, session_folder};
use super::exit::Outcome;
use crate::view::markers::{print_json, print_line, print_text};
use crate::view::review;
use crate::view::text::Names;

/// The word for the rules that come with the program.
const BUNDLED: &str = "bundled";

/// The word for the rules of a session that has none of its own: the user's, or the program's.
const USUAL: &str = "usual";

/// Arguments of `review`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  verbatim review last
  verbatim rules export en > my-rules.toml
  verbatim review last --rules my-rules.toml      for this session alone, which keeps them as rules.toml
  verbatim review last --rules usual              as every other session again

Everything in a review is a guess by rules that can be read and changed; review.json says for each item \
which rules made it, how sure they are, and in which words. A session's own rules come first, then yours \
for its language (verbatim rules list tells where they lie), then those of the program. Measured figures \
are what verbatim show prints.")]
pub struct ReviewArgs {
    /// Session: its folder, the folder's name, or `last`
    session: PathBuf,

    /// Review it again by the rules in this file, by those that come with the program (bundled), or by
    /// yours, where there are some (usual)
    #[arg(long, value_name = "FILE")]
    rules: Option<PathBuf>,

    /// Print review.json
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    sessions: SessionsDir,
}

/// Prints what rules read out of a session's words.
///
/// # Errors
///
/// [`ErrorKind::Usage`] when the rules cannot be read or are for another language,
/// [`ErrorKind::Session`] when the folder holds no session that has ended, [`ErrorKind::Disk`] when it
/// cannot be written.
pub fn run(args: ReviewArgs) -> Result<Outcome> {
    let folder = SessionFolder::open(&session_folder(&args.session, &args.sessions.dir)?)?;
    let manifest: Manifest = documents::read(&folder.manifest())?;
    if manifest.status == Status::Recording {
        let what = "is still being recorded, or its recorder died";
        return Err(Error::new(
            ErrorKind::Session,
            format!("{} {what}", folder.path().display()),
        )
        .hint("when no recorder runs, verbatim finish completes it"));
    }
    // A session of an earlier version has no review yet.
    if args.rules.is_some() || !folder.review().exists() {
        let _lock = folder.lock()?;
        if let Some(rules) = &args.rules {
            choose(&folder, rules)?;
        }
        documents::write(&folder)?;
    }
    let document: ReviewDocument = documents::read(&folder.review())?;
    if args.json {
        print_json(&document)?;
        return Ok(Outcome::Done);
    }
    let names = Names::of(&documents::read_speakers(folder.path()).unwrap_or_default());
    let mut out = Vec::new();
    review::write(&document, &names, &mut out).map_err(unwritable)?;
    print_line(String::from_utf8_lossy(&out).trim_end())?;
    Ok(Outcome::Done)
}

/// Gives a session rules of its own, or takes them away.
fn choose(folder: &SessionFolder, rules: &Path) -> Result<()> {
    if rules.as_os_str() == USUAL {
        return files::take_away(folder);
    }
    let language = || -> Result<Option<String>> {
        let transcript = documents::fold_folder(folder)?.transcript;
        Ok(transcript
            .passes
            .last()
            .map(|pass| pass.spoken().to_owned()))
    };
    if rules.as_os_str() == BUNDLED {
        let language = language()?.unwrap_or_default();
        let users = files::users_file(&language).is_some_and(|file| file.exists());
        return match Rules::text(&language) {
            // Where the user has rules, a session without any of its own goes by those.
            Some(text) if users => files::give(folder, text),
            _ => files::take_away(folder),
        };
    }
    let (text, read) = read(rules)?;
    if let Some(language) = language()?
        && language != read.language()
    {
        return Err(Error::new(
            ErrorKind::Usage,
            format!(
                "{} is for the language {}, and the text is in {language}",
                rules.display(),
                read.language(),
            ),
        )
        .hint("name the language at its top"));
    }
    files::give(folder, &text)
}

fn read(path: &Path) -> Result<(String, Rules)> {
    let text = fs::read_to_string(path).map_err(|e| match e.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::InvalidData => {
            Error::new(ErrorKind::Usage, format!("cannot read {}", path.display())).because(e)
        }
        _ => Error::io("read", path, e),
    })?;
    let rules = Rules::parse(&text).map_err(|e| {
        Error::new(
            ErrorKind::Usage,
            format!("{} has a mistake", path.display()),
        )
        .because(e)
    })?;
    Ok((text, rules))
}

fn unwritable(error: io::Error) -> Error {
    Error::new(ErrorKind::Disk, "cannot write to standard output").because(error)
}

/// Arguments of `rules`.
#[derive(Debug, Args)]
pub struct RulesArgs {
    #[command(subcommand)]
    command: RulesCommand,
}

#[derive(Debug, Subcommand)]
enum RulesCommand {
    /// List the languages that have rules, and whose
    #[command(after_help = "\
Your own rules for a language take the place of the program's in every session that has none of its \
own. They lie in verbatim/rules in your configuration folder, a file for each language; VERBATIM_RULES \
names another folder. To begin with a copy:

  verbatim rules export en > ~/.config/verbatim/rules/en.toml")]
    List,
    /// Print the rules of a language, to read and to change
    #[command(after_help = "Example:\n  verbatim rules export en > my-rules.toml")]
    Export {
        /// Language, an ISO 639-1 code
        language: String,
    },
    /// Check a file of rules
    #[command(after_help = "Example:\n  verbatim rules check my-rules.toml")]
    Check {
        /// The file
        file: PathBuf,
    },
}

/// Lists, prints and checks rules.
///
/// # Errors
///
/// [`ErrorKind::Usage`] for a language without rules and for a file with a mistake.
pub fn rules(args: RulesArgs) -> Result<Outcome> {
    match args.command {
        RulesCommand::List => {
            for language in Rules::languages() {
                print_line(&format!("{language}  of the program"))?;
            }
            for language in files::users_languages() {
                let file = files::users_file(&language).unwrap_or_default();
                let state = match read(&file) {
                    Ok((_, rules)) if rules.language() != language => {
                        format!(", but it is for the language {}", rules.language())
                    }
                    Ok(_) => String::new(),
                    Err(error) => format!(", but it cannot be used: {error}"),
                };
                print_line(&format!("{language}  yours: {}{state}", file.display()))?;
            }
        }
        RulesCommand::Export { language } => {
            let text = Rules::text(&language).ok_or_else(|| {
                let known: Vec<&str> = Rules::languages().collect();
                Error::new(
                    ErrorKind::Usage,
                    format!("there are no rules for {language}"),
                )
                .hint(format!("there are some for: {}", known.join(", ")))
            })?;
            print_text(text.trim_end())?;
        }
        RulesCommand::Check { file } => {
            let (_, rules) = read(&file)?;
            print_line(&format!(
                "{}: {} rules for {}, version {}",
                file.display(),
                rules.ids().len(),
                rules.language(),
                rules.version()
            ))?;
        }
    }
    Ok(Outcome::Done)
}
