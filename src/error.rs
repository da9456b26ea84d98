//! One error type for the library: what happened, to which file or device, and what to do next.

use std::error::Error as StdError;
use std::fmt;

/// What kind of thing went wrong; decides the program's exit code and whether a retry makes sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The caller asked for something that cannot be.
    Usage,
    /// No such device, or no audio server to ask for one.
    NoDevice,
    /// A device that delivered samples has stopped for good.
    DeviceLost,
    /// The system refuses access to a device or file.
    PermissionDenied,
    /// A file is not audio that can be read.
    BadAudio,
    /// A model is missing, damaged or not a model.
    Model,
    /// The recogniser failed although its model is fine.
    Engine,
    /// Storage is full, read-only or failing.
    Disk,
    /// A session folder or one of its documents is missing, damaged or from a later version.
    Session,
    /// The network did not deliver what the user asked to fetch.
    Network,
    /// The user stopped the work; it can go on later.
    Interrupted,
}

/// An error with the next step for the user.
///
/// `Display` is one line: message, cause, hint.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    hint: Option<String>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// A result with the library's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of `kind`. `message` names what happened and to which file or device.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Error {
        Error {
            kind,
            message: message.into(),
            hint: None,
            source: None,
        }
    }

    /// Adds what the user can do next.
    pub fn hint(mut self, hint: impl Into<String>) -> Error {
        self.hint = Some(hint.into());
        self
    }

    /// Adds the cause underneath.
    pub fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Error {
        self.source = Some(source.into());
        self
    }

    /// An input or output error on `path`, sorted into disk, permission and session kinds.
    pub fn io(action: &str, path: &std::path::Path, source: std::io::Error) -> Error {
        use std::io::ErrorKind as Io;
        let (kind, hint) = match source.kind() {
            Io::PermissionDenied => (
                ErrorKind::PermissionDenied,
                Some("check the owner and mode of the file and its folder"),
            ),
            Io::StorageFull | Io::QuotaExceeded => (
                ErrorKind::Disk,
                Some("free some space, or choose another folder with --dir"),
            ),
            Io::ReadOnlyFilesystem => (
                ErrorKind::Disk,
                Some("choose a folder that can be written to with --dir"),
            ),
            _ => (ErrorKind::Disk, None),
        };
        let error = Error::new(kind, format!("cannot {action} {}", path.display())).because(source);
        match hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }

    /// What kind of error this is.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What the user can do next, if there is something.
    pub fn hint_text(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(source) = &self.source {
            write!(f, ": {source}")?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "; {hint}")?;
        }
        Ok(())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_ref().map(|source| &**source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_line_with_cause_and_next_step() {
        let error = Error::io(
            "write",
            std::path::Path::new("audio/mic.wav"),
            std::io::Error::from(std::io::ErrorKind::StorageFull),
        );
        assert_eq!(error.kind(), ErrorKind::Disk);
        let line = error.to_string();
        assert!(line.starts_with("cannot write audio/mic.wav: "), "{line}");
        assert!(line.contains("free some space"), "{line}");
        assert!(!line.contains('\n'));
    }
}
