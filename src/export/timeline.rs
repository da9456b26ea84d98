//! A picture of the call for reports: who speaks when, the silences, the markers, the shares of talk.
//!
//! SVG, written by hand: a picture of rectangles and short texts needs no drawing library, and so the
//! same call gives the same bytes everywhere. Voices are told apart by their row, not by colour, and
//! the first one is hatched, so that it reads as well in black and white.

pub mod png;
mod shape;

use self::shape::{Area, Scale, cut, merged, number};
use super::call::Call;
use super::plain::{clean, clean_some, clock};
use super::xml::Xml;
use crate::audio::Track;
use crate::document::marker::Marker;
use crate::document::turns::Silence;
use crate::voice::document::share;

/// Width of the picture, and of what stands left and right of the timeline.
const WIDTH: u64 = 1_000;
const LEFT: u64 = 130;
const RIGHT: u64 = 90;

/// Height of a row, and from one row to the next.
const ROW: u64 = 30;
const STEP: u64 = 44;

/// Where the first row begins.
const TOP: u64 = 104;

/// Lines above the rows that numbers of markers may stand on.
const NUMBERS: usize = 3;

/// Silences are drawn from here on.
const SILENCE_MS: u64 = 1_000;

/// Markers that have a line in the legend; more are drawn and counted.
const LEGEND: usize = 60;

/// Cells of text that fit into the label of a row, and into a line of the legend.
const LABEL: usize = 16;
const LINE: usize = 62;

/// Distances between times on the axis, in seconds.
const TICKS: [u64; 12] = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200];

/// Colours that stay apart in print and for people who confuse red and green.
const FILLS: [&str; 4] = ["url(#hatch)", "#1f4e79", "#8c510a", "#5a5a5a"];

/// The call as a picture.
pub fn write(call: &Call) -> String {
    let rows: Vec<Row> = rows(call);
    let scale = Scale {
        duration_ms: call.duration_ms().max(1),
    };
    let bottom = TOP + rows.len() as u64 * STEP;
    let legend = bottom + 40;
    let lines = call.markers.len().min(LEGEND).div_ceil(2) as u64;
    let more = u64::from(call.markers.len() > LEGEND);
    let height = match call.markers.is_empty() {
        true => legend,
        false => legend + 26 + (lines + more) * 18,
    };
    let mut xml = Xml::new();
    let view = format!("0 0 {WIDTH} {height}");
    xml.open(
        "svg",
        &[
            ("xmlns", "http://www.w3.org/2000/svg"),
            ("viewBox", &view),
            ("width", &WIDTH.to_string()),
            ("height", &height.to_string()),
            ("font-family", "Helvetica, Arial, sans-serif"),
            ("font-size", "13"),
            ("role", "img"),
        ],
    );
    xml.leaf("title", &[], &format!("{}: who speaks when", call.title()));
    xml.leaf("desc", &[], &told(call, &rows));
    hatch(&mut xml);
    let whole = Area {
        x: 0.0,
        y: 0,
        width: WIDTH as f64,
        height,
    };
    whole.fill(&mut xml, "#ffffff");
    head(&mut xml, call);
    silences(&mut xml, call, &scale, bottom);
    for (n, row) in rows.iter().enumerate() {
        draw(&mut xml, row, &scale, TOP + n as u64 * STEP);
    }
    axis(&mut xml, &scale, bottom);
    markers(&mut xml, call, &scale, bottom);
    list(&mut xml, call, legend);
    xml.finish()
}

/// The picture in words, for those who do not see it.
fn told(call: &Call, rows: &[Row]) -> String {
    let shares = rows.iter().map(|row| {
        format!(
            "{} talks {:.0} % of the time spoken",
            row.label,
            row.share * 100.0
        )
    });
    let long = call.turns.silences.iter();
    let long = long.filter(|s| is_drawn(s)).count();
    let markers = call.markers.len();
    let mut told: Vec<String> = shares.collect();
    told.push(match long {
        1 => "1 silence of a second or more".to_owned(),
        n => format!("{n} silences of a second or more"),
    });
    told.push(match markers {
        1 => "1 marker".to_owned(),
        n => format!("{n} markers"),
    });
    format!(
        "{} long; {}.",
        short(&clock(call.duration_ms())),
        told.join("; ")
    )
}

/// Whether a silence is one between turns, and long enough to be drawn.
fn is_drawn(silence: &Silence) -> bool {
    let heard = silence.after.is_some() && silence.before.is_some();
    heard && silence.end_ms - silence.start_ms >= SILENCE_MS
}

/// What is drawn of a voice.
struct Row {
    label: String,
    share: f64,
    speech: Vec<(u64, u64)>,
    fill: &'static str,
}

fn rows(call: &Call) -> Vec<Row> {
    let all: u64 = call.turns.tracks.iter().map(|t| t.speech_ms).sum();
    let tracks = call.turns.tracks.iter().enumerate();
    tracks
        .map(|(n, track)| Row {
            label: label(call, track.track),
            share: share(track.speech_ms, all),
            speech: track
                .speech
                .iter()
                .map(|s| (s.start_ms, s.end_ms))
                .collect(),
            fill: FILLS[n % FILLS.len()],
        })
        .collect()
}

fn label(call: &Call, track: Track) -> String {
    let voices = call.voices.iter().filter(|voice| voice.track == track);
    let names: Vec<&str> = voices.map(|voice| voice.label.as_str()).collect();
    match names.is_empty() {
        true => track.to_string(),
        false => names.join(", "),
    }
}

fn hatch(xml: &mut Xml) {
    xml.open("defs", &[]).open(
        "pattern",
        &[
            ("id", "hatch"),
            ("width", "5"),
            ("height", "5"),
            ("patternUnits", "userSpaceOnUse"),
            ("patternTransform", "rotate(45)"),
        ],
    );
    xml.empty(
        "rect",
        &[("width", "5"), ("height", "5"), ("fill", "#ffffff")],
    );
    xml.empty(
        "rect",
        &[("width", "2.6"), ("height", "5"), ("fill", "#444444")],
    );
    xml.close().close();
}

fn word(xml: &mut Xml, x: f64, y: u64, style: &[(&str, &str)], text: &str) {
    let (x, y) = (number(x), y.to_string());
    let mut attributes = vec![("x", x.as_str()), ("y", y.as_str())];
    attributes.extend_from_slice(style);
    xml.leaf("text", &attributes, text);
}

fn head(xml: &mut Xml, call: &Call) {
    let title = cut(&call.title(), 70);
    word(
        xml,
        20.0,
        30,
        &[("font-size", "18"), ("font-weight", "bold")],
        &title,
    );
    let started = call
        .manifest
        .started_at
        .split('T')
        .next()
        .unwrap_or_default();
    let facts = format!(
        "{} · {} · grey: silence from 1 s on",
        clean(started),
        short(&clock(call.duration_ms()))
    );
    word(xml, 20.0, 50, &[("fill", "#333333")], &facts);
    let place = (WIDTH - 20) as f64;
    word(
        xml,
        place,
        TOP - 8,
        &[("text-anchor", "end"), ("fill", "#333333")],
        "talk",
    );
}

fn silences(xml: &mut Xml, call: &Call, scale: &Scale, bottom: u64) {
    let height = bottom.saturating_sub(TOP + STEP - ROW);
    for silence in &call.turns.silences {
        if is_drawn(silence) {
            scale
                .area(silence.start_ms..silence.end_ms, TOP, height)
                .fill(xml, "#dddddd");
        }
    }
}

fn draw(xml: &mut Xml, row: &Row, scale: &Scale, y: u64) {
    let middle = y + ROW / 2 + 5;
    word(
        xml,
        20.0,
        middle,
        &[("font-weight", "bold")],
        &cut(&row.label, LABEL),
    );
    let edge = [
        ("fill", "none"),
        ("stroke", "#999999"),
        ("stroke-width", "0.5"),
    ];
    scale.area(0..scale.duration_ms, y, ROW).draw(xml, &edge);
    let stroke = [
        ("fill", row.fill),
        ("stroke", "#222222"),
        ("stroke-width", "0.4"),
    ];
    for (start, end) in merged(&row.speech, scale) {
        scale.area(start..end, y, ROW).draw(xml, &stroke);
    }
    let share = format!("{:.0} %", row.share * 100.0);
    let place = (WIDTH - 20) as f64;
    word(xml, place, middle, &[("text-anchor", "end")], &share);
}

fn axis(xml: &mut Xml, scale: &Scale, bottom: u64) {
    let seconds = scale.duration_ms / 1_000;
    let step = TICKS.iter().copied().find(|step| seconds / step <= 10);
    let step = step.unwrap_or(seconds / 10 + 1);
    let y = bottom - (STEP - ROW);
    for at in (0..=seconds).step_by(step as usize) {
        let x = scale.x(at * 1_000);
        let place = number(x);
        let (from, to) = (y.to_string(), (y + 5).to_string());
        let line = [
            ("x1", place.as_str()),
            ("x2", &place),
            ("y1", &from),
            ("y2", &to),
            ("stroke", "#222222"),
        ];
        xml.empty("line", &line);
        let style = [("text-anchor", "middle"), ("font-size", "11")];
        word(xml, x, y + 18, &style, short(&clock(at * 1_000)));
    }
}

/// A time without hours that are none.
fn short(clock: &str) -> &str {
    clock.strip_prefix("00:").unwrap_or(clock)
}

/// A line through the rows and a number for each marker. A number that would cover another stands above
/// it; where many markers are close together, not each of them has a number.
fn markers(xml: &mut Xml, call: &Call, scale: &Scale, bottom: u64) {
    let mut ends = [f64::MIN; NUMBERS];
    for (marker, number_of) in call.markers.iter().zip(1_u32..) {
        let x = scale.x(marker.t_ms);
        let place = number(x);
        let (from, to) = ((TOP - 4).to_string(), (bottom - (STEP - ROW)).to_string());
        // On dark ground a line is seen by the white on both sides of it.
        for (stroke, width) in [("#ffffff", "3.4"), ("#000000", "1.2")] {
            xml.empty(
                "line",
                &[
                    ("x1", place.as_str()),
                    ("x2", &place),
                    ("y1", &from),
                    ("y2", &to),
                    ("stroke", stroke),
                    ("stroke-width", width),
                ],
            );
        }
        let text = number_of.to_string();
        let half = 3.5 * text.len() as f64 + 1.5;
        let Some(row) = ends.iter().position(|end| *end <= x - half) else {
            continue;
        };
        ends[row] = x + half;
        let style = [
            ("text-anchor", "middle"),
            ("font-size", "11"),
            ("font-weight", "bold"),
        ];
        let y = TOP - 8 - 12 * row as u64;
        word(xml, x, y, &style, &text);
    }
}

/// The markers by their numbers, in two columns.
fn list(xml: &mut Xml, call: &Call, top: u64) {
    if call.markers.is_empty() {
        return;
    }
    word(xml, 20.0, top + 6, &[("font-weight", "bold")], "Markers");
    let shown = call.markers.len().min(LEGEND);
    let rows = shown.div_ceil(2);
    for (n, marker) in call.markers.iter().take(shown).enumerate() {
        let x = 20 + (n / rows) as u64 * (WIDTH - 40) / 2;
        let y = top + 26 + (n % rows) as u64 * 18;
        word(
            xml,
            x as f64,
            y,
            &[("font-size", "12")],
            &line(n + 1, marker),
        );
    }
    if call.markers.len() > shown {
        let text = format!("and {} more", call.markers.len() - shown);
        word(
            xml,
            20.0,
            top + 26 + rows as u64 * 18,
            &[("font-size", "12")],
            &text,
        );
    }
}

fn line(number: usize, marker: &Marker) -> String {
    let mut text = format!(
        "{number}  {}  {}",
        short(&clock(marker.t_ms)),
        clean(&marker.kind)
    );
    if let Some(note) = clean_some(marker.note.as_deref()) {
        text.push_str(&format!(": {note}"));
    }
    cut(&text, LINE)
}
