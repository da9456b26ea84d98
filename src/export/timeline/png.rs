//! The picture as pixels, for slides, chats and editors that take no SVG.
//!
//! Its font is part of the program, so that the same call gives the same pixels everywhere. It has Latin,
//! Greek, Cyrillic and Hebrew letters; what else stands in the texts is left out here, and is in the SVG.

use std::sync::Arc;

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb::Database};

use crate::error::{Error, ErrorKind, Result};
use crate::export::call::Call;

/// Pixels for each unit of the picture: sharp on a page's width in print.
const SCALE: f32 = 2.0;

/// The font, as wide as those that the picture names.
const FAMILY: &str = "Liberation Sans";
const REGULAR: &[u8] = include_bytes!("fonts/LiberationSans-Regular.ttf");
const BOLD: &[u8] = include_bytes!("fonts/LiberationSans-Bold.ttf");

/// The call as a PNG of 2,000 pixels across.
///
/// # Errors
///
/// [`ErrorKind::Session`] when it cannot be drawn.
pub fn write(call: &Call) -> Result<Vec<u8>> {
    let mut fonts = Database::new();
    fonts.load_font_data(REGULAR.to_vec());
    fonts.load_font_data(BOLD.to_vec());
    fonts.set_sans_serif_family(FAMILY);
    let options = Options {
        fontdb: Arc::new(fonts),
        font_family: FAMILY.into(),
        ..Options::default()
    };
    let undrawn = || Error::new(ErrorKind::Session, "the timeline cannot be drawn");
    let tree = Tree::from_str(&super::write(call), &options).map_err(|e| undrawn().because(e))?;
    let pixels = |length: f32| (length * SCALE).ceil() as u32;
    let size = (pixels(tree.size().width()), pixels(tree.size().height()));
    let mut pixmap = Pixmap::new(size.0, size.1).ok_or_else(undrawn)?;
    let scaled = Transform::from_scale(SCALE, SCALE);
    resvg::render(&tree, scaled, &mut pixmap.as_mut());
    pixmap.encode_png().map_err(|e| undrawn().because(e))
}
