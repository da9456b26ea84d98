//! The languages that a model knows, by the numbers that Whisper gives them.

use whisper_rs::{WhisperContext, get_lang_id, get_lang_max_id, get_lang_str, get_lang_str_full};

use crate::error::{Error, ErrorKind, Result};
use crate::text::language::Chance;

/// Tokens of a model that are no text and no language.
const OTHER_TOKENS: u32 = 51_766;

/// Below this a language's chance is not told.
const LEAST: f32 = 0.001;

/// The codes of the languages that a model of so many tokens knows, such as `de`, in Whisper's order.
/// Models that know English only have fewer tokens than the least multilingual one.
pub fn of_vocabulary(tokens: u32) -> Vec<&'static str> {
    let count = match tokens {
        51_865.. => i32::try_from(tokens - OTHER_TOKENS).unwrap_or(i32::MAX),
        _ => 1,
    };
    let all = get_lang_max_id().saturating_add(1);
    (0..count.min(all)).filter_map(get_lang_str).collect()
}

/// Finds the code of a language by its code or its English name.
///
/// # Errors
///
/// [`ErrorKind::Usage`] when the model does not know it; with the languages that it knows.
pub fn find(name: &str, known: &[&'static str]) -> Result<&'static str> {
    let code = get_lang_id(&name.to_lowercase()).and_then(get_lang_str);
    if let Some(code) = code.filter(|code| known.contains(code)) {
        return Ok(code);
    }
    if code.is_some() && known.len() == 1 {
        return Err(Error::new(
            ErrorKind::Usage,
            format!("the model knows English only, and not \"{name}\""),
        )
        .hint("choose a multilingual model, such as --model base"));
    }
    let what = match code {
        None => format!("\"{name}\" is no language Whisper knows"),
        Some(_) => format!("the model does not know \"{name}\""),
    };
    Err(Error::new(ErrorKind::Usage, what).hint(format!("give auto or one of {}", list(known))))
}

/// Codes with their English names, as many as there are.
fn list(known: &[&'static str]) -> String {
    let named = known.iter().map(|code| {
        let name = get_lang_id(code).and_then(get_lang_str_full);
        format!("{code} ({})", name.unwrap_or_default())
    });
    named.collect::<Vec<_>>().join(", ")
}

/// The languages of a loaded model.
pub(super) fn of(model: &WhisperContext) -> Vec<&'static str> {
    of_vocabulary(u32::try_from(model.n_vocab()).unwrap_or_default())
}

/// What a model takes a window for. whisper.cpp shares the chances among all languages of its own,
/// those of the largest models as well; here those that the model knows have them all.
pub(super) fn likely(known: &[&'static str], chances: &[f32]) -> Vec<Chance> {
    let finite = |p: f32| if p.is_finite() { p.max(0.0) } else { 0.0 };
    let chances: Vec<f32> = chances
        .iter()
        .take(known.len())
        .map(|&p| finite(p))
        .collect();
    let all: f32 = chances.iter().sum();
    let shared = known.iter().zip(chances).map(|(&language, p)| Chance {
        language: language.to_owned(),
        probability: if all > 0.0 { p / all } else { 0.0 },
    });
    shared
        .filter(|chance| chance.probability >= LEAST)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_know_their_languages_by_their_vocabulary() {
        assert_eq!(of_vocabulary(51_864), ["en"]);
        let known = of_vocabulary(51_865);
        assert_eq!((known.len(), known[0], known[2]), (99, "en", "de"));
        assert_eq!(of_vocabulary(51_866).last(), Some(&"yue"));
    }

    #[test]
    fn languages_are_found_by_code_and_name_and_refused_with_a_list() {
        let known = of_vocabulary(51_865);
        assert_eq!(find("de", &known).unwrap(), "de");
        assert_eq!(find("German", &known).unwrap(), "de");
        let error = find("klingon", &known).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage);
        let text = format!("{error} {:?}", error.hint_text());
        assert!(
            text.contains("klingon") && text.contains("hu (hungarian)"),
            "{text}"
        );
        assert!(
            find("yue", &known)
                .unwrap_err()
                .to_string()
                .contains("does not know")
        );
        let error = find("de", &["en"]).unwrap_err();
        assert!(error.to_string().contains("English only"), "{error}");
        assert_eq!(find("english", &["en"]).unwrap(), "en");
    }

    #[test]
    fn chances_are_shared_among_the_languages_that_the_model_knows() {
        let found = likely(&["en", "zh"], &[0.2, 0.2, 0.6]);
        let halves: Vec<(&str, f32)> = found
            .iter()
            .map(|c| (c.language.as_str(), c.probability))
            .collect();
        assert_eq!(halves, [("en", 0.5), ("zh", 0.5)]);
        assert!(likely(&["en", "zh"], &[f32::NAN, 0.0]).is_empty());
    }
}
