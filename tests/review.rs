//! The review against sentences labelled by hand, the sample call's own text, and speech that only
//! looks like something.

#[path = "review/calls.rs"]
mod calls;

use calls::{Call, bare, sample};
use verbatim::audio::Track;
use verbatim::document::review::{
    AmountKind, Question, QuestionFlag, QuestionForm, ReviewDocument, RulesSource,
};
use verbatim::insight::rules::Rules;

fn asked(text: &str) -> Option<Question> {
    let review = Call::new().say(Track::Mic, text).review();
    review.questions.into_iter().next()
}

fn flagged(question: &Question, flag: QuestionFlag) -> bool {
    question.flags.iter().any(|found| found.flag == flag)
}

/// Precision and recall over the labelled sentences, each written by `write`.
fn measure(write: fn(&str) -> String) -> (f64, f64) {
    let set = include_str!("fixtures/questions.en.tsv");
    let (mut right, mut wrong, mut missed) = (0.0_f64, 0.0, 0.0);
    for line in set.lines() {
        let (label, text) = line.split_once('\t').expect("a label and a sentence");
        let text = write(text);
        match (label, asked(&text)) {
            ("q", Some(_)) => right += 1.0,
            ("q", None) => {
                println!("missed: {text}");
                missed += 1.0;
            }
            ("n", None) => {}
            ("n", Some(question)) => {
                println!("wrong: {text} {:?} {}", question.rules, question.score);
                wrong += 1.0;
            }
            other => panic!("{other:?}"),
        }
    }
    (right / (right + wrong), right / (right + missed))
}

#[test]
fn questions_are_told_from_statements_also_without_stops_and_capitals() {
    let (precision, recall) = measure(str::to_owned);
    println!("as written: precision {precision:.3}, recall {recall:.3}");
    assert!(precision >= 0.95 && recall >= 0.95, "{precision} {recall}");
    let (precision, recall) = measure(bare);
    println!("bare: precision {precision:.3}, recall {recall:.3}");
    assert!(precision >= 0.92 && recall >= 0.92, "{precision} {recall}");
}

#[test]
fn what_only_looks_like_a_question_is_none() {
    for text in [
        "You know what?",
        "you know what",
        "How we do it is we send a mail",
        "She asked me, \"Can you do this by Friday?\"",
        "and then he said could you send it again",
        "It is slow, you know?",
        "Tell me about it.",
        "We use spreadsheets and what have you.",
        "Yeah, that's right.",
    ] {
        assert!(asked(text).is_none(), "{text}: {:?}", asked(text));
    }
    for text in [
        "Do you know?",
        "When they asked you, what did you say?",
        "That makes sense, could I see it",
        "that is helpful could i quote you on the thirteen hours",
    ] {
        assert!(asked(text).is_some(), "{text}");
    }
}

#[test]
fn a_question_begins_where_it_is_asked() {
    let question = asked("that is helpful could i quote you on the thirteen hours").expect("one");
    assert_eq!(question.text, "could i quote you on the thirteen hours");
    assert_eq!(question.evidence.words.len(), 8);
    let question = asked("So, okay, why did you leave?").expect("a question");
    assert_eq!(question.text, "why did you leave?");
}

#[test]
fn questions_have_a_form() {
    for (form, texts) in [
        (
            QuestionForm::Open,
            &[
                "How did you do that?",
                "Why was that important to you?",
                "Can you give me an example?",
                "Tell me about your last report.",
                "So could you maybe walk me through it?",
            ][..],
        ),
        (
            QuestionForm::Closed,
            &[
                "How often does that happen?",
                "Do you use it daily?",
                "Is there anything else?",
                "You use it daily?",
                "When did you start?",
                "It works for you, right?",
            ],
        ),
    ] {
        for text in texts {
            for text in [(*text).to_owned(), bare(text)] {
                let Some(question) = asked(&text) else {
                    // A statement that is a question by its melody alone needs its mark.
                    assert_eq!(text, "you use it daily");
                    continue;
                };
                let found = question.form.map(|form| form.form);
                assert_eq!(found, Some(form), "{text}");
            }
        }
    }
}

#[test]
fn questions_have_flags() {
    use QuestionFlag::{DoubleBarrelled, Hypothetical, Leading};
    for (flag, yes, no) in [
        (
            Leading,
            &[
                "Don't you think it is slow?",
                "Wouldn't it be easier with one page?",
                "How frustrating was that?",
                "You love the dashboard, don't you?",
            ][..],
            &["What do you think of the dashboard?", "How was that?"][..],
        ),
        (
            Hypothetical,
            &[
                "Would you use it?",
                "What would you do if we removed the export?",
                "Imagine you had no budget, what do you do?",
                "How likely are you to buy it?",
            ],
            &[
                "Would you mind if I record?",
                "Would you say it is fast?",
                "What did you do then?",
                "Would you walk me through it?",
            ],
        ),
        (
            DoubleBarrelled,
            &[
                "How long does it take and who checks it?",
                "What do you use and why did you choose it?",
                "Do you write it yourself or do you ask somebody?",
            ],
            &[
                "And how do you do that?",
                "What do you do with bread and butter?",
            ],
        ),
    ] {
        for text in yes {
            for text in [(*text).to_owned(), bare(text)] {
                let question = asked(&text).unwrap_or_else(|| panic!("{text}"));
                assert!(flagged(&question, flag), "{text}: {:?}", question.flags);
            }
        }
        for text in no {
            let question = asked(text).unwrap_or_else(|| panic!("{text}"));
            assert!(!flagged(&question, flag), "{text}: {:?}", question.flags);
        }
    }
}

#[test]
fn the_sample_call_is_reviewed_as_a_person_would() {
    for call in [sample(str::to_owned), sample(bare)] {
        let review = call.review();
        let texts: Vec<String> = review.questions.iter().map(|q| bare(&q.text)).collect();
        let wanted = [
            "is it all right if i record this conversation",
            "tell me about the last time you made the weekly report",
            "how often does that happen",
            "why was that important to you",
            "can you give me an example",
            "what did you try before you found our product",
            "walk me through how you use the dashboard today",
            "what has changed since you started",
            "is there anything that still frustrates you",
            "could i quote you on the thirteen hours",
        ];
        for wanted in wanted {
            assert!(
                texts.iter().any(|text| text.ends_with(wanted)),
                "{wanted} in {texts:#?}"
            );
        }
        assert_eq!(texts.len(), wanted.len(), "{texts:#?}");
        assert!(
            review
                .questions
                .iter()
                .all(|q| q.evidence.track == Track::Mic)
        );
        let of = |text: &str| {
            let found = review
                .questions
                .iter()
                .find(|q| bare(&q.text).ends_with(text));
            found.map(|q| q.id.clone()).expect("a question")
        };
        let slow: Vec<(&str, u64)> = review
            .answers
            .iter()
            .filter(|answer| answer.after_long_silence)
            .map(|answer| (answer.question.as_str(), answer.latency_ms))
            .collect();
        let (why, still) = (of("important to you"), of("still frustrates you"));
        assert_eq!(slow, [(why.as_str(), 3_400), (still.as_str(), 2_800)]);
        assert_eq!(review.answers.len(), wanted.len());
        let chain = review
            .chains
            .iter()
            .find(|c| c.questions.contains(&why))
            .expect("a chain");
        assert!(chain.questions.contains(&of("an example")), "{chain:?}");
        let amounts: Vec<String> = review.numbers.iter().map(|n| bare(&n.text)).collect();
        for wanted in [
            "five hours",
            "fifteen hours a month",
            "thirteen hours every week",
            "four spreadsheets",
            "two weeks",
        ] {
            assert!(
                amounts.iter().any(|text| text.starts_with(wanted)),
                "{wanted} in {amounts:?}"
            );
        }
        assert!(review.numbers.iter().all(|n| n.kind == AmountKind::Number));
        let quotes: Vec<String> = review.quotes.iter().map(|q| bare(&q.text)).collect();
        for wanted in ["frustrating", "thirteen hours", "that hurt"] {
            let place = quotes.iter().position(|text| text.contains(wanted));
            assert!(place.is_some_and(|n| n < 6), "{wanted} in {quotes:#?}");
        }
        assert!(
            review
                .quotes
                .iter()
                .all(|q| q.evidence.track == Track::System)
        );
        assert_eq!(review.vague, []);
        let rules = review.rules.expect("rules");
        assert_eq!(
            (rules.language.as_str(), rules.source),
            ("en", RulesSource::Bundled)
        );
    }
}

#[test]
fn every_item_names_its_rules_and_words() {
    let call = sample(bare);
    let review = call.review();
    let rules = Rules::bundled("en").expect("rules");
    let known = rules.ids();
    let words = call.words();
    let check = |rules: &[String], score: f64, told: &[String]| {
        assert!((0.0..=1.0).contains(&score));
        assert!(!rules.is_empty());
        for rule in rules {
            let own = [
                "answer.next-turn",
                "chain.words",
                "vocabulary.uncommon",
                "vocabulary.phrase",
            ];
            assert!(
                known.contains(rule.as_str()) || own.contains(&rule.as_str()),
                "{rule}"
            );
        }
        assert!(told.iter().all(|id| words.contains(id)), "{told:?}");
    };
    for q in &review.questions {
        check(&q.rules, q.score, &q.evidence.words);
        q.flags.iter().for_each(|f| check(&f.rules, f.score, &[]));
        q.form.iter().for_each(|f| check(&f.rules, f.score, &[]));
        assert!(!q.evidence.segments.is_empty() && q.evidence.start_ms < q.evidence.end_ms);
    }
    review
        .quotes
        .iter()
        .for_each(|q| check(&q.rules, q.score, &q.evidence.words));
    review
        .numbers
        .iter()
        .for_each(|n| check(&n.rules, n.score, &n.evidence.words));
    review
        .vocabulary
        .iter()
        .for_each(|t| check(&t.rules, t.score, &t.words));
    review
        .answers
        .iter()
        .for_each(|a| check(&a.rules, a.score, &[]));
    review
        .chains
        .iter()
        .for_each(|c| check(&c.rules, c.score, &[]));
    assert!(!review.chains.is_empty() && !review.quotes.is_empty());
}

#[test]
fn vague_answers_are_told_from_those_one_can_hold_on_to() {
    let answer = |question: &str, answer: &str| -> ReviewDocument {
        Call::new()
            .say(Track::Mic, question)
            .say(Track::System, answer)
            .review()
    };
    for text in [
        "It depends, I guess.",
        "kind of all the time and stuff like that i don't know",
        "It's fine, the usual.",
        "Sometimes, now and then, it varies.",
    ] {
        let review = answer("How often does that happen?", text);
        assert_eq!(review.vague.len(), 1, "{text}");
        assert_eq!(review.vague[0].question.as_deref(), Some("q0001"));
    }
    for text in [
        "Four times last week, sometimes on Friday.",
        "Yes, that is fine with me.",
        "I opened the report and the second page was empty.",
    ] {
        assert_eq!(
            answer("How often does that happen?", text).vague,
            [],
            "{text}"
        );
    }
}

#[test]
fn money_is_told_from_other_numbers() {
    let amounts = |text: &str| -> Vec<(AmountKind, String)> {
        let review = Call::new().say(Track::System, text).review();
        review
            .numbers
            .into_iter()
            .map(|n| (n.kind, n.text))
            .collect()
    };
    let kinds = |text: &str| -> Vec<AmountKind> {
        amounts(text).into_iter().map(|(kind, _)| kind).collect()
    };
    assert_eq!(kinds("We pay $40 a month."), [AmountKind::Money]);
    assert_eq!(kinds("it was three hundred dollars"), [AmountKind::Money]);
    assert_eq!(
        kinds("About 1.500 € for ten people."),
        [AmountKind::Money, AmountKind::Number]
    );
    assert_eq!(
        kinds("we spend about fifteen hours a month"),
        [AmountKind::Number]
    );
    assert_eq!(kinds("One of them said no one knows."), []);
    assert_eq!(
        amounts("it took almost five hours on Monday")[0].1,
        "five hours on Monday"
    );
    // What the interviewer says is no evidence.
    assert_eq!(
        Call::new()
            .say(Track::Mic, "Was it ten dollars?")
            .review()
            .numbers,
        []
    );
}

#[test]
fn the_participants_own_words_are_found() {
    let review = Call::new()
        .say(
            Track::System,
            "the churn dashboard is slow and the churn dashboard lies",
        )
        .say(
            Track::Mic,
            "the kubernetes cluster and the kubernetes cluster",
        )
        .say(
            Track::System,
            "churn is what my team reads, and my team reads reports",
        )
        .review();
    let terms: Vec<(&str, u32)> = review
        .vocabulary
        .iter()
        .map(|term| (term.text.as_str(), term.count))
        .collect();
    assert!(terms.contains(&("churn", 3)), "{terms:?}");
    assert!(terms.contains(&("churn dashboard", 2)), "{terms:?}");
    assert!(
        terms
            .iter()
            .all(|(text, _)| !text.contains("kubernetes") && !text.contains("team"))
    );
}

#[test]
fn a_language_without_rules_gives_no_guesses_and_says_so() {
    let review = Call::new()
        .language("pt")
        .say(Track::Mic, "Why did you leave?")
        .review();
    assert!(review.questions.is_empty() && review.rules.is_none());
    assert_eq!(
        review.note.as_deref(),
        Some("there are no rules for the language pt")
    );
    assert!(Call::new().without_passes().review().note.is_some());
}

/// Another language is another file: nothing in the mechanism knows English.
#[test]
fn rules_of_another_language_are_a_file() {
    let german = include_str!("review/de.toml");
    let rules = Rules::parse(german).expect("rules");
    let call = Call::new()
        .language("de")
        .say(Track::Mic, "also warum haben sie gewechselt")
        .say(
            Track::System,
            "weil es zwölf Stunden gedauert hat, das war furchtbar für mich",
        );
    let review = call.review_by(rules);
    assert_eq!(review.questions[0].rules, ["de.frage"]);
    assert_eq!(review.numbers[0].text, "zwölf Stunden gedauert");
    assert_eq!(review.quotes.len(), 1);
    assert_eq!(review.rules.expect("rules").source, RulesSource::Session);
    let wrong = Call::new()
        .say(Track::Mic, "Why?")
        .review_by(Rules::parse(german).expect("rules"));
    assert!(wrong.note.expect("a note").contains("language de"));
}
