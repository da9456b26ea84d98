//! Questions that go on asking about the same.

use std::collections::BTreeSet;

use super::{Reading, rounded};
use crate::document::review::{Chain, Question, QuestionFlag};
use crate::insight::rules::Common;
use crate::insight::words::tokens;

/// How sure a word of the answer makes that a question goes on about it.
const BY_WORD: f64 = 0.6;

/// Chains of at least one follow-up. A question is one when a rule says so, or when it takes up an
/// uncommon word of what the other said since the question before.
pub(super) fn chains(call: &Reading<'_>, questions: &[Question]) -> Vec<Chain> {
    let mut chains: Vec<Chain> = Vec::new();
    let mut tracks: Vec<_> = questions.iter().map(|q| q.evidence.track).collect();
    tracks.sort_unstable();
    tracks.dedup();
    for track in tracks {
        let mut open: Option<Chain> = None;
        let mut before: Option<&Question> = None;
        for question in questions.iter().filter(|q| q.evidence.track == track) {
            let link = before.and_then(|before| link(call, before, question));
            match (link, &mut open) {
                (Some((rules, score)), Some(chain)) => {
                    chain.questions.push(question.id.clone());
                    chain.depth += 1;
                    chain.score = match chain.depth {
                        1 => score,
                        _ => chain.score.min(score),
                    };
                    for rule in rules {
                        if !chain.rules.contains(&rule) {
                            chain.rules.push(rule);
                        }
                    }
                }
                _ => {
                    chains.extend(open.replace(Chain {
                        questions: vec![question.id.clone()],
                        depth: 0,
                        rules: Vec::new(),
                        score: 0.0,
                    }));
                }
            }
            before = Some(question);
        }
        chains.extend(open);
    }
    chains.retain(|chain| chain.depth > 0);
    chains.sort_by(|a, b| a.questions[0].cmp(&b.questions[0]));
    chains
}

/// What ties a question to the one before it.
fn link(call: &Reading<'_>, before: &Question, question: &Question) -> Option<(Vec<String>, f64)> {
    let flag = question
        .flags
        .iter()
        .find(|flag| flag.flag == QuestionFlag::FollowUp);
    let shared = takes_up(call, before, question);
    let (mut rules, score) = flag.map_or((Vec::new(), 0.0), |f| (f.rules.clone(), f.score));
    let mut open = 1.0 - score;
    if shared {
        rules.push("chain.words".into());
        open *= 1.0 - BY_WORD;
    }
    (!rules.is_empty()).then(|| (rules, rounded(1.0 - open)))
}

/// Whether a question has an uncommon word of what others said since the question before it. Without
/// a list of common words nobody can tell.
fn takes_up(call: &Reading<'_>, before: &Question, question: &Question) -> bool {
    let Some(common) = Common::of(call.rules.language()) else {
        return false;
    };
    let asked: BTreeSet<String> = tokens(&question.text).into_iter().collect();
    let asked: Vec<&str> = asked.iter().map(String::as_str).collect();
    let classes = common.classes(&asked);
    let (from, to) = (before.evidence.end_ms, question.evidence.start_ms);
    let heard = call.sentences.iter().filter(|sentence| {
        let start = sentence.start_ms();
        sentence.track != question.evidence.track && from <= start && start < to
    });
    let heard: BTreeSet<&str> = heard
        .flat_map(|sentence| sentence.tokens.iter().map(|token| token.text.as_str()))
        .collect();
    let uncommon = asked
        .iter()
        .zip(classes)
        .filter(|(_, class)| *class != Some(1));
    let mut words = uncommon.map(|(word, _)| *word);
    words.any(|word| word.chars().count() > 3 && heard.contains(word))
}
