//! A review as people read it.

use std::io::{self, Write};

use verbatim::audio::Track;
use verbatim::document::review::{
    AmountKind, Answer, Evidence, Question, QuestionFlag, QuestionForm, ReviewDocument, RulesSource,
};

use super::text::{Names, clock, plain, seconds};

/// Writes the whole review.
///
/// # Errors
///
/// When `out` fails.
pub fn write(review: &ReviewDocument, names: &Names, out: &mut dyn Write) -> io::Result<()> {
    let Some(rules) = &review.rules else {
        let why = review.note.as_deref().unwrap_or("there are no rules");
        return writeln!(out, "Nothing is guessed here: {why}");
    };
    let source = match rules.source {
        RulesSource::Bundled => "of the program",
        RulesSource::User => "of yours",
        RulesSource::Session => "of this session, rules.toml",
    };
    writeln!(
        out,
        "Guesses by the rules {} {} ({source}); each with its score and rule",
        rules.language, rules.version
    )?;
    questions(review, names, out)?;
    answers(review, names, out)?;
    chains(review, out)?;
    let vague = review.vague.iter().map(|found| {
        let to = found.question.as_deref().unwrap_or("");
        (
            &found.evidence,
            format!("{} ({to})", quoted(&found.text)),
            found.score,
            &found.rules,
        )
    });
    section("Vague answers", vague.collect(), names, out)?;
    let numbers = review.numbers.iter().map(|amount| {
        let kind = match amount.kind {
            AmountKind::Number => "",
            AmountKind::Money => " (money)",
        };
        (
            &amount.evidence,
            format!("{}{kind}", quoted(&amount.text)),
            amount.score,
            &amount.rules,
        )
    });
    section("Numbers", numbers.collect(), names, out)?;
    let quotes = review.quotes.iter().map(|quote| {
        (
            &quote.evidence,
            quoted(&quote.text),
            quote.score,
            &quote.rules,
        )
    });
    section("Quote candidates, best first", quotes.collect(), names, out)?;
    if !review.vocabulary.is_empty() {
        let terms: Vec<String> = review
            .vocabulary
            .iter()
            .map(|term| format!("{} ×{}", plain(&term.text), term.count))
            .collect();
        writeln!(out, "\nTheir own words\n  {}", terms.join(", "))?;
    }
    Ok(())
}

/// The few lines that a summary has room for; none for a review without findings.
///
/// # Errors
///
/// When `out` fails.
pub fn top(review: &ReviewDocument, names: &Names, out: &mut dyn Write) -> io::Result<()> {
    if let Some(note) = &review.note {
        return writeln!(out, "Not reviewed  {note}");
    }
    if !review.questions.is_empty() {
        writeln!(
            out,
            "Questions     {}",
            counted(&review.questions, names).join("; ")
        )?;
    }
    if !review.answers.is_empty() {
        let answered = answered(&review.answers, names).join("; ");
        writeln!(out, "Answers       {answered}")?;
    }
    for quote in review.quotes.iter().take(3) {
        writeln!(
            out,
            "Maybe a quote [{}] {}: {}",
            clock(quote.evidence.start_ms),
            names.get(quote.evidence.track),
            quoted(&quote.text)
        )?;
    }
    Ok(())
}

/// How many questions of what kind, a piece for each track that asks.
fn counted(questions: &[Question], names: &Names) -> Vec<String> {
    let mut tracks: Vec<Track> = questions.iter().map(|q| q.evidence.track).collect();
    tracks.sort_unstable();
    tracks.dedup();
    let of = |track: Track| {
        let own = || questions.iter().filter(move |q| q.evidence.track == track);
        let formed = |form| {
            own()
                .filter(|q| q.form.as_ref().is_some_and(|f| f.form == form))
                .count()
        };
        let mut text = format!(
            "{} by {}: {} open, {} closed",
            own().count(),
            names.get(track),
            formed(QuestionForm::Open),
            formed(QuestionForm::Closed)
        );
        for flag in [
            QuestionFlag::Leading,
            QuestionFlag::Hypothetical,
            QuestionFlag::DoubleBarrelled,
        ] {
            let count = own()
                .filter(|q| q.flags.iter().any(|f| f.flag == flag))
                .count();
            if count > 0 {
                text.push_str(&format!(", {count} {}", name(flag)));
            }
        }
        text
    };
    tracks.into_iter().map(of).collect()
}

fn questions(review: &ReviewDocument, names: &Names, out: &mut dyn Write) -> io::Result<()> {
    if review.questions.is_empty() {
        return writeln!(out, "\nNo questions");
    }
    writeln!(
        out,
        "\nQuestions: {}",
        counted(&review.questions, names).join("; ")
    )?;
    for question in &review.questions {
        let form = match question.form.as_ref().map(|form| form.form) {
            Some(QuestionForm::Open) => "open",
            Some(QuestionForm::Closed) => "closed",
            None => "",
        };
        let flags: Vec<&str> = question.flags.iter().map(|flag| name(flag.flag)).collect();
        let flags = match flags.is_empty() {
            true => String::new(),
            false => format!("  <{}>", flags.join(", ")),
        };
        writeln!(
            out,
            "  {} [{}] {} {form:<6} {}{flags}  {}",
            question.id,
            clock(question.evidence.start_ms),
            column(names, question.evidence.track),
            quoted(&question.text),
            because(question.score, &question.rules)
        )?;
    }
    Ok(())
}

/// How soon questions are answered, a piece for each track that answers.
fn answered(answers: &[Answer], names: &Names) -> Vec<String> {
    let mut tracks: Vec<Track> = answers.iter().map(|answer| answer.track).collect();
    tracks.sort_unstable();
    tracks.dedup();
    let of = |track: Track| {
        let own = answers.iter().filter(|answer| answer.track == track);
        let mut waits: Vec<u64> = own.map(|answer| answer.latency_ms).collect();
        waits.sort_unstable();
        let (low, high) = (waits[(waits.len() - 1) / 2], waits[waits.len() / 2]);
        format!(
            "{} after {} (median of {}), {} at most",
            names.get(track),
            seconds(low.midpoint(high)),
            waits.len(),
            seconds(waits[waits.len() - 1])
        )
    };
    tracks.into_iter().map(of).collect()
}

fn answers(review: &ReviewDocument, names: &Names, out: &mut dyn Write) -> io::Result<()> {
    if !review.answers.is_empty() {
        let answered = answered(&review.answers, names).join("; ");
        writeln!(out, "\nAnswers: {answered}")?;
    }
    let mut slow = review
        .answers
        .iter()
        .filter(|a| a.after_long_silence)
        .peekable();
    if slow.peek().is_some() {
        writeln!(out, "\nAnswers after a long silence")?;
    }
    for answer in slow {
        writeln!(
            out,
            "  [{}] {} {} after {}",
            clock(answer.start_ms),
            column(names, answer.track),
            seconds(answer.latency_ms),
            answer.question
        )?;
    }
    Ok(())
}

fn chains(review: &ReviewDocument, out: &mut dyn Write) -> io::Result<()> {
    if !review.chains.is_empty() {
        writeln!(out, "\nFollow-ups")?;
    }
    for chain in &review.chains {
        writeln!(
            out,
            "  {} deep: {}  {}",
            chain.depth,
            chain.questions.join(" → "),
            because(chain.score, &chain.rules)
        )?;
    }
    Ok(())
}

fn section(
    name: &str,
    rows: Vec<(&Evidence, String, f64, &Vec<String>)>,
    names: &Names,
    out: &mut dyn Write,
) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{name}")?;
    for (evidence, text, score, rules) in rows {
        writeln!(
            out,
            "  [{}] {} {text}  {}",
            clock(evidence.start_ms),
            column(names, evidence.track),
            because(score, rules)
        )?;
    }
    Ok(())
}

/// Who is heard on a track, as wide as the name of either side.
fn column(names: &Names, track: Track) -> String {
    names.column(track, &[Track::Mic, Track::System, track], 11)
}

fn quoted(text: &str) -> String {
    format!("“{}”", plain(text))
}

fn because(score: f64, rules: &[String]) -> String {
    format!("({score:.2} {})", rules.join(", "))
}

fn name(flag: QuestionFlag) -> &'static str {
    match flag {
        QuestionFlag::Leading => "leading",
        QuestionFlag::Hypothetical => "hypothetical",
        QuestionFlag::DoubleBarrelled => "double-barrelled",
        QuestionFlag::FollowUp => "follow-up",
    }
}
