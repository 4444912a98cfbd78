//! What this installation does as a signer of a domain's mail: its keys, and what is published of them.

use std::collections::BTreeSet;

use audit::Snapshot;
use audit::known::Signer;
use dkim::publish::key_text;
use mailtext::{Domain, TagList};
use outgoing::KeyDomain;
use outgoing::rotation::{Book, KeyLife, Line, Stage};

use super::mail::Outgoing;
use crate::common::Common;
use crate::config::SigningConfig;
use crate::failure::Failure;
use crate::keys::signing::Source;
use crate::serve::{KeyFile, PublishedKey, compare_key, exposes_key, key_files, private_key};

/// The keys that sign here: those of files, and those that are made and led here.
#[derive(Default)]
pub(super) struct Keys {
    files: Vec<KeyFile>,
    book: Book,
    source: Option<Source>,
}

impl Keys {
    /// Reads which keys there are, and none of the keys themselves. What cannot be read is left out and told.
    pub(super) fn open(common: &Common) -> (Self, Vec<Failure>) {
        let (mut keys, mut failures) = (Self::default(), Vec::new());
        match key_files(&common.config().signing) {
            Ok(files) => keys.files = files,
            Err(failure) => failures.push(failure),
        }
        let source = Source::of(common);
        if source.is_used() {
            match source.book() {
                Ok(book) => keys.book = book,
                Err(failure) => failures.push(failure),
            }
            keys.source = Some(source);
        }
        (keys, failures)
    }

    /// Whether there are keys of this domain.
    pub(super) fn sign_for(&self, domain: &Domain) -> bool {
        self.files_of(domain).next().is_some() || self.book.of_domain(domain).next().is_some()
    }

    /// The selectors of the domain whose records are ours.
    pub(super) fn selectors(&self, domain: &Domain) -> Vec<Box<str>> {
        let of_files = self.files_of(domain).map(|key| key.selector.as_str());
        let of_book = self.lives(domain).map(|(_, key)| key.selector.as_str());
        of_files.chain(of_book).map(Into::into).collect()
    }

    /// The domains of which there are keys.
    pub(super) fn domains(&self) -> BTreeSet<Domain> {
        let of_files = self.files.iter().filter_map(|key| match &key.domain {
            KeyDomain::Of(domain) => Some(domain),
            KeyDomain::Author => None,
        });
        of_files.chain(self.book.lines().map(|(id, _)| &id.domain)).cloned().collect()
    }

    /// What is known of the signing of a domain's mail; `None` where nothing here signs for it, nor did.
    pub(super) fn signer(
        &self,
        domain: &Domain,
        snapshot: &Snapshot,
        outgoing: Option<Outgoing>,
        config: &SigningConfig,
    ) -> Option<Signer> {
        let outgoing = outgoing.unwrap_or_default();
        if !self.sign_for(domain) && outgoing.signed == 0 {
            return None;
        }
        let exposed = |key: &&KeyFile| exposes_key(&key.file, config.key_readers);
        let of_files = self.files_of(domain).filter(exposed).count() as u64;
        let of_book = self.source.as_ref().map_or(0, |source| source.exposed_count(domain));
        Some(Signer {
            signed: outgoing.signed,
            unsigned: outgoing.unsigned,
            // The recommended fields are covered but for those that the configuration takes out.
            covers_fields: config.manner.except.is_empty(),
            // No signature of ours has `l=`: what stands behind it could be anybody's.
            uses_length: false,
            exposed_keys: of_files + of_book,
            mismatched: self.mismatched(domain, snapshot, config),
            staged: self.staged(domain, snapshot),
        })
    }

    /// The selectors at which another key is published than the one that signs, or is to sign.
    fn mismatched(&self, domain: &Domain, snapshot: &Snapshot, config: &SigningConfig) -> Vec<Box<str>> {
        let of_file = |key: &&KeyFile| {
            let Some(seen) = snapshot.keys.selector(key.selector.as_str()) else { return false };
            // A key that cannot be read is told of by the daemon that needs it.
            let Ok(private) = private_key(&key.file, config.key_readers) else { return false };
            compare_key(seen.published.answer.data(), &private) == PublishedKey::SomethingElse
        };
        let of_files = self.files_of(domain).filter(of_file).map(|key| key.selector.as_str());
        let signs = |key: &KeyLife| matches!(key.stage, Stage::Staged | Stage::Active);
        let of_book = self
            .lives(domain)
            .filter(|(line, key)| signs(key) && shown(snapshot, line, key) == Some(PublishedKey::SomethingElse));
        of_files.chain(of_book.map(|(_, key)| key.selector.as_str())).map(Into::into).collect()
    }

    /// The selectors of keys that wait to sign, and are published.
    fn staged(&self, domain: &Domain, snapshot: &Snapshot) -> Vec<Box<str>> {
        let staged = self
            .lives(domain)
            .filter(|(line, key)| key.stage == Stage::Staged && shown(snapshot, line, key) == Some(PublishedKey::Yes));
        staged.map(|(_, key)| key.selector.as_str().into()).collect()
    }

    fn files_of(&self, domain: &Domain) -> impl Iterator<Item = &KeyFile> {
        self.files.iter().filter(move |key| matches!(&key.domain, KeyDomain::Of(of) if of == domain))
    }

    fn lives(&self, domain: &Domain) -> impl Iterator<Item = (&Line, &KeyLife)> {
        let lines = self.book.of_domain(domain).map(|(_, line)| line);
        let keys = lines.flat_map(|line| line.keys.iter().map(move |key| (line, key)));
        keys.filter(|(_, key)| key.stage != Stage::Deleted)
    }
}

/// What the snapshot shows at the place of a key of the book; `None` where it was not asked for, or nothing is there.
fn shown(snapshot: &Snapshot, line: &Line, key: &KeyLife) -> Option<PublishedKey> {
    let seen = snapshot.keys.selector(key.selector.as_str())?;
    let mut texts = seen.published.texts().peekable();
    texts.peek()?;
    let wanted = key_text(line.kind, &key.public);
    let is_ours = texts.all(|text| public_of(text) == public_of(wanted.as_bytes()));
    Some(if is_ours { PublishedKey::Yes } else { PublishedKey::SomethingElse })
}

/// `p=`, without white space, which means nothing in it.
fn public_of(text: &[u8]) -> Option<Vec<u8>> {
    let (tags, _) = TagList::parse(text);
    let value = tags.value("p")?;
    Some(value.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect())
}
