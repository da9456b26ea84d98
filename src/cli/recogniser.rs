//! The recogniser's process: how commands start it, and what runs in it.

use std::io::{self, BufReader};

use verbatim::document::transcript::{Pass, PassMode, PassScope, TimingMethod};
use verbatim::engine::protocol::{AudioContext, Settings, VERSION, WordTimes};
use verbatim::engine::whisper::{Whisper, languages};
use verbatim::engine::worker::{Worker, WorkerOptions, serve as serve_windows};
use verbatim::models::{AlignmentHeads, Located, locate, verify};
use verbatim::session::RecogniserMaker;
use verbatim::store::speeds::Shape;
use verbatim::text::glossary::Glossary;
use verbatim::text::language::AUTO;
use verbatim::text::{Hearing, Recogniser, Transcriber};
use verbatim::{Error, ErrorKind, Result};

use super::args::{ModelArgs, WordTimesArg};
use super::models::search_paths;
use super::shape;

/// Name of the hidden command that runs the recogniser.
pub const COMMAND: &str = "__transcriber";

/// A recogniser that is still to be loaded.
pub struct Planned {
    /// Loads it, on the thread that uses it.
    pub maker: RecogniserMaker,
    /// Longest window in which its model keeps its place, in milliseconds.
    pub window_ms: u32,
    /// Longest window that late utterances may share, in milliseconds.
    pub shared_ms: u32,
}

/// Finds the model now; it is loaded later.
///
/// # Errors
///
/// [`ErrorKind::Model`] when there is no such model.
pub fn plan(args: &ModelArgs, mode: PassMode) -> Result<Planned> {
    planned(args, mode, None)
}

/// As [`plan`], with `workers` windows at a time after a call.
fn planned(args: &ModelArgs, mode: PassMode, workers: Option<u16>) -> Result<Planned> {
    let located = find(args)?;
    let program = std::env::current_exe().map_err(|e| {
        Error::new(
            ErrorKind::Engine,
            "cannot find this program to start its recogniser",
        )
        .because(e)
    })?;
    let mut settings = settings(args, &located, mode)?;
    settings.glossary = glossary(args, &located)?;
    let shape = match mode {
        PassMode::Live => Some(Shape {
            workers: 1,
            threads: args.threads(),
        }),
        PassMode::Batch => shape::asked(workers, args.threads, &located.path),
    };
    let options = WorkerOptions::new(program, vec![COMMAND.to_owned()]);
    let window_ms = settings.window_s * 1_000;
    let shared_ms = located.shared_window_s() * 1_000;
    let hearing = args.hearing();
    let maker: RecogniserMaker = Box::new(move || {
        let sha256 = verify::sha256_file(&located.path, &mut |_, _| {})?;
        let shape = shape.unwrap_or_else(|| shape::measured(&located.path, &sha256));
        (settings.workers, settings.threads) = (shape.workers, shape.threads);
        let pass = |engine: &str| pass(&settings, hearing, mode, engine, sha256);
        let worker = Worker::start(options, settings.clone())?;
        Ok(Recogniser {
            pass: pass(worker.engine()),
            transcriber: Box::new(worker),
            hearing,
        })
    });
    Ok(Planned {
        maker,
        window_ms,
        shared_ms,
    })
}

/// Finds the model and loads it, for so many windows at a time.
///
/// # Errors
///
/// [`ErrorKind::Model`] when there is no such model or it is damaged.
pub fn load_with(args: &ModelArgs, workers: Option<u16>) -> Result<Recogniser> {
    (planned(args, PassMode::Batch, workers)?.maker)()
}

/// Finds the model's file.
///
/// # Errors
///
/// [`ErrorKind::Model`] when there is no such model.
pub fn find(args: &ModelArgs) -> Result<Located> {
    let located = locate(&args.model, &search_paths()?)?;
    language(args, &located)?;
    Ok(located)
}

/// The language that the model is told: a code that it knows, or that it is to find out. A model that
/// knows one language need not.
fn language(args: &ModelArgs, located: &Located) -> Result<&'static str> {
    let known = languages::of_vocabulary(located.header.vocabulary);
    match (args.language.as_str(), known.as_slice()) {
        (AUTO, [only]) => Ok(only),
        (AUTO, _) => Ok(AUTO),
        (name, known) => languages::find(name, known),
    }
}

fn settings(args: &ModelArgs, located: &Located, mode: PassMode) -> Result<Settings> {
    Ok(Settings {
        version: VERSION,
        model: located.path.clone(),
        language: language(args, located)?.to_owned(),
        threads: 1,
        workers: 1,
        audio_context: match located.short_audio_context() {
            true => AudioContext::Fitted,
            false => AudioContext::Full,
        },
        window_s: located.longest_window_s(),
        word_times: word_times(args, located, mode),
        glossary: Glossary::default(),
    })
}

/// The glossary that was named; a model that was never trained with text before its windows takes none.
fn glossary(args: &ModelArgs, located: &Located) -> Result<Glossary> {
    let Some(path) = &args.glossary else {
        return Ok(Glossary::default());
    };
    if !located.takes_glossary() {
        let what = format!("the model {} takes no glossary", located.name);
        return Err(Error::new(ErrorKind::Usage, what).hint(
            "choose one of Whisper's own, such as --model base.en, or leave --glossary out",
        ));
    }
    let text = std::fs::read(path).map_err(|e| match e.kind() {
        io::ErrorKind::NotFound => Error::new(
            ErrorKind::Usage,
            format!("the glossary {} does not exist", path.display()),
        ),
        _ => Error::io("read", path, e),
    })?;
    let wrong = |cause: Error| {
        Error::new(cause.kind(), format!("{} is no glossary", path.display())).because(cause)
    };
    let text = String::from_utf8(text)
        .map_err(|e| wrong(Error::new(ErrorKind::Usage, "it is no UTF-8 text").because(e)))?;
    Glossary::parse(&text).map_err(wrong)
}

/// Exact word times cost a decode of their own at the end of each window. While a call goes on the
/// captions need that time, and show no times.
fn word_times(args: &ModelArgs, located: &Located, mode: PassMode) -> WordTimes {
    let wanted = args.word_times.unwrap_or(match mode {
        PassMode::Live => WordTimesArg::Fast,
        PassMode::Batch => WordTimesArg::Exact,
    });
    match (wanted, located.alignment_heads()) {
        (WordTimesArg::Fast, _) | (WordTimesArg::Exact, None) => WordTimes::Letters,
        (WordTimesArg::Exact, Some(AlignmentHeads::Preset(preset))) => {
            WordTimes::Preset(preset.name().to_owned())
        }
        (WordTimesArg::Exact, Some(AlignmentHeads::Heads(heads))) => {
            WordTimes::Heads(heads.clone())
        }
    }
}

fn pass(
    settings: &Settings,
    hearing: Hearing,
    mode: PassMode,
    engine: &str,
    model_sha256: String,
) -> Pass {
    let echo = match hearing {
        Hearing::AsRecorded => "",
        Hearing::WithoutEcho => ", echo cancelled",
    };
    let context = match settings.audio_context {
        AudioContext::Full => "full audio context",
        AudioContext::Fitted => "fitted audio context",
    };
    Pass {
        id: String::new(),
        mode,
        engine: engine.to_owned(),
        model: settings
            .model
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
        model_sha256,
        language: settings.language.clone(),
        settings: format!(
            "greedy, no text context, {context}, windows of at most {} s{}{echo}",
            settings.window_s,
            match settings.glossary.is_empty() {
                true => String::new(),
                false => format!(", glossary: {}", settings.glossary.line()),
            }
        ),
        timing_method: match settings.word_times {
            WordTimes::Letters => TimingMethod::Letters,
            WordTimes::Preset(_) | WordTimes::Heads(_) => TimingMethod::Dtw,
        },
        scope: PassScope::Missing,
        languages: Vec::new(),
    }
}

/// What the hidden command runs: answers windows on standard input until it ends.
///
/// # Errors
///
/// [`ErrorKind::Engine`] when standard input carries something else.
pub fn serve() -> Result<()> {
    let mut input = BufReader::new(io::stdin().lock());
    let mut output = io::stdout();
    let load = |settings: &Settings| {
        let decoders = Whisper::load(settings)?.into_iter();
        let boxed = decoders.map(|whisper| Box::new(whisper) as Box<dyn Transcriber>);
        Ok(boxed.collect())
    };
    serve_windows(&mut input, &mut output, &load, &Whisper::engine())
}
