//! From what the user typed to a model file with its limits.

use std::fs;
use std::path::{Path, PathBuf};

use super::catalogue::{AlignmentHeads, Catalogue, DEFAULT_WINDOW_S, Entry};
use super::verify::{self, Header, replace_hint};
use crate::error::{Error, ErrorKind, Result};

/// Longest window in seconds that utterances share for a model that nobody has described.
const UNKNOWN_SHARED_WINDOW_S: u32 = 15;

/// Where model files are looked for, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchPaths {
    /// The user's folder: fetched and imported models go here. It need not exist yet.
    pub user: PathBuf,
    /// Folders that came with the program; only read.
    pub bundled: Vec<PathBuf>,
}

impl SearchPaths {
    /// `user` first, then the places where an installed or freshly built program at `program` finds
    /// the models that came with it: `models` beside it, `../share/verbatim/models`, and the `models`
    /// folder of the checkout it was built in.
    pub fn beside(user: PathBuf, program: &Path) -> SearchPaths {
        let mut bundled = Vec::new();
        if let Some(folder) = program.parent() {
            bundled.push(folder.join("models"));
            if let Some(prefix) = folder.parent() {
                bundled.push(prefix.join("share").join("verbatim").join("models"));
            }
            let target = folder
                .ancestors()
                .find(|dir| dir.file_name().is_some_and(|name| name == "target"));
            if let Some(checkout) = target.and_then(Path::parent) {
                bundled.push(checkout.join("models"));
            }
        }
        SearchPaths { user, bundled }
    }

    /// Every folder, in the order of the search.
    pub fn folders(&self) -> impl Iterator<Item = &Path> {
        std::iter::once(&self.user)
            .chain(&self.bundled)
            .map(PathBuf::as_path)
    }

    /// The first file called `file` in these folders.
    pub fn find(&self, file: &str) -> Option<PathBuf> {
        self.find_all(file).next()
    }

    /// Every file called `file` in these folders.
    pub fn find_all(&self, file: &str) -> impl Iterator<Item = PathBuf> {
        self.folders()
            .map(move |folder| folder.join(file))
            .filter(|path| path.is_file())
    }
}

/// A model file that can be handed to the recogniser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// The file.
    pub path: PathBuf,
    /// Its name: the catalogue's, or the file's without `ggml-` and ending.
    pub name: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its dimensions.
    pub header: Header,
    /// What is known about it; `None` for a model that the catalogue does not hold.
    pub entry: Option<Entry>,
}

impl Located {
    /// Whether the encoder may be given a short context; never for unknown models.
    pub fn short_audio_context(&self) -> bool {
        self.entry
            .as_ref()
            .is_some_and(|entry| entry.short_audio_context)
    }

    /// Longest window in seconds in which the model keeps its place.
    pub fn longest_window_s(&self) -> u32 {
        self.entry
            .as_ref()
            .map_or(DEFAULT_WINDOW_S, |entry| entry.longest_window_s)
    }

    /// Longest window in seconds that utterances of a call may share when they are late. A model that
    /// takes a short context needs as long for them one by one; of a model that nobody has described
    /// it is not known how long it keeps its place.
    pub fn shared_window_s(&self) -> u32 {
        match &self.entry {
            Some(entry) if entry.short_audio_context => 0,
            Some(entry) => entry.longest_window_s,
            None => UNKNOWN_SHARED_WINDOW_S,
        }
    }

    /// Whether the model takes names and terms before a window; one that nobody has described does.
    pub fn takes_glossary(&self) -> bool {
        self.entry.as_ref().is_none_or(|entry| entry.takes_glossary)
    }

    /// Longest window in samples at 16 kHz, for [`Limits`](crate::text::Limits).
    pub fn window_samples(&self) -> usize {
        self.longest_window_s() as usize * crate::audio::ANALYSIS_RATE as usize
    }

    /// The attention heads that follow the sound; `None` where nobody has found them.
    pub fn alignment_heads(&self) -> Option<&AlignmentHeads> {
        self.entry.as_ref().map(|entry| &entry.alignment_heads)
    }
}

/// Finds the model that `spec` stands for: a name in the catalogue (`base.en`), a path to a `.bin`
/// file, or the name of a file in one of the model folders.
///
/// A file's entry is found by its name, else by its content where the size is a known one, so that a
/// known model under another name keeps its limits. Hashing a file of such a size takes about a
/// second a gigabyte; other files are not hashed. The content of a file found by name is not checked
/// beyond header and size; [`verify::verify`] does that.
///
/// # Errors
///
/// [`ErrorKind::Model`] when there is no such model or file, when it is cut short, or when it is not
/// a Whisper model in ggml form; [`ErrorKind::PermissionDenied`] or [`ErrorKind::Disk`] when it
/// cannot be read.
pub fn locate(spec: &str, search: &SearchPaths) -> Result<Located> {
    let catalogue = Catalogue::builtin()?;
    if spec.trim().is_empty() {
        return Err(
            Error::new(ErrorKind::Model, "the name of the model is empty")
                .hint("name one, such as base.en; `verbatim models list` shows every model"),
        );
    }
    if looks_like_path(spec) {
        let path = PathBuf::from(spec);
        let in_folders = || search.find(spec);
        return match path.is_file().then_some(path).or_else(in_folders) {
            Some(path) => open(path, &catalogue),
            None => Err(missing_file(spec, &catalogue)),
        };
    }
    if let Some(entry) = catalogue.find(spec) {
        return open_first_whole(entry, search);
    }
    let own = [format!("{spec}.bin"), format!("ggml-{spec}.bin")];
    match own.iter().find_map(|file| search.find(file)) {
        Some(path) => open(path, &catalogue),
        None => catalogue
            .require(spec)
            .and_then(|entry| Err(not_installed(entry, search))),
    }
}

/// Whether `spec` is meant as a path: it holds a separator or ends like a model file.
fn looks_like_path(spec: &str) -> bool {
    spec.contains(std::path::is_separator)
        || Path::new(spec)
            .extension()
            .is_some_and(|extension| extension.eq_ignore_ascii_case("bin"))
}

fn open(path: PathBuf, catalogue: &Catalogue) -> Result<Located> {
    let header = verify::read_header(&path)?;
    let file = path.file_name().map(|name| name.to_string_lossy());
    let file = file.as_deref().unwrap_or_default();
    if let Some(entry) = catalogue.models.iter().find(|entry| entry.file == file) {
        return open_entry(path, entry);
    }
    let bytes = verify::size(&verify::open(&path)?, &path)?;
    let entry = if catalogue.knows_size(bytes) {
        let sha256 = verify::sha256_file(&path, &mut |_, _| {})?;
        catalogue.find_sha256(&sha256).cloned()
    } else {
        None
    };
    let name = match &entry {
        Some(entry) => entry.name.clone(),
        None => own_name(file),
    };
    Ok(Located {
        path,
        name,
        bytes,
        header,
        entry,
    })
}

/// The first copy of `entry` that is whole, so that a broken download does not hide the model that
/// came with the program; the first one's fault when none is.
fn open_first_whole(entry: &Entry, search: &SearchPaths) -> Result<Located> {
    let mut fault = None;
    for path in search.find_all(&entry.file) {
        match open_entry(path, entry) {
            Ok(located) => return Ok(located),
            Err(error) => {
                fault.get_or_insert(error);
            }
        }
    }
    Err(fault.unwrap_or_else(|| not_installed(entry, search)))
}

fn open_entry(path: PathBuf, entry: &Entry) -> Result<Located> {
    let header = verify::read_header(&path)?;
    verify::check_size(&path, entry)?;
    Ok(Located {
        path,
        name: entry.name.clone(),
        bytes: entry.bytes,
        header,
        entry: Some(entry.clone()),
    })
}

/// The name of a model of the user's own.
pub(super) fn own_name(file: &str) -> String {
    let name = file.strip_suffix(".bin").unwrap_or(file);
    name.strip_prefix("ggml-").unwrap_or(name).to_owned()
}

fn missing_file(spec: &str, catalogue: &Catalogue) -> Error {
    let hint = match Path::new(spec).file_name().and_then(|name| name.to_str()) {
        Some(file) => match catalogue.models.iter().find(|entry| entry.file == file) {
            Some(entry) => replace_hint(entry),
            None => "check the path, or name a model from `verbatim models list`".to_owned(),
        },
        None => "check the path, or name a model from `verbatim models list`".to_owned(),
    };
    Error::new(ErrorKind::Model, format!("there is no model file {spec}")).hint(hint)
}

fn not_installed(entry: &Entry, search: &SearchPaths) -> Error {
    let folders: Vec<_> = search
        .folders()
        .map(|folder| folder.display().to_string())
        .collect();
    Error::new(
        ErrorKind::Model,
        format!(
            "the model {} is not installed (looked for {} in {})",
            entry.name,
            entry.file,
            folders.join(", ")
        ),
    )
    .hint(if entry.is_bundled() {
        "install the program again, it comes with it".to_owned()
    } else {
        replace_hint(entry)
    })
}

/// A model file found in the folders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    /// The file.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
}

/// The files in the model folders that end in `.bin` and that the catalogue does not know by name,
/// sorted by path. Folders that cannot be read count as empty: the search goes on without them too.
pub fn own_models(search: &SearchPaths, catalogue: &Catalogue) -> Vec<Installed> {
    let mut found: Vec<Installed> = search
        .folders()
        .filter_map(|folder| fs::read_dir(folder).ok())
        .flatten()
        .filter_map(std::result::Result::ok)
        .filter_map(|item| {
            let path = item.path();
            let file = path.file_name()?.to_str()?;
            let known = catalogue.models.iter().any(|entry| entry.file == file);
            let model = path.extension().is_some_and(|extension| extension == "bin");
            let bytes = fs::metadata(&path)
                .ok()
                .filter(fs::Metadata::is_file)?
                .len();
            (model && !known).then_some(Installed { path, bytes })
        })
        .collect();
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found.dedup_by(|a, b| a.path == b.path);
    found
}

#[cfg(test)]
mod tests;
