use super::*;
use crate::document::guide::Guide;
use crate::error::ErrorKind;
use crate::event::{Event, GuideLoaded, GuideTicked};
use crate::insight::words::tokens;

const GUIDE: &str = r#"
goal = "Why they left"

[[phase]]
title = "Warm-up"
minutes = 5

[[phase.question]]
ask = "Tell me about the last time you made the weekly report."
follow_ups = ["How often does that happen?", "Why?"]

[[phase]]
title = "Today"

[[phase.question]]
ask = "Walk me through how you use the dashboard today."

[[phase.question]]
ask = "What did you try before you found our product?"
"#;

fn guide() -> Guide {
    parse(GUIDE).expect("a guide")
}

#[test]
fn a_guide_is_read_and_numbered() {
    let guide = guide();
    let ids: Vec<_> = items(&guide).map(|item| (item.id, item.follows)).collect();
    let expected = [
        ("g1", None),
        ("g1.1", Some("g1")),
        ("g1.2", Some("g1")),
        ("g2", None),
        ("g3", None),
    ];
    assert_eq!(ids, expected);
    assert_eq!(
        (guide.goal.as_deref(), guide.phases[0].minutes),
        (Some("Why they left"), Some(5))
    );
    let flat = parse("[[question]]\nask = \"a\"\n").expect("a guide");
    assert_eq!(flat.phases[0].title, "");
}

#[test]
fn mistakes_are_told_with_their_line() {
    for (text, line, told) in [
        ("goal = 3\n", 1, "string"),
        ("\n\n[[question]]\nask = \"  \"\n", 4, "no text"),
        (
            "[[question]]\nask = \"a\"\nfollow_up = [\"b\"]\n",
            3,
            "follow_up",
        ),
        (
            "goal = \"g\"\n[[phase]]\ntitle = \"t\"\n",
            3,
            "no [[phase.question]]",
        ),
        (
            "[[phase]]\ntitle = \"t\"\nminutes = 0\n[[phase.question]]\nask = \"a\"\n",
            3,
            "a minute",
        ),
        ("goal = \"g\"\n", 1, "at least one"),
        ("[[question]]\nask = \"a\n", 2, ""),
    ] {
        let error = parse(text).expect_err(text);
        assert_eq!(error.kind(), ErrorKind::Usage);
        let shown = error.to_string();
        assert!(
            shown.starts_with(&format!("line {line}: ")),
            "{text}: {shown}"
        );
        assert!(shown.contains(told), "{text}: {shown}");
        assert!(!shown.contains('\n'), "{shown}");
    }
}

#[test]
fn what_is_asked_is_recognised_by_its_words() {
    let matcher = Matcher::new(&guide());
    let best = |text: &str| matcher.best(&tokens(text)).map(|hint| hint.id);
    for (text, id) in [
        (
            "So tell me, when was the last time you made a weekly report?",
            Some("g1"),
        ),
        (
            "tell me about the last time you made the weekly reports",
            Some("g1"),
        ),
        ("okay and how often does this happen", Some("g1.1")),
        ("Why?", Some("g1.2")),
        ("Why was that important to you?", None),
        (
            "walk me through your dashboards the way you use them today",
            Some("g2"),
        ),
        ("What did you try before our product?", Some("g3")),
        ("Thank you so much for your time.", None),
        (
            "Is there anything else you want to tell me about the product today?",
            None,
        ),
        ("", None),
    ] {
        assert_eq!(best(text).as_deref(), id, "{text}");
    }
}

#[test]
fn ticks_make_phases() {
    let mut progress = Progress::default();
    assert!(progress.toggle("g1", 0).is_err());
    progress.take(&Event::GuideLoaded(GuideLoaded(guide())));
    assert_eq!(progress.phases(100), []);
    let tick = |progress: &mut Progress, id: &str, t_ms| {
        let event = progress.toggle(id, t_ms).expect("an item");
        progress.take(&event);
        event
    };
    assert!(matches!(
        tick(&mut progress, "g1", 10),
        Event::GuideTicked(GuideTicked { t_ms: 10, .. })
    ));
    tick(&mut progress, "g2", 40);
    tick(&mut progress, "g3", 60);
    tick(&mut progress, "g1.1", 80);
    let spans: Vec<_> = progress
        .phases(100)
        .into_iter()
        .map(|p| (p.title, p.start_ms, p.end_ms))
        .collect();
    let warm = || "Warm-up".to_owned();
    assert_eq!(
        spans,
        [
            (warm(), 0, 40),
            ("Today".to_owned(), 40, 80),
            (warm(), 80, 100)
        ]
    );
    // A second press takes a tick back.
    tick(&mut progress, "g1.1", 90);
    assert_eq!(progress.phases(100).len(), 2);
    assert!(progress.toggle("g9", 0).is_err());
}
