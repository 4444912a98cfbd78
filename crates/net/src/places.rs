//! Where addresses are: countries and networks, from files in MaxMind's format (MMDB) that the operator has. None comes
//! along, and nothing is asked of anybody.

use std::net::IpAddr;
use std::path::Path;

use maxminddb::{PathElement, Reader};
use thiserror::Error;

use crate::limits::{PLACE_NAME_CHARACTERS_MAX, PLACES_FILE_BYTES_MAX};

/// The files.
#[derive(Debug, Default)]
pub struct Places {
    country: Option<Reader<Vec<u8>>>,
    network: Option<Reader<Vec<u8>>>,
}

/// Where an address is, as far as the files tell.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Place {
    /// The country: two capital letters (ISO 3166).
    pub country: Option<String>,
    /// The number of its autonomous system.
    pub asn: Option<u32>,
    /// The name of the autonomous system.
    pub as_name: Option<String>,
}

/// Why a file cannot be used.
#[derive(Debug, Error)]
pub enum PlacesError {
    /// It cannot be read.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// It is larger than any such file should be, in bytes.
    #[error("the file has {bytes} bytes; {PLACES_FILE_BYTES_MAX} are read at most")]
    TooLarge {
        /// Its size.
        bytes: u64,
    },
    /// It is no such file.
    #[error("{0}")]
    Format(#[from] maxminddb::MaxMindDbError),
}

impl Places {
    /// With a file of countries and one of networks; they may be the same.
    ///
    /// # Errors
    /// The file of this path cannot be used.
    pub fn open<'p>(country: Option<&'p Path>, network: Option<&'p Path>) -> Result<Self, (&'p Path, PlacesError)> {
        let open = |path: &'p Path| read(path).map_err(|error| (path, error));
        Ok(Self { country: country.map(open).transpose()?, network: network.map(open).transpose()? })
    }

    /// Whether there is any file.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.country.is_none() && self.network.is_none()
    }

    /// Where an address is.
    #[must_use]
    pub fn find(&self, address: IpAddr) -> Place {
        let address = address.to_canonical();
        let (country, network) = (self.country.as_ref(), self.network.as_ref());
        // The files of different makers call it differently.
        let code =
            |path: &[&str]| country.and_then(|file| text(file, address, path)).and_then(|text| country_code(&text));
        let name = |path: &[&str]| network.and_then(|file| text(file, address, path)).and_then(|text| shown(&text));
        Place {
            country: code(&["country", "iso_code"])
                .or_else(|| code(&["registered_country", "iso_code"]))
                .or_else(|| code(&["country_code"]))
                .or_else(|| code(&["country"])),
            asn: network.and_then(|file| number(file, address)),
            as_name: name(&["autonomous_system_organization"]).or_else(|| name(&["as_name"])),
        }
    }
}

fn read(path: &Path) -> Result<Reader<Vec<u8>>, PlacesError> {
    let bytes = std::fs::metadata(path)?.len();
    if bytes > PLACES_FILE_BYTES_MAX {
        return Err(PlacesError::TooLarge { bytes });
    }
    Ok(Reader::open_readfile(path)?)
}

fn text(file: &Reader<Vec<u8>>, address: IpAddr, path: &[&str]) -> Option<String> {
    let path: Vec<_> = path.iter().map(|key| PathElement::Key(key)).collect();
    // A value of another kind is as good as none.
    file.lookup(address).ok()?.decode_path::<String>(&path).ok()?
}

fn number(file: &Reader<Vec<u8>>, address: IpAddr) -> Option<u32> {
    let found = file.lookup(address).ok()?;
    let plain = found.decode_path::<u32>(&[PathElement::Key("autonomous_system_number")]).ok().flatten();
    let marked = || {
        let text = found.decode_path::<String>(&[PathElement::Key("asn")]).ok()??;
        text.strip_prefix("AS")?.parse().ok()
    };
    plain.or_else(marked)
}

fn country_code(text: &str) -> Option<String> {
    let is_code = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_code.then(|| text.to_ascii_uppercase())
}

fn shown(text: &str) -> Option<String> {
    let text: String = text.chars().filter(|letter| !letter.is_control()).take(PLACE_NAME_CHARACTERS_MAX).collect();
    let text = text.trim().to_owned();
    (!text.is_empty()).then_some(text)
}
