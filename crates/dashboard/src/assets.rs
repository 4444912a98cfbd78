//! The style sheet, the script and the icon: embedded, and named by what is in them, so that browsers keep them for
//! ever and never have an old one.

use std::io::Write as _;
use std::sync::OnceLock;

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::HEXLOWER;
use flate2::Compression;
use flate2::write::GzEncoder;

/// A file that comes with the program.
pub struct Asset {
    name: &'static str,
    ending: &'static str,
    /// What kind it is.
    pub kind: &'static str,
    parts: &'static [&'static str],
    whole: OnceLock<Whole>,
}

/// A name and what is in it.
struct Whole {
    path: String,
    text: String,
    packed: Vec<u8>,
}

/// How everything looks.
pub static STYLE: Asset =
    Asset::new("desk", "css", "text/css; charset=utf-8", &[include_str!("assets/desk.css"), chart::STYLE]);
/// What makes it more comfortable, where scripts run.
pub static SCRIPT: Asset =
    Asset::new("desk", "js", "text/javascript; charset=utf-8", &[include_str!("assets/desk.js")]);
/// The barrier.
pub static ICON: Asset = Asset::new("barrier", "svg", "image/svg+xml", &[include_str!("assets/barrier.svg")]);

/// All of them.
pub static ASSETS: [&Asset; 3] = [&STYLE, &SCRIPT, &ICON];

impl Asset {
    const fn new(name: &'static str, ending: &'static str, kind: &'static str, parts: &'static [&'static str]) -> Self {
        Self { name, ending, kind, parts, whole: OnceLock::new() }
    }

    /// Where it is: `/assets/desk-0123456789abcdef.css`.
    pub fn path(&self) -> &str {
        &self.whole().path
    }

    /// What is in it.
    pub fn text(&self) -> &str {
        &self.whole().text
    }

    /// The same with gzip, as small as it gets: it is packed once.
    pub fn packed(&self) -> &[u8] {
        &self.whole().packed
    }

    fn whole(&self) -> &Whole {
        self.whole.get_or_init(|| {
            let text = self.parts.join("\n");
            let hash = HEXLOWER.encode(digest(&SHA256, text.as_bytes()).as_ref());
            let path = format!("/assets/{}-{}.{}", self.name, hash.get(..16).unwrap_or_default(), self.ending);
            let mut packer = GzEncoder::new(Vec::new(), Compression::best());
            // Writing to memory does not fail; if it did, nothing would be packed.
            let packed = packer.write_all(text.as_bytes()).and_then(|()| packer.finish()).unwrap_or_default();
            Whole { path, text, packed }
        })
    }
}
