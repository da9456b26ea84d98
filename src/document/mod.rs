//! Wire types of the JSON documents in a session folder.
//!
//! Each document carries `schema` and `schema_version`; field order is fixed, arrays are sorted, and
//! the same input gives the same bytes. Readers ignore unknown fields and refuse a higher major
//! version.

pub mod clip;
pub mod common;
pub mod correction;
pub mod guide;
pub mod manifest;
pub mod marker;
pub mod people;
pub mod redaction;
pub mod review;
pub mod stats;
pub mod transcript;
pub mod turns;

/// Version of all document schemas: `major.minor`. A reader accepts any minor of its own major.
pub const SCHEMA_VERSION: &str = "1.0";
