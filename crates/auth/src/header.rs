//! Facts → Authentication-Results (RFC 8601, RFC 8616, RFC 9989 §9.1). One writer for the whole product: what is written
//! goes through [`mailtext::authres`], and nothing of a sender's reaches it but domains and encoded values.

use dkim::limits::RSA_BITS_MIN;
use dkim::{Status, Verification, Weakness, adsp, arc, atps, domainkeys};
use dmarc::MessageEvaluation;
use mailtext::Explain;
use mailtext::authres::{AuthenticationResults, Keyword, Letters, LineEnd, MethodResult, Style};
use mailtext::path::ReversePath;
use mailtext::received_spf::ReceivedSpf;

use crate::check::Envelope;
use crate::client::smtp_auth;
use crate::facts::Facts;
use crate::methods::Others;

/// Renders a reason as a sentence, or as its id where there are no words.
pub type Say<'a> = &'a dyn Fn(&dyn Explain) -> String;

impl Facts {
    /// The results under this name, reasons in the words of `say`.
    #[must_use]
    pub fn authentication_results(&self, authserv_id: &str, say: Say<'_>) -> AuthenticationResults {
        let mut field = AuthenticationResults::new(authserv_id);
        field.results.extend(self.spf_result(say));
        if self.dkim.is_empty() {
            field.results.push(MethodResult::new(Keyword::of("dkim"), Keyword::of("none")));
        }
        field.results.extend(self.dkim.iter().map(|outcome| dkim_result(&outcome.result, say)));
        field.results.push(self.dmarc_result(say));
        field.results.extend(self.others.results(&self.envelope, say));
        field
    }

    /// How the field is written for this message: UTF-8 only when the message has it.
    #[must_use]
    pub fn style(&self, line_end: LineEnd) -> Style {
        Style { line_end, letters: if self.internationalised { Letters::Utf8 } else { Letters::Ascii } }
    }

    /// The identity of the reverse-path; one result only, since readers take two `spf=` for a contradiction.
    fn spf_result(&self, say: Say<'_>) -> Option<MethodResult> {
        // Nobody said who the sender is: nothing was checked that the field could tell.
        self.envelope.mail_from.as_ref()?;
        let checked = &self.spf.as_ref()?.mail_from.result;
        let mut result = MethodResult::new(Keyword::of("spf"), Keyword::of(checked.verdict.as_str()));
        result.reason = checked.reason.as_ref().map(|reason| say(reason));
        // RFC 8601 §2.7.2: smtp.mailfrom, or smtp.helo when the reverse-path is empty.
        Some(match (&self.envelope.mail_from, checked.domain()) {
            (Some(Ok(path @ ReversePath::Mailbox { .. })), _) => result.with("smtp", "mailfrom", path.to_string()),
            (_, Some(domain)) => result.with("smtp", "helo", domain.as_str()),
            (_, None) => result,
        })
    }

    fn dmarc_result(&self, say: Say<'_>) -> MethodResult {
        let evaluation: &MessageEvaluation = &self.dmarc.result;
        let mut result = MethodResult::new(Keyword::of("dmarc"), Keyword::of(evaluation.result.as_str()));
        if !matches!(evaluation.result, dmarc::DmarcResult::Pass) {
            result.reason = Some(say(&evaluation.reason));
        }
        let decisive = evaluation.decisive.and_then(|at| evaluation.each.get(at)).or(evaluation.each.first());
        if let Some(one) = decisive {
            result = result.with("header", "from", one.discovery.author_domain.as_str());
        }
        // RFC 9989 §9.1: policy.dmarc is the policy after all options.
        if let Some(applied) = evaluation.policy {
            result = result.with("policy", "dmarc", applied.to_apply().as_str());
        }
        result
    }

    /// The value of a Received-SPF field (RFC 7208 §9.1) for the identity of the reverse-path; `None` without SPF.
    #[must_use]
    pub fn received_spf(&self, receiver: &str, say: Say<'_>, style: Style) -> Option<String> {
        let checked = &self.spf.as_ref()?.mail_from.result;
        let ip = self.envelope.ip.map(|ip| ip.to_canonical().to_string()).unwrap_or_default();
        let sender = match &self.envelope.mail_from {
            Some(Ok(path @ ReversePath::Mailbox { .. })) => path.to_string(),
            _ => String::new(),
        };
        let matched = checked.matched().as_ref().map(spf::Place::text).unwrap_or_default();
        let problem = checked.reason.as_ref().map(|reason| say(reason)).unwrap_or_default();
        let pairs = [
            ("client-ip", ip.as_str()),
            ("envelope-from", sender.as_str()),
            ("helo", self.envelope.helo.as_deref().unwrap_or_default()),
            ("identity", checked.identity.as_str()),
            ("mechanism", matched.as_str()),
            ("problem", problem.as_str()),
            ("receiver", receiver),
        ];
        let pairs: Vec<_> = pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        let field = ReceivedSpf { result: checked.verdict.as_str(), comment: "", pairs: &pairs };
        Some(field.to_value(style.line_end, style.letters))
    }
}

impl Others {
    /// What the other methods found. Those that found nothing to look at are left out: a reader learns nothing from
    /// `arc=none`, and every line of the field is carried along for ever.
    fn results(&self, envelope: &Envelope, say: Say<'_>) -> Vec<MethodResult> {
        let mut results = Vec::new();
        results.extend(self.arc.as_ref().and_then(|outcome| arc_result(&outcome.result, envelope, say)));
        results.extend(self.sender_id.as_ref().map(|outcome| {
            let checked = &outcome.result;
            because(checked.method_result(), checked.reason.as_ref().map(|reason| reason as &dyn Explain), say)
        }));
        let signatures = self.domainkeys.iter().flat_map(|checked| &checked.signatures);
        results.extend(signatures.map(|outcome| domainkeys_result(&outcome.result, say)));
        results.extend(self.adsp.iter().flatten().filter_map(|outcome| adsp_result(&outcome.result)));
        results.extend(self.atps.iter().flatten().map(|outcome| atps_result(&outcome.result, say)));
        results.extend(self.iprev.as_ref().map(|outcome| {
            let iprev = &outcome.result;
            because(iprev.method_result(), iprev.reason.as_ref().map(|reason| reason as &dyn Explain), say)
        }));
        let entries = self.dns_lists.iter().flat_map(|checked| &checked.entries);
        results.extend(entries.filter_map(|outcome| outcome.result.method_result()));
        let authenticated =
            self.smtp_auth.as_ref().filter(|outcome| outcome.result.verdict != smtp_auth::Verdict::None);
        results.extend(authenticated.map(|outcome| {
            let mut result = outcome.result.method_result();
            if !self.smtp_identity.is_on() {
                result.properties.clear();
            }
            result
        }));
        results.extend(self.bimi.as_ref().map(|outcome| bimi_result(&outcome.result, say)));
        results
    }
}

fn because(mut result: MethodResult, reason: Option<&dyn Explain>, say: Say<'_>) -> MethodResult {
    result.reason = reason.map(say);
    result
}

fn arc_result(chain: &arc::Chain, envelope: &Envelope, say: Say<'_>) -> Option<MethodResult> {
    if chain.result == arc::ChainStatus::None {
        return None;
    }
    let mut result = MethodResult::new(Keyword::of("arc"), Keyword::of(chain.result.as_str()));
    result = because(result, chain.problem.as_ref().map(|problem| problem as &dyn Explain), say);
    // RFC 8617 §10.2: smtp.remote-ip is the address of the client, header.oldest-pass the instance since which the
    // message is unchanged.
    if let Some(ip) = envelope.ip {
        result = result.with("smtp", "remote-ip", ip.to_canonical().to_string());
    }
    if let Some(oldest) = chain.oldest_pass {
        result = result.with("header", "oldest-pass", oldest.to_string());
    }
    Some(result)
}

fn domainkeys_result(verification: &domainkeys::Verification, say: Say<'_>) -> MethodResult {
    let result = MethodResult::new(Keyword::of("domainkeys"), Keyword::of(verification.status.as_str()));
    let mut result = because(result, verification.problem.as_ref().map(|problem| problem as &dyn Explain), say);
    if verification.status == domainkeys::Status::Pass && verification.testing {
        result = result.commented("testing");
    }
    // RFC 5451 §2.4.1: the sending address of DomainKeys is that of From or Sender; its local part is not authenticated.
    match &verification.sending {
        Some(sending) => {
            let field = match sending.field {
                domainkeys::SendingField::From => "from",
                domainkeys::SendingField::Sender => "sender",
            };
            result.with("header", field, sending.domain.as_str())
        }
        None => result,
    }
}

fn adsp_result(evaluation: &adsp::Evaluation) -> Option<MethodResult> {
    if evaluation.status == adsp::Status::None {
        return None;
    }
    let result = MethodResult::new(Keyword::of("dkim-adsp"), Keyword::of(evaluation.status.as_str()));
    // RFC 5617 §5.3: the property is header.from.
    Some(match &evaluation.author {
        Some(author) => result.with("header", "from", author.as_str()),
        None => result,
    })
}

fn atps_result(delegation: &atps::Delegation, say: Say<'_>) -> MethodResult {
    let result = MethodResult::new(Keyword::of("dkim-atps"), Keyword::of(delegation.status.as_str()));
    let result = because(result, delegation.problem.as_ref().map(|problem| problem as &dyn Explain), say);
    // RFC 6541 §8.2: the property is header.from.
    match &delegation.author {
        Some(author) => result.with("header", "from", author.as_str()),
        None => result,
    }
}

fn bimi_result(found: &bimi::Bimi, say: Say<'_>) -> MethodResult {
    let mut result = MethodResult::new(Keyword::of("bimi"), Keyword::of(found.result.as_str()));
    if found.result != bimi::BimiResult::Pass {
        result.reason = Some(say(&found.reason));
    }
    result.properties.extend(found.properties());
    result
}

fn dkim_result(verification: &Verification, say: Say<'_>) -> MethodResult {
    let parsed = &verification.parsed;
    let mut result = MethodResult::new(Keyword::of("dkim"), Keyword::of(verification.status.as_str()));
    result.reason = verification.problem.as_ref().map(|problem| say(problem));
    if verification.status == Status::Pass {
        // What only the legacy switch lets pass, and what the domain calls a test, is never told as a plain pass.
        let remarks = verification.weaknesses.iter().filter_map(|weakness| match weakness {
            Weakness::Testing => Some("testing".to_owned()),
            Weakness::Sha1 => Some("legacy: rsa-sha1".to_owned()),
            Weakness::ShortKey(bits) if *bits < RSA_BITS_MIN => Some(format!("legacy: {bits} bit key")),
            _ => None,
        });
        let remarks: Vec<String> = remarks.collect();
        if !remarks.is_empty() {
            result = result.commented(remarks.join(", "));
        }
    }
    if let Some(domain) = &parsed.domain {
        result = result.with("header", "d", domain.as_str());
    }
    if let Ok(signature) = &parsed.signature {
        result = result.with("header", "i", signature.identity_text());
    }
    if let Some(selector) = &parsed.selector {
        result = result.with("header", "s", selector.as_str());
    }
    if let Some(algorithm) = parsed.algorithm {
        result = result.with("header", "a", algorithm.as_str());
    }
    // RFC 6008 §4: tells signatures of the same domain apart.
    if !parsed.signature_start.is_empty() {
        result = result.with("header", "b", parsed.signature_start.as_str());
    }
    result
}
