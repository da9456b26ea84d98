//! Times of tokens by attention: which heads of a model follow the sound, and what their alignment says.
//!
//! whisper.cpp aligns each chunk of a window once its text is there. It must not be given flash
//! attention, and it asserts, which ends the process, that a chunk is longer than 150 ms; the parent
//! then has the window decoded without.

use whisper_rs::whisper_rs_sys::whisper_ahead;
use whisper_rs::{DtwMode, DtwModelPreset, DtwParameters};

use crate::engine::protocol::WordTimes;
use crate::error::{Error, ErrorKind, Result};

/// Working memory of an alignment in bytes, enough for a full window of the largest model. It is only
/// taken from the system as far as it is used.
const MEMORY: usize = 256 << 20;

/// How long after a word the attention of tiny.en's heads goes on to the next one, in 10 ms ticks: 75 to
/// 100 ms (median of clean sound, over a telephone, in noise, in a room and spoken fast); with this, words
/// are half as far off. That of base's is 20 ms early; of others it is not known.
const TINY_EN_LAG_CS: i64 = 8;

/// Heads in whisper.cpp's form.
pub(super) fn heads(word_times: &WordTimes) -> Vec<whisper_ahead> {
    let WordTimes::Heads(heads) = word_times else {
        return Vec::new();
    };
    let number = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
    let ahead = |&[layer, head]: &[u32; 2]| whisper_ahead {
        n_text_layer: number(layer),
        n_head: number(head),
    };
    heads.iter().map(ahead).collect()
}

/// What whisper.cpp is told to align by; `heads` are those of the same settings.
pub(super) fn parameters<'a>(
    word_times: &WordTimes,
    heads: &'a [whisper_ahead],
) -> Result<DtwParameters<'a>> {
    let mode = match word_times {
        WordTimes::Letters => DtwMode::None,
        WordTimes::Heads(_) => DtwMode::Custom { aheads: heads },
        WordTimes::Preset(name) => DtwMode::ModelPreset {
            model_preset: preset(name).ok_or_else(|| {
                Error::new(
                    ErrorKind::Model,
                    format!("whisper.cpp knows no alignment heads of a model \"{name}\""),
                )
            })?,
        },
    };
    Ok(DtwParameters {
        mode,
        dtw_mem_size: MEMORY,
    })
}

fn preset(name: &str) -> Option<DtwModelPreset> {
    Some(match name {
        "tiny.en" => DtwModelPreset::TinyEn,
        "tiny" => DtwModelPreset::Tiny,
        "base.en" => DtwModelPreset::BaseEn,
        "base" => DtwModelPreset::Base,
        "small.en" => DtwModelPreset::SmallEn,
        "small" => DtwModelPreset::Small,
        "medium.en" => DtwModelPreset::MediumEn,
        "medium" => DtwModelPreset::Medium,
        "large-v1" => DtwModelPreset::LargeV1,
        "large-v2" => DtwModelPreset::LargeV2,
        "large-v3" => DtwModelPreset::LargeV3,
        "large-v3-turbo" => DtwModelPreset::LargeV3Turbo,
        _ => return None,
    })
}

/// How late alignments are, in 10 ms ticks.
pub(super) fn lag_cs(word_times: &WordTimes) -> i64 {
    match word_times {
        WordTimes::Preset(name) if name == "tiny.en" => TINY_EN_LAG_CS,
        WordTimes::Preset(_) | WordTimes::Letters | WordTimes::Heads(_) => 0,
    }
}

/// Start and end of each token of a segment, in 10 ms ticks, from the time that whisper.cpp's alignment
/// gives each: the one at which the attention goes on to the next token, `lag_cs` after this one's end. A
/// token begins where the one before it ends. `None` where a token has no such time.
pub(super) fn heard(
    (start_cs, end_cs): (i64, i64),
    ends: &[i64],
    lag_cs: i64,
) -> Option<Vec<(i64, i64)>> {
    let mut at = start_cs;
    ends.iter()
        .map(|&end| {
            (end >= 0).then(|| {
                let until = (end - lag_cs).clamp(at, end_cs.max(at));
                let time = (at, until);
                at = until;
                time
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_token_begins_where_the_one_before_it_ends() {
        assert_eq!(
            heard((10, 90), &[30, 42, 95], 0),
            Some(vec![(10, 30), (30, 42), (42, 90)])
        );
        assert_eq!(
            heard((10, 90), &[12, 42, 95], 8),
            Some(vec![(10, 10), (10, 34), (34, 87)])
        );
        assert_eq!(heard((10, 90), &[30, -1, 95], 0), None);
        assert_eq!(heard((10, 90), &[], 0), Some(Vec::new()));
    }

    #[test]
    fn every_preset_of_the_catalogue_is_known() {
        for name in ["tiny", "base.en", "medium", "large-v3-turbo"] {
            assert!(preset(name).is_some(), "{name}");
        }
        assert!(preset("enormous").is_none());
    }

    proptest! {
        #[test]
        fn times_only_go_forward_and_stay_inside_the_segment(
            start in 0_i64..3_000,
            length in 0_i64..3_000,
            ends in proptest::collection::vec(0_i64..6_000, 0..40),
            lag in 0_i64..20,
        ) {
            let times = heard((start, start + length), &ends, lag).unwrap_or_default();
            prop_assert_eq!(times.len(), ends.len());
            let mut at = start;
            for (from, until) in times {
                prop_assert!(from == at && from <= until && until <= start + length);
                at = until;
            }
        }
    }
}
