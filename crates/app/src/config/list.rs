//! `[[dns_list]]`: one list in DNS, as far as the file has told of it.

use auth::client::dns_lists::{Code, List, TextUse};
use mailtext::Domain;
use toml::de::DeValue;

use super::{Wrong, string};

/// What a `[[dns_list]]` says.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct ListEntry {
    zone: Option<Domain>,
    kind: Option<Kind>,
    public_zone: Option<Domain>,
    listed: Option<Vec<Code>>,
    refused: Option<Vec<Code>>,
    text: Option<bool>,
}

/// `kind`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    /// Addresses that are welcome.
    Dnswl,
    /// Addresses that are not.
    Dnsbl,
    /// Domains that are not.
    Rhsbl,
}

impl ListEntry {
    pub(super) fn zone(&mut self, name: &str) -> Result<(), Wrong> {
        self.zone = Some(domain(name)?);
        Ok(())
    }

    pub(super) fn kind(&mut self, word: &str) -> Result<(), Wrong> {
        self.kind = Some(match word {
            "dnswl" => Kind::Dnswl,
            "dnsbl" => Kind::Dnsbl,
            "rhsbl" => Kind::Rhsbl,
            _ => return Err(Wrong),
        });
        Ok(())
    }

    pub(super) fn public_zone(&mut self, name: &str) -> Result<(), Wrong> {
        self.public_zone = Some(domain(name)?);
        Ok(())
    }

    pub(super) fn listed(&mut self, value: &DeValue<'_>) -> Result<(), Wrong> {
        self.listed = Some(codes(value)?);
        Ok(())
    }

    pub(super) fn refused(&mut self, value: &DeValue<'_>) -> Result<(), Wrong> {
        self.refused = Some(codes(value)?);
        Ok(())
    }

    pub(super) fn text(&mut self, wanted: bool) {
        self.text = Some(wanted);
    }

    /// The key that must be there and is not.
    pub(super) fn missing(&self) -> Option<&'static str> {
        match (&self.zone, self.kind) {
            (None, _) => Some("zone"),
            (_, None) => Some("kind"),
            _ => None,
        }
    }

    /// The list, when all is there that must be.
    pub(super) fn list(&self) -> Option<List> {
        let zone = self.zone.clone()?;
        let mut list = match self.kind? {
            Kind::Dnswl => List::dnswl(zone),
            Kind::Dnsbl => List::dnsbl(zone),
            Kind::Rhsbl => List::rhsbl(zone),
        };
        list.public_zone.clone_from(&self.public_zone);
        list.listed = self.listed.clone().unwrap_or(list.listed);
        list.refused = self.refused.clone().unwrap_or(list.refused);
        if self.text == Some(false) {
            list.text = TextUse::Skip;
        }
        Some(list)
    }
}

fn domain(name: &str) -> Result<Domain, Wrong> {
    Domain::parse(name).map_err(|_| Wrong)
}

/// `["127.0.0.2", "127.0.0.4-127.0.0.7", "&0.0.0.6"]`
fn codes(value: &DeValue<'_>) -> Result<Vec<Code>, Wrong> {
    let DeValue::Array(codes) = value else { return Err(Wrong) };
    codes.iter().map(|code| Code::parse(string(code.get_ref())?).map_err(|_| Wrong)).collect()
}
