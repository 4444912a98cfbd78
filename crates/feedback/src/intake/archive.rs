//! Archives: zip and tar. Their names are shown and nothing else; nothing is ever written anywhere.

use std::cell::Cell;
use std::io::{self, BufRead, Read};

use super::bytes::{Tap, Window, digest_of, gzip_of_deflated};
use super::inflate::{Ending, Inflate};
use super::{Draft, Intake, KeepBy, Raw, Way, end_compressed};
use crate::reason::{Reason, ReasonKind};

impl Intake<'_> {
    /// A zip archive, all members. It is read by its directory; without one, member by member from the start.
    pub(super) fn zip(&mut self, window: &mut Window<'_>, way: &Way) {
        window.tap(self.budget.caps.archive_bytes as u64, Tap::nothing());
        let bytes = window.rest();
        if let Some(reason) = self.budget.take_stop() {
            let draft = Draft::refused(reason, None, digest_of(&[&bytes]), way.notes.clone());
            self.give(way, draft, Vec::new());
            return;
        }
        let entries = entries(&bytes, self.budget.caps.members);
        let mut is_any = false;
        let bomb_bytes = self.budget.bomb_bytes(bytes.len());
        for entry in entries.iter().filter(|entry| !is_furniture(&entry.name)) {
            is_any = true;
            let inside = Way { archives: way.archives + 1, ..way.to(&entry.name) };
            if self.budget.is_spent() || self.budget.is_spent_by_member() {
                let limit = self.budget.caps.members.to_string();
                self.refuse_bytes(&[entry.data], &inside, Reason::new(ReasonKind::TooMany, &limit), None);
                return;
            }
            if self.budget.total() > bomb_bytes {
                // Members may share their bytes: what is no bomb for each is one for all.
                let limit = self.budget.caps.ratio.to_string();
                self.refuse_bytes(&[&bytes], way, Reason::new(ReasonKind::Ratio, &limit), None);
                return;
            }
            self.zip_member(entry, &inside);
        }
        if !is_any {
            self.refuse_bytes(&[&bytes], way, ReasonKind::Archive.into(), None);
        }
    }

    fn zip_member(&mut self, entry: &Entry<'_>, way: &Way) {
        if entry.is_encrypted {
            return self.refuse_bytes(&[entry.data], way, ReasonKind::Encrypted.into(), None);
        }
        match entry.method {
            0 => self.bytes(entry.stored, way),
            8 => self.deflated(entry, way),
            other => {
                let reason = Reason::new(ReasonKind::Method, &other.to_string());
                self.refuse_bytes(&[entry.data], way, reason, None);
            }
        }
    }

    fn deflated(&mut self, entry: &Entry<'_>, way: &Way) {
        let budget = self.budget;
        let mut inflate = Inflate::new(entry.data, budget, (0, 0));
        let drafts = {
            let mut inner = Window::new(&mut inflate, budget);
            let drafts = self.any(&mut inner, way, KeepBy::Caller);
            inner.drained();
            drafts
        };
        let crc = inflate.crc.sum();
        let ending = Cell::new(Ending::Sound);
        if !inflate.is_done {
            ending.set(Ending::Broken);
        } else if entry.crc.is_some_and(|wanted| wanted != crc) {
            ending.set(Ending::WrongChecksum);
        }
        let taken = usize::try_from(inflate.taken()).unwrap_or_default();
        let deflated = entry.data.get(..taken).unwrap_or_default();
        let raw = if self.raw == Raw::Keep && deflated.len() <= budget.caps.raw_bytes {
            gzip_of_deflated(deflated, &inflate.crc)
        } else {
            Vec::new()
        };
        for mut draft in drafts {
            end_compressed(&mut draft, ending.get());
            self.give(way, draft, raw.clone());
        }
    }

    /// A tar archive, all its files, as they come.
    pub(super) fn tar(&mut self, window: &mut Window<'_>, way: &Way) {
        let given = self.given;
        let mut block = [0; 512];
        let mut is_sound = true;
        while window.read_exact(&mut block).is_ok() && block[0] != 0 {
            let Some(size) = octal(&block[124..136]) else {
                is_sound = false;
                break;
            };
            let name = block[..100].split(|byte| *byte == 0).next().unwrap_or_default();
            let name = String::from_utf8_lossy(name).into_owned();
            let is_file = matches!(block[156], b'0' | 0) && !is_furniture(&name);
            let inside = Way { archives: way.archives + 1, ..way.to(&name) };
            if is_file && (self.budget.is_spent() || self.budget.is_spent_by_member()) {
                let limit = self.budget.caps.members.to_string();
                self.refuse_bytes(&[], &inside, Reason::new(ReasonKind::TooMany, &limit), None);
                return;
            }
            let budget = self.budget;
            let mut file = window.by_ref().take(size);
            if is_file {
                let mut inner = Window::new(&mut file, budget);
                self.any(&mut inner, &inside, KeepBy::Reader);
            }
            // What was not read of the file, and what fills its last block.
            let rest = file.limit() + (512 - size % 512) % 512;
            if skip(window, rest).is_err() {
                is_sound = false;
                break;
            }
        }
        if !is_sound || self.given == given {
            let reason = self.budget.take_stop().unwrap_or_else(|| ReasonKind::Archive.into());
            self.refuse_bytes(&[&block], way, reason, None);
        }
    }
}

fn skip(window: &mut Window<'_>, count: u64) -> io::Result<()> {
    let mut left = count;
    while left > 0 {
        let bytes = window.fill_buf()?;
        if bytes.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let now = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
        window.consume(now);
        left -= now as u64;
    }
    Ok(())
}

/// A number of a header of tar.
fn octal(field: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(field).ok()?.trim_matches(['\0', ' ']);
    u64::from_str_radix(text, 8).ok()
}

/// Directories, and what systems put into archives for themselves.
fn is_furniture(name: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or_default();
    last.is_empty() || name.starts_with("__MACOSX/") || last == ".DS_Store" || last.starts_with("._")
}

/// A member of a zip archive.
struct Entry<'z> {
    name: String,
    method: u16,
    is_encrypted: bool,
    crc: Option<u32>,
    /// From the member's first byte on; as far as it can reach.
    data: &'z [u8],
    /// As much of that as the archive says that the member has.
    stored: &'z [u8],
}

/// The members, up to one more than so many.
fn entries(bytes: &[u8], count_max: usize) -> Vec<Entry<'_>> {
    let by_directory = directory(bytes, count_max);
    if by_directory.is_empty() { by_headers(bytes, count_max) } else { by_directory }
}

const LOCAL: &[u8] = b"PK\x03\x04";
const CENTRAL: &[u8] = b"PK\x01\x02";
const END: &[u8] = b"PK\x05\x06";

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

/// By the directory at the archive's end.
fn directory(bytes: &[u8], count_max: usize) -> Vec<Entry<'_>> {
    let mut entries = Vec::new();
    let Some(end) = memchr::memmem::rfind(bytes, END) else { return entries };
    let Some(mut at) = u32_at(bytes, end + 16).and_then(|at| usize::try_from(at).ok()) else { return entries };
    // Something may stand before the archive: then every offset is short by as much.
    let size = u32_at(bytes, end + 12).and_then(|size| usize::try_from(size).ok()).unwrap_or_default();
    let shift = end.checked_sub(size).and_then(|start| start.checked_sub(at)).unwrap_or_default();
    at += shift;
    while entries.len() <= count_max && bytes.get(at..).is_some_and(|rest| rest.starts_with(CENTRAL)) {
        let Some((entry, next)) = central(bytes, at, shift) else { break };
        entries.extend(entry);
        at = next;
    }
    entries
}

/// One line of the directory, and where the next one is.
fn central(bytes: &[u8], at: usize, shift: usize) -> Option<(Option<Entry<'_>>, usize)> {
    let length = |offset: usize| u16_at(bytes, at + offset).map(usize::from);
    let (name_len, extra_len, comment_len) = (length(28)?, length(30)?, length(32)?);
    let next = at + 46 + name_len + extra_len + comment_len;
    let name = String::from_utf8_lossy(bytes.get(at + 46..at + 46 + name_len)?).into_owned();
    let local = usize::try_from(u32_at(bytes, at + 42)?).ok()? + shift;
    let size = usize::try_from(u32_at(bytes, at + 20)?).ok()?;
    let crc = u32_at(bytes, at + 16)?;
    let entry = data_of(bytes, local).map(|data| Entry {
        name,
        method: u16_at(bytes, at + 10).unwrap_or_default(),
        is_encrypted: u16_at(bytes, at + 8).unwrap_or_default() & 1 != 0,
        crc: Some(crc),
        data,
        stored: data.get(..size).unwrap_or(data),
    });
    Some((entry, next))
}

/// What stands behind a local header.
fn data_of(bytes: &[u8], local: usize) -> Option<&[u8]> {
    if !bytes.get(local..)?.starts_with(LOCAL) {
        return None;
    }
    let length = |offset: usize| u16_at(bytes, local + offset).map(usize::from);
    bytes.get(local + 30 + length(26)? + length(28)?..)
}

/// Without a directory, as in an archive that was cut off: by the header of each member.
fn by_headers(bytes: &[u8], count_max: usize) -> Vec<Entry<'_>> {
    let mut entries = Vec::new();
    let mut at = 0;
    while entries.len() <= count_max {
        let Some(found) = bytes.get(at..).and_then(|rest| memchr::memmem::find(rest, LOCAL)) else { break };
        let local = at + found;
        at = local + 4;
        let Some(data) = data_of(bytes, local) else { continue };
        let flags = u16_at(bytes, local + 6).unwrap_or_default();
        let size = u32_at(bytes, local + 18).and_then(|size| usize::try_from(size).ok()).unwrap_or_default();
        let name_len = u16_at(bytes, local + 26).map(usize::from).unwrap_or_default();
        let name = bytes.get(local + 30..local + 30 + name_len).unwrap_or_default();
        // With this flag the checksum and the sizes stand behind the data.
        let is_late = flags & 8 != 0;
        let crc = u32_at(bytes, local + 14).filter(|_| !is_late);
        if !is_late {
            at = (bytes.len() - data.len()).saturating_add(size).max(at);
        }
        entries.push(Entry {
            name: String::from_utf8_lossy(name).into_owned(),
            method: u16_at(bytes, local + 8).unwrap_or_default(),
            is_encrypted: flags & 1 != 0,
            crc,
            data,
            stored: if is_late { data } else { data.get(..size).unwrap_or(data) },
        });
    }
    entries
}
