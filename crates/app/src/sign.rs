//! `sekisho sign`: writes the message with one DKIM-Signature field more for each key.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use dkim::sign::SignedFields;
use dkim::{Algorithm, Canonicalization, PrivateKey, SignError, Signer, Weakness};
use mailtext::source::Event;
use mailtext::{Domain, Explain as _, Headers, Value};

use crate::cli::{AlgorithmName, SignArguments};
use crate::common::{Common, no_control};
use crate::duration;
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::limits::KEY_FILE_BYTES_MAX;
use crate::stamp::{self, Stamp};

/// Runs the verb.
///
/// # Errors
/// An option, a key or the message is wrong, or the output cannot be written.
pub(crate) fn run(common: &Common, arguments: &SignArguments) -> Result<ExitCode, Failure> {
    no_control("--identity", arguments.identity.as_deref())?;
    let signers = signers(common, arguments)?;
    let message = Message {
        header: None,
        flaw: None,
        hashers: signers.iter().map(Signer::body_hasher).collect(),
        signers,
        now_s: common.now_s(),
    };
    stamp::run(common, arguments.file.as_deref(), message)
}

/// The message, as far as signing needs it.
struct Message {
    header: Option<Vec<u8>>,
    flaw: Option<&'static str>,
    hashers: Vec<dkim::body::BodyHasher>,
    signers: Vec<Signer>,
    now_s: u64,
}

impl Stamp for Message {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Headers(block) => self.header = Some(block.to_vec()),
            Event::NotAMessage(flaw) => self.flaw = Some(flaw.id()),
            Event::Body(bytes) => self.hashers.iter_mut().for_each(|hasher| hasher.update(bytes)),
            Event::Start | Event::End { .. } => {}
        }
    }

    /// The signature fields, the first key's first.
    fn fields(self, name: &str) -> Result<Vec<String>, Failure> {
        let Some(header) = self.header else { return Err(stamp::not_a_message(name, self.flaw)) };
        let headers = Headers::parse(&header);
        let signed = self.signers.iter().zip(self.hashers).map(|(signer, hasher)| {
            signer.sign(&headers, &hasher.finish(), self.now_s).map_err(|error| sign_failure(error, name, signer))
        });
        signed.collect()
    }
}

fn sign_failure(error: SignError, name: &str, signer: &Signer) -> Failure {
    match error {
        SignError::FromCount(count) => {
            let id = if count == 0 { "from-absent" } else { "from-repeated" };
            let failure = Failure::new(ExitCode::Input, "cli-cannot-sign").with("file", name);
            failure.with("reason", Value::Word(id))
        }
        SignError::FromNotNamed | SignError::FieldName => {
            let SignedFields::Named(names) = &signer.fields else {
                return Failure::option("cli-bad-value", "--header-fields", "");
            };
            Failure::option("cli-bad-value", "--header-fields", &names.join(","))
        }
        SignError::FieldCount(_) => {
            let failure = Failure::new(ExitCode::Input, "cli-cannot-sign").with("file", name);
            failure.with("reason", Value::Word("outgoing-too-many-fields"))
        }
        SignError::Identity => {
            Failure::option("cli-bad-value", "--identity", signer.identity.as_deref().unwrap_or_default())
        }
        SignError::NameTooLong => Failure::option("cli-bad-value", "--selector", signer.selector.as_str()),
        SignError::Crypto(error) => {
            Failure::new(ExitCode::Internal, "cli-internal-error").with("reason", error.to_string())
        }
    }
}

/// A signer for each key. One selector serves all keys, or each key has its own; algorithms likewise.
fn signers(common: &Common, arguments: &SignArguments) -> Result<Vec<Signer>, Failure> {
    let bad = |option, value: &str| Failure::option("cli-bad-value", option, value);
    let domain = Domain::parse(&arguments.domain).map_err(|_| bad("--domain", &arguments.domain))?;
    let (header, body) = canonicalization(&arguments.canonicalization)
        .ok_or_else(|| bad("--canonicalization", &arguments.canonicalization))?;
    let expire_in = match &arguments.expire_in {
        Some(text) => {
            let time = duration::parse(text).filter(|time| time.as_secs() > 0);
            Some(time.ok_or_else(|| Failure::option("cli-bad-duration", "--expire-in", text))?.as_secs())
        }
        None => None,
    };
    let count = arguments.key.len();
    if arguments.selector.len() != 1 && arguments.selector.len() != count {
        return Err(bad("--selector", &arguments.selector.join(" ")));
    }
    if arguments.algorithm.len() > 1 && arguments.algorithm.len() != count {
        return Err(bad(
            "--algorithm",
            &arguments.algorithm.iter().map(|name| word(*name)).collect::<Vec<_>>().join(" "),
        ));
    }
    let mut signers = Vec::with_capacity(count);
    for (at, path) in arguments.key.iter().enumerate() {
        let selector = arguments.selector.get(at).or(arguments.selector.first()).map_or("", String::as_str);
        let selector = Domain::parse(selector).map_err(|_| bad("--selector", selector))?;
        let key = private_key(common, path)?;
        let algorithm = arguments.algorithm.get(at).or(arguments.algorithm.first());
        if let Some(name) = algorithm.filter(|name| algorithm_of(**name) != key.algorithm()) {
            return Err(bad("--algorithm", word(*name)));
        }
        signers.push(Signer {
            header_canonicalization: header,
            body_canonicalization: body,
            fields: match &arguments.header_fields {
                Some(list) => SignedFields::Named(field_names(list)),
                None => SignedFields::Recommended,
            },
            identity: arguments.identity.clone(),
            expire_in_s: expire_in,
            ..Signer::new(domain.clone(), selector, key)
        });
    }
    Ok(signers)
}

/// Reads a key. What weakens it is told; whether it may be used all the same is for its owner to say.
pub(crate) fn private_key(common: &Common, path: &Path) -> Result<PrivateKey, Failure> {
    use std::os::unix::fs::PermissionsExt as _;
    let name = path.display().to_string();
    let unreadable = |error: &io::Error| Failure::unreadable(&name, error);
    let file = File::open(path).map_err(|error| unreadable(&error))?;
    let mode = file.metadata().map_err(|error| unreadable(&error))?.permissions().mode();
    if mode & 0o077 != 0 {
        eprintln!("sekisho: {}", common.say().say("cli-key-readable-by-others", &[("file", name.as_str().into())]));
    }
    let mut text = String::new();
    file.take(KEY_FILE_BYTES_MAX).read_to_string(&mut text).map_err(|error| unreadable(&error))?;
    let key = PrivateKey::parse(&text).map_err(|error| {
        let failure = Failure::new(ExitCode::Input, "cli-unreadable").with("file", name.as_str());
        failure.with("reason", error.to_string())
    })?;
    // RFC 8301 §3.2: signers SHOULD use keys of at least 2048 bits.
    if key.algorithm() == Algorithm::RsaSha256 && key.bits() < dkim::limits::RSA_BITS_RECOMMENDED {
        eprintln!("sekisho: {name}: {}", common.say().explain(&Weakness::ShortKey(key.bits())));
    }
    Ok(key)
}

/// `c=` as it is written.
pub(crate) fn canonicalization(text: &str) -> Option<(Canonicalization, Canonicalization)> {
    let (header, body) = text.split_once('/').unwrap_or((text, "simple"));
    Some((Canonicalization::parse(header.as_bytes())?, Canonicalization::parse(body.as_bytes())?))
}

/// A list of field names, with commas or colons between.
pub(crate) fn field_names(list: &str) -> Vec<String> {
    let names = list.split([',', ':']).map(str::trim).filter(|name| !name.is_empty());
    names.map(str::to_owned).collect()
}

fn algorithm_of(name: AlgorithmName) -> Algorithm {
    match name {
        AlgorithmName::RsaSha256 => Algorithm::RsaSha256,
        AlgorithmName::Ed25519Sha256 => Algorithm::Ed25519Sha256,
    }
}

fn word(name: AlgorithmName) -> &'static str {
    algorithm_of(name).as_str()
}
