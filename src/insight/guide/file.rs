//! A guide as it is written, in TOML.

use serde::Deserialize;
use toml::Spanned;

use crate::document::guide::{Guide, GuideFollowUp, GuidePhase, GuideQuestion};
use crate::error::{Error, ErrorKind, Result};

/// Questions and follow-ups that a guide may have.
const MOST: usize = 200;

/// Characters that a question may have.
const LONGEST: usize = 500;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    goal: Option<Spanned<String>>,
    #[serde(default, rename = "phase")]
    phases: Vec<Phase>,
    #[serde(default, rename = "question")]
    questions: Vec<Question>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Phase {
    title: Spanned<String>,
    minutes: Option<Spanned<u32>>,
    #[serde(default, rename = "question")]
    questions: Vec<Question>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    ask: Spanned<String>,
    #[serde(default)]
    follow_ups: Vec<Spanned<String>>,
}

/// Reads a guide: `goal`, then `[[phase]]` tables with `title`, `minutes` and `[[phase.question]]`
/// tables, or `[[question]]` tables alone; a question has `ask` and `follow_ups`.
///
/// # Errors
///
/// [`ErrorKind::Usage`] with the line and what is wrong there.
pub fn parse(text: &str) -> Result<Guide> {
    let file: File = toml::from_str(text).map_err(|e: toml::de::Error| {
        let at = e.span().map_or(0, |span| span.start);
        wrong(text, at, e.message().trim())
    })?;
    if let (Some(phase), false) = (file.phases.first(), file.questions.is_empty()) {
        let at = phase.title.span().start;
        let what = "a guide has either phases or questions without a phase: put [[question]] as [[phase.question]] into a phase";
        return Err(wrong(text, at, what));
    }
    let mut guide = Guide {
        goal: file.goal.map(|goal| worded(text, goal)).transpose()?,
        phases: Vec::new(),
    };
    let mut number = 0;
    for phase in file.phases {
        let at = phase.title.span().start;
        if phase.questions.is_empty() {
            return Err(wrong(text, at, "this phase has no [[phase.question]]"));
        }
        if let Some(minutes) = &phase.minutes
            && *minutes.get_ref() == 0
        {
            return Err(wrong(
                text,
                minutes.span().start,
                "a phase takes at least a minute",
            ));
        }
        guide.phases.push(GuidePhase {
            title: worded(text, phase.title)?,
            minutes: phase.minutes.map(Spanned::into_inner),
            questions: questions(text, phase.questions, &mut number)?,
        });
    }
    if !file.questions.is_empty() {
        guide.phases.push(GuidePhase {
            title: String::new(),
            minutes: None,
            questions: questions(text, file.questions, &mut number)?,
        });
    }
    match super::items(&guide).count() {
        0 => Err(wrong(
            text,
            0,
            "a guide has at least one [[question]] or [[phase]]",
        )),
        n if n > MOST => Err(wrong(
            text,
            0,
            &format!("{n} questions are more than {MOST}"),
        )),
        _ => Ok(guide),
    }
}

fn questions(text: &str, written: Vec<Question>, number: &mut usize) -> Result<Vec<GuideQuestion>> {
    let mut questions = Vec::new();
    for question in written {
        *number += 1;
        let id = format!("g{number}");
        let mut follow_ups = Vec::new();
        for (ask, n) in question.follow_ups.into_iter().zip(1..) {
            follow_ups.push(GuideFollowUp {
                id: format!("{id}.{n}"),
                ask: worded(text, ask)?,
            });
        }
        questions.push(GuideQuestion {
            id,
            ask: worded(text, question.ask)?,
            follow_ups,
        });
    }
    Ok(questions)
}

/// Text on one line that says something.
fn worded(file: &str, text: Spanned<String>) -> Result<String> {
    let words: Vec<&str> = text.get_ref().split_whitespace().collect();
    let words = words.join(" ");
    let at = text.span().start;
    match words.chars().count() {
        0 => Err(wrong(
            file,
            at,
            "there is no text between the quotation marks",
        )),
        n if n > LONGEST => Err(wrong(
            file,
            at,
            &format!("{n} characters are more than {LONGEST}"),
        )),
        _ => Ok(words),
    }
}

/// An error at a byte of the file, told by its line.
fn wrong(text: &str, at: usize, what: &str) -> Error {
    let line = text.bytes().take(at).filter(|&b| b == b'\n').count() + 1;
    Error::new(ErrorKind::Usage, format!("line {line}: {what}"))
}
