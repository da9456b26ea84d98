//! Audacity labels: start and end in seconds and a name, a line each. Labels may overlap.

use super::call::Call;
use super::plain::{clean, seconds_f64};
use super::prose::moments;

/// Segments and markers as a label track.
pub fn write(call: &Call) -> String {
    let mut labels: Vec<(u64, u64, String)> = call
        .said
        .iter()
        .map(|said| {
            let name = &call.voice(said).label;
            (said.start_ms, said.end_ms, format!("{name}: {}", said.text))
        })
        .collect();
    labels.extend(moments(call).into_iter().map(|moment| {
        let marker = moment.marker;
        (marker.start_ms, marker.end_ms, format!("* {}", moment.says))
    }));
    labels.sort();
    labels
        .into_iter()
        .map(|(start, end, name)| {
            format!(
                "{:.6}\t{:.6}\t{}\n",
                seconds_f64(start),
                seconds_f64(end),
                clean(&name)
            )
        })
        .collect()
}
