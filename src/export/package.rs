//! Zip packages, the same bytes for the same files.
//!
//! Files are stored, not compressed: the packages hold some hundred kilobytes of text, every reader
//! takes stored files, and the bytes do not depend on the version of a compressor.

use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::error::{Error, ErrorKind, Result};

/// Packs files, named by their path in the package, in the given order. Each bears the earliest time
/// that the format knows, 1980.
///
/// # Errors
///
/// [`ErrorKind::Session`] when they do not fit into a package.
pub fn pack(files: &[(String, Vec<u8>)]) -> Result<Vec<u8>> {
    let fault = |error: Box<dyn std::error::Error + Send + Sync>| {
        Error::new(ErrorKind::Session, "cannot make the package").because(error)
    };
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o600);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        writer
            .start_file(name.as_str(), options)
            .map_err(|e| fault(e.into()))?;
        writer.write_all(bytes).map_err(|e| fault(e.into()))?;
    }
    let packed = writer.finish().map_err(|e| fault(e.into()))?;
    Ok(packed.into_inner())
}
