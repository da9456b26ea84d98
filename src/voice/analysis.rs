//! From a track's archive samples to its speech.

use super::Detector;
use super::spans::{Frame, SpanEvent, SpanOptions, Spans};
use super::utterance::{Cut, Cutter, UtteranceOptions};
use crate::audio::{ANALYSIS_RATE, Track};
use crate::dsp::band::SpeechBand;
use crate::dsp::floor::{FloorOptions, NoiseFloor};
use crate::dsp::framer::Framer;
use crate::dsp::level::dbfs;
use crate::dsp::leveller::{Leveller, LevellerOptions};
use crate::dsp::periodicity::Periodicity;
use crate::dsp::resample::Decimator;
use crate::dsp::sketch::{Sketch, Sketcher};
use crate::time::{Span, TICKS_PER_ANALYSIS_SAMPLE, TICKS_PER_MS, Tick};

/// Everything that can be set about finding speech.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct AnalysisOptions {
    /// How the background is followed.
    pub floor: FloorOptions,
    /// How the detector's input is levelled.
    pub leveller: LevellerOptions,
    /// How spans are found.
    pub spans: SpanOptions,
    /// How speech is cut for the recogniser.
    pub utterance: UtteranceOptions,
}

impl AnalysisOptions {
    /// For a neural detector; the default is for a light one.
    pub fn neural() -> AnalysisOptions {
        AnalysisOptions {
            spans: SpanOptions::neural(),
            // A network that learned speech at all levels needs no lift, and one that lifts the
            // background with the voice makes it less sure.
            leveller: LevellerOptions {
                limit_db: 0.0,
                ..LevellerOptions::default()
            },
            ..AnalysisOptions::default()
        }
    }
}

/// What happened on a track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VoiceEvent {
    /// Somebody began to speak; reported once it is certain, about 0.2 s after the fact.
    SpeechStart {
        /// On which track.
        track: Track,
        /// Where the sound begins.
        at: Tick,
    },
    /// A speech span is complete; reported when the hangover is over.
    SpeechEnd {
        /// On which track.
        track: Track,
        /// The sound itself, without the hangover.
        span: Span,
    },
    /// Speech has paused, and all audio of its utterance is there should it be over: the same cut
    /// follows as [`VoiceEvent::Utterance`] when the hangover passes in silence. Reported once a pause.
    Pause(Cut),
    /// The audio of speech is ready for the recogniser; reported when the span is complete, or while
    /// speech goes on when it grows longer than a window.
    Utterance(Cut),
}

/// Finds the speech of one track.
///
/// The events are the same however the samples are cut into blocks.
pub struct Analyzer {
    track: Track,
    decimator: Decimator,
    framer: Framer,
    stage: Stage,
    narrow: Vec<i16>,
    sketcher: Option<Sketcher>,
    sketches: Vec<Sketch>,
    archive_samples: u64,
}

/// How long nothing but background is heard before the detector rests, in milliseconds.
const REST_MS: u64 = 1_500;

/// How far above the background a frame of background may lie, in dB: its level is a little uneven,
/// and the background is followed by its minimum.
const REST_ABOVE_DB: f32 = 6.0;

/// Softest background that the detector rests in, in dBFS. Noise is what makes a memory unsure; in a
/// quiet room a memory helps more than it hurts.
const REST_LEAST_DB: f32 = -60.0;

/// How periodic background may be, 0 to 1. A tone that music holds lies at the level of its own
/// background, and music is told from a voice by what went before.
const REST_PERIODICITY: f32 = 0.6;

/// What happens to a frame.
struct Stage {
    detector: Box<dyn Detector>,
    band: SpeechBand,
    periodicity: Periodicity,
    floor: NoiseFloor,
    leveller: Leveller,
    spans: Spans,
    cutter: Cutter,
    levelled: Vec<i16>,
    changes: Vec<SpanEvent>,
    cuts: Vec<Cut>,
    events: Vec<VoiceEvent>,
    track: Track,
    /// Samples in a frame, in ticks.
    frame: u64,
    /// Since when nothing but background was heard or the detector rested.
    quiet_since: Tick,
    /// End of the last frame.
    heard: Tick,
    /// Where the sound of the pause reported last ended.
    paused: Tick,
}

impl std::fmt::Debug for Analyzer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Analyzer({})", self.track)
    }
}

impl Analyzer {
    /// An analyzer at tick 0 with the options that suit the detector.
    pub fn suited(track: Track, detector: Box<dyn Detector>) -> Analyzer {
        let options = detector.analysis();
        Analyzer::new(track, detector, options)
    }

    /// An analyzer at tick 0.
    pub fn new(track: Track, detector: Box<dyn Detector>, options: AnalysisOptions) -> Analyzer {
        let samples = detector.frame_samples();
        let frame_ms = samples as f32 * 1_000.0 / ANALYSIS_RATE as f32;
        Analyzer {
            track,
            decimator: Decimator::new(),
            framer: Framer::new(samples),
            stage: Stage {
                detector,
                band: SpeechBand::new(),
                periodicity: Periodicity::new(),
                floor: NoiseFloor::new(options.floor, frame_ms),
                leveller: Leveller::new(options.leveller, frame_ms),
                spans: Spans::new(options.spans, samples),
                cutter: Cutter::new(track, options.utterance, options.spans.hang_ms),
                levelled: Vec::with_capacity(samples),
                changes: Vec::new(),
                cuts: Vec::new(),
                events: Vec::new(),
                track,
                frame: samples as u64 * TICKS_PER_ANALYSIS_SAMPLE,
                quiet_since: Tick::ZERO,
                heard: Tick::ZERO,
                paused: Tick::ZERO,
            },
            narrow: Vec::new(),
            sketcher: Some(Sketcher::new()),
            sketches: Vec::new(),
            archive_samples: 0,
        }
    }

    /// Makes no sketches: they tell what one track repeats of another, and this is the only one.
    pub fn alone(mut self) -> Analyzer {
        self.sketcher = None;
        self
    }

    /// Takes archive samples (48 kHz mono, from tick 0 without holes) and appends what became
    /// certain.
    pub fn push(&mut self, archive: &[i16], out: &mut Vec<VoiceEvent>) {
        self.archive_samples += archive.len() as u64;
        self.narrow.clear();
        self.decimator.push(archive, &mut self.narrow);
        self.sketch();
        self.detect();
        out.append(&mut self.stage.events);
    }

    /// Ends the track: an open span ends where its sound ended, at the last sample at most.
    pub fn finish(&mut self, out: &mut Vec<VoiceEvent>) {
        self.narrow.clear();
        self.decimator.finish(&mut self.narrow);
        self.sketch();
        self.detect();
        let stage = &mut self.stage;
        self.framer.finish(|_, frame, _| stage.frame(frame));
        stage.finish(Tick(self.archive_samples));
        out.append(&mut stage.events);
    }

    fn sketch(&mut self) {
        if let Some(sketcher) = &mut self.sketcher {
            sketcher.push(&self.narrow, &mut self.sketches);
        }
    }

    /// Sketches of the sound since this was last asked. They pile up until it is: 48 kB a minute.
    pub fn take_sketches(&mut self) -> Vec<Sketch> {
        std::mem::take(&mut self.sketches)
    }

    /// The watermark of this track: every span that begins before this tick has been reported whole.
    /// Does not go back.
    pub fn position(&self) -> Tick {
        self.stage.spans.position()
    }

    /// The utterance that is being spoken, as far as it is heard.
    pub fn open(&self) -> Option<Cut> {
        let until = self.stage.spans.speaking_until()?;
        self.stage.cutter.open(until, self.stage.heard)
    }

    /// Name of the detector, for documents.
    pub fn detector(&self) -> &'static str {
        self.stage.detector.name()
    }

    fn detect(&mut self) {
        let stage = &mut self.stage;
        self.framer
            .push(&self.narrow, |_, frame| stage.frame(frame));
    }
}

impl Stage {
    fn frame(&mut self, frame: &[i16]) {
        let (mean_square, quarters) = self.band.quarters(frame);
        let level_db = dbfs(mean_square);
        let periodicity = self.periodicity.push(frame);
        let floor_db = self.floor.push(mean_square);
        let background = level_db < floor_db + REST_ABOVE_DB && periodicity < REST_PERIODICITY;
        self.rest(background && floor_db > REST_LEAST_DB);
        self.leveller
            .apply(frame, level_db, floor_db, &mut self.levelled);
        let probability = self.detector.speech(&self.levelled);
        let frame = Frame {
            probability,
            level_db,
            quarters_db: quarters.map(dbfs),
            floor_db,
            periodicity,
        };
        let span = Span::new(self.heard, self.heard.after(self.frame));
        self.heard = span.end;
        self.spans.push(frame, &mut self.changes);
        self.report();
        if let Some(until) = self.spans.speaking_until() {
            self.cutter.frame(span, level_db, until, &mut self.cuts);
            self.events
                .extend(self.cuts.drain(..).map(VoiceEvent::Utterance));
        }
        self.pause();
    }

    fn pause(&mut self) {
        let Some(span) = self.spans.pausing().filter(|span| span.end > self.paused) else {
            return;
        };
        if let Some(cut) = self.cutter.pause(span, self.heard) {
            self.paused = span.end;
            self.events.push(VoiceEvent::Pause(cut));
        }
    }

    /// Lets the detector rest after each stretch of background outside speech.
    fn rest(&mut self, background: bool) {
        if !background || self.spans.speaking_until().is_some() {
            self.quiet_since = self.heard;
        } else if self.heard >= self.quiet_since.after(REST_MS * TICKS_PER_MS) {
            self.detector.rest();
            self.quiet_since = self.heard;
        }
    }

    fn finish(&mut self, end: Tick) {
        self.heard = end;
        self.spans.finish(end, &mut self.changes);
        self.report();
    }

    /// Passes on what the span machine found, each end followed by its utterances.
    fn report(&mut self) {
        let track = self.track;
        for change in self.changes.drain(..) {
            match change {
                SpanEvent::Start(at) => {
                    self.cutter.start(at);
                    self.events.push(VoiceEvent::SpeechStart { track, at });
                }
                SpanEvent::End(span) => {
                    self.events.push(VoiceEvent::SpeechEnd { track, span });
                    self.cutter.end(span, self.heard, &mut self.cuts);
                    self.events
                        .extend(self.cuts.drain(..).map(VoiceEvent::Utterance));
                }
            }
        }
    }
}
