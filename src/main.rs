//! The command line program.
#![forbid(unsafe_code)]

mod cli;
mod view;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match cli::run(cli::Cli::parse()) {
        Ok(outcome) => outcome.into(),
        Err(error) => {
            eprintln!("verbatim: {error}");
            cli::exit::code(&error)
        }
    }
}
