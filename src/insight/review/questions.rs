//! Questions, and what kind they are.

use std::collections::BTreeMap;

use super::Reading;
use crate::document::review::{Flag, Form, Question, QuestionFlag, QuestionForm};
use crate::insight::pattern::MARK;
use crate::insight::rules::{Label, Rules, Verdict};
use crate::insight::speech::{Sentence, evidence, text};

/// A fit from which on a question begins there.
const STRONG: f64 = 0.5;

/// All questions in order.
pub(super) fn questions(call: &Reading<'_>) -> Vec<Question> {
    let mut questions: Vec<Question> = call
        .sentences
        .iter()
        .filter_map(|sentence| question(call.rules, sentence))
        .collect();
    for (n, question) in questions.iter_mut().enumerate() {
        question.id = format!("q{:04}", n + 1);
        // Nothing was said yet that the question could go on about.
        let asked = &question.evidence;
        let said = |s: &Sentence<'_>| s.track != asked.track && s.start_ms() < asked.start_ms;
        if !call.sentences.iter().any(said) {
            question.flags.retain(|f| f.flag != QuestionFlag::FollowUp);
        }
    }
    questions
}

/// The question that a sentence is, or ends with.
pub(super) fn question(rules: &Rules, sentence: &Sentence<'_>) -> Option<Question> {
    let verdicts = rules.judge(&sentence.tokens);
    let asked = verdicts.get(&Label::Question)?;
    if asked.score < rules.limits().question {
        return None;
    }
    // Where no stop parts them, a statement may stand before the question, which begins at the first
    // strong fit; a mark alone says nothing about that.
    let mark = sentence.tokens.iter().rposition(|token| token.text == MARK);
    let strong = asked
        .found
        .iter()
        .filter(|f| Some(f.start) != mark && f.score >= STRONG);
    let start = strong.map(|found| found.start).min().unwrap_or(0);
    // What kind it is, is read in its own words; what it supposes may stand before them.
    let own = rules.judge(&sentence.tokens[start..]);
    let flags = [
        (Label::Leading, QuestionFlag::Leading, Some(&verdicts)),
        (
            Label::Hypothetical,
            QuestionFlag::Hypothetical,
            Some(&verdicts),
        ),
        (Label::DoubleBarrelled, QuestionFlag::DoubleBarrelled, None),
        (Label::FollowUp, QuestionFlag::FollowUp, None),
    ];
    let flags = flags.into_iter().filter_map(|(label, flag, whole)| {
        let read = [Some(&own), whole].into_iter().flatten();
        let verdict = read
            .filter_map(|v| v.get(&label))
            .max_by(|a, b| a.score.total_cmp(&b.score))?;
        (verdict.score >= rules.limits().flag).then(|| Flag {
            flag,
            rules: verdict.rules(),
            score: verdict.score,
        })
    });
    let words = sentence.rest(start);
    Some(Question {
        id: String::new(),
        text: text(words),
        rules: asked.rules(),
        score: asked.score,
        form: form(rules, &own),
        flags: flags.collect(),
        evidence: evidence(sentence.track, words),
    })
}

/// Open or closed, whichever is surer.
fn form(rules: &Rules, own: &BTreeMap<Label, Verdict<'_>>) -> Option<Form> {
    let score = |label: Label| own.get(&label).map_or(0.0, |verdict| verdict.score);
    let (label, form) = match score(Label::Open) >= score(Label::Closed) {
        true => (Label::Open, QuestionForm::Open),
        false => (Label::Closed, QuestionForm::Closed),
    };
    let verdict = own.get(&label).filter(|v| v.score >= rules.limits().flag)?;
    Some(Form {
        form,
        rules: verdict.rules(),
        score: verdict.score,
    })
}
