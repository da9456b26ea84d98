//! Rules that a session or its user has: files that take the place of those that come with the program.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::files;
use super::folder::SessionFolder;
use crate::document::review::RulesSource;
use crate::error::{Error, Result};
use crate::insight::rules::Rules;

/// Names a folder of one's own for rules.
const OWN: &str = "VERBATIM_RULES";

/// The user's configuration folder for this program; `None` where the system names none.
pub fn config_folder() -> Option<PathBuf> {
    let named = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    let base = named("XDG_CONFIG_HOME")
        .or_else(|| named("APPDATA").filter(|_| cfg!(windows)))
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".config")))?;
    Some(base.join("verbatim"))
}

/// Where the user's rules lie, a file for each language: `en.toml`.
pub fn users_folder() -> Option<PathBuf> {
    let own = std::env::var_os(OWN).filter(|value| !value.is_empty());
    own.map(PathBuf::from)
        .or_else(|| Some(config_folder()?.join("rules")))
}

/// The user's rules for a language, an ISO 639-1 code, whether they are there or not.
pub fn users_file(language: &str) -> Option<PathBuf> {
    // A language is a word; a code that comes from elsewhere names no other folder.
    let plain = !language.is_empty() && language.chars().all(|c| c.is_ascii_alphanumeric());
    Some(users_folder()?.join(format!("{language}.toml"))).filter(|_| plain)
}

/// The languages that the user has rules for, sorted.
pub fn users_languages() -> Vec<String> {
    let entries = users_folder().and_then(|dir| fs::read_dir(dir).ok());
    let mut languages: Vec<String> = entries
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            name.strip_suffix(".toml").map(str::to_owned)
        })
        .collect();
    languages.sort();
    languages
}

/// The rules for a session's text in `language` that take the place of the program's, or why they
/// cannot be used: those in its folder, then the user's. `None` where there are neither.
pub(super) fn of(folder: &SessionFolder, language: &str) -> Option<(RulesSource, Result<Rules>)> {
    if let Some(own) = read(&folder.rules()) {
        return Some((RulesSource::Session, own));
    }
    Some((RulesSource::User, read(&users_file(language)?)?))
}

fn read(path: &Path) -> Option<Result<Rules>> {
    match fs::read_to_string(path) {
        Ok(text) => Some(Rules::parse(&text)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => None,
        Err(e) => Some(Err(Error::io("read", path, e))),
    }
}

/// Gives a session rules of its own.
///
/// # Errors
///
/// As [`Error::io`].
pub fn give(folder: &SessionFolder, text: &str) -> Result<()> {
    files::replace(&folder.rules(), text.as_bytes())
}

/// Takes a session's own rules away, if it has some.
///
/// # Errors
///
/// As [`Error::io`].
pub fn take_away(folder: &SessionFolder) -> Result<()> {
    match fs::remove_file(folder.rules()) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => {
            Err(Error::io("remove", &folder.rules(), e))
        }
        _ => Ok(()),
    }
}
