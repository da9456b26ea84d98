//! What a person or a program sees while something runs.

pub mod captions;
pub mod markers;
pub mod ndjson;
pub mod progress;
pub mod summary;
pub mod text;
