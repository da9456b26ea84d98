//! Clips: which words are meant, where exactly the sound is cut, and what is told about the piece.

pub mod describe;
pub mod find;
pub mod mix;
pub mod page;
pub mod snap;
pub mod spell;
pub mod words;
