//! A web made of a text: all documents that a test or a replay needs.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::lines::Lines;
use super::{Fetch, Fetched, HttpsUrl, Request};
use crate::master::{Content, Reader, ZoneError};

/// Hands out what was put on it, whether or not redirections are followed; any other URL is status 404.
#[derive(Clone, Debug, Default)]
pub struct Shelf {
    kept: HashMap<HttpsUrl, Fetched, RandomState>,
}

impl Shelf {
    /// An empty shelf.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts something there, in the place of what was there before.
    pub fn put(&mut self, url: HttpsUrl, fetched: Fetched) -> &mut Self {
        self.kept.insert(url, fetched);
        self
    }

    /// The documents of a tape or of a zone file ([`crate::tape`] shows their lines); everything else there is read
    /// and passed over. Of several entries for one URL the last counts.
    ///
    /// # Errors
    /// The first line that does not belong in such a file.
    pub fn parse(text: &str) -> Result<Self, ZoneError> {
        let (mut reader, mut lines) = (Reader::new(text), Lines::default());
        while let Some(statement) = reader.next()? {
            if let Content::Fetch(line) = statement.content {
                lines.take(line).map_err(|kind| ZoneError { line: statement.line, kind })?;
            }
        }
        let kept = lines.finish().into_iter().map(|(target, fetched)| (target.url, fetched)).collect();
        Ok(Self { kept })
    }
}

impl Fetch for Shelf {
    async fn fetch(&self, request: Request) -> Fetched {
        self.kept.get(&request.url).cloned().unwrap_or(Fetched::Status(404)).within(request.bytes_max)
    }
}
