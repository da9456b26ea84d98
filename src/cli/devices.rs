//! `verbatim devices`.

use std::io::{self, Write};

use clap::Args;
use verbatim::capture::devices::{self, Backend, Device, Kind};
use verbatim::{Error, ErrorKind, Result};

use super::record::BackendArg;

/// Arguments of `devices`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  verbatim devices
  verbatim devices --json | jq -r '.[] | select(.loopback) | .id'

Give an id or a part of a name to --mic and --system of `verbatim record`.")]
pub struct DevicesArgs {
    /// Audio system to ask
    #[arg(long, value_enum, default_value_t = BackendArg::Auto)]
    backend: BackendArg,

    /// Print a JSON array
    #[arg(long)]
    json: bool,
}

/// Lists what can be recorded.
///
/// # Errors
///
/// [`ErrorKind::NoDevice`] when no audio system answers or it has no device.
pub fn run(args: DevicesArgs) -> Result<()> {
    let devices = devices::list(Backend::from(args.backend))?;
    if devices.is_empty() {
        return Err(
            Error::new(ErrorKind::NoDevice, "there is nothing that can be recorded")
                .hint("connect a microphone, or start the audio server"),
        );
    }
    let text = match args.json {
        true => json(&devices)?,
        false => devices.iter().map(line).collect(),
    };
    io::stdout()
        .write_all(text.as_bytes())
        .map_err(|e| Error::new(ErrorKind::Disk, "cannot write to standard output").because(e))
}

fn line(device: &Device) -> String {
    let what = match device.kind {
        Kind::Microphone => "microphone",
        Kind::Loopback => "system audio",
    };
    let default = match (device.default_microphone, device.default_system) {
        (true, _) => "  default for --mic",
        (_, true) => "  default for --system",
        _ => "",
    };
    format!(
        "{what:<13} {}\n              {}, {} Hz, {} channel{}{default}\n",
        device.id,
        device.name,
        device.rate,
        device.channels,
        match device.channels {
            1 => "",
            _ => "s",
        }
    )
}

fn json(devices: &[Device]) -> Result<String> {
    let rows: Vec<serde_json::Value> = devices
        .iter()
        .map(|device| {
            serde_json::json!({
                "id": device.id,
                "name": device.name,
                "backend": device.backend,
                "loopback": device.kind == Kind::Loopback,
                "default_mic": device.default_microphone,
                "default_system": device.default_system,
                "rate": device.rate,
                "channels": device.channels,
            })
        })
        .collect();
    serde_json::to_string_pretty(&rows)
        .map(|text| text + "\n")
        .map_err(|e| Error::new(ErrorKind::NoDevice, "cannot write the list as JSON").because(e))
}
