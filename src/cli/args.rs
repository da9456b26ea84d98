//! Arguments that several commands share, and what they mean.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use verbatim::mark::kinds::Kinds;
use verbatim::store::rules::config_folder;
use verbatim::text::Hearing;
use verbatim::{Error, ErrorKind, Result};

/// Where sessions are kept.
#[derive(Debug, Clone, Args)]
pub struct SessionsDir {
    /// Folder that holds the sessions
    #[arg(long, value_name = "DIR", env = "VERBATIM_DIR", default_value_os_t = default_dir())]
    pub dir: PathBuf,
}

/// Which model to use and how hard it may work.
#[derive(Debug, Clone, Args)]
pub struct ModelArgs {
    /// Model name (see `verbatim models list`) or path of a ggml file
    #[arg(
        long,
        value_name = "MODEL",
        env = "VERBATIM_MODEL",
        default_value = "starter"
    )]
    pub model: String,

    /// Language that is spoken, such as de or german; auto: a multilingual model finds out that of each
    /// track from its first speech and keeps it
    #[arg(long, value_name = "LANGUAGE", default_value = "auto")]
    pub language: String,

    /// File of names and terms that the call is about, a line each, at most 500 bytes: the recogniser
    /// then spells them so
    #[arg(long, value_name = "FILE")]
    pub glossary: Option<PathBuf>,

    /// Threads for the recogniser, all together [default: what verbatim bench found fastest here, else
    /// all cores; while recording, all but one, at most 4]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub threads: Option<u16>,

    /// How the times of words are found: exact listens for each word, which takes longer, most of all
    /// with small models; fast shares a phrase out by its letters [default: exact; fast while recording]
    #[arg(long, value_enum, value_name = "HOW")]
    pub word_times: Option<WordTimesArg>,

    /// Take the echo of the other side out of what the recogniser hears of your microphone, for calls
    /// on loudspeakers where both talk at once; the recording stays as it is
    #[arg(long)]
    pub aec: bool,
}

/// How the times of words are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum WordTimesArg {
    /// By the model's attention to the sound, where heads for it are known
    Exact,
    /// By letters
    Fast,
}

impl ModelArgs {
    /// What the recogniser is given of the microphone.
    pub fn hearing(&self) -> Hearing {
        match self.aec {
            true => Hearing::WithoutEcho,
            false => Hearing::AsRecorded,
        }
    }

    /// Threads to use during a call: what was asked for, or all cores but one, up to 4, beyond which a
    /// short window gains little. The recogniser's threads wait for each other busily: with one on every core, a
    /// machine that has anything else to do decodes a hundred times slower.
    pub fn threads(&self) -> u16 {
        self.threads.unwrap_or_else(|| {
            std::thread::available_parallelism().map_or(1, |n| (n.get() - 1).clamp(1, 4) as u16)
        })
    }
}

fn default_dir() -> PathBuf {
    home().join("verbatim")
}

/// The user's home folder, or the current one where none is known.
pub fn home() -> PathBuf {
    std::env::home_dir()
        .filter(|home| !home.as_os_str().is_empty())
        .unwrap_or_else(|| PathBuf::from("."))
}

/// The kinds of marker: those that every installation knows, changed by the user's file where there is
/// one: `$VERBATIM_KINDS`, or `verbatim/kinds.toml` in the configuration folder.
pub fn kinds() -> Result<Kinds> {
    let named = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    let path = named("VERBATIM_KINDS")
        .map(PathBuf::from)
        .or_else(|| Some(config_folder()?.join("kinds.toml")));
    let Some(path) = path else {
        return Ok(Kinds::default());
    };
    match std::fs::read_to_string(&path) {
        Ok(text) => Kinds::parse(&text).map_err(|e| {
            Error::new(e.kind(), format!("{} is no list of kinds", path.display())).because(e)
        }),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Kinds::default()),
        Err(e) => Err(Error::io("read", &path, e)),
    }
}

/// The folder of a session named on the command line: a path, the name of a folder under `dir`, or
/// `last` for the newest one.
pub fn session_folder(name: &Path, dir: &Path) -> Result<PathBuf> {
    if name.as_os_str() == "last" {
        return verbatim::store::folder::list(dir)?
            .pop()
            .map(|listed| listed.path)
            .ok_or_else(|| {
                Error::new(
                    ErrorKind::Session,
                    format!("no sessions in {}", dir.display()),
                )
                .hint("record one with verbatim record, or name another folder with --dir")
            });
    }
    if name.exists() || name.components().count() > 1 {
        return Ok(name.to_path_buf());
    }
    let under = dir.join(name);
    if under.exists() {
        return Ok(under);
    }
    Err(Error::new(
        ErrorKind::Session,
        format!("there is no session {}", name.display()),
    )
    .hint(format!("verbatim list shows what {} holds", dir.display())))
}

/// Parses a day, a month or a year: `2026-11-22`, `2026-11`, `2026`.
pub fn day(text: &str) -> std::result::Result<String, DayError> {
    let text = text.trim();
    let fits = |pattern: &str| {
        text.len() == pattern.len()
            && text.bytes().zip(pattern.bytes()).all(|(c, p)| match p {
                b'-' => c == b'-',
                _ => c.is_ascii_digit(),
            })
    };
    let part = |from: usize, most: u8| {
        let number = text.get(from..from + 2).map(str::parse::<u8>);
        number.is_none_or(|number| number.is_ok_and(|number| (1..=most).contains(&number)))
    };
    let fitting = ["2026", "2026-11", "2026-11-22"].into_iter().any(fits);
    match fitting && part(5, 12) && part(8, 31) {
        true => Ok(text.to_owned()),
        false => Err(DayError),
    }
}

/// A day that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a day such as 2026-11-22, a month such as 2026-11, or a year")]
pub struct DayError;

/// Parses a length such as `45m`, `1h30m`, `90s` or `90`.
pub fn parse_length(text: &str) -> std::result::Result<Duration, LengthError> {
    let mut total = 0_u64;
    let mut number = String::new();
    for c in text.trim().chars() {
        if c.is_ascii_digit() {
            number.push(c);
            continue;
        }
        let unit = match c {
            'h' => 3_600,
            'm' => 60,
            's' => 1,
            _ => return Err(LengthError),
        };
        let count: u64 = number.parse().map_err(|_| LengthError)?;
        total = count
            .checked_mul(unit)
            .and_then(|part| total.checked_add(part))
            .ok_or(LengthError)?;
        number.clear();
    }
    if !number.is_empty() {
        let rest: u64 = number.parse().map_err(|_| LengthError)?;
        total = total.checked_add(rest).ok_or(LengthError)?;
    }
    if total == 0 || total > 7 * 24 * 3_600 {
        return Err(LengthError);
    }
    Ok(Duration::from_secs(total))
}

/// A share of the machine's processors.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CpuShare(f64);

impl CpuShare {
    /// How many processors that is on this machine, such as 1.0 for half of two.
    pub fn processors(self) -> f64 {
        let all = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        self.0 * all as f64
    }
}

/// Parses a share such as `50%`.
pub fn parse_share(text: &str) -> std::result::Result<CpuShare, ShareError> {
    let number = text.trim().strip_suffix('%').ok_or(ShareError)?;
    let percent: f64 = number.trim().parse().map_err(|_| ShareError)?;
    match (1.0..=100.0).contains(&percent) {
        true => Ok(CpuShare(percent / 100.0)),
        false => Err(ShareError),
    }
}

/// A share that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a share of the machine from 1% to 100%, such as 50%")]
pub struct ShareError;

/// A length that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a length up to 7 days such as 45m, 1h30m or 90s")]
pub struct LengthError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_days_of_a_calendar() {
        for fine in ["2026", "2026-01", "2026-12-31", " 2026-11 "] {
            assert_eq!(day(fine).as_deref(), Ok(fine.trim()));
        }
        for wrong in [
            "2026-13",
            "2026-00",
            "2026-11-32",
            "2026-1",
            "yesterday",
            "2026-11-",
        ] {
            assert_eq!(day(wrong), Err(DayError), "{wrong}");
        }
    }

    #[test]
    fn shares_are_percentages_of_the_machine() {
        assert_eq!(parse_share("50%"), Ok(CpuShare(0.5)));
        assert_eq!(parse_share(" 12.5 % "), Ok(CpuShare(0.125)));
        for wrong in ["50", "0%", "101%", "%", "NaN%", "-5%", "half"] {
            assert_eq!(parse_share(wrong), Err(ShareError), "{wrong}");
        }
    }

    #[test]
    fn lengths_are_read_as_written() {
        assert_eq!(parse_length("45m"), Ok(Duration::from_secs(2_700)));
        assert_eq!(parse_length("1h30m"), Ok(Duration::from_secs(5_400)));
        assert_eq!(parse_length("90"), Ok(Duration::from_secs(90)));
        assert_eq!(parse_length("1m30"), Ok(Duration::from_secs(90)));
        for wrong in ["", "0", "m", "5x", "-3s", "99999999999999999999h", "8000h"] {
            assert_eq!(parse_length(wrong), Err(LengthError), "{wrong}");
        }
    }
}
