//! Facts → Authentication-Results (RFC 8601, RFC 8616, RFC 9989 §9.1). One writer for the whole product: what is written
//! goes through [`mailtext::authres`], and nothing of a sender's reaches it but domains and encoded values.

use dkim::limits::RSA_BITS_MIN;
use dkim::{Status, Verification, Weakness};
use dmarc::MessageEvaluation;
use mailtext::Explain;
use mailtext::authres::{AuthenticationResults, Keyword, Letters, LineEnd, MethodResult, Style};
use mailtext::path::ReversePath;
use mailtext::received_spf::ReceivedSpf;

use crate::facts::Facts;

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
