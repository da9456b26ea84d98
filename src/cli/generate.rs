//! What the program can say about itself: schemas, completion scripts, man pages.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, CommandFactory};
use clap_complete::Shell;
use verbatim::store::schema;
use verbatim::{Error, ErrorKind, Result};

use super::exit::Outcome;

/// Arguments of `schema`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  verbatim schema turns > turns.schema.json")]
pub struct SchemaArgs {
    /// Document: one of those that `verbatim schema` lists
    name: Option<String>,
}

/// Prints a JSON Schema (2020-12), or the names of those there are.
///
/// # Errors
///
/// [`ErrorKind::Usage`] for a name that is no document.
pub fn schema(args: SchemaArgs) -> Result<Outcome> {
    let Some(name) = args.name else {
        return print(&format!("{}\n", schema::names().join("\n")));
    };
    let schema = schema::schema(&name).ok_or_else(|| {
        Error::new(ErrorKind::Usage, format!("there is no document \"{name}\""))
            .hint(format!("choose one of: {}", schema::names().join(", ")))
    })?;
    print(&format!("{schema:#}\n"))
}

/// Arguments of `completions`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  verbatim completions bash > ~/.local/share/bash-completion/completions/verbatim"
)]
pub struct CompletionsArgs {
    /// Shell to complete for
    shell: Shell,
}

/// Prints a completion script.
///
/// # Errors
///
/// When standard output fails.
pub fn completions(args: CompletionsArgs) -> Result<Outcome> {
    let mut script = Vec::new();
    clap_complete::generate(
        args.shell,
        &mut super::Cli::command(),
        "verbatim",
        &mut script,
    );
    print(&String::from_utf8_lossy(&script))
}

/// Arguments of `man`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  verbatim man ~/.local/share/man/man1")]
pub struct ManArgs {
    /// Folder to write the pages into
    dir: PathBuf,
}

/// Writes a man page for the program and one for each command.
///
/// # Errors
///
/// [`ErrorKind::Disk`] when the folder cannot be written.
pub fn man(args: ManArgs) -> Result<Outcome> {
    std::fs::create_dir_all(&args.dir).map_err(|e| Error::io("create", &args.dir, e))?;
    clap_mangen::generate_to(super::Cli::command(), &args.dir)
        .map_err(|e| Error::io("write man pages into", &args.dir, e))?;
    Ok(Outcome::Done)
}

/// Prints to standard output; a reader that has seen enough is no failure.
fn print(text: &str) -> Result<Outcome> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::new(ErrorKind::Disk, "cannot write to standard output").because(error))
        }
        _ => Ok(Outcome::Done),
    }
}
