//! BIMI for one message: what DMARC and DKIM found, told to [`bimi`] in its own words.

use bimi::{Author, Coverage, DmarcFacts, Published, Search, SelectorField};
use dkim::{Status, Verification};
use dmarc::discovery::{Discovery, Place, PolicyRecord, discover, organizational_domain};
use dmarc::{Authors, DmarcResult, Evaluation, MessageEvaluation};
use lookup::fetch::Fetch;
use lookup::{Answer, Keeper, Lookup, Question};
use mailtext::{Domain, Headers, NameKey, Outcome};

use crate::fact::Acceptance;
use crate::from::From;
use crate::underway::Answered;

/// What is known of the message when DMARC has been evaluated.
pub(crate) struct Known<'a> {
    pub(crate) headers: &'a Headers<'a>,
    pub(crate) from: &'a From,
    pub(crate) dkim: &'a [Outcome<Verification, dkim::Step>],
    pub(crate) dmarc: &'a Outcome<MessageEvaluation, dmarc::Step>,
    /// What was asked for the other methods.
    pub(crate) answered: &'a Answered,
    pub(crate) acceptance: &'a Acceptance,
    pub(crate) discovery: &'a dmarc::discovery::Settings,
    pub(crate) now_s: u64,
}

/// The question that comes first in most searches, so that it can be asked along with all others: by the author domain
/// and the usual selector.
pub(crate) fn first_question(headers: &Headers<'_>, from: &From) -> Option<Question> {
    let Authors::One(domain) = &from.authors else { return None };
    // A selector of the message's own counts only when it turns out to be signed.
    let own = headers.named("BIMI-Selector").next().is_some();
    let name = (!own).then(|| domain.prefixed("default._bimi").ok()).flatten()?;
    Some(Question::txt(name))
}

/// Evaluates BIMI. Without a DMARC pass nothing is asked.
pub(crate) async fn evaluate<L: Lookup + Sync, F: Fetch + Sync>(
    lookup: &L,
    fetch: &F,
    known: &Known<'_>,
    settings: &bimi::Settings,
) -> Outcome<bimi::Bimi, bimi::Step> {
    let message = &known.dmarc.result;
    let lookup = &Remembering { lookup, known };
    let evaluation = message.decisive.and_then(|at| message.each.get(at)).or(message.each.first());
    let (author, dmarc) = match (evaluation, message.result) {
        (Some(evaluation), DmarcResult::Pass) => published(lookup, known, evaluation).await,
        _ => (None, nothing_published(message.result)),
    };
    let selectors: Vec<SelectorField<'_>> = evaluation.map(|it| selectors(known, it)).unwrap_or_default();
    let message = bimi::Message { author, selectors: &selectors, dmarc };
    let author = match bimi::may_be_looked_at(&message) {
        Ok(author) => author.clone(),
        // Without a pass the author was not sought; what is missing is the pass.
        Err(bimi::Shortfall::Author) if known.dmarc.result.result != DmarcResult::Pass => {
            return bimi::skip(bimi::preconditions::shortfall(&message.dmarc).unwrap_or(bimi::Shortfall::NoPass));
        }
        Err(shortfall) => return bimi::skip(shortfall),
    };
    let search = Search::new(author.clone(), &selectors);
    let answers = lookup::ask_all(lookup, search.questions()).await;
    let Outcome { result: found, evidence } = search.conclude(lookup, &answers).await;
    bimi::conclude(fetch, &author, found, evidence, settings, known.now_s).await
}

/// Asks only for what this message was not asked for before.
struct Remembering<'a, L> {
    lookup: &'a L,
    known: &'a Known<'a>,
}

impl<L: Lookup + Sync> Lookup for Remembering<'_, L> {
    async fn ask(&self, question: Question) -> Answer {
        match self.known.answer(&question) {
            Some(answer) => answer.clone(),
            None => self.lookup.ask(question).await,
        }
    }

    fn keeper(&self) -> Option<&dyn Keeper> {
        self.lookup.keeper()
    }
}

impl Known<'_> {
    fn answer(&self, question: &Question) -> Option<&Answer> {
        let of_dmarc = self.dmarc.evidence.iter().find_map(|step| match step {
            dmarc::Step::Asked { question: asked, answer } if asked == question => Some(answer),
            _ => None,
        });
        of_dmarc.or_else(|| self.answered.answer(question))
    }
}

fn nothing_published(result: DmarcResult) -> DmarcFacts {
    DmarcFacts { result: result_of(result), author: None, organizational: None }
}

fn result_of(result: DmarcResult) -> bimi::DmarcResult {
    match result {
        DmarcResult::Pass => bimi::DmarcResult::Pass,
        DmarcResult::TempError => bimi::DmarcResult::TempError,
        DmarcResult::Fail | DmarcResult::None | DmarcResult::PermError => bimi::DmarcResult::NoPass,
    }
}

/// The author and the records of author domain and organizational domain. DMARC stops at the record that applies; the
/// other one is sought here.
async fn published<L: Lookup + Sync>(
    lookup: &L,
    known: &Known<'_>,
    evaluation: &Evaluation,
) -> (Option<Author>, DmarcFacts) {
    let discovery = &evaluation.discovery;
    let mut dmarc = nothing_published(known.dmarc.result.result);
    let at = |wanted: fn(Place) -> bool| discovery.policy_record().filter(|record| wanted(record.place));
    dmarc.author = at(|place| place == Place::Author).map(published_as);
    // A policy of the author's own that is not enforced decides, whatever stands above it: nothing more is asked.
    let alone = DmarcFacts { organizational: dmarc.author.clone(), ..dmarc.clone() };
    if dmarc.author.is_some() && bimi::preconditions::shortfall(&alone).is_some() {
        return (author(known.from, discovery.author_domain.clone()), alone);
    }
    let Ok(organizational) = organizational_of(lookup, discovery).await else {
        dmarc.result = bimi::DmarcResult::TempError;
        return (None, dmarc);
    };
    dmarc.organizational = match at(|place| place != Place::Author) {
        Some(record) => Some(published_as(record)),
        None if organizational == discovery.author_domain => dmarc.author.clone(),
        None => {
            let own = discover(lookup, &organizational, known.discovery).await.result;
            own.policy_record().map(published_as)
        }
    };
    (author(known.from, organizational), dmarc)
}

async fn organizational_of<L: Lookup + Sync>(lookup: &L, discovery: &Discovery) -> Result<Domain, lookup::Failure> {
    match discovery.organizational_domain() {
        Some(domain) => Ok(domain),
        None => organizational_domain(lookup, &discovery.author_domain).await.result,
    }
}

/// One From field with one address.
fn author(from: &From, organizational: Domain) -> Option<Author> {
    let mut mailboxes = from.addresses.mailboxes();
    let (Some(mailbox), None, 1, Authors::One(domain)) =
        (mailboxes.next(), mailboxes.next(), from.field_count, &from.authors)
    else {
        return None;
    };
    Some(Author { local_part: mailbox.local.as_str().into(), domain: domain.clone(), organizational })
}

fn published_as(found: &PolicyRecord) -> Published {
    let policy = |policy: dmarc::Policy| match policy {
        dmarc::Policy::None => bimi::Policy::None,
        dmarc::Policy::Quarantine => bimi::Policy::Quarantine,
        dmarc::Policy::Reject => bimi::Policy::Reject,
    };
    let record = &found.record;
    Published {
        domain: found.domain.clone(),
        policy: record.p.map_or(bimi::Policy::None, policy),
        subdomain_policy: record.sp.map(policy),
        testing: match record.testing {
            dmarc::record::Testing::On => bimi::Testing::On,
            dmarc::record::Testing::Off => bimi::Testing::Off,
        },
    }
}

/// The BIMI-Selector fields, and which of them an aligned signature covers.
fn selectors<'a>(known: &Known<'a>, evaluation: &Evaluation) -> Vec<SelectorField<'a>> {
    let fields: Vec<_> = known.headers.named("BIMI-Selector").collect();
    if fields.is_empty() {
        return Vec::new();
    }
    let key = NameKey::of(b"BIMI-Selector");
    // DMARC was given the signatures that name a domain, in their order.
    let with_domain = known.dkim.iter().map(|outcome| &outcome.result).filter(|it| it.parsed.domain.is_some());
    let covered = with_domain.zip(&evaluation.dkim).any(|(verification, alignment)| {
        let covers = |signature: &dkim::Signature| signature.header_fields.count(key) >= fields.len();
        verification.status == Status::Pass
            && alignment.is_aligned()
            // One too weak to authenticate its domain vouches for no selector either.
            && known.acceptance.objection(&verification.weaknesses).is_none()
            && verification.parsed.signature.as_ref().is_ok_and(covers)
    });
    let coverage = if covered { Coverage::Signed } else { Coverage::Unsigned };
    fields.into_iter().map(|field| SelectorField { value: field.value, coverage }).collect()
}
