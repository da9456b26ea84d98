//! `verbatim models list`.

use std::path::{Path, PathBuf};

use serde::Serialize;
use verbatim::models::catalogue::{Languages, Quantisation};
use verbatim::models::locate::own_models;
use verbatim::models::{Catalogue, Entry, SearchPaths, verify};
use verbatim::{Error, ErrorKind, Result};

use super::report::size;
use super::{folder_of, folderless, print};

/// Whether a model is on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Missing,
    /// There, with the right size.
    Installed,
    /// There, with another size.
    Damaged,
}

/// A model as `list` shows it.
#[derive(Serialize)]
struct Row<'a> {
    name: &'a str,
    file: &'a str,
    /// Where it is published; absent for the model that comes with the program.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    bytes: u64,
    sha256: &'a str,
    quantisation: Quantisation,
    licence: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    attribution: Option<&'a str>,
    languages: Languages,
    memory_bytes: u64,
    state: State,
    #[serde(skip_serializing_if = "Option::is_none")]
    installed_path: Option<PathBuf>,
}

fn rows<'a>(catalogue: &'a Catalogue, search: &SearchPaths) -> Vec<Row<'a>> {
    let entries = catalogue.models.iter();
    entries.map(|entry| row(catalogue, entry, search)).collect()
}

fn row<'a>(catalogue: &Catalogue, entry: &'a Entry, search: &SearchPaths) -> Row<'a> {
    let whole = |path: &PathBuf| verify::check_size(path, entry).is_ok();
    let (state, installed_path) = match search.find_all(&entry.file).find(whole) {
        Some(path) => (State::Installed, Some(path)),
        None => match search.find(&entry.file) {
            Some(path) => (State::Damaged, Some(path)),
            None => (State::Missing, None),
        },
    };
    let path = entry.path.as_ref();
    Row {
        name: &entry.name,
        file: &entry.file,
        url: path.map(|path| format!("{}{path}", catalogue.base_url)),
        bytes: entry.bytes,
        sha256: &entry.sha256,
        quantisation: entry.quantisation,
        licence: &entry.licence,
        attribution: entry.attribution.as_deref(),
        languages: entry.languages,
        memory_bytes: entry.memory_bytes,
        state,
        installed_path,
    }
}

#[derive(Serialize)]
struct OwnModel {
    path: PathBuf,
    bytes: u64,
}

#[derive(Serialize)]
struct List<'a> {
    schema: &'static str,
    schema_version: &'static str,
    folder: &'a Path,
    models: Vec<Row<'a>>,
    own_models: Vec<OwnModel>,
}

/// One JSON document.
pub fn json(search: &SearchPaths) -> Result<()> {
    let catalogue = Catalogue::builtin()?;
    let own = own_models(search, &catalogue).into_iter();
    let list = List {
        schema: "verbatim.models-list",
        schema_version: "1.0",
        folder: &search.user,
        models: rows(&catalogue, search),
        own_models: own
            .map(|model| OwnModel {
                path: model.path,
                bytes: model.bytes,
            })
            .collect(),
    };
    let text = serde_json::to_string_pretty(&list).map_err(|cause| {
        Error::new(ErrorKind::Usage, "the list cannot be written as JSON")
            .because(cause)
            .hint("use the table, without --json")
    })?;
    print(&format!("{text}\n"))
}

/// A table for people.
pub fn table(search: &SearchPaths) -> Result<()> {
    let catalogue = Catalogue::builtin()?;
    let mut text = format!(
        "{:<20} {:>8} {:>8}  {:<12}  STATE\n",
        "NAME", "SIZE", "MEMORY", "LANGUAGES"
    );
    for row in rows(&catalogue, search) {
        let languages = match row.languages {
            Languages::En => "English",
            Languages::Multilingual => "multilingual",
        };
        let state = match (&row.state, &row.installed_path) {
            (State::Damaged, Some(path)) => format!("damaged: {}", path.display()),
            (State::Installed, Some(path)) => format!("installed in {}", folder_of(path)),
            _ => "-".to_owned(),
        };
        text += &format!(
            "{:<20} {:>8} {:>8}  {languages:<12}  {state}\n",
            row.name,
            size(row.bytes),
            size(row.memory_bytes)
        );
    }
    for own in own_models(search, &catalogue) {
        text += &format!(
            "{:<20} {:>8} {:>8}  {:<12}  your own, in {}\n",
            folderless(&own.path),
            size(own.bytes),
            "?",
            "?",
            folder_of(&own.path)
        );
    }
    text += &format!(
        "\nModels are kept in {}. Get one with `verbatim models fetch NAME`.\n",
        search.user.display()
    );
    print(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_row_tells_missing_whole_and_cut_files_apart() {
        let dir = tempfile::tempdir().unwrap();
        let search = SearchPaths {
            user: dir.path().to_owned(),
            bundled: vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("models")],
        };
        std::fs::write(dir.path().join("ggml-base.en.bin"), "cut").unwrap();
        let catalogue = Catalogue::builtin().unwrap();
        let rows = rows(&catalogue, &search);
        let state = |name: &str| rows.iter().find(|row| row.name == name).unwrap().state;
        assert_eq!(state("starter"), State::Installed);
        assert_eq!(state("base.en"), State::Damaged);
        assert_eq!(state("small"), State::Missing);
    }
}
