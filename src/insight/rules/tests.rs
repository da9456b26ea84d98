use super::*;
use crate::error::ErrorKind;

#[test]
fn the_bundled_rules_can_be_read_and_have_lists_of_their_own() {
    for language in Rules::languages() {
        let text = Rules::text(language).expect("a file");
        let rules = Rules::parse(text).unwrap_or_else(|e| panic!("{language}: {e:?}"));
        assert_eq!(rules.language(), language);
        assert!(!rules.fillers().is_empty());
        assert!(Common::of(language).is_some(), "{language}");
        assert_eq!(rules.ids().len(), rules.rules.len());
    }
    assert!(Rules::bundled("xx").is_none());
}

#[test]
fn what_is_wrong_is_told_with_its_line() {
    let good = Rules::text("en").expect("a file");
    let line_of = |needle: &str| good.lines().position(|l| l.contains(needle)).map(|n| n + 1);
    for (from, to, told) in [
        ("score = 0.8", "score = 1.8", "not between 0 and 1"),
        ("any = [\"{prompt}\"]", "any = [\"{promt}\"]", "{promt}"),
        (
            "id = \"question.prompt\"",
            "id = \"question.mark\"",
            "twice",
        ),
        (
            "finds = \"question\"\nat = \"end\"",
            "at = \"end\"",
            "either finds or against",
        ),
    ] {
        assert!(good.contains(from), "{from}");
        let error = Rules::parse(&good.replacen(from, to, 1)).expect_err(to);
        assert_eq!(error.kind(), ErrorKind::Usage);
        let text = error.to_string();
        assert!(text.starts_with("line ") && text.contains(told), "{text}");
    }
    let error = Rules::parse(&good.replacen("{prompt}", "{promt}", 1)).expect_err("no set");
    let line = line_of("any = [\"{prompt}\"]").expect("a line");
    assert!(
        error.to_string().starts_with(&format!("line {line}:")),
        "{error}"
    );
    let error = Rules::parse(&good.replacen("finds = ", "find = ", 1)).expect_err("no field");
    assert!(format!("{error:?}").contains("find"), "{error:?}");
}

#[test]
fn common_words_have_classes() {
    let common = Common::of("en").expect("a list");
    let words = ["calendar", "report", "spreadsheets", "team's"];
    assert_eq!(common.classes(&words), [Some(2), Some(1), None, Some(1)]);
}
