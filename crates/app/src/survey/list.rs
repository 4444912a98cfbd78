//! The list of a survey: its hash, and its names by number, the same each time.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write as _};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use audit::survey::Sample;
use audit::survey::input::{Entry, InputError, Names, Refused, Seen};
use aws_lc_rs::digest::{Context, SHA256};

/// A list on the disk.
pub(super) struct List {
    path: PathBuf,
    /// SHA-256 of its bytes, in hexadecimal.
    pub(super) hash: String,
    /// How long it is.
    pub(super) bytes: u64,
}

/// The names of a list that are examined, in order.
pub(super) struct Chosen {
    names: Names<BufReader<Counted<File>>>,
    read: Rc<Cell<u64>>,
    sample: Option<Sample>,
    seen: Seen,
    next: u64,
    /// Names that the sample leaves out.
    pub(super) left_out: u64,
}

/// What comes next of a list.
pub(super) enum Next {
    /// The name of this number.
    Name(u64, Entry),
    /// A line that was passed over.
    Refused(Refused),
}

impl List {
    /// A list in a file; what comes on standard input (`-`) is kept in `copy`, so that it can be read again.
    ///
    /// # Errors
    /// The system's.
    pub(super) fn open(file: &str, copy: &Path) -> io::Result<Self> {
        if file == "-" {
            let new = copy.with_extension("new");
            let mut to = File::create(&new)?;
            let (hash, bytes) = hashed(io::stdin().lock(), |block| to.write_all(block))?;
            std::fs::rename(&new, copy)?;
            return Ok(Self { path: copy.to_owned(), hash, bytes });
        }
        let (hash, bytes) = hashed(File::open(file)?, |_| Ok(()))?;
        Ok(Self { path: file.into(), hash, bytes })
    }

    /// Its names, from the beginning.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn names(&self, sample: Option<Sample>) -> Result<Chosen, InputError> {
        let read = Rc::new(Cell::new(0));
        let source = Counted { source: File::open(&self.path)?, read: Rc::clone(&read) };
        let names = Names::new(BufReader::with_capacity(1 << 16, source))?;
        Ok(Chosen { names, read, sample, seen: Seen::default(), next: 0, left_out: 0 })
    }
}

impl Chosen {
    /// The columns besides the names.
    pub(super) fn columns(&self) -> &[Box<str>] {
        self.names.columns()
    }

    /// How many bytes of the list were read, about.
    pub(super) fn read_bytes(&self) -> u64 {
        self.read.get()
    }

    /// Names that stood there before and were passed over.
    pub(super) fn duplicates(&self) -> u64 {
        self.seen.duplicates()
    }

    /// The next name that is to be examined. Each name is examined once, and only if it is in the sample.
    ///
    /// # Errors
    /// The list cannot be read any further.
    pub(super) fn next(&mut self) -> io::Result<Option<Next>> {
        loop {
            match self.names.next().transpose()? {
                None => return Ok(None),
                Some(Err(refused)) => return Ok(Some(Next::Refused(refused))),
                Some(Ok(entry)) => {
                    if !self.seen.is_new(&entry.name) {
                        continue;
                    }
                    if self.sample.is_some_and(|sample| !sample.takes(&entry.name)) {
                        self.left_out += 1;
                        continue;
                    }
                    let index = self.next;
                    self.next += 1;
                    return Ok(Some(Next::Name(index, entry)));
                }
            }
        }
    }
}

/// Counts what is read.
struct Counted<R> {
    source: R,
    read: Rc<Cell<u64>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(buffer)?;
        self.read.set(self.read.get() + count as u64);
        Ok(count)
    }
}

/// SHA-256 of all that comes, in hexadecimal, and how much it is.
fn hashed(source: impl Read, mut each: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<(String, u64)> {
    let mut source = BufReader::with_capacity(1 << 18, source);
    let (mut context, mut bytes) = (Context::new(&SHA256), 0);
    loop {
        let block = source.fill_buf()?;
        let count = block.len();
        if count == 0 {
            break;
        }
        context.update(block);
        each(block)?;
        source.consume(count);
        bytes += count as u64;
    }
    Ok((hex(context.finish().as_ref()), bytes))
}

/// SHA-256 of a text, in hexadecimal.
pub(crate) fn hash_of(text: &str) -> String {
    hex(aws_lc_rs::digest::digest(&SHA256, text.as_bytes()).as_ref())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
