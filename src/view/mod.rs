//! What a person or a program sees while something runs.

mod board;
pub mod captions;
pub mod figures;
pub mod guide;
mod hand;
pub mod ink;
mod keys;
pub mod live;
pub mod markers;
pub mod ndjson;
mod pinned;
pub mod progress;
pub mod queue;
pub mod review;
pub mod summary;
pub mod text;
pub mod tty;
