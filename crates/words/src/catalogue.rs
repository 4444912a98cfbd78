//! The files of the catalogues, and in which of them each sentence stands: what the build script has found.

use crate::Language;

mod index {
    include!(concat!(env!("OUT_DIR"), "/index.rs"));
}

use index::{ENGLISH, IDS, JAPANESE, PLACES};

/// All ids, which are the same in every language, in alphabetical order.
pub fn ids() -> impl ExactSizeIterator<Item = &'static str> {
    (0..PLACES.len()).map(id)
}

/// The catalogue's files.
pub(crate) fn sources(language: Language) -> &'static [&'static str] {
    match language {
        Language::English => &ENGLISH,
        Language::Japanese => &JAPANESE,
    }
}

/// The number of the file in which the sentence stands.
pub(crate) fn file_of(wanted: &str) -> Option<usize> {
    let (mut low, mut high) = (0, PLACES.len());
    while low < high {
        let middle = low.midpoint(high);
        match id(middle).cmp(wanted) {
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
            std::cmp::Ordering::Equal => return PLACES.get(middle).map(|(_, file)| usize::from(*file)),
        }
    }
    None
}

fn id(at: usize) -> &'static str {
    let begin = |at: usize| PLACES.get(at).map_or(IDS.len(), |(begin, _)| *begin as usize);
    IDS.get(begin(at)..begin(at + 1)).unwrap_or_default()
}
