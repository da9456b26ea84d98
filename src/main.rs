//! The command line program.
#![forbid(unsafe_code)]

mod cli;
mod view;

use std::process::ExitCode;

fn main() -> ExitCode {
    match cli::run(cli::parse()) {
        Ok(outcome) => outcome.into(),
        Err(error) => {
            eprintln!("verbatim: {error}");
            cli::exit::code(&error)
        }
    }
}
