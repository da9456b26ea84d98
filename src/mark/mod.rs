//! Markers: their kinds, what may be done to them, and how other programs write theirs.

pub mod board;
pub mod import;
pub mod kinds;
pub mod request;
pub mod when;
