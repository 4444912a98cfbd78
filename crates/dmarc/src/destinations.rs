//! Whether those to whom reports are to be sent want them: RFC 9990 §4, for failure reports by RFC 9991 §5 too.

use futures_util::future::join_all;
use lookup::{Answer, Data, Failure, Lookup, Question};
use mailtext::{Domain, Explain, Outcome, Value};

use crate::discovery::finish;
use crate::evidence::Step;
use crate::record::{Psd, Record};
use crate::uri::Uri;
use crate::walk::Walk;

/// The two kinds of report.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ReportKind {
    /// Aggregate reports, `rua`.
    Aggregate,
    /// Failure reports, `ruf`.
    Failure,
}

/// One destination of a record, judged.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Destination {
    /// The URI that the record names.
    pub uri: Uri,
    /// What came out.
    pub verdict: Verdict,
}

/// What came of a report URI.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Inside the organization: nobody has to be asked.
    Internal,
    /// Outside, and the destination agrees.
    Agreed,
    /// Outside, and the destination agrees but wants the reports at these URIs, of the same host.
    Redirected(Vec<Uri>),
    /// Not to be used.
    Refused(Refusal),
    /// A question was not answered: try again later.
    Retry(Failure),
}

/// Why a destination is not to be used.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Refusal {
    /// A scheme other than `mailto`.
    Scheme,
    /// The destination has not agreed.
    NotAgreed,
    /// The destination names another host than its own.
    OtherHost,
    /// The name to be asked is longer than DNS allows.
    NameTooLong,
    /// Failure reports are not sent for public suffix domains.
    PublicSuffix,
}

/// Judges all destinations that `record`, found at `policy_domain`, names for `kind`, side by side, in their order.
pub async fn destinations<L: Lookup + Sync>(
    lookup: &L,
    policy_domain: &Domain,
    record: &Record,
    kind: ReportKind,
) -> Outcome<Vec<Destination>, Step> {
    let uris = match kind {
        ReportKind::Aggregate => &record.rua,
        ReportKind::Failure => &record.ruf,
    };
    let judged = join_all(uris.iter().map(|uri| async move {
        if kind == ReportKind::Failure && record.psd == Psd::Yes {
            // RFC 9991 §2, RFC 9990 §7.3: "ruf" of a record with "psd=y" is ignored.
            return Outcome { result: Verdict::Refused(Refusal::PublicSuffix), evidence: Vec::new() };
        }
        destination(lookup, policy_domain, uri, kind).await
    }));
    let mut evidence = Vec::new();
    let mut result = Vec::with_capacity(uris.len());
    for (uri, outcome) in uris.iter().zip(judged.await) {
        evidence.extend(outcome.evidence);
        evidence.push(Step::Destination { uri: uri.as_str().into(), verdict: outcome.result.clone() });
        result.push(Destination { uri: uri.clone(), verdict: outcome.result });
    }
    Outcome { result, evidence }
}

/// Judges one destination of the record that was found at `policy_domain`.
pub async fn destination<L: Lookup + Sync>(
    lookup: &L,
    policy_domain: &Domain,
    uri: &Uri,
    kind: ReportKind,
) -> Outcome<Verdict, Step> {
    let mut evidence = Vec::new();
    let result = judge(lookup, policy_domain, uri, kind, &mut evidence).await;
    Outcome { result, evidence }
}

impl Destination {
    /// The URIs to which reports go; none when refused or undecided.
    #[must_use]
    pub fn send_to(&self) -> &[Uri] {
        match &self.verdict {
            Verdict::Internal | Verdict::Agreed => std::slice::from_ref(&self.uri),
            Verdict::Redirected(uris) => uris,
            Verdict::Refused(_) | Verdict::Retry(_) => &[],
        }
    }
}

async fn judge<L: Lookup + Sync>(
    lookup: &L,
    policy_domain: &Domain,
    uri: &Uri,
    kind: ReportKind,
    steps: &mut Vec<Step>,
) -> Verdict {
    // RFC 9989 §4.7: URIs with schemes that are not supported are ignored.
    let (Some(host), Some(_)) = (uri.host(), uri.mailbox()) else {
        return Verdict::Refused(Refusal::Scheme);
    };
    match same_organization(lookup, policy_domain, host, steps).await {
        Ok(true) => return Verdict::Internal,
        Ok(false) => {}
        Err(failure) => return Verdict::Retry(failure),
    }
    // RFC 9990 §4: "_report._dmarc" before the destination host, and the policy domain before that.
    let name = format!("{policy_domain}._report._dmarc.{host}");
    let Ok(name) = Domain::query(&name) else {
        // RFC 9990 §4: a name that exceeds the limits of DNS cannot confirm anything.
        return Verdict::Refused(Refusal::NameTooLong);
    };
    let question = Question::txt(name);
    let answer = lookup.ask(question.clone()).await;
    steps.push(Step::Asked { question, answer: answer.clone() });
    match answer {
        Answer::Records(records) => agreement(&records.data, host, kind),
        Answer::NoData(_) | Answer::NxDomain(_) => Verdict::Refused(Refusal::NotAgreed),
        // RFC 9990 §4: after a temporary error the test may be repeated later.
        Answer::Failed(failure) => Verdict::Retry(failure),
    }
}

/// RFC 9990 §4: the organizational domains of the policy domain and of the destination host are compared.
async fn same_organization<L: Lookup + Sync>(
    lookup: &L,
    policy_domain: &Domain,
    host: &Domain,
    steps: &mut Vec<Step>,
) -> Result<bool, Failure> {
    if host == policy_domain {
        return Ok(true);
    }
    // RFC 9989 §11.6: reporting addresses elsewhere are verified first.
    // Names without a common last label have no organizational domain in common.
    if policy_domain.rightmost(1) != host.rightmost(1) {
        return Ok(false);
    }
    let mut walk = Walk::new(policy_domain);
    let organizational = finish(&mut walk, lookup, None, steps).await?;
    if !host.is_within(&organizational) {
        return Ok(false);
    }
    Ok(finish(&mut Walk::new(host), lookup, Some(&walk), steps).await? == organizational)
}

fn agreement(data: &[Data], host: &Domain, kind: ReportKind) -> Verdict {
    let mut overrides = Vec::new();
    let mut agreed = false;
    for data in data {
        let Data::Txt(text) = data else { continue };
        // RFC 9990 §4: "v=DMARC1" is mandatory and first; records without it are discarded, several may remain.
        let (Some(record), _) = Record::parse(text.bytes()) else { continue };
        agreed = true;
        overrides.extend(match kind {
            ReportKind::Aggregate => record.rua,
            ReportKind::Failure => record.ruf,
        });
    }
    if !agreed {
        return Verdict::Refused(Refusal::NotAgreed);
    }
    if overrides.is_empty() {
        return Verdict::Agreed;
    }
    // RFC 9990 §4: the overriding URI MUST use the same destination host; else there is no report, neither to the
    // original nor to the override.
    if overrides.iter().any(|uri| uri.host() != Some(host)) {
        return Verdict::Refused(Refusal::OtherHost);
    }
    overrides.retain(|uri| uri.mailbox().is_some());
    if overrides.is_empty() { Verdict::Refused(Refusal::Scheme) } else { Verdict::Redirected(overrides) }
}

impl Explain for Verdict {
    fn id(&self) -> &'static str {
        match self {
            Self::Internal | Self::Agreed | Self::Redirected(_) => "dmarc-destination",
            Self::Refused(_) => "dmarc-destination-refused",
            Self::Retry(_) => "dmarc-destination-unknown",
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        let word = match self {
            Self::Internal => "internal",
            Self::Agreed => "agreed",
            Self::Redirected(_) => "redirected",
            Self::Refused(Refusal::Scheme) => "scheme",
            Self::Refused(Refusal::NotAgreed) => "not-agreed",
            Self::Refused(Refusal::OtherHost) => "other-host",
            Self::Refused(Refusal::NameTooLong) => "name-too-long",
            Self::Refused(Refusal::PublicSuffix) => "public-suffix",
            Self::Retry(failure) => failure.word(),
        };
        vec![("verdict", Value::Word(word))]
    }
}
