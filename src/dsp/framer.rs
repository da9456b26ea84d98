//! Blocks of any length to frames of one length.

/// Cuts a stream into frames of a fixed number of samples, without loss, wherever its blocks end.
#[derive(Clone, Debug)]
pub struct Framer {
    frame: Vec<i16>,
    size: usize,
    next: u64,
}

impl Framer {
    /// A framer for frames of `size` samples; a size of 0 is taken as 1.
    pub fn new(size: usize) -> Framer {
        let size = size.max(1);
        Framer {
            frame: Vec::with_capacity(size),
            size,
            next: 0,
        }
    }

    /// Takes a block and hands every frame that is now whole to `each`, with the index of the frame's
    /// first sample in the stream.
    pub fn push(&mut self, mut block: &[i16], mut each: impl FnMut(u64, &[i16])) {
        if !self.frame.is_empty() {
            let missing = self.size - self.frame.len();
            let (head, rest) = block.split_at(missing.min(block.len()));
            self.frame.extend_from_slice(head);
            block = rest;
            if self.frame.len() < self.size {
                return;
            }
            each(self.next, &self.frame);
            self.next += self.size as u64;
            self.frame.clear();
        }
        let mut frames = block.chunks_exact(self.size);
        for frame in &mut frames {
            each(self.next, frame);
            self.next += self.size as u64;
        }
        self.frame.extend_from_slice(frames.remainder());
    }

    /// Ends the stream: hands the samples of an incomplete last frame to `each`, filled up with zeros,
    /// with the index of its first sample and the number of samples that are real.
    pub fn finish(&mut self, each: impl FnOnce(u64, &[i16], usize)) {
        if self.frame.is_empty() {
            return;
        }
        let real = self.frame.len();
        self.frame.resize(self.size, 0);
        each(self.next, &self.frame, real);
        self.next += real as u64;
        self.frame.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn frames(size: usize, blocks: &[Vec<i16>]) -> Vec<(u64, Vec<i16>)> {
        let mut framer = Framer::new(size);
        let mut out = Vec::new();
        for block in blocks {
            framer.push(block, |at, frame| out.push((at, frame.to_vec())));
        }
        framer.finish(|at, frame, real| out.push((at, frame[..real].to_vec())));
        out
    }

    proptest! {
        #[test]
        fn frames_hold_the_stream_in_order(
            size in 1usize..50,
            blocks in prop::collection::vec(prop::collection::vec(any::<i16>(), 0..120), 0..12),
        ) {
            let stream: Vec<i16> = blocks.concat();
            let out = frames(size, &blocks);
            let mut at = 0;
            for (index, (first, frame)) in out.iter().enumerate() {
                prop_assert_eq!(*first, at);
                prop_assert!(frame.len() == size || index + 1 == out.len());
                at += frame.len() as u64;
            }
            let joined: Vec<i16> = out.into_iter().flat_map(|(_, frame)| frame).collect();
            prop_assert_eq!(joined, stream);
        }
    }
}
