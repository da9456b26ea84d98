//! The session folder: audio, event log and documents as plain files that only their owner can read.
//!
//! Documents are folds over the log ([`fold`]); everything else here moves bytes.

pub mod archive;
pub mod clip;
pub mod documents;
pub mod files;
mod flac;
pub mod fold;
pub mod folder;
pub mod index;
pub mod journal;
pub mod people;
pub mod rules;
pub mod schema;
pub mod speech;
pub mod speeds;
pub mod unfinished;
pub mod wav;
pub mod windows;

#[cfg(test)]
pub(crate) mod testing;
