//! What may be worth quoting.

use super::{Reading, rounded};
use crate::document::review::QuoteCandidate;
use crate::insight::rules::Label;
use crate::insight::speech::{Sentence, evidence, text};

/// Longest pause between two sentences of one quote, in milliseconds.
const TOGETHER_MS: u64 = 2_500;

/// A stretch of sentences and what speaks for it.
struct Candidate<'a, 'b> {
    sentences: Vec<&'b Sentence<'a>>,
    /// Where the first sentence stands among those of its track.
    first: usize,
    rules: Vec<String>,
    score: f64,
}

/// The best quotes first, none of which share words. A quote is a sentence, or two that follow each
/// other: feeling and fact often stand side by side.
pub(super) fn quotes(call: &Reading<'_>) -> Vec<QuoteCandidate> {
    let limits = call.rules.limits();
    let mut tracks: Vec<_> = call.sentences.iter().map(|s| s.track).collect();
    tracks.sort_unstable();
    tracks.dedup();
    let mut all = Vec::new();
    for track in tracks.into_iter().filter(|&track| call.counts(track)) {
        let own: Vec<&Sentence<'_>> = call.sentences.iter().filter(|s| s.track == track).collect();
        for first in 0..own.len() {
            all.extend(candidate(call, first, vec![own[first]]));
            if let Some(&next) = own.get(first + 1)
                && next.start_ms().saturating_sub(own[first].end_ms()) <= TOGETHER_MS
            {
                all.extend(candidate(call, first, vec![own[first], next]));
            }
        }
    }
    all.retain(|c| c.score >= limits.quote);
    all.sort_by(|a, b| {
        let key = |c: &Candidate<'_, '_>| (c.sentences.len(), c.sentences[0].start_ms());
        b.score.total_cmp(&a.score).then(key(a).cmp(&key(b)))
    });
    let mut taken: Vec<(crate::audio::Track, usize)> = Vec::new();
    let mut quotes = Vec::new();
    for candidate in all {
        let track = candidate.sentences[0].track;
        let places = candidate.first..candidate.first + candidate.sentences.len();
        if places.clone().any(|at| taken.contains(&(track, at))) {
            continue;
        }
        taken.extend(places.map(|at| (track, at)));
        let words: Vec<_> = candidate
            .sentences
            .iter()
            .flat_map(|s| s.words.clone())
            .collect();
        quotes.push(QuoteCandidate {
            text: text(&words),
            rules: candidate.rules,
            score: candidate.score,
            evidence: evidence(track, &words),
        });
        if quotes.len() == limits.quotes {
            break;
        }
    }
    quotes
}

fn candidate<'a, 'b>(
    call: &Reading<'_>,
    first: usize,
    sentences: Vec<&'b Sentence<'a>>,
) -> Option<Candidate<'a, 'b>> {
    let words: usize = sentences.iter().map(|s| s.words.len()).sum();
    if !call.rules.limits().quote_words.contains(&words) {
        return None;
    }
    let tokens: Vec<_> = sentences.iter().flat_map(|s| s.tokens.clone()).collect();
    let verdicts = call.rules.judge(&tokens);
    // A question is not what somebody says of himself.
    let asks = verdicts.get(&Label::Question).map_or(0.0, |v| v.score);
    if asks >= call.rules.limits().question && sentences.len() == 1 {
        return None;
    }
    let weights = call.rules.quote();
    let parts = [
        (Label::Emotional, weights.emotional),
        (Label::Specific, weights.specific),
        (Label::FirstPerson, weights.first_person),
    ];
    let mut score = 0.0;
    let mut rules: Vec<(f64, Vec<String>)> = Vec::new();
    for (label, weight) in parts {
        if let Some(verdict) = verdicts.get(&label) {
            score += weight * verdict.score;
            rules.push((weight * verdict.score, verdict.rules()));
        }
    }
    rules.sort_by(|a, b| b.0.total_cmp(&a.0));
    Some(Candidate {
        sentences,
        first,
        rules: rules.into_iter().flat_map(|(_, rules)| rules).collect(),
        score: rounded(score.min(1.0)),
    })
}
