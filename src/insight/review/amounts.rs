//! Numbers and money.

use super::Reading;
use crate::document::review::{Amount, AmountKind};
use crate::insight::pattern::MARK;
use crate::insight::rules::Label;
use crate::insight::speech::{Sentence, evidence, text};

/// Words behind a number that say what it counts.
const AFTER: usize = 2;

/// Amounts in the order in which they were said. Fits that touch or overlap are one amount; it is
/// money when a rule for money has a part in it.
pub(super) fn amounts(call: &Reading<'_>) -> Vec<Amount> {
    let mut amounts = Vec::new();
    for sentence in call.sentences.iter().filter(|s| call.counts(s.track)) {
        amounts.extend(of_sentence(call, sentence));
    }
    amounts
}

fn of_sentence(call: &Reading<'_>, sentence: &Sentence<'_>) -> Vec<Amount> {
    let verdicts = call.rules.judge(&sentence.tokens);
    let mut fits: Vec<(usize, usize, AmountKind, &str, f64)> = Vec::new();
    for (label, kind) in [
        (Label::Number, AmountKind::Number),
        (Label::Money, AmountKind::Money),
    ] {
        for found in verdicts.get(&label).into_iter().flat_map(|v| &v.found) {
            if found.score >= call.rules.limits().flag {
                fits.push((found.start, found.end, kind, found.rule, found.score));
            }
        }
    }
    fits.sort_by_key(|&(start, end, ..)| (start, end));
    let mut amounts: Vec<(usize, usize, Amount)> = Vec::new();
    for (start, end, kind, rule, score) in fits {
        match amounts.last_mut() {
            Some((_, last, amount)) if start <= *last => {
                *last = (*last).max(end);
                if !amount.rules.iter().any(|known| known == rule) {
                    amount.rules.push(rule.to_owned());
                }
                amount.score = amount.score.max(score);
                if kind == AmountKind::Money {
                    amount.kind = kind;
                }
            }
            _ => amounts.push((start, end, amount(kind, rule, score))),
        }
    }
    let sentence_text = text(&sentence.words);
    let whole = sentence.tokens.iter().filter(|t| t.text != MARK).count();
    let starts: Vec<usize> = amounts.iter().map(|(start, ..)| *start).collect();
    amounts
        .into_iter()
        .enumerate()
        .map(|(n, (start, end, amount))| {
            let next = starts.get(n + 1).copied().unwrap_or(whole);
            let most = next.min(whole).max(end);
            let word = |n: usize| sentence.tokens[n - 1].text.as_str();
            let full = (end + AFTER).min(most);
            let reach = (end..full)
                .find(|n| call.rules.joins(word(n + 1)))
                .unwrap_or(full);
            // A word such as "every" is told with what it belongs to, or left out.
            let opens = |n: usize| n > end && call.rules.opens(word(n));
            let end = match opens(reach) {
                true if reach < most => reach + 1,
                true => (end..reach).rev().find(|&n| !opens(n)).unwrap_or(end),
                false => reach,
            };
            let words = sentence.between(start, end);
            Amount {
                text: text(words),
                sentence: sentence_text.clone(),
                evidence: evidence(sentence.track, words),
                ..amount
            }
        })
        .collect()
}

fn amount(kind: AmountKind, rule: &str, score: f64) -> Amount {
    Amount {
        kind,
        text: String::new(),
        sentence: String::new(),
        rules: vec![rule.to_owned()],
        score,
        evidence: evidence(crate::audio::Track::System, &[]),
    }
}
