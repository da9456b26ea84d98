//! All sessions of a folder as one: looked through by an index that keeps up with them.

use std::collections::HashMap;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::document::manifest::Manifest;
use crate::document::marker::Marker;
use crate::error::{Error, ErrorKind, Result};
use crate::library::passage::passages;
use crate::library::search::{Found, Wanted, search};
use crate::library::section::{self, Head, Section};
use crate::store::documents;
use crate::store::folder::session_paths;
use crate::store::index::{self, Index};

/// Whether an index is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Indexing {
    /// It is, and brought up to date first.
    Used,
    /// It is left alone: every document is read.
    Without,
}

/// The sessions of a folder, ready to be looked through.
#[derive(Debug)]
pub struct Library {
    index: Index,
    sections: Vec<Place>,
    /// What could not be read, or not be kept.
    pub troubles: Vec<Error>,
    /// How many sessions were read anew.
    pub read_anew: usize,
}

/// Where a session's section is.
#[derive(Debug)]
enum Place {
    /// In the index.
    Kept(Range<usize>),
    /// Made anew.
    Made(Vec<u8>),
}

impl Library {
    /// Makes the sessions in `dir` ready. A session that cannot be read is left out and told.
    ///
    /// # Errors
    ///
    /// As [`Error::io`] when `dir` cannot be read.
    pub fn open(dir: &Path, indexing: Indexing) -> Result<Library> {
        let mut library = Library {
            index: Index::default(),
            sections: Vec::new(),
            troubles: Vec::new(),
            read_anew: 0,
        };
        if indexing == Indexing::Used {
            match index::read(dir) {
                Ok(index) => library.index = index,
                Err(error) => library.troubles.push(error),
            }
        }
        let mut known = library.known();
        for path in session_paths(dir)? {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let stamp = index::stamp(&sources(&path));
            let fits = |(old, _): &(Vec<u8>, Range<usize>)| stamp.as_ref() == Some(old);
            match known.remove(name.as_ref()).filter(fits) {
                Some((_, place)) => library.sections.push(Place::Kept(place)),
                None => library.take(&path, &name, stamp),
            }
        }
        // What is left was of sessions that are gone or have changed.
        let changed = library.read_anew > 0 || !known.is_empty();
        if indexing == Indexing::Used && changed && dir.is_dir() {
            // Without an index the next search is slower, and no less right: where nothing can be
            // written there is none, and that is no trouble.
            let written = index::write(dir, &library.bytes());
            let trouble = written.err().filter(|error| !is_read_only(error));
            library.troubles.extend(trouble);
        }
        Ok(library)
    }

    /// The sections of the index by the names of their folders, with their stamps.
    fn known(&self) -> HashMap<String, (Vec<u8>, Range<usize>)> {
        let named = self.index.places().iter().filter_map(|place| {
            let section = Section::read(self.index.section(place))?;
            let stamp = section.stamp.to_vec();
            Some((section.folder.to_owned(), (stamp, place.clone())))
        });
        named.collect()
    }

    fn bytes(&self) -> Vec<&[u8]> {
        let sections = self.sections.iter().map(|place| match place {
            Place::Kept(place) => self.index.section(place),
            Place::Made(section) => section.as_slice(),
        });
        sections.collect()
    }

    fn take(&mut self, path: &Path, name: &str, stamp: Option<Vec<u8>>) {
        match section(path, name, stamp) {
            Ok(Some(section)) => {
                self.read_anew += 1;
                self.sections.push(Place::Made(section));
            }
            Ok(None) => {}
            Err(error) => self.troubles.push(error),
        }
    }

    /// Looks for words in every session.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Session`] when the index is damaged in a way that its sum did not show.
    pub fn search(&self, wanted: &Wanted) -> Result<Found> {
        search(&self.bytes(), wanted).ok_or_else(|| {
            Error::new(ErrorKind::Session, "the search index is damaged")
                .hint("--no-index looks without it; removing .search-index makes another")
        })
    }
}

/// Whether nothing may be written in a place.
fn is_read_only(error: &Error) -> bool {
    use std::error::Error as _;
    let cause = error.source().and_then(|cause| cause.downcast_ref());
    cause.is_some_and(|cause: &io::Error| {
        matches!(
            cause.kind(),
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem
        )
    })
}

/// The documents that a section is made of.
fn sources(path: &Path) -> Vec<PathBuf> {
    [
        "session.json",
        "transcript.json",
        "markers.json",
        "clips.json",
        "corrections.json",
    ]
    .map(|name| path.join(name))
    .to_vec()
}

/// A session as a section; none while it has no text and no markers yet.
fn section(path: &Path, name: &str, stamp: Option<Vec<u8>>) -> Result<Option<Vec<u8>>> {
    let manifest: Manifest = documents::read(&path.join("session.json"))?;
    if !path.join("transcript.json").exists() {
        return Ok(None);
    }
    let transcript = documents::read_shown(path)?;
    let markers: Vec<Marker> = documents::read_markers_in(path)?;
    let clips = documents::read_clips(path)?;
    let head = Head {
        folder: name.to_owned(),
        stamp: stamp.unwrap_or_default(),
        id: manifest.id,
        title: manifest.title.unwrap_or_default(),
        started_at: manifest.started_at,
    };
    let marked: Vec<_> = markers.iter().map(Into::into).collect();
    let passages = passages(&transcript, &markers, &clips);
    Ok(Some(section::write(&head, &marked, &passages)))
}
