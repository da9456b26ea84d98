//! What follows a question, after how long, and whether it says anything.

use super::Reading;
use crate::audio::Track;
use crate::document::review::{Answer, Finding, Question};
use crate::document::turns::{Turn, TurnKind};
use crate::insight::pattern::Token;
use crate::insight::rules::Label;
use crate::insight::speech::{Spoken, evidence, text};

/// Words are placed less exactly than speech: the turn of a question may begin or end this much
/// beside its words, in milliseconds.
const BESIDE_MS: u64 = 500;

/// The answers to questions that have one: the next turn of another track, before the asker has a
/// further turn. Of several questions in one turn the last one is answered.
pub(super) fn answers(call: &Reading<'_>, questions: &[Question]) -> Vec<Answer> {
    let mut answers = Vec::new();
    for (n, question) in questions.iter().enumerate() {
        let by = question.evidence.track;
        let Some(turn) = next_turn(call, by, question.evidence.end_ms) else {
            continue;
        };
        let asked_again = questions[n + 1..].iter().any(|later| {
            later.evidence.track == by && later.evidence.end_ms <= turn.start_ms + BESIDE_MS
        });
        if asked_again {
            continue;
        }
        let latency_ms = turn.start_ms - silent_since(call, by, turn.start_ms);
        answers.push(Answer {
            question: question.id.clone(),
            turn: turn.id.clone(),
            track: turn.track,
            start_ms: turn.start_ms,
            latency_ms,
            after_long_silence: latency_ms >= call.rules.limits().long_silence_ms,
            rules: vec!["answer.next-turn".into()],
            score: question.score,
        });
    }
    answers
}

/// The first turn of another track that begins about when the words of `by` are over, or later,
/// unless `by` has another turn before it.
fn next_turn<'a>(call: &'a Reading<'_>, by: Track, asked_ms: u64) -> Option<&'a Turn> {
    let turns = call
        .turns
        .turns
        .iter()
        .filter(|turn| turn.kind == TurnKind::Turn);
    let own_end = turns
        .clone()
        .filter(|turn| turn.track == by && turn.start_ms <= asked_ms)
        .map(|turn| turn.end_ms)
        .next_back()
        .unwrap_or(asked_ms);
    let from = asked_ms.min(own_end).saturating_sub(BESIDE_MS);
    let answer = turns
        .clone()
        .find(|turn| turn.track != by && turn.start_ms >= from)?;
    let spoke_again = turns.clone().any(|turn| {
        turn.track == by && turn.start_ms > asked_ms && turn.start_ms < answer.start_ms
    });
    (!spoke_again).then_some(answer)
}

/// When a track fell silent before `ms`; `ms` itself while it speaks.
fn silent_since(call: &Reading<'_>, track: Track, ms: u64) -> u64 {
    let tracks = call
        .turns
        .tracks
        .iter()
        .filter(|known| known.track == track);
    let before = tracks
        .flat_map(|known| &known.speech)
        .filter(|span| span.start_ms < ms);
    before
        .map(|span| span.end_ms)
        .max()
        .map_or(ms, |end| end.min(ms))
}

/// Answers without anything to hold on to. Closed questions have short answers, and those are none.
pub(super) fn vague(
    call: &Reading<'_>,
    questions: &[Question],
    answers: &[Answer],
) -> Vec<Finding> {
    let limits = call.rules.limits();
    let mut found = Vec::new();
    for answer in answers.iter().filter(|answer| call.counts(answer.track)) {
        let Some(turn) = call.turns.turns.iter().find(|turn| turn.id == answer.turn) else {
            continue;
        };
        let (words, tokens) = said(call, turn);
        if words.is_empty() || words.len() > limits.vague_words {
            continue;
        }
        let verdicts = call.rules.judge(&tokens);
        let Some(verdict) = verdicts.get(&Label::Vague) else {
            continue;
        };
        if verdict.score >= limits.vague && questions.iter().any(|q| q.id == answer.question) {
            found.push(Finding {
                question: Some(answer.question.clone()),
                text: text(&words),
                rules: verdict.rules(),
                score: verdict.score,
                evidence: evidence(turn.track, &words),
            });
        }
    }
    found
}

/// What is said in a turn.
fn said<'a>(call: &Reading<'a>, turn: &Turn) -> (Vec<Spoken<'a>>, Vec<Token>) {
    let (mut words, mut tokens) = (Vec::new(), Vec::new());
    for sentence in call.sentences.iter().filter(|s| s.track == turn.track) {
        let middle = sentence.start_ms().midpoint(sentence.end_ms());
        if turn.start_ms.saturating_sub(BESIDE_MS) <= middle && middle < turn.end_ms + BESIDE_MS {
            words.extend_from_slice(&sentence.words);
            tokens.extend_from_slice(&sentence.tokens);
        }
    }
    (words, tokens)
}
