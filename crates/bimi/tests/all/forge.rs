//! Made-up authorities: roots, issuers, mark certificates and revocation lists, sound unless a test wants otherwise.
//!
//! Keys are Ed25519, so that every certificate has the same size each time.

use std::io::Write as _;

use aws_lc_rs::digest;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CrlDistributionPoint,
    CrlIssuingDistributionPoint, CrlScope, CustomExtension, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, PKCS_ED25519, RevokedCertParams, SanType, SerialNumber,
    date_time_ymd,
};

/// 2026-06-01, within the validity of everything that is made here.
pub(crate) const NOW_S: u64 = 1_780_272_000;
/// 2030-01-01, after everything but the root.
pub(crate) const LATER_S: u64 = 1_893_456_000;
/// 2024-01-01, before everything but the root.
pub(crate) const EARLIER_S: u64 = 1_704_067_200;

pub(crate) const LIST_URL: &str = "https://lists.example/marks.crl";
pub(crate) const SVG: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" version="1.2" baseProfile="tiny-ps" viewBox="0 0 8 8"><title>Sekisho</title><rect width="8" height="8" fill="#fff"/></svg>"##;

/// What a mark certificate is made like.
pub(crate) struct Mark {
    pub(crate) names: Vec<&'static str>,
    pub(crate) usages: Vec<&'static [u64]>,
    pub(crate) issuer_usages: Vec<&'static [u64]>,
    pub(crate) logotype: Option<Vec<u8>>,
    pub(crate) timestamps: Option<Vec<u8>>,
    pub(crate) list_urls: Vec<&'static str>,
    pub(crate) kind: Option<&'static str>,
    pub(crate) extensions: Vec<(&'static [u64], bool, Vec<u8>)>,
    pub(crate) issuer_is_ca: IsCa,
    pub(crate) issuer_key_usages: Vec<KeyUsagePurpose>,
    pub(crate) issuer_extensions: Vec<(&'static [u64], bool, Vec<u8>)>,
    pub(crate) intermediates_between: usize,
    pub(crate) issuer_list_urls: Vec<&'static str>,
}

/// A document and who stands behind it.
pub(crate) struct Forged {
    pub(crate) root_der: Vec<u8>,
    /// Each in PEM: the mark's, its issuer's, and those above without the root.
    pub(crate) chain: Vec<String>,
    issuer: Issuer<'static, KeyPair>,
    above: Issuer<'static, KeyPair>,
}

/// A revocation list as it is made.
pub(crate) struct List {
    pub(crate) revoked: bool,
    pub(crate) from: (i32, u8, u8),
    pub(crate) until: (i32, u8, u8),
    pub(crate) scope: Option<CrlScope>,
}

impl Default for Mark {
    fn default() -> Self {
        Self {
            names: vec!["example.jp"],
            usages: vec![MARK_USAGE],
            issuer_usages: vec![MARK_USAGE],
            logotype: Some(logotype(&gzip(SVG.as_bytes()), SVG.as_bytes())),
            timestamps: Some(timestamps(1)),
            list_urls: vec![LIST_URL],
            kind: Some("Registered Mark"),
            extensions: Vec::new(),
            issuer_is_ca: IsCa::Ca(BasicConstraints::Constrained(0)),
            issuer_key_usages: vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign],
            issuer_extensions: Vec::new(),
            intermediates_between: 0,
            issuer_list_urls: Vec::new(),
        }
    }
}

impl Default for List {
    fn default() -> Self {
        Self { revoked: false, from: (2026, 5, 1), until: (2026, 7, 1), scope: Some(CrlScope::UserCertsOnly) }
    }
}

impl Mark {
    pub(crate) fn forge(&self) -> Forged {
        let root_key = key();
        let root = authority("Root", IsCa::Ca(BasicConstraints::Unconstrained), (2020, 2040));
        let root_der = root.self_signed(&root_key).unwrap().der().to_vec();
        let mut above = Issuer::new(root, root_key);
        let mut between = Vec::new();
        for number in 0..self.intermediates_between {
            let key = key();
            let name = format!("Between {number}");
            let mut params = authority(&name, IsCa::Ca(BasicConstraints::Unconstrained), (2025, 2028));
            params.crl_distribution_points = points(&self.issuer_list_urls);
            between.insert(0, params.signed_by(&key, &above).unwrap().pem());
            above = Issuer::new(params, key);
        }
        let issuer_key = key();
        let mut issuer = authority("Issuer", self.issuer_is_ca, (2025, 2028));
        issuer.key_usages = self.issuer_key_usages.clone();
        issuer.extended_key_usages = usages(&self.issuer_usages);
        issuer.serial_number = Some(SerialNumber::from(SERIAL));
        issuer.crl_distribution_points = points(&self.issuer_list_urls);
        issuer.custom_extensions = extensions(&self.issuer_extensions);
        let issuer_pem = issuer.signed_by(&issuer_key, &above).unwrap().pem();
        let issuer = Issuer::new(issuer, issuer_key);
        let mark_pem = self.params().signed_by(&key(), &issuer).unwrap().pem();
        let chain = [vec![mark_pem, issuer_pem], between].concat();
        Forged { root_der, chain, issuer, above }
    }

    fn params(&self) -> CertificateParams {
        let mut params = CertificateParams::default();
        params.not_before = date_time_ymd(2026, 1, 1);
        params.not_after = date_time_ymd(2027, 1, 1);
        params.serial_number = Some(SerialNumber::from(SERIAL));
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::OrganizationName, "Sekisho K.K.");
        if let Some(kind) = self.kind {
            params.distinguished_name.push(DnType::CustomDnType(vec![1, 3, 6, 1, 4, 1, 53087, 1, 13]), kind);
        }
        params.subject_alt_names =
            self.names.iter().map(|name| SanType::DnsName((*name).try_into().unwrap())).collect();
        params.extended_key_usages = usages(&self.usages);
        params.crl_distribution_points = points(&self.list_urls);
        params.custom_extensions = extensions(&self.extensions);
        let more = [(LOGOTYPE, &self.logotype), (TIMESTAMPS, &self.timestamps)];
        for (oid, content) in more {
            params
                .custom_extensions
                .extend(content.clone().map(|content| CustomExtension::from_oid_content(oid, content)));
        }
        params
    }
}

impl Forged {
    pub(crate) fn roots(&self) -> bimi::Roots {
        bimi::Roots::from_der(&[&self.root_der]).unwrap()
    }

    pub(crate) fn document(&self) -> String {
        self.chain.concat()
    }

    /// The issuer's list.
    pub(crate) fn list(&self, list: &List) -> Vec<u8> {
        Self::list_by(&self.issuer, list)
    }

    /// The list of who stands above the issuer.
    pub(crate) fn list_above(&self, list: &List) -> Vec<u8> {
        Self::list_by(&self.above, list)
    }

    fn list_by(issuer: &Issuer<'static, KeyPair>, list: &List) -> Vec<u8> {
        let date = |(year, month, day)| date_time_ymd(year, month, day);
        let revoked = RevokedCertParams {
            serial_number: SerialNumber::from(SERIAL),
            revocation_time: date_time_ymd(2026, 4, 1),
            reason_code: None,
            invalidity_date: None,
        };
        let params = CertificateRevocationListParams {
            this_update: date(list.from),
            next_update: date(list.until),
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: list.scope.map(|scope| CrlIssuingDistributionPoint {
                distribution_point: CrlDistributionPoint { uris: vec![LIST_URL.to_owned()] },
                scope: Some(scope),
            }),
            revoked_certs: if list.revoked { vec![revoked] } else { Vec::new() },
            key_identifier_method: KeyIdMethod::Sha256,
        };
        params.signed_by(issuer).unwrap().der().to_vec()
    }
}

fn key() -> KeyPair {
    KeyPair::generate_for(&PKCS_ED25519).unwrap()
}

fn authority(name: &str, is_ca: IsCa, (from, until): (i32, i32)) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.not_before = date_time_ymd(from, 1, 1);
    params.not_after = date_time_ymd(until, 1, 1);
    params.serial_number = Some(SerialNumber::from(1));
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = is_ca;
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn points(urls: &[&'static str]) -> Vec<CrlDistributionPoint> {
    urls.iter().map(|url| CrlDistributionPoint { uris: vec![(*url).to_owned()] }).collect()
}

fn usages(oids: &[&'static [u64]]) -> Vec<ExtendedKeyUsagePurpose> {
    oids.iter().map(|oid| ExtendedKeyUsagePurpose::Other(oid.to_vec())).collect()
}

fn extensions(all: &[(&'static [u64], bool, Vec<u8>)]) -> Vec<CustomExtension> {
    let one = |(oid, critical, content): &(&'static [u64], bool, Vec<u8>)| {
        let mut extension = CustomExtension::from_oid_content(oid, content.clone());
        extension.set_criticality(*critical);
        extension
    };
    all.iter().map(one).collect()
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A value of DER.
pub(crate) fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap();
    let mut out = vec![tag];
    match length {
        0..=127 => out.push(length as u8),
        _ => {
            out.push(0x84);
            out.extend(length.to_be_bytes());
        }
    }
    out.extend(content);
    out
}

/// A logotype extension with this document embedded, compressed or not, and the hash of `hashed`.
pub(crate) fn logotype(image: &[u8], hashed: &[u8]) -> Vec<u8> {
    let uri = format!("data:image/svg+xml;base64,{}", data_encoding::BASE64.encode(image));
    logotype_of("image/svg+xml", digest::digest(&digest::SHA256, hashed).as_ref(), &uri)
}

pub(crate) fn logotype_of(media_type: &str, sha256: &[u8], uri: &str) -> Vec<u8> {
    logotype_of_images(&[image(media_type, sha256, uri)])
}

pub(crate) fn logotype_of_images(images: &[Vec<u8>]) -> Vec<u8> {
    der(0x30, &der(0xa2, &der(0xa0, &der(0x30, &images.concat()))))
}

pub(crate) fn image(media_type: &str, sha256: &[u8], uri: &str) -> Vec<u8> {
    let algorithm = der(0x30, &der(0x06, &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01]));
    let hash = der(0x30, &[algorithm, der(0x04, sha256)].concat());
    let parts = [der(0x16, media_type.as_bytes()), der(0x30, &hash), der(0x30, &der(0x16, uri.as_bytes()))];
    der(0x30, &der(0x30, &parts.concat()))
}

/// A list of so many timestamps (RFC 6962 §3.3), with signatures of nobody's.
pub(crate) fn timestamps(count: usize) -> Vec<u8> {
    let one = [&[0][..], &[7; 32], &[0; 8], &[0, 0], &[4, 3], &[0, 4], &[1, 2, 3, 4]].concat();
    let with_length = |bytes: &[u8]| [&u16::try_from(bytes.len()).unwrap().to_be_bytes()[..], bytes].concat();
    der(0x04, &with_length(&with_length(&one).repeat(count)))
}

const SERIAL: u64 = 77;
pub(crate) const MARK_USAGE: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 3, 31];
pub(crate) const SERVER_USAGE: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 3, 1];
pub(crate) const MARK_TYPE: &[u64] = &[1, 3, 6, 1, 4, 1, 53087, 4, 1];
const LOGOTYPE: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 1, 12];
const TIMESTAMPS: &[u64] = &[1, 3, 6, 1, 4, 1, 11129, 2, 4, 2];
