//! Every layout of samples gives the right numbers.

use verbatim::dsp::mixdown::append_i16;

use super::wav_file::{FLOAT, PCM, Wav, chunk};
use super::{Place, flac, hear, hear_by};

/// 16-bit values over the whole range, both ends among them.
fn values(count: usize) -> Vec<i16> {
    let spread = (0..count).map(|n| (n * 7_919 % 65_536) as u16 as i16);
    [i16::MIN, i16::MAX, 0, -1, 1]
        .into_iter()
        .chain(spread)
        .take(count)
        .collect()
}

#[test]
fn every_16_bit_value_comes_back_exactly() {
    let all: Vec<i16> = (i16::MIN..=i16::MAX).collect();
    let heard = Place::new()
        .hear(&Wav::plain(&all).bytes())
        .expect("a recording");
    assert_eq!(heard.samples[0], -1.0);
    assert!(
        heard
            .samples
            .iter()
            .zip(&all)
            .all(|(&s, &x)| s * 32_768.0 == f32::from(x))
    );
    let mut back = Vec::new();
    append_i16(&heard.samples, &mut back);
    assert_eq!(back, all);
    assert!(heard.warnings.is_empty());
}

#[test]
fn other_depths_have_the_same_full_scale() {
    let quarter = |bytes: &[u8]| bytes.to_vec();
    // Lowest value, minus a quarter, zero, a quarter, of full scale.
    let wanted = [-1.0, -0.25, 0.0, 0.25];
    let float = |x: f32| x.to_le_bytes();
    let floats: Vec<u8> = wanted.iter().flat_map(|&x| float(x)).collect();
    let whole = |x: f32| ((f64::from(x) * 2_147_483_648.0) as i32).to_le_bytes();
    let wide: Vec<u8> = wanted.iter().flat_map(|&x| whole(x)).collect();
    let three: Vec<u8> = wanted
        .iter()
        .flat_map(|&x| quarter(&whole(x)[1..]))
        .collect();
    let two: Vec<u8> = wanted
        .iter()
        .flat_map(|&x| quarter(&whole(x)[2..]))
        .collect();
    let layouts = [
        // 8 bit is the only layout without a sign.
        (PCM, 8, vec![0, 96, 128, 160]),
        (PCM, 16, two),
        (PCM, 24, three),
        (PCM, 32, wide.clone()),
        (FLOAT, 32, floats),
    ];
    let place = Place::new();
    for (tag, bits, data) in layouts {
        let wav = Wav::new(tag, 1, 44_100, bits, data);
        let mut ex = wav.clone();
        ex.extension = vec![0, 0];
        let mut odd_length = wav.clone();
        odd_length.extension = vec![0; 4];
        for wav in [wav.clone(), wav.extensible(bits), ex, odd_length] {
            let heard = place
                .hear(&wav.bytes())
                .unwrap_or_else(|e| panic!("{bits} bits: {e}"));
            assert_eq!(heard.samples, wanted, "{bits} bits, format {:#x}", wav.tag);
            assert_eq!(
                (heard.rate, heard.channels, heard.told),
                (44_100, 1, Some(4))
            );
            assert!(heard.warnings.is_empty());
        }
    }
    // Of a wider container the upper bits are the valid ones.
    let mut wav = Wav::new(PCM, 1, 48_000, 32, wide).extensible(24);
    assert_eq!(
        place.hear(&wav.bytes()).expect("24 in 32 bits").samples,
        wanted
    );
    wav = Wav::plain(&[-32_768, -8_192, 0, 8_192]).extensible(12);
    assert_eq!(
        place.hear(&wav.bytes()).expect("12 in 16 bits").samples,
        wanted
    );
}

/// A value that is no number would silence everything it is averaged with.
#[test]
fn floats_that_are_no_numbers_become_silence() {
    let values = [
        0.5,
        f32::NAN,
        f32::INFINITY,
        f32::NEG_INFINITY,
        -0.5,
        3.0,
        f32::MIN_POSITIVE,
    ];
    let data = values.iter().flat_map(|x| x.to_le_bytes()).collect();
    let wav = Wav::new(FLOAT, 1, 48_000, 32, data);
    let heard = Place::new().hear(&wav.bytes()).expect("a recording");
    assert_eq!(
        heard.samples,
        [0.5, 0.0, 0.0, 0.0, -0.5, 3.0, f32::MIN_POSITIVE]
    );
}

#[test]
fn rates_and_channels_are_told_and_frames_stay_whole() {
    let place = Place::new();
    for rate in [
        8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000, 192_000,
    ] {
        for channels in 1..=8_u16 {
            let samples = values(usize::from(channels) * 101);
            let mut wav = Wav::plain(&samples);
            (wav.rate, wav.channels) = (rate, channels);
            let path = place.file(&wav.bytes());
            for block in [1, 7, 100, 101, 4_096] {
                let heard = hear_by(&path, block).expect("a recording");
                assert_eq!((heard.rate, heard.channels), (rate, channels));
                assert_eq!(heard.told, Some(101));
                let mut back = Vec::new();
                append_i16(&heard.samples, &mut back);
                assert_eq!(back, samples, "{channels} channels in blocks of {block}");
            }
        }
    }
}

#[test]
fn what_stands_around_the_samples_is_no_sound() {
    let samples = values(500);
    let place = Place::new();
    let long = chunk(b"id3 ", &vec![0x5a; 3 << 20]);
    let surroundings = [
        chunk(b"LIST", b"INFOISFT\x04\0\0\0abc\0"),
        // Odd lengths with their byte of padding.
        chunk(b"LIST", b"odd"),
        [
            chunk(b"junk", b""),
            chunk(b"bext", &[7; 603]),
            chunk(b"fact", &[1, 0, 0, 0]),
        ]
        .concat(),
        chunk(b"fact", &[1, 0, 0, 0, 9, 9, 9, 9, 9]),
        long,
    ];
    for surrounding in surroundings {
        let mut wav = Wav::plain(&samples);
        wav.before.clone_from(&surrounding);
        for after in [Vec::new(), surrounding] {
            wav.after = after;
            let heard = place.hear(&wav.bytes()).expect("a recording");
            let mut back = Vec::new();
            append_i16(&heard.samples, &mut back);
            assert_eq!(back, samples);
            assert!(heard.warnings.is_empty(), "{:?}", heard.warnings);
        }
    }
}

#[test]
fn a_byte_of_padding_is_no_sample() {
    let mut wav = Wav::new(PCM, 1, 8_000, 8, vec![192; 7]);
    let place = Place::new();
    assert_eq!(
        place.hear(&wav.bytes()).expect("a recording").samples,
        [0.5; 7]
    );
    // Some writers leave the padding out, others count it.
    let mut bare = wav.bytes();
    bare.pop();
    assert_eq!(place.hear(&bare).expect("a recording").samples, [0.5; 7]);
    wav = Wav::new(PCM, 1, 8_000, 24, vec![0; 9]);
    wav.declared = Some(10);
    let heard = place.hear(&wav.bytes()).expect("a recording");
    assert_eq!(heard.samples, [0.0; 3]);
    assert!(heard.warnings.is_empty(), "{:?}", heard.warnings);
}

/// The program's own bytes per second and sizes do not matter where the samples can be found.
#[test]
fn fields_that_say_a_thing_twice_may_be_wrong() {
    let samples = values(50);
    let mut bytes = Wav::plain(&samples).bytes();
    bytes[4..8].fill(0);
    bytes[28..32].fill(7);
    let heard = Place::new().hear(&bytes).expect("a recording");
    assert_eq!(heard.samples.len(), 50);
}

#[test]
fn a_file_is_what_it_holds_and_not_what_it_is_called() {
    let place = Place::new();
    let heard = place.hear(&flac()).expect("FLAC with the name of a WAV");
    assert_eq!((heard.rate, heard.channels), (16_000, 1));
    assert_eq!(heard.told, Some(heard.samples.len() as u64));
    assert!(heard.warnings.is_empty());
    let other = place.0.path().join("call.flac");
    std::fs::write(&other, Wav::plain(&values(10)).bytes()).expect("a file");
    assert_eq!(
        hear(&other)
            .expect("WAV with the name of a FLAC")
            .samples
            .len(),
        10
    );
}

#[test]
fn flac_in_any_blocks_is_the_same_as_its_decoder_says() {
    let place = Place::new();
    let path = place.file(&flac());
    let mut reader = claxon::FlacReader::open(&path).expect("the sample call");
    let wanted: Vec<f32> = reader
        .samples()
        .map(|s| s.expect("a sample") as f32 / 32_768.0)
        .collect();
    for block in [997, 65_536] {
        assert!(
            hear_by(&path, block).expect("a recording").samples == wanted,
            "by {block}"
        );
    }
}
