//! The documents and events as their readers know them, declared a second time and by hand: nothing
//! here follows the program when it changes, so a change of format has to be made twice, knowingly.
//!
//! Every field is read strictly: a field that is not named here, or is named and missing, is an
//! error. Enums list every word that may stand there.

use serde::{Deserialize, Serialize};

/// A struct of the contract: strict, and written back in the order of its fields.
macro_rules! record {
    ($name:ident { $($(#[$meta:meta])* $field:ident : $type:ty),* $(,)? }) => {
        #[derive(Debug, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name { $($(#[$meta])* pub $field: $type),* }
    };
}

/// A closed list of words, and the list itself to hold against the published schema.
macro_rules! words {
    ($name:ident { $($variant:ident = $word:literal),* $(,)? }) => {
        #[derive(Debug, Serialize, Deserialize)]
        pub enum $name { $(#[serde(rename = $word)] $variant),* }
        impl $name {
            pub const WORDS: &[&str] = &[$($word),*];
        }
    };
}

fn is_zero(count: &i64) -> bool {
    *count == 0
}

fn none(count: &u64) -> bool {
    *count == 0
}

words!(Origin { Live = "live", Import = "import" });
words!(StopReason {
    User = "user", Planned = "planned", SourcesEnded = "sources_ended", Disk = "disk",
    DevicesLost = "devices_lost", Silence = "silence", Slept = "slept",
});
words!(GapCause {
    LateStart = "late_start", Overrun = "overrun", ClockHole = "clock_hole",
    DeviceLost = "device_lost", DeviceChanged = "device_changed", Crash = "crash",
    SourceEnded = "source_ended", Paused = "paused", Slept = "slept",
    SourceDamaged = "source_damaged", SourceHole = "source_hole",
});
words!(DeviceChangeReason {
    DefaultChanged = "default_changed", Returned = "returned", StandIn = "stand_in",
    Reopened = "reopened",
});
words!(HealthState {
    Waiting = "waiting", Live = "live", Zeros = "zeros", Quiet = "quiet", Clipping = "clipping",
    Stalled = "stalled", Gone = "gone",
});
words!(UntranscribedReason {
    NotRequested = "not_requested", Deferred = "deferred", NoText = "no_text",
    Rejected = "rejected", Failed = "failed", NotAllowed = "not_allowed", NoAudio = "no_audio",
});
words!(WarningCode {
    WorkerRestarted = "worker_restarted", RecogniserUnavailable = "recogniser_unavailable",
    TrackLost = "track_lost", ControlUnavailable = "control_unavailable",
    SideSilent = "side_silent", LevelLow = "level_low", TracksEqual = "tracks_equal",
    LongSilence = "long_silence", LongPause = "long_pause", PlanOver = "plan_over",
    DiskLow = "disk_low",
});
words!(Alarm { Raised = "raised", Cleared = "cleared" });
words!(LanguageBasis {
    Sure = "sure",
    Likeliest = "likeliest",
    Earlier = "earlier",
});
words!(NoAudio { Markers = "markers", Timing = "timing" });
words!(Status {
    Recording = "recording", Stopped = "stopped", Complete = "complete", Recovered = "recovered",
});
words!(Role {
    Interviewer = "interviewer", Participant = "participant", Observer = "observer",
    Unknown = "unknown",
});
words!(SpeakerBasis { Track = "track", Manual = "manual", Diarization = "diarization" });
words!(PassScope { Missing = "missing", Again = "again" });
words!(PassMode { Live = "live", Batch = "batch" });
words!(TimingMethod { Letters = "letters", Dtw = "dtw" });
words!(TurnKind { Turn = "turn", Backchannel = "backchannel" });
words!(FloorState { Turn = "turn", Overlap = "overlap", Silence = "silence", Gap = "gap" });
words!(ConsentScope {
    Record = "record", Transcribe = "transcribe", QuoteInternally = "quote-internally",
    QuotePublicly = "quote-publicly",
});
words!(RedactionKind { Name = "name", Email = "email", Phone = "phone", Number = "number" });
words!(RedactionSource { Given = "given", Speaker = "speaker", Detected = "detected" });
words!(RulesSource { Bundled = "bundled", Session = "session", User = "user" });
words!(QuestionForm { Open = "open", Closed = "closed" });
words!(QuestionFlag {
    Leading = "leading", Hypothetical = "hypothetical", DoubleBarrelled = "double_barrelled",
    FollowUp = "follow_up",
});
words!(AmountKind { Number = "number", Money = "money" });

/// Every closed list under the name that the schema gives it.
pub const WORD_LISTS: &[(&str, &[&str])] = &[
    ("Origin", Origin::WORDS),
    ("StopReason", StopReason::WORDS),
    ("GapCause", GapCause::WORDS),
    ("DeviceChangeReason", DeviceChangeReason::WORDS),
    ("HealthState", HealthState::WORDS),
    ("UntranscribedReason", UntranscribedReason::WORDS),
    ("WarningCode", WarningCode::WORDS),
    ("Alarm", Alarm::WORDS),
    ("NoAudio", NoAudio::WORDS),
    ("Status", Status::WORDS),
    ("Role", Role::WORDS),
    ("SpeakerBasis", SpeakerBasis::WORDS),
    ("PassScope", PassScope::WORDS),
    ("LanguageBasis", LanguageBasis::WORDS),
    ("PassMode", PassMode::WORDS),
    ("TimingMethod", TimingMethod::WORDS),
    ("TurnKind", TurnKind::WORDS),
    ("FloorState", FloorState::WORDS),
    ("ConsentScope", ConsentScope::WORDS),
    ("RedactionKind", RedactionKind::WORDS),
    ("RedactionSource", RedactionSource::WORDS),
    ("RulesSource", RulesSource::WORDS),
    ("QuestionForm", QuestionForm::WORDS),
    ("QuestionFlag", QuestionFlag::WORDS),
    ("AmountKind", AmountKind::WORDS),
    ("FileState", FileState::WORDS),
];

record!(Range {
    start_ms: u64,
    end_ms: u64
});
record!(Device {
    id: String,
    name: String,
    backend: String
});
record!(Source {
    name: String,
    sha256: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    copy: Option<String>,
});
record!(Untranscribed {
    track: String,
    start_ms: u64,
    end_ms: u64,
    reason: UntranscribedReason,
});
record!(Gap {
    start_ms: u64,
    end_ms: u64,
    start_sample: u64,
    samples: u64,
    cause: GapCause
});

// session.json

record!(SessionJson {
    schema: String,
    schema_version: String,
    id: String,
    status: Status,
    origin: Origin,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    goal: Option<String>,
    consent: Vec<Consent>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    withdrawn: Vec<Withdrawal>,
    started_at: String,
    duration_ms: u64,
    duration_samples: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_reason: Option<StopReason>,
    program: String,
    detector: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    no_audio: Option<NoAudio>,
    tracks: Vec<TrackJson>,
});
record!(Consent {
    text: String,
    at: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    scopes: Vec<ConsentScope>,
});
record!(Withdrawal { text: String, at: String, scopes: Vec<ConsentScope> });
record!(TrackJson {
    track: String,
    files: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    file_samples: Vec<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<Device>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<Source>,
    native_rate: u32,
    native_channels: u16,
    offset_ms: u64,
    offset_samples: u64,
    samples: u64,
    lost_samples: u64,
    #[serde(default, skip_serializing_if = "none")]
    paused_samples: u64,
    peak: f64,
    clipped_samples: u64,
    zero_share: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    skew_ppm: Option<f64>,
    #[serde(default, skip_serializing_if = "is_zero")]
    corrected_samples: i64,
    gaps: Vec<Gap>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cut_short: Option<Range>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    converted: Vec<Media>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    device_changes: Vec<DeviceChange>,
});
record!(DeviceChange {
    start_ms: u64,
    start_sample: u64,
    device: Device,
    native_rate: u32,
    native_channels: u16,
    reason: DeviceChangeReason,
});

// turns.json

record!(TurnsJson {
    schema: String,
    schema_version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<String>,
    duration_ms: u64,
    detector: String,
    tracks: Vec<TrackSpeech>,
    turns: Vec<Turn>,
    silences: Vec<Silence>,
    overlaps: Vec<Overlap>,
    floor: Vec<FloorSpan>,
});
record!(TrackSpeech {
    track: String, speech_ms: u64, talk_share: f64, speech: Vec<Range>, gaps: Vec<Gap>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    echo: Vec<Echo>,
});
record!(Echo {
    start_ms: u64,
    end_ms: u64,
    echo_of: String
});
record!(Turn {
    id: String,
    track: String,
    kind: TurnKind,
    start_ms: u64,
    end_ms: u64,
    speech_ms: u64,
});
record!(Silence {
    start_ms: u64,
    end_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<String>,
});
record!(Overlap { start_ms: u64, end_ms: u64, tracks: Vec<String> });
record!(FloorSpan {
    start_ms: u64,
    end_ms: u64,
    state: FloorState,
    #[serde(skip_serializing_if = "Option::is_none")]
    track: Option<String>,
});

// transcript.json

record!(TranscriptJson {
    schema: String,
    schema_version: String,
    session: String,
    speakers: Vec<Speaker>,
    passes: Vec<Pass>,
    segments: Vec<Segment>,
    coverage: Vec<Coverage>,
    untranscribed: Vec<Untranscribed>,
});
record!(Speaker {
    id: String,
    label: String,
    role: Role,
    track: String,
    basis: SpeakerBasis,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    also: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    participant: Option<String>,
});
record!(Pass {
    id: String,
    mode: PassMode,
    engine: String,
    model: String,
    model_sha256: String,
    language: String,
    settings: String,
    timing_method: TimingMethod,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<PassScope>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    languages: Vec<TrackLanguage>,
});
record!(TrackLanguage {
    track: String,
    language: String,
    probability: f64,
    heard_ms: u64,
    basis: LanguageBasis,
});
record!(LanguageDetected {
    pass: String,
    track: String,
    language: String,
    probability: f64,
    heard_ms: u64,
    basis: LanguageBasis,
});
record!(PassEnded { pass: String });
record!(Segment {
    id: String,
    track: String,
    speaker: String,
    start_ms: u64,
    end_ms: u64,
    text: String,
    utterance: String,
    pass: String,
    avg_logprob: f64,
    no_speech_prob: f64,
    words: Vec<Word>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    corrected: bool,
});
record!(Word {
    id: String,
    text: String,
    start_ms: u64,
    end_ms: u64,
    probability: f64
});
record!(Coverage { track: String, voiced_ms: u64, covered_ms: u64, attempted: Vec<Range> });

// stats.json

record!(StatsJson {
    schema: String,
    schema_version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<String>,
    duration_ms: u64,
    tracks: Vec<TrackStats>,
    silence_ms: u64,
    overlap_ms: u64,
    gap_ms: u64,
    longest_silences: Vec<Silence>,
    silences: Vec<SilenceCount>,
    overlaps: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    phases: Vec<PhaseStats>,
    interruptions: Vec<Interruption>,
});
record!(PhaseStats { title: String, start_ms: u64, end_ms: u64, tracks: Vec<PhaseTalk> });
record!(PhaseTalk {
    track: String,
    speech_ms: u64,
    talk_share: f64
});
record!(SilenceCount { at_least_ms: u64, count: u32, total_ms: u64, broken: Vec<Broken> });
record!(Broken {
    after: String,
    before: String,
    count: u32,
    total_ms: u64
});
record!(Interruption {
    start_ms: u64,
    by: String,
    of: String,
    turn: String,
    interrupted: String,
    overlap_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    yielded: Option<String>,
});
record!(TrackStats {
    track: String,
    speech_ms: u64,
    talk_share: f64,
    turns: u32,
    backchannels: u32,
    longest_turn_ms: u64,
    median_turn_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    median_response_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    longest_turn: Option<TurnRef>,
    responses: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    longest_response_ms: Option<u64>,
    interruptions: u32,
    yielded: u32,
    words: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    words_per_minute: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fillers: Option<Fillers>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sound: Option<SoundStats>,
});
record!(TurnRef {
    id: String,
    start_ms: u64,
    end_ms: u64
});
record!(Fillers { count: u32, words: Vec<FillerCount> });
record!(FillerCount {
    text: String,
    count: u32
});
record!(SoundStats {
    #[serde(skip_serializing_if = "Option::is_none")]
    peak_db: Option<f64>,
    clipped_samples: u64,
    zero_share: f64,
    lost_ms: u64,
    gaps: u32,
});

// review.json

record!(ReviewJson {
    schema: String,
    schema_version: String,
    session: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rules: Option<RulesUsed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    questions: Vec<Question>,
    chains: Vec<Chain>,
    answers: Vec<Answer>,
    vague: Vec<Finding>,
    numbers: Vec<Amount>,
    quotes: Vec<QuoteCandidate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    guide: Option<GuideCoverage>,
    vocabulary: Vec<Term>,
});
record!(RulesUsed {
    language: String,
    version: u32,
    source: RulesSource
});
record!(Evidence {
    track: String,
    speaker: String,
    start_ms: u64,
    end_ms: u64,
    segments: Vec<String>,
    words: Vec<String>,
});
record!(Question {
    id: String,
    text: String,
    rules: Vec<String>,
    score: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    form: Option<Form>,
    flags: Vec<Flag>,
    evidence: Evidence,
});
record!(Form { form: QuestionForm, rules: Vec<String>, score: f64 });
record!(Flag { flag: QuestionFlag, rules: Vec<String>, score: f64 });
record!(Chain { questions: Vec<String>, depth: u32, rules: Vec<String>, score: f64 });
record!(Answer {
    question: String,
    turn: String,
    track: String,
    start_ms: u64,
    latency_ms: u64,
    after_long_silence: bool,
    rules: Vec<String>,
    score: f64,
});
record!(Finding {
    #[serde(skip_serializing_if = "Option::is_none")]
    question: Option<String>,
    text: String,
    rules: Vec<String>,
    score: f64,
    evidence: Evidence,
});
record!(Amount {
    kind: AmountKind,
    text: String,
    sentence: String,
    rules: Vec<String>,
    score: f64,
    evidence: Evidence,
});
record!(QuoteCandidate { text: String, rules: Vec<String>, score: f64, evidence: Evidence });
record!(Term {
    text: String,
    count: u32,
    rules: Vec<String>,
    score: f64,
    words: Vec<String>,
    first_ms: u64,
});

record!(GuideCoverage {
    #[serde(skip_serializing_if = "Option::is_none")]
    goal: Option<String>,
    questions: u32,
    ticked: u32,
    hinted: u32,
    items: Vec<GuideItem>,
});
record!(GuideItem {
    id: String,
    phase: String,
    ask: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    follows: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ticked_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<GuideHint>,
});
record!(GuideHint { text: String, rules: Vec<String>, score: f64, evidence: Evidence });

// markers.json

record!(MarkersJson {
    schema: String,
    schema_version: String,
    session: String,
    markers: Vec<Marker>,
});
record!(Marker {
    id: String,
    kind: String,
    t_ms: u64,
    start_ms: u64,
    end_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    severity: Option<u8>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    emotion: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    author: Option<String>,
});

// clips.json, and the JSON beside a clip

record!(ClipsJson {
    schema: String,
    schema_version: String,
    session: String,
    clips: Vec<Clip>,
});
record!(ClipJson {
    schema: String,
    schema_version: String,
    session: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    started_at: String,
    clip: Clip,
    annotation: Annotation,
});
record!(Clip {
    id: String,
    start_ms: u64,
    end_ms: u64,
    start_sample: u64,
    samples: u64,
    tracks: Vec<String>,
    fade_ms: u64,
    media: Media,
    said: Vec<Quote>,
    #[serde(skip_serializing_if = "Option::is_none")]
    marker: Option<Marker>,
    consent: Vec<ConsentScope>,
    #[serde(skip_serializing_if = "Option::is_none")]
    redacted: Option<Vec<Range>>,
});
record!(Media {
    file: String,
    media_type: String,
    bytes: u64,
    sha256: String,
});
record!(Quote {
    speaker: String,
    label: String,
    role: Role,
    track: String,
    text: String,
    words: Vec<Word>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    corrected: bool,
});
record!(Annotation {
    #[serde(rename = "@context")]
    context: String,
    r#type: String,
    id: String,
    motivation: String,
    target: Vec<Target>,
});
record!(Target {
    source: String,
    selector: Selector,
});
record!(Selector {
    r#type: String,
    #[serde(rename = "conformsTo", skip_serializing_if = "Option::is_none")]
    conforms_to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exact: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prefix: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suffix: Option<String>,
});

// corrections.json, redactions.json, and people.json beside the sessions

record!(CorrectionsJson {
    schema: String,
    schema_version: String,
    session: String,
    corrections: Vec<Correction>,
});
record!(Correction {
    segment: String,
    raw: String,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    author: Option<String>,
    at: String,
    words: Vec<Word>,
});
record!(RedactionsJson {
    schema: String,
    schema_version: String,
    session: String,
    kinds: Vec<RedactionKind>,
    rules: Vec<Rule>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    keep: Vec<String>,
    found: Vec<Redacted>,
});
record!(Rules {
    kinds: Vec<RedactionKind>,
    rules: Vec<Rule>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    keep: Vec<String>,
});
record!(Rule {
    kind: RedactionKind,
    text: String,
    instead: String,
    source: RedactionSource,
});
record!(Redacted {
    kind: RedactionKind,
    text: String,
    instead: String,
    segment: String,
    track: String,
    start_ms: u64,
    end_ms: u64,
});
record!(PeopleJson {
    schema: String,
    schema_version: String,
    people: Vec<Person>,
    others: Vec<Other>,
});
record!(Person {
    id: String,
    names: Vec<String>
});
record!(Other {
    id: String,
    kind: RedactionKind,
    text: String
});

// events.ndjson

record!(Line {
    v: u32,
    seq: u64,
    session: String,
    t_ms: u64,
    at: String,
    r#type: String,
    data: serde_json::Value,
});
record!(SessionStarted {
    origin: Origin,
    started_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    goal: Option<String>,
    program: String,
    detector: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    no_audio: Option<NoAudio>,
    tracks: Vec<PlannedTrack>,
});
record!(PlannedTrack {
    track: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<Device>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<Source>,
});
record!(SessionStopped {
    reason: StopReason,
    duration_samples: u64
});
record!(AtSample { at_sample: u64 });
record!(SessionRecovered {
    duration_samples: u64
});
record!(ConsentRecorded {
    text: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    scopes: Vec<ConsentScope>,
});
record!(ConsentWithdrawn { text: String, scopes: Vec<ConsentScope> });
record!(MarkerRemoved { id: String });
record!(Guide {
    #[serde(skip_serializing_if = "Option::is_none")]
    goal: Option<String>,
    phases: Vec<GuidePhase>,
});
record!(GuidePhase {
    title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    minutes: Option<u32>,
    questions: Vec<GuideQuestion>,
});
record!(GuideQuestion { id: String, ask: String, follow_ups: Vec<GuideFollowUp> });
record!(GuideFollowUp {
    id: String,
    ask: String
});
record!(GuideTicked {
    item: String,
    t_ms: u64
});
record!(GuideUnticked { item: String });
record!(SpeakerChanged {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<Role>,
    #[serde(skip_serializing_if = "Option::is_none")]
    participant: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    same_as: Option<String>,
});
record!(TextCorrected {
    segment: String,
    raw: String,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    author: Option<String>,
});
record!(TextRestored { segment: String });
record!(ConsentOverridden { scope: ConsentScope, made: Vec<String> });
record!(TrackStarted {
    track: String,
    offset_samples: u64,
    rate: u32,
    channels: u16
});
record!(TrackGap {
    track: String,
    start_sample: u64,
    samples: u64,
    cause: GapCause
});
record!(TrackHealth {
    track: String,
    state: HealthState,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
});
record!(DeviceChanged {
    track: String,
    start_sample: u64,
    device: Device,
    rate: u32,
    channels: u16,
    reason: DeviceChangeReason,
});
record!(TrackEnded {
    track: String,
    samples: u64,
    peak: u16,
    clipped_samples: u64,
    zero_samples: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    skew_ppm: Option<f64>,
    #[serde(default, skip_serializing_if = "is_zero")]
    corrected_samples: i64,
    #[serde(default, skip_serializing_if = "none")]
    missing_samples: u64,
});
record!(SpeechStart {
    track: String,
    start_ms: u64
});
record!(ArchiveConverted { track: String, files: Vec<Media> });
record!(SourceCopied {
    track: String,
    copy: String
});
record!(SpeechEcho {
    track: String,
    start_ms: u64,
    end_ms: u64,
    echo_of: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    utterance: Option<String>,
});
record!(TrackRange {
    track: String,
    start_ms: u64,
    end_ms: u64
});
record!(TranscriptFinal {
    utterance: String,
    track: String,
    pass: String,
    start_ms: u64,
    end_ms: u64,
    segments: Vec<Segment>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    untranscribed: Vec<Untranscribed>,
});
record!(TranscriptDeferred {
    #[serde(skip_serializing_if = "Option::is_none")]
    utterance: Option<String>,
    track: String,
    start_ms: u64,
    end_ms: u64,
    reason: UntranscribedReason,
});
record!(Backlog {
    utterances: u32,
    waiting_ms: u64,
    behind_ms: u64,
});
record!(Warning {
    code: WarningCode,
    #[serde(skip_serializing_if = "Option::is_none")]
    track: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alarm: Option<Alarm>,
    message: String,
});
words!(FileState {
    Done = "done", Skipped = "skipped", Incomplete = "incomplete", Stopped = "stopped",
    Failed = "failed",
});
record!(QueueLine {
    v: u32,
    at: String,
    r#type: String,
    data: FileEnded,
});
record!(FileEnded {
    files: Vec<String>,
    state: FileState,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<String>,
    audio_ms: u64,
    #[serde(default, skip_serializing_if = "none")]
    lost_ms: u64,
    took_ms: u64,
    words: u64,
    attempts: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
});
record!(Heartbeat { samples: Vec<u64> });
