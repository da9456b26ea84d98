//! WAV files built by hand, so that every field can be wrong.

/// A WAV file to be written.
#[derive(Clone, Debug)]
pub struct Wav {
    pub tag: u16,
    pub channels: u16,
    pub rate: u32,
    pub bits: u16,
    /// Bytes that one sample takes.
    pub container: u16,
    /// What follows the first 16 bytes of the format.
    pub extension: Vec<u8>,
    /// Whole chunks before the samples.
    pub before: Vec<u8>,
    /// Whole chunks after the samples.
    pub after: Vec<u8>,
    /// Size that the header tells for the samples; the true one where there is none.
    pub declared: Option<u32>,
    pub data: Vec<u8>,
}

pub const PCM: u16 = 1;
pub const FLOAT: u16 = 3;
pub const EXTENSIBLE: u16 = 0xfffe;

impl Wav {
    pub fn new(tag: u16, channels: u16, rate: u32, bits: u16, data: Vec<u8>) -> Wav {
        Wav {
            tag,
            channels,
            rate,
            bits,
            container: bits.div_ceil(8),
            extension: Vec::new(),
            before: Vec::new(),
            after: Vec::new(),
            declared: None,
            data,
        }
    }

    /// Mono, 16 bit, 48 kHz.
    pub fn plain(samples: &[i16]) -> Wav {
        let data = samples.iter().flat_map(|s| s.to_le_bytes()).collect();
        Wav::new(PCM, 1, 48_000, 16, data)
    }

    /// The same file with the long form of the format, `valid` bits of each sample in use.
    pub fn extensible(mut self, valid: u16) -> Wav {
        let mut extension = 22_u16.to_le_bytes().to_vec();
        extension.extend(valid.to_le_bytes());
        extension.extend(0_u32.to_le_bytes());
        extension.extend(self.tag.to_le_bytes());
        extension.extend([0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71]);
        self.extension = extension;
        self.tag = EXTENSIBLE;
        self
    }

    /// Bytes from the start of the file to the first sample.
    pub fn header(&self) -> usize {
        self.bytes().len() - self.data.len() - self.data.len() % 2 - self.after.len()
    }

    pub fn bytes(&self) -> Vec<u8> {
        let align = self.channels * self.container;
        let mut format = self.tag.to_le_bytes().to_vec();
        format.extend(self.channels.to_le_bytes());
        format.extend(self.rate.to_le_bytes());
        format.extend((self.rate * u32::from(align)).to_le_bytes());
        format.extend(align.to_le_bytes());
        format.extend(self.bits.to_le_bytes());
        format.extend(&self.extension);
        let mut body = b"WAVE".to_vec();
        body.extend(chunk(b"fmt ", &format));
        body.extend(&self.before);
        let mut data = chunk(b"data", &self.data);
        if let Some(declared) = self.declared {
            data[4..8].copy_from_slice(&declared.to_le_bytes());
        }
        body.extend(data);
        body.extend(&self.after);
        let mut file = b"RIFF".to_vec();
        file.extend((body.len() as u32).to_le_bytes());
        file.extend(body);
        file
    }
}

/// A chunk with its byte of padding where its length is odd.
pub fn chunk(id: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut chunk = id.to_vec();
    chunk.extend((body.len() as u32).to_le_bytes());
    chunk.extend(body);
    chunk.resize(chunk.len().next_multiple_of(2), 0);
    chunk
}
