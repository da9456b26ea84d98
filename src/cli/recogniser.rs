//! The recogniser's process: how commands start it, and what it runs.

use std::path::PathBuf;

use verbatim::document::transcript::PassMode;
use verbatim::engine;
use verbatim::models;
use verbatim::session::TranscriberMaker;
use verbatim::{Error, ErrorKind, Result};

use super::args::{ModelArgs, model_dirs};
