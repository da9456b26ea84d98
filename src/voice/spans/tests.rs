use super::*;

/// Samples in a frame of 20 ms, and ticks in it.
const SAMPLES: usize = 320;
const TICKS: u64 = 960;

const QUIET: Frame = Frame {
    probability: 0.0,
    level_db: -70.0,
    quarters_db: [-70.0; 4],
    floor_db: -70.0,
    periodicity: 0.1,
};

const HISS: Frame = Frame {
    probability: 0.0,
    level_db: -45.0,
    quarters_db: [-45.0; 4],
    floor_db: -70.0,
    periodicity: 0.1,
};

const NOISE: Frame = Frame {
    probability: 1.0,
    level_db: -30.0,
    quarters_db: [-30.0; 4],
    floor_db: -70.0,
    periodicity: 0.1,
};

const VOWEL: Frame = Frame {
    probability: 1.0,
    level_db: -25.0,
    quarters_db: [-25.0; 4],
    floor_db: -70.0,
    periodicity: 0.9,
};

fn run(parts: &[(usize, Frame)]) -> Vec<SpanEvent> {
    let mut machine = Spans::new(SpanOptions::default(), SAMPLES);
    let mut out = Vec::new();
    let mut frames = 0;
    for &(count, frame) in parts {
        for _ in 0..count {
            machine.push(frame, &mut out);
        }
        frames += count as u64;
    }
    machine.finish(Tick(frames * TICKS), &mut out);
    out
}

fn spans(parts: &[(usize, Frame)]) -> Vec<(u64, u64)> {
    run(parts)
        .into_iter()
        .filter_map(|event| match event {
            SpanEvent::End(span) => Some((span.start.0 / TICKS, span.end.0 / TICKS)),
            SpanEvent::Start(_) => None,
        })
        .collect()
}

#[test]
fn a_vowel_is_a_span_without_the_hangover() {
    let parts = [(50, QUIET), (10, VOWEL), (50, QUIET)];
    assert_eq!(spans(&parts), [(50, 60)]);
}

#[test]
fn the_start_is_told_as_soon_as_it_is_certain() {
    let mut machine = Spans::new(SpanOptions::default(), SAMPLES);
    let mut out = Vec::new();
    for frame in [QUIET; 50].into_iter().chain([VOWEL; 5]) {
        machine.push(frame, &mut out);
    }
    assert_eq!(out, []);
    machine.push(VOWEL, &mut out);
    assert_eq!(out, [SpanEvent::Start(Tick(50 * TICKS))]);
    assert_eq!(machine.speaking_until(), Some(Tick(56 * TICKS)));
    assert_eq!(machine.position(), Tick(50 * TICKS));
}

#[test]
fn too_short_a_sound_is_none() {
    assert_eq!(spans(&[(50, QUIET), (5, VOWEL), (50, QUIET)]), []);
}

#[test]
fn a_hissed_beginning_and_end_belong_to_the_word() {
    let parts = [(50, QUIET), (4, HISS), (10, VOWEL), (3, HISS), (50, QUIET)];
    assert_eq!(spans(&parts), [(50, 67)]);
}

#[test]
fn a_long_hiss_is_not_taken_in_whole() {
    let parts = [
        (50, QUIET),
        (40, HISS),
        (10, VOWEL),
        (40, HISS),
        (50, QUIET),
    ];
    assert_eq!(spans(&parts), [(82, 106)]);
}

#[test]
fn a_pause_below_the_hangover_is_inside() {
    let pause = |frames| {
        [
            (50, QUIET),
            (10, VOWEL),
            (frames, QUIET),
            (10, VOWEL),
            (50, QUIET),
        ]
    };
    assert_eq!(spans(&pause(18)), [(50, 88)]);
    assert_eq!(spans(&pause(25)), [(50, 60), (85, 95)]);
}

#[test]
fn steady_noise_is_no_speech_whatever_the_detector_says() {
    assert_eq!(spans(&[(50, QUIET), (500, NOISE), (50, QUIET)]), []);
}

#[test]
fn a_steady_tone_from_the_first_frame_is_no_speech() {
    assert_eq!(spans(&[(500, VOWEL)]), []);
}

#[test]
fn noise_after_speech_does_not_hold_the_span() {
    let parts = [(50, QUIET), (20, VOWEL), (500, NOISE), (50, QUIET)];
    let found = spans(&parts);
    assert_eq!(found.len(), 1);
    assert!(found[0].1 <= 70 + 27, "{found:?}");
}

#[test]
fn noise_before_speech_does_not_pull_the_start_back_for_long() {
    let parts = [(50, QUIET), (500, NOISE), (20, VOWEL), (50, QUIET)];
    let found = spans(&parts);
    assert_eq!(found.len(), 1);
    assert!(found[0].0 >= 550 - 20 - 8, "{found:?}");
}

#[test]
fn a_lively_whisper_is_speech() {
    let loud = Frame {
        level_db: -26.0,
        quarters_db: [-26.0; 4],
        ..NOISE
    };
    let soft = Frame {
        level_db: -38.0,
        quarters_db: [-38.0; 4],
        ..NOISE
    };
    let mut parts = vec![(50, QUIET)];
    for _ in 0..10 {
        parts.extend([(4, loud), (4, soft)]);
    }
    parts.push((50, QUIET));
    assert_eq!(spans(&parts).len(), 1);
}

#[test]
fn a_far_voice_is_not_heard_beside_a_near_one() {
    let far = Frame {
        level_db: -52.0,
        quarters_db: [-52.0; 4],
        floor_db: -70.0,
        ..VOWEL
    };
    let softer = Frame {
        level_db: -29.0,
        quarters_db: [-29.0; 4],
        ..VOWEL
    };
    let mut parts = vec![(50, QUIET)];
    parts.extend([(5, VOWEL), (5, softer)].repeat(5));
    parts.extend([(30, QUIET), (20, far), (50, QUIET)]);
    assert_eq!(spans(&parts), [(50, 100)]);
    let alone = [(50, QUIET), (20, far), (50, QUIET)];
    assert_eq!(spans(&alone), [(50, 70)]);
}

#[test]
fn the_end_of_the_track_ends_the_span() {
    assert_eq!(spans(&[(50, QUIET), (10, VOWEL)]), [(50, 60)]);
}

/// A frame of [`VOWEL`] in which only some quarters sound.
fn part(quarters: std::ops::Range<usize>) -> Frame {
    let level = |n| match quarters.contains(&n) {
        true => VOWEL.level_db,
        false => QUIET.level_db,
    };
    Frame {
        quarters_db: std::array::from_fn(level),
        ..VOWEL
    }
}

#[test]
fn a_span_begins_and_ends_inside_the_frames_where_its_sound_does() {
    let parts = [
        (50, QUIET),
        (1, part(3..4)),
        (8, VOWEL),
        (1, part(0..2)),
        (50, QUIET),
    ];
    let quarter = TICKS / 4;
    let span = Span::new(
        Tick(50 * TICKS + 3 * quarter),
        Tick(59 * TICKS + 2 * quarter),
    );
    assert_eq!(
        run(&parts),
        [SpanEvent::Start(span.start), SpanEvent::End(span)]
    );
}

#[test]
fn a_pause_told_ends_where_the_span_will() {
    let mut machine = Spans::new(SpanOptions::default(), SAMPLES);
    let mut out = Vec::new();
    let frames = [&[QUIET; 50][..], &[VOWEL; 10], &[part(0..1)], &[QUIET; 12]].concat();
    for frame in frames {
        machine.push(frame, &mut out);
    }
    let told = machine.pausing().expect("a pause");
    for _ in 0..20 {
        machine.push(QUIET, &mut out);
    }
    assert_eq!(out.last(), Some(&SpanEvent::End(told)));
    assert_eq!(told.end, Tick(60 * TICKS + TICKS / 4));
}

/// Frames of a word that falls by `step_db` a frame from the level of [`VOWEL`].
fn falling(step_db: f32, frames: usize) -> Vec<(usize, Frame)> {
    let frame = |n: usize| {
        let level_db = VOWEL.level_db - step_db * (n + 1) as f32;
        Frame {
            level_db,
            quarters_db: [level_db; 4],
            ..VOWEL
        }
    };
    (0..frames).map(|n| (1, frame(n))).collect()
}

fn spans_of(options: SpanOptions, parts: &[(usize, Frame)]) -> Vec<(u64, u64)> {
    let mut machine = Spans::new(options, SAMPLES);
    let mut out = Vec::new();
    for &(count, frame) in parts {
        for _ in 0..count {
            machine.push(frame, &mut out);
        }
    }
    let frame = |tick: Tick| tick.0 / TICKS;
    let span = |event| match event {
        SpanEvent::End(span) => Some((frame(span.start), frame(span.end))),
        SpanEvent::Start(_) => None,
    };
    out.into_iter().filter_map(span).collect()
}

#[test]
fn a_word_that_dies_away_is_heard_to_its_end_and_another_voice_is_not() {
    let options = SpanOptions::neural();
    // 2 dB a frame: too soft for a near voice after 8 frames, too soft to be heard after 18.
    let dying = [
        vec![(50, QUIET), (30, VOWEL)],
        falling(2.0, 20),
        vec![(50, QUIET)],
    ]
    .concat();
    assert_eq!(spans_of(options, &dying), [(50, 98)]);
    // As far down, but it goes on, with syllables.
    let far = |db: f32| Frame {
        level_db: VOWEL.level_db - db,
        quarters_db: [VOWEL.level_db - db; 4],
        ..VOWEL
    };
    let syllables = [(4, far(22.0)), (4, far(28.0))].repeat(6);
    let two = [vec![(50, QUIET), (30, VOWEL)], syllables, vec![(50, QUIET)]].concat();
    let found = spans_of(options, &two);
    assert_eq!(found.len(), 1);
    assert!(found[0].1 <= 80 + 8, "{found:?}");
    // Noise that the detector does not take for speech is as it was.
    let hiss = [(50, QUIET), (30, VOWEL), (40, HISS), (50, QUIET)];
    assert_eq!(spans_of(options, &hiss), [(50, 86)]);
}
