//! Words as rules compare them: found by Unicode's word boundaries, without case.

use unicode_segmentation::UnicodeSegmentation;

/// The words of a text in lower case, without punctuation; typographic apostrophes become plain ones.
/// A script without spaces gives a word for each character that Unicode takes for one.
pub fn tokens(text: &str) -> Vec<String> {
    text.unicode_words().map(fold).collect()
}

/// A word as it is compared.
pub fn fold(word: &str) -> String {
    word.to_lowercase().replace(['’', '‘', 'ʼ'], "'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_compared_without_case_and_punctuation() {
        assert_eq!(tokens("Don’t, UM — I mean…"), ["don't", "um", "i", "mean"]);
        assert_eq!(tokens("¿Qué? ÄH, ähm!"), ["qué", "äh", "ähm"]);
        assert_eq!(tokens("…"), [""; 0]);
    }
}
