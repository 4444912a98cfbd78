//! `sekisho record`: writes the records to publish, as lines of a zone file, as input of nsupdate, or as texts to paste.

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Duration;

use audit::Published;
use audit::families::transport::policy::Mode;
use audit::records::{self, DmarcWish, Others, SpfWish, Unwritable, Written};
use clap::{Args, Subcommand, ValueEnum};
use dmarc::Policy;
use mailtext::Domain;

use lookup::{Data, Kind};
use net::Resolver;
use spf::minimise::NewRecord;
use spf::tree::Caps;

use super::flatten::{self, Aim, Wish};
use crate::common::{Common, resolver_failure, runtime};
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::limits::CHECK_DNS_S;
use crate::paint::Paint;

/// `record`
#[derive(Args, Debug)]
pub(crate) struct RecordArguments {
    #[command(subcommand)]
    what: What,
}

/// How the records are shown.
#[derive(Args, Debug)]
struct Form {
    /// Form of the output
    #[arg(long, value_name = "FORM", default_value = "zone")]
    form: FormName,
    /// How long resolvers may keep it, seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 3600, value_parser = clap::value_parser!(u32).range(0..=604_800))]
    ttl: u32,
}

/// Forms of the output.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
enum FormName {
    /// Lines of a zone file
    Zone,
    /// Input of nsupdate
    Nsupdate,
    /// Name and text, to paste into a form
    Plain,
    /// One object
    Json,
}

/// The kinds of records.
#[derive(Subcommand, Debug)]
enum What {
    /// SPF: who may send
    Spf {
        /// The domain
        domain: String,
        /// Network that sends, several times for several
        #[arg(long, value_name = "NETWORK")]
        ip: Vec<String>,
        /// The mail hosts of the domain send
        #[arg(long)]
        mx: bool,
        /// The addresses of the domain send
        #[arg(long)]
        a: bool,
        /// Service that sends, several times for several
        #[arg(long, value_name = "DOMAIN")]
        include: Vec<String>,
        /// What is said of all others
        #[arg(long, value_name = "RESULT", default_value = "softfail")]
        all: AllName,
        /// Write the record that is published anew, so that it takes as few look-ups as it must
        #[arg(long, conflicts_with_all = ["ip", "mx", "a", "include", "all"])]
        minimise: bool,
        /// Write the record that is published anew, with networks in place of names
        #[arg(long, conflicts_with_all = ["ip", "mx", "a", "include", "all", "minimise"])]
        flatten: bool,
        /// Replace this name only, several times for several
        #[arg(long, value_name = "DOMAIN")]
        only: Vec<String>,
        /// Leave this name as it is, several times for several
        #[arg(long, value_name = "DOMAIN")]
        keep: Vec<String>,
        #[command(flatten)]
        form: Form,
    },
    /// DMARC: what becomes of mail that does not pass, and where reports go
    Dmarc {
        /// The domain
        domain: String,
        /// The policy
        #[arg(long, value_name = "POLICY", default_value = "none")]
        policy: PolicyName,
        /// The policy for names below that exist
        #[arg(long, value_name = "POLICY")]
        sp: Option<PolicyName>,
        /// The policy for names below that do not exist
        #[arg(long, value_name = "POLICY")]
        np: Option<PolicyName>,
        /// Only a test: receivers apply one level less
        #[arg(long)]
        testing: bool,
        /// Signatures and envelopes of the very same name only
        #[arg(long)]
        strict: bool,
        /// Address for aggregate reports, several times for several
        #[arg(long, value_name = "ADDRESS")]
        rua: Vec<String>,
        /// Address for failure reports
        #[arg(long, value_name = "ADDRESS")]
        ruf: Vec<String>,
        #[command(flatten)]
        form: Form,
    },
    /// A DKIM key
    Dkim {
        /// The domain
        domain: String,
        /// The selector
        #[arg(long, value_name = "SELECTOR")]
        selector: String,
        /// The text of the record: "v=DKIM1; p=…"
        #[arg(long, value_name = "TEXT")]
        text: String,
        #[command(flatten)]
        form: Form,
    },
    /// All that says that a domain neither sends nor takes mail
    Parked {
        /// The domain
        domain: String,
        /// For names below it too
        #[arg(long)]
        wildcards: bool,
        /// Address for aggregate reports
        #[arg(long, value_name = "ADDRESS")]
        rua: Vec<String>,
        #[command(flatten)]
        form: Form,
    },
    /// A provider's record that clients include; with --client, what the client publishes
    Esp {
        /// The provider's domain
        domain: String,
        /// Label of the record before the domain
        #[arg(long, value_name = "LABEL", default_value = "_spf")]
        label: String,
        /// Network that sends, several times for several
        #[arg(long, value_name = "NETWORK")]
        ip: Vec<String>,
        /// Write what this client domain publishes
        #[arg(long, value_name = "DOMAIN")]
        client: Option<String>,
        /// Selector of the client's and the name that it is an alias of: "s1=s1.client.esp.example"
        #[arg(long, value_name = "SELECTOR=NAME")]
        selector: Vec<String>,
        /// Address for the client's aggregate reports
        #[arg(long, value_name = "ADDRESS")]
        rua: Vec<String>,
        #[command(flatten)]
        form: Form,
    },
    /// BIMI: where the indicator is; without a location it is declined
    Bimi {
        /// The domain
        domain: String,
        /// The selector
        #[arg(long, value_name = "SELECTOR", default_value = "default")]
        selector: String,
        /// Where the indicator is
        #[arg(long, value_name = "URL")]
        location: Option<String>,
        /// Where the evidence document is
        #[arg(long, value_name = "URL", requires = "location")]
        authority: Option<String>,
        #[command(flatten)]
        form: Form,
    },
    /// TLS reporting
    Tlsrpt {
        /// The domain
        domain: String,
        /// Address or https: URL for the reports, several times for several
        #[arg(long, value_name = "ADDRESS", required = true)]
        rua: Vec<String>,
        #[command(flatten)]
        form: Form,
    },
    /// MTA-STS: the record and the policy
    Mtasts {
        /// The domain
        domain: String,
        /// What senders do when TLS fails
        #[arg(long, value_name = "MODE", default_value = "testing")]
        mode: ModeName,
        /// Mail host, several times for several: mx.example.jp, *.example.jp
        #[arg(long, value_name = "HOST")]
        mx: Vec<String>,
        /// How long senders remember the policy, seconds
        #[arg(long, value_name = "SECONDS", default_value_t = 1_209_600)]
        max_age: u64,
        #[command(flatten)]
        form: Form,
    },
}

/// Policies.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
enum PolicyName {
    /// Nothing is done
    None,
    /// Mail is suspicious
    Quarantine,
    /// Mail is refused
    Reject,
}

/// What is said of all others.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
enum AllName {
    /// -all
    Fail,
    /// ~all
    Softfail,
    /// ?all
    Neutral,
}

/// Modes of MTA-STS.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
enum ModeName {
    /// Mail is not delivered
    Enforce,
    /// Mail is delivered, and it is reported
    Testing,
    /// There is no policy any more
    None,
}

/// Runs the verb.
///
/// # Errors
/// A record cannot be written.
pub(crate) fn run(common: &Common, arguments: &RecordArguments) -> Result<ExitCode, Failure> {
    if let What::Spf { domain, minimise, flatten, only, keep, form, .. } = &arguments.what
        && (*minimise || *flatten)
    {
        let aim = if *flatten { Aim::Flat } else { Aim::Fit };
        let wish = Wish { aim, only: only.clone(), keep: keep.clone(), octets_max: None };
        return anew(common, &named(domain)?, &wish, form);
    }
    let (mut written, form, policy) = write(common, &arguments.what)?;
    if form.form == FormName::Nsupdate {
        // One that stands there already is not known here, and only a line that says its text could take it away.
        let alone = written.iter_mut().filter(|one| one.caveat.is_none() && spf::Record::claims(one.text.as_bytes()));
        alone.for_each(|one| one.caveat = Some("record-caveat-beside"));
    }
    let mut text = shown(common, &written, form);
    if let Some((domain, policy)) = policy.filter(|_| form.form != FormName::Json) {
        let url = format!("https://mta-sts.{domain}/.well-known/mta-sts.txt");
        let _ = writeln!(text, "{} {}", remark(form), common.say().say("record-policy", &[("url", url.into())]));
        // No name server reads a document: within lines of a zone, or of an update, it is a remark.
        let before = if form.form == FormName::Plain { "" } else { ";   " };
        policy.lines().for_each(|line| text.push_str(&format!("{before}{line}\n")));
    }
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(ExitCode::Done)
}

/// Writes the SPF record of a domain anew, with the proof that it means the same.
fn anew(common: &Common, domain: &Domain, wish: &Wish, form: &Form) -> Result<ExitCode, Failure> {
    let runtime = runtime()?;
    let (tree, old) = runtime.block_on(async {
        let resolver = Resolver::start(common.resolver_config()?).map_err(|error| resolver_failure(&error))?;
        let lookup = resolver.for_message(Duration::from_secs(CHECK_DNS_S));
        let tree = spf::tree(&lookup, domain, &Caps::default()).await;
        let old = Published::ask(&lookup, domain.clone(), Kind::Txt).await;
        Ok::<_, Failure>((tree, old))
    })?;
    let written = flatten::rewrite(&tree, wish)?;
    let say = common.say();
    let text = match (form.form, &written) {
        (FormName::Json, _) => format!("{}\n", flatten::render_json(&tree, &written, say)),
        (FormName::Plain, _) | (_, Err(_)) => flatten::render_text(&tree, &written, say, Paint::of_standard_output()),
        (FormName::Zone | FormName::Nsupdate, Ok(anew)) => {
            let of = |record: &NewRecord| Written {
                name: record.name.as_str().to_owned(),
                kind: Kind::Txt,
                text: record.text.clone(),
                caveat: None,
            };
            let told: String = flatten::told(anew, &tree, say).iter().map(|(_, told)| format!("; {told}\n")).collect();
            let removed = if form.form == FormName::Nsupdate { removed(domain, &old) } else { String::new() };
            told + &removed + &shown(common, &anew.records.iter().map(of).collect::<Vec<_>>(), form)
        }
    };
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(if written.is_ok() { ExitCode::Done } else { ExitCode::DoesNotHold })
}

/// The lines that take away the record in the place of which the new one comes: two records are none. They name it as it is published,
/// with its very cuts (RFC 2136 §2.5.4), so that the other texts stay.
fn removed(domain: &Domain, old: &Published) -> String {
    let is_spf = |data: &&Data| matches!(data, Data::Txt(text) if spf::Record::claims(text.bytes()));
    old.answer.data().iter().filter(is_spf).map(|data| format!("update delete {domain}. IN TXT {data}\n")).collect()
}

/// The records, how they are to be shown, and the policy file of MTA-STS with its domain.
type Set<'a> = (Vec<Written>, &'a Form, Option<(Domain, String)>);

fn write<'a>(common: &Common, what: &'a What) -> Result<Set<'a>, Failure> {
    let plain = |written: Result<Vec<Written>, Unwritable>, form: &'a Form| {
        Ok((written.map_err(|error| unwritable(&error))?, form, None))
    };
    match what {
        What::Spf { domain, ip, mx, a, include, all, form, .. } => {
            let includes = include.iter().map(|name| named(name)).collect::<Result<_, _>>()?;
            let others = match all {
                AllName::Fail => Others::Fail,
                AllName::Softfail => Others::SoftFail,
                AllName::Neutral => Others::Neutral,
            };
            let wish = SpfWish { networks: ip.clone(), mx: *mx, a: *a, includes, others };
            plain(records::spf(&named(domain)?, &wish), form)
        }
        What::Dmarc { domain, policy, sp, np, testing, strict, rua, ruf, form } => {
            let wish = DmarcWish {
                policy: (*policy).into(),
                below: sp.map(Into::into),
                nonexistent: np.map(Into::into),
                testing: *testing,
                strict: *strict,
                aggregate: rua.clone(),
                failure: ruf.clone(),
            };
            plain(records::dmarc(&named(domain)?, &wish), form)
        }
        What::Dkim { domain, selector, text, form } => plain(records::dkim(&named(domain)?, selector, text), form),
        What::Parked { domain, wildcards, rua, form } => plain(records::parked(&named(domain)?, *wildcards, rua), form),
        What::Esp { domain, label, ip, client: None, form, .. } => {
            plain(records::provider(&named(domain)?, label, ip), form)
        }
        What::Esp { domain, label, client: Some(client), selector, rua, form, .. } => {
            let include = named(&format!("{label}.{domain}"))?;
            let selectors = selector.iter().map(|pair| alias(pair)).collect::<Result<Vec<_>, _>>()?;
            plain(records::client(&named(client)?, &include, &selectors, rua), form)
        }
        What::Bimi { domain, selector, location, authority, form } => {
            plain(records::bimi(&named(domain)?, selector, location.as_deref(), authority.as_deref()), form)
        }
        What::Tlsrpt { domain, rua, form } => plain(records::tls_rpt(&named(domain)?, rua), form),
        What::Mtasts { domain, mode, mx, max_age, form } => {
            let domain = named(domain)?;
            let mode = match mode {
                ModeName::Enforce => Mode::Enforce,
                ModeName::Testing => Mode::Testing,
                ModeName::None => Mode::None,
            };
            let set = records::mta_sts(&domain, mode, mx, *max_age, common.now_s());
            let (written, policy) = set.map_err(|error| unwritable(&error))?;
            Ok((written, form, Some((domain, policy))))
        }
    }
}

fn shown(common: &Common, written: &[Written], form: &Form) -> String {
    let say = common.say();
    if form.form == FormName::Json {
        let object = |record: &Written| {
            serde_json::json!({
                "name": record.name,
                "type": record.kind.as_str(),
                "data": record.text,
                "remark": record.caveat.map(|caveat| say.word(caveat)),
            })
        };
        let records: Vec<_> = written.iter().map(object).collect();
        return format!("{}\n", serde_json::json!({ "records": records, "ttl": form.ttl }));
    }
    let mut text = String::new();
    let mut told = Vec::new();
    for record in written {
        if let Some(caveat) = record.caveat.filter(|caveat| !told.contains(caveat)) {
            told.push(caveat);
            let _ = writeln!(text, "{} {}", remark(form), say.word(caveat));
        }
        let _ = match form.form {
            FormName::Zone => writeln!(text, "{}", record.zone_line(form.ttl)),
            // One update is about one zone; this record is of somebody else's.
            FormName::Nsupdate if record.caveat == Some("record-caveat-destination") => {
                writeln!(text, "; {}", record.zone_line(form.ttl))
            }
            FormName::Nsupdate => writeln!(text, "{}", record.nsupdate_lines(form.ttl)),
            FormName::Plain | FormName::Json => writeln!(text, "{}\n{}\n{}\n", record.name, record.kind, record.text),
        };
    }
    if form.form == FormName::Nsupdate {
        text.push_str("send\n");
    }
    text
}

/// What begins a remark in this form.
fn remark(form: &Form) -> &'static str {
    if form.form == FormName::Plain { "#" } else { ";" }
}

fn named(text: &str) -> Result<Domain, Failure> {
    Domain::parse(text.trim_end_matches('.')).map_err(|error| {
        let reason = mailtext::Value::Word(mailtext::Explain::id(&error));
        Failure::new(ExitCode::Usage, "check-not-a-domain").with("value", text).with("error", reason)
    })
}

fn alias(pair: &str) -> Result<(String, Domain), Failure> {
    let (selector, name) = pair.split_once('=').ok_or_else(|| Failure::option("cli-bad-value", "--selector", pair))?;
    Ok((selector.to_owned(), named(name)?))
}

fn unwritable(error: &Unwritable) -> Failure {
    let failure = |id| Failure::new(ExitCode::Usage, id);
    match error {
        Unwritable::Name(name) => failure("record-bad-name").with("name", name.as_str()),
        Unwritable::Network(network) => failure("record-bad-network").with("value", network.as_str()),
        Unwritable::Uri(uri) => failure("record-bad-uri").with("value", uri.as_str()),
        Unwritable::TooManyLookups(count) => failure("record-too-many-lookups").with("count", *count),
        Unwritable::Key => failure("record-bad-key"),
        Unwritable::Host(host) => failure("record-bad-host").with("value", host.as_str()),
    }
}

impl From<PolicyName> for Policy {
    fn from(name: PolicyName) -> Self {
        match name {
            PolicyName::None => Self::None,
            PolicyName::Quarantine => Self::Quarantine,
            PolicyName::Reject => Self::Reject,
        }
    }
}
