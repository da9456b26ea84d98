//! Systems without a door of this kind: a recorder runs there, and cannot be reached.

use std::convert::Infallible;
use std::sync::Arc;

use super::{Answer, Ask, Reply};
use crate::error::{Error, ErrorKind, Result};

/// A recorder's open ear.
#[derive(Debug)]
pub struct Listening(Infallible);

/// Says that other programs cannot reach a recorder here.
///
/// # Errors
///
/// Always.
pub fn listen(_: &str, _: Arc<Answer>) -> Result<Listening> {
    Err(Error::new(
        ErrorKind::Usage,
        "markers from other programs are not possible on this system",
    ))
}

/// A recorder that runs and can be asked.
#[derive(Debug)]
pub struct Recorder(Infallible);

/// None.
pub fn recorders() -> Vec<Recorder> {
    Vec::new()
}

impl Recorder {
    /// Cannot be called, for there is no such recorder.
    ///
    /// # Errors
    ///
    /// Never.
    pub fn ask(&self, _: &Ask) -> Result<Reply> {
        match self.0 {}
    }
}
