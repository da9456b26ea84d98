//! The command line: what was typed, and what it means.

pub mod archive;
pub mod args;
pub mod bench;
pub mod clip;
pub mod compare;
pub mod consent;
pub mod correct;
pub mod devices;
pub mod doctor;
pub mod exit;
pub mod export;
pub mod finish;
pub mod generate;
pub mod guard;
pub mod guide;
pub mod helm;
pub mod leftovers;
pub mod list;
pub mod mark;
pub mod markers;
pub mod models;
pub mod recogniser;
pub mod record;
pub mod redact;
pub mod review;
pub mod search;
pub mod shape;
pub mod show;
pub mod source;
pub mod speakers;
pub mod stop;
pub mod themes;
pub mod transcribe;
pub mod turns;

/// Program and version, for manifests.
pub const PROGRAM: &str = concat!("verbatim ", env!("CARGO_PKG_VERSION"));

use clap::parser::ValueSource;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use verbatim::{Result, control};

use self::exit::Outcome;

/// Records a call on your own machine and writes down what was said.
///
/// verbatim runs beside any call app, captures microphone and system audio as two tracks, marks turns
/// and silences, transcribes on the device, and leaves a folder of plain JSON beside the audio.
#[derive(Debug, Parser)]
#[command(
    name = "verbatim",
    version,
    max_term_width = 100,
    propagate_version = true
)]
#[command(after_help = "\
Examples:
  verbatim record --title \"Acme onboarding\" --consent \"agreed to recording\"
  verbatim transcribe interview.wav
  verbatim show last

Exit codes: 0 done; 1 failed; 2 usage; 3 done, but audio was lost or speech has no text;
4 no device or no permission; 5 model missing or damaged; 6 disk")]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Record a call and transcribe it while it goes on
    Record(record::RecordArgs),
    /// Transcribe existing recordings: files, folders, or whatever arrives in a folder
    Transcribe(transcribe::TranscribeArgs),
    /// Print speech, turns, silences and talk share of recordings as turns.json
    Turns(turns::TurnsArgs),
    /// Complete a session: text that waits, and what a crash left behind
    Finish(finish::FinishArgs),
    /// Make a session's documents again from its event log and audio
    Rebuild(finish::RebuildArgs),
    /// Compare two transcripts: word error rate and the words that differ
    Compare(compare::CompareArgs),
    /// Keep a session's sound as FLAC, or as WAV again
    Archive(archive::ArchiveArgs),
    /// Export a session: captions, documents, tables, annotations, other tools' JSON
    Export(export::ExportArgs),
    /// Mark a moment of the running session, or of one that is over
    Mark(mark::MarkArgs),
    /// Write a note to the marker that was set last
    Note(mark::NoteArgs),
    /// Take back the marker that was set last
    Undo(mark::UndoArgs),
    /// Pause the running session: nothing is recorded, and its time goes on
    Pause(helm::HelmArgs),
    /// Record again after a pause
    Resume(helm::HelmArgs),
    /// Stop the running session
    Stop(helm::HelmArgs),
    /// Tell how the running session does
    Status(helm::HelmArgs),
    /// List, change, remove and import the markers of a session
    Markers(markers::MarkersArgs),
    /// Check an interview guide, or hold one against a session
    Guide(guide::GuideArgs),
    /// Cut a clip: sound, quote and JSON
    Clip(clip::ClipArgs),
    /// List the clips of a session, or make a pack of them that plays in a browser
    Clips(clip::ClipsArgs),
    /// Show a session: who talked, the silences, the text
    Show(show::ShowArgs),
    /// What rules read out of the words: questions, vague answers, numbers, quote candidates
    Review(review::ReviewArgs),
    /// List, print and check the rules of a review
    Rules(review::RulesArgs),
    /// List sessions: when, how long, who, how far
    List(list::ListArgs),
    /// Look for words in all sessions
    Search(search::SearchArgs),
    /// Count tags over all sessions, and show the quotes behind one
    Themes(themes::ThemesArgs),
    /// Say who speaks: names, roles, participants, and who is the same
    Speakers(speakers::SpeakersArgs),
    /// Correct the text; what was recognised is kept
    Correct(correct::CorrectArgs),
    /// Tell what the people in a call agreed to, and note what they agree to afterwards
    Consent(consent::ConsentArgs),
    /// Say what must not leave a session: names, addresses, numbers
    Redact(redact::RedactArgs),
    /// List microphones and loopbacks that can be recorded
    Devices(devices::DevicesArgs),
    /// List, fetch, verify and import models
    Models(models::ModelsArgs),
    /// Print the JSON Schema of a document
    Schema(generate::SchemaArgs),
    /// Find the fastest way to share out this machine for a model, and keep it
    Bench(bench::BenchArgs),
    /// Check devices, model, speed, disk and permissions
    Doctor(doctor::DoctorArgs),
    /// Print a completion script for a shell
    Completions(generate::CompletionsArgs),
    /// Write man pages into a folder
    Man(generate::ManArgs),
    /// The recogniser's own process; speaks a private protocol
    #[command(name = "__transcriber", hide = true)]
    Transcriber,
}

/// Reads what was typed; ends the program where that means nothing, or asks for help.
pub fn parse() -> Cli {
    let matches = Cli::command().get_matches();
    let mut cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let typed = |name: &str| {
        let command = matches.subcommand_matches(name);
        command.and_then(|args| args.value_source("model")) == Some(ValueSource::CommandLine)
    };
    if let Command::Finish(args) = &mut cli.command
        && typed("finish")
    {
        args.named = finish::Named::Typed;
    }
    cli
}

/// Runs the command that was typed.
///
/// # Errors
///
/// What the command could not do; the kind decides the exit code.
pub fn run(cli: Cli) -> Result<Outcome> {
    match cli.command {
        Command::Record(args) => record::run(args),
        Command::Transcribe(args) => transcribe::run(args),
        Command::Turns(args) => turns::run(args),
        Command::Finish(args) => finish::run(args),
        Command::Rebuild(args) => finish::rebuild(args),
        Command::Compare(args) => compare::run(args),
        Command::Archive(args) => archive::run(args),
        Command::Export(args) => export::run(args),
        Command::Mark(args) => mark::mark(args),
        Command::Note(args) => mark::note(args),
        Command::Undo(args) => mark::undo(args),
        Command::Pause(args) => helm::command(&args, control::Command::Pause),
        Command::Resume(args) => helm::command(&args, control::Command::Resume),
        Command::Stop(args) => helm::command(&args, control::Command::Stop),
        Command::Status(args) => helm::status(&args),
        Command::Markers(args) => markers::run(args),
        Command::Guide(args) => guide::run(args),
        Command::Clip(args) => clip::clip(args),
        Command::Clips(args) => clip::clips(args),
        Command::Show(args) => show::run(args),
        Command::Review(args) => review::run(args),
        Command::Rules(args) => review::rules(args),
        Command::List(args) => list::run(args),
        Command::Search(args) => search::run(args),
        Command::Themes(args) => themes::run(args),
        Command::Speakers(args) => speakers::run(args),
        Command::Correct(args) => correct::run(args),
        Command::Consent(args) => consent::run(args),
        Command::Redact(args) => redact::run(args),
        Command::Devices(args) => devices::run(args).map(|()| Outcome::Done),
        Command::Models(args) => {
            models::run(args, &models::search_paths()?).map(|()| Outcome::Done)
        }
        Command::Schema(args) => generate::schema(args),
        Command::Bench(args) => bench::run(args),
        Command::Doctor(args) => doctor::run(args),
        Command::Completions(args) => generate::completions(args),
        Command::Man(args) => generate::man(args),
        Command::Transcriber => recogniser::serve().map(|()| Outcome::Done),
    }
}
