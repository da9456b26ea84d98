//! Scripted sketches: a microphone that follows the system track, one that does not, and one in which
//! somebody speaks as well.

use proptest::prelude::*;

use super::*;

/// Words of a voice: bursts of 150 to 400 ms with levels of their own in every band.
fn voice(seed: u64, frames: usize) -> Vec<Sketch> {
    let mut state = seed;
    let mut dice = move |n: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) % n
    };
    let mut sketches = Vec::new();
    while sketches.len() < frames {
        let mut sound = Sketch([0; BANDS]);
        sound
            .0
            .iter_mut()
            .for_each(|band| *band = 120 + dice(80) as u8);
        for _ in 0..15 + dice(25) {
            let mut frame = sound;
            frame.0.iter_mut().for_each(|band| *band += dice(9) as u8);
            sketches.push(frame);
        }
        let pause = 5 + dice(20) as usize;
        sketches.extend(std::iter::repeat_n(Sketch([30; BANDS]), pause));
    }
    sketches.truncate(frames);
    sketches
}

/// What a microphone hears of `played`, `lag` sketches later and `steps` half decibels softer.
fn heard(played: &[Sketch], lag: usize, steps: u8) -> Vec<Sketch> {
    let mut heard = vec![Sketch([40; BANDS]); lag];
    heard.extend(played.iter().map(|sketch| {
        let softer = sketch.0.map(|band| band.saturating_sub(steps).max(40));
        Sketch(softer)
    }));
    heard.truncate(played.len());
    heard
}

fn louder(a: Sketch, b: Sketch) -> Sketch {
    let mut both = a;
    both.0
        .iter_mut()
        .zip(b.0)
        .for_each(|(a, b)| *a = (*a).max(b));
    both
}

fn spans(frames: usize) -> Vec<Span> {
    let length = 300;
    (0..frames as u64 / length)
        .map(|n| Span::new(tick_of(n * length), tick_of((n + 1) * length)))
        .collect()
}

fn ticks(spans: &[Span]) -> u64 {
    spans.iter().map(|span| span.ticks()).sum()
}

#[test]
fn what_follows_the_other_track_is_an_echo() {
    let system = voice(1, 3_000);
    for lag in [0, 4, 30, 50] {
        let mic = heard(&system, lag, 20);
        let speech = spans(3_000);
        let found = echoes_of(&speech, &mic, &system);
        // The first span may be too short a time to be sure.
        assert!(
            ticks(&found) >= ticks(&speech[1..]) * 9 / 10,
            "{lag}: {found:?}"
        );
    }
}

#[test]
fn another_voice_at_the_same_time_is_none() {
    let (system, mic) = (voice(1, 6_000), voice(2, 6_000));
    assert_eq!(echoes_of(&spans(6_000), &mic, &system), []);
}

#[test]
fn a_voice_over_the_echo_stays() {
    let system = voice(1, 3_000);
    let mut mic = heard(&system, 6, 30);
    let near = voice(3, 200);
    for (mic, near) in mic[2_000..2_200].iter_mut().zip(&near) {
        *mic = louder(*mic, *near);
    }
    let found = echoes_of(&[Span::new(tick_of(1_700), tick_of(2_500))], &mic, &system);
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(found[0].start, tick_of(1_700));
    assert!(
        found[0].end <= tick_of(2_010) && found[1].start >= tick_of(2_180),
        "{found:?}"
    );
    assert_eq!(found[1].end, tick_of(2_500));
}

#[test]
fn silence_and_missing_sound_are_no_echo() {
    let silent = vec![Sketch::default(); 2_000];
    assert_eq!(echoes_of(&spans(2_000), &silent, &silent), []);
    assert_eq!(echoes_of(&spans(2_000), &voice(1, 2_000), &[]), []);
    let mut judge = EchoJudge::new();
    assert_eq!(judge.echo_in(Span::from_ms(0, 1_000)), []);
    judge.push(Track::Imported(3), &voice(1, 500));
    assert_eq!(judge.reach(), Tick::ZERO);
}

#[test]
fn memory_does_not_grow() {
    let mut judge = EchoJudge::new();
    for n in 0..20 {
        judge.push(Track::Mic, &voice(n, 2_000));
        judge.push(Track::System, &voice(n, 2_000));
    }
    assert_eq!(judge.reach(), tick_of(40_000 - AHEAD));
    assert_eq!(
        judge.lines.mic.end() - judge.lines.mic.start(),
        KNOWN as u64
    );
    // Long ago is not known any more, and no echo.
    assert_eq!(judge.echo_in(Span::from_ms(0, 10_000)), []);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn the_cut_into_blocks_changes_no_verdict(
        seed in 0_u64..1_000,
        lag in 0_usize..50,
        talk in 0_usize..2_000,
        blocks in proptest::collection::vec((1_usize..700, any::<bool>()), 1..40),
    ) {
        let system = voice(seed, 3_000);
        let mut mic = heard(&system, lag, 24);
        for (mic, near) in mic[talk..talk + 300].iter_mut().zip(&voice(seed + 1, 300)) {
            *mic = louder(*mic, *near);
        }
        let speech: Vec<Span> = (0..19)
            .map(|n| Span::new(tick_of(n * 150 + 7), tick_of(n * 150 + 40 + n * 5)))
            .collect();
        let whole = echoes_of(&speech, &mic, &system);

        let mut judge = EchoJudge::new();
        let mut waiting = speech.iter().copied().peekable();
        let (mut at_mic, mut at_system) = (0, 0);
        let mut found = Vec::new();
        let mut cut = blocks.iter().cycle();
        while at_mic < mic.len() || at_system < system.len() {
            let &(length, of_mic) = cut.next().expect("a cycle");
            let of_mic = (of_mic || at_system == system.len()) && at_mic < mic.len();
            let (track, all, at) = match of_mic {
                true => (Track::Mic, &mic, &mut at_mic),
                false => (Track::System, &system, &mut at_system),
            };
            let to = (*at + length).min(all.len());
            judge.push(track, &all[*at..to]);
            *at = to;
            while let Some(span) = waiting.next_if(|span| span.end <= judge.reach()) {
                found.extend(judge.echo_in(span));
            }
            // What is glimpsed in between changes nothing.
            judge.glimpse(Span::new(tick_of(at_mic as u64 / 2), tick_of(at_mic as u64)));
        }
        prop_assert_eq!(found, whole);
    }
}
