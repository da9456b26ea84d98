//! `verbatim models`: list, check, fetch and import speech models.

use std::ffi::OsString;
use std::io::{ErrorKind as IoErrorKind, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use verbatim::models::locate::own_models;
use verbatim::models::{Catalogue, Installation, Outcome, SearchPaths, import, verify};
use verbatim::{Error, ErrorKind, Result};

use self::report::Report;

mod list;
mod report;

/// Names the folder for models in place of the usual one.
const FOLDER_VARIABLE: &str = "VERBATIM_MODELS";

/// Which speech models there are, and where they lie.
#[derive(Args, Debug)]
#[command(after_help = "\
Models are kept in $VERBATIM_MODELS, else in verbatim/models under the user's data folder
(~/.local/share on Linux). The model `starter` comes with the program; it is good for trying things
out and too weak for real calls.

Examples:
  verbatim models list
  verbatim models fetch base.en
  verbatim models import ~/Downloads/ggml-small.en.bin")]
pub struct ModelsArgs {
    #[command(subcommand)]
    command: ModelsCommand,
}

#[derive(Debug, Subcommand)]
enum ModelsCommand {
    /// Show every model with its size, the memory it takes, and whether it is installed
    #[command(after_help = "\
SIZE is the download, MEMORY an estimate of what transcribing with the model takes. Names with .en
understand English only, the others about a hundred languages. q5 and q8 are smaller files of the
same model with coarser weights.

Examples:
  verbatim models list
  verbatim models list --json")]
    List {
        /// Print one JSON document instead of a table
        #[arg(long)]
        json: bool,
    },
    /// Check model files against their SHA-256
    #[command(after_help = "\
Examples:
  verbatim models verify                 every installed model
  verbatim models verify base.en
  verbatim models verify /media/usb/ggml-small.bin")]
    Verify {
        /// Names or files; every installed model when none is given
        #[arg(value_name = "NAME|FILE")]
        models: Vec<String>,
    },
    /// Add a model file that was downloaded elsewhere
    #[command(after_help = "\
What the file is follows from its SHA-256; it is copied, and the copy is checked. A model that is not
in the list needs no import: give its path to --model.

Examples:
  verbatim models import ggml-base.en.bin
  verbatim models import /media/usb/model.bin --name small.en")]
    Import {
        /// The file
        file: PathBuf,
        /// Refuse the file if it is not this model
        #[arg(long)]
        name: Option<String>,
    },
    /// Download a model
    #[cfg(feature = "fetch")]
    #[command(after_help = "\
This is the only command that uses the network. A download that was interrupted goes on where it
stopped when the command is run again. The usual proxy variables are honoured.

Examples:
  verbatim models fetch base.en
  verbatim models fetch small-q5_1 --mirror https://models.example.org/whisper")]
    Fetch {
        /// Name of the model, as in `verbatim models list`
        name: String,
        /// Fetch from this address; the model's file name is appended to it
        #[arg(long, value_name = "URL")]
        mirror: Option<String>,
    },
}

/// Runs the command.
///
/// # Errors
///
/// Those of [`verbatim::models`]; for `verify` also [`ErrorKind::Model`] when a file is damaged.
pub fn run(args: ModelsArgs, search: &SearchPaths) -> Result<()> {
    match args.command {
        ModelsCommand::List { json: true } => list::json(search),
        ModelsCommand::List { json: false } => list::table(search),
        ModelsCommand::Verify { models } => verify_all(&models, search),
        ModelsCommand::Import { file, name } => {
            let mut report = Report::new("copying", &folderless(&file));
            let done = import(&file, name.as_deref(), &search.user, &mut |step| {
                report.step(step);
            })?;
            report.finish();
            say_installed(&done)
        }
        #[cfg(feature = "fetch")]
        ModelsCommand::Fetch { name, mirror } => fetch(&name, mirror, search),
    }
}

/// Where this user's models are: `$VERBATIM_MODELS`, else the user's data folder, then the folders
/// around the program.
///
/// # Errors
///
/// [`ErrorKind::Usage`] when neither the variable nor a home folder is set.
pub fn search_paths() -> Result<SearchPaths> {
    let user = user_folder(&|name| std::env::var_os(name), std::env::home_dir());
    let user = user.ok_or_else(|| {
        Error::new(
            ErrorKind::Usage,
            "there is no home folder to keep models in",
        )
        .hint(format!("name a folder with {FOLDER_VARIABLE}"))
    })?;
    Ok(match std::env::current_exe() {
        Ok(program) => SearchPaths::beside(user, &program),
        // Without its own path the program only lacks the models that came with it.
        Err(_) => SearchPaths {
            user,
            bundled: Vec::new(),
        },
    })
}

fn user_folder(
    variable: &dyn Fn(&str) -> Option<OsString>,
    home: Option<PathBuf>,
) -> Option<PathBuf> {
    let set = |name| variable(name).filter(|value| !value.is_empty());
    if let Some(folder) = set(FOLDER_VARIABLE) {
        return Some(PathBuf::from(folder));
    }
    let absolute = |name| {
        set(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let data = if cfg!(windows) {
        absolute("LOCALAPPDATA").or_else(|| Some(home?.join("AppData").join("Local")))
    } else if cfg!(target_os = "macos") {
        Some(home?.join("Library").join("Application Support"))
    } else {
        absolute("XDG_DATA_HOME").or_else(|| Some(home?.join(".local").join("share")))
    };
    data.map(|data| data.join("verbatim").join("models"))
}

fn folderless(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

fn folder_of(path: &Path) -> String {
    path.parent().unwrap_or(path).display().to_string()
}

fn verify_all(models: &[String], search: &SearchPaths) -> Result<()> {
    let catalogue = Catalogue::builtin()?;
    let files = if models.is_empty() {
        let known = catalogue.models.iter();
        let known = known.filter_map(|entry| search.find(&entry.file));
        let own = own_models(search, &catalogue).into_iter();
        known.chain(own.map(|model| model.path)).collect()
    } else {
        let mut files = Vec::new();
        for model in models {
            files.push(file_of(model, &catalogue, search)?);
        }
        files
    };
    if files.is_empty() {
        return Err(Error::new(ErrorKind::Model, "no model is installed")
            .hint("fetch one with `verbatim models fetch base.en`"));
    }
    let mut damaged = Vec::new();
    for path in &files {
        match verify_one(path, &catalogue) {
            Ok(line) => print(&format!("{line}\n"))?,
            Err(error) if error.kind() == ErrorKind::Model => {
                print(&format!("damaged   {error}\n"))?;
                damaged.push(path.display().to_string());
            }
            Err(error) => return Err(error),
        }
    }
    if damaged.is_empty() {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Model,
        format!(
            "{} of {} model files are damaged: {}",
            damaged.len(),
            files.len(),
            damaged.join(", ")
        ),
    )
    .hint("fetch them again; the lines above name the commands"))
}

/// The file that `model`, a name or a path, stands for. It is not opened here: a damaged file is
/// what is looked for.
fn file_of(model: &str, catalogue: &Catalogue, search: &SearchPaths) -> Result<PathBuf> {
    let path = PathBuf::from(model);
    if path.is_file() {
        return Ok(path);
    }
    let file = match catalogue.find(model) {
        Some(entry) => entry.file.clone(),
        None => model.to_owned(),
    };
    match search.find(&file) {
        Some(path) => Ok(path),
        // Neither there nor damaged; the search knows what to say of it.
        None => verbatim::models::locate(model, search).map(|located| located.path),
    }
}

fn verify_one(path: &Path, catalogue: &Catalogue) -> Result<String> {
    verify::read_header(path)?;
    let file = folderless(path);
    let mut report = Report::new("copying", &file);
    let mut progress = |done, total| report.step(verbatim::models::Step::Checking { done, total });
    let known = catalogue.models.iter().find(|entry| entry.file == file);
    let line = match known {
        Some(entry) => {
            verify::verify(path, entry, &mut progress)?;
            format!("ok        {}  {}", entry.name, path.display())
        }
        None => {
            let sha256 = verify::sha256_file(path, &mut progress)?;
            match catalogue.find_sha256(&sha256) {
                Some(entry) => format!("ok        {}  {}", entry.name, path.display()),
                None => format!("unlisted  sha256 {sha256}  {}", path.display()),
            }
        }
    };
    report.finish();
    Ok(line)
}

#[cfg(feature = "fetch")]
fn fetch(name: &str, mirror: Option<String>, search: &SearchPaths) -> Result<()> {
    use verbatim::models::fetch::{FetchOptions, fetch};

    let catalogue = Catalogue::builtin()?;
    let entry = catalogue.require(name)?;
    // What came with the program is not published, and need not be fetched where it is whole.
    if entry.is_bundled() {
        let path = verbatim::models::locate(&entry.name, search)?.path;
        verify_one(&path, &catalogue)?;
        return say_installed(&Installation {
            path,
            entry: entry.clone(),
            outcome: Outcome::AlreadyThere,
        });
    }
    let options = FetchOptions::new(mirror.unwrap_or(catalogue.base_url.clone()));
    let mut report = Report::new("fetching", &entry.name);
    let done = fetch(entry, &search.user, &options, &mut |step| report.step(step))?;
    report.finish();
    say_installed(&done)
}

fn say_installed(done: &Installation) -> Result<()> {
    let what = match done.outcome {
        Outcome::Installed => "is installed",
        Outcome::AlreadyThere => "is there already",
    };
    print(&format!(
        "{} {what}: {}\n",
        done.entry.name,
        done.path.display()
    ))
}

/// Writes to standard output. A reader that has seen enough (`| head`) is no error.
fn print(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(cause) if cause.kind() != IoErrorKind::BrokenPipe => {
            Err(Error::io("write to", Path::new("standard output"), cause)
                .hint("check where the output goes"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_models_folder_follows_the_environment() {
        let folder = |set: &[(&str, &str)]| {
            let variable = |name: &str| {
                let found = set.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| OsString::from(value))
            };
            user_folder(&variable, Some(PathBuf::from("/home/ada"))).unwrap()
        };
        assert_eq!(folder(&[("VERBATIM_MODELS", "m")]), Path::new("m"));
        if cfg!(target_os = "linux") {
            let usual = Path::new("/home/ada/.local/share/verbatim/models");
            assert_eq!(folder(&[]), usual);
            assert_eq!(folder(&[("VERBATIM_MODELS", "")]), usual);
            assert_eq!(folder(&[("XDG_DATA_HOME", "relative")]), usual);
            assert_eq!(
                folder(&[("XDG_DATA_HOME", "/data")]),
                Path::new("/data/verbatim/models")
            );
        }
        assert_eq!(user_folder(&|_| None, None), None);
    }
}
