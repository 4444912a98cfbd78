//! Which record applies to an author domain, and which domain is its organizational domain.

use std::sync::Arc;

use lookup::{Answer, Failure, Kind, Lookup, Question};
use mailtext::{Domain, Outcome};

use crate::evidence::Step;
use crate::psl::Suffixes;
use crate::record::{Psd, Record, Standing};
use crate::walk::{Found, Kept, RecordCount, Selected, Walk};

/// How discovery is done.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// By which method.
    pub method: Method,
    /// How far.
    pub reach: Reach,
    /// The public suffix list: the method's, or only shown.
    pub suffixes: Suffixes,
}

/// The method of discovery.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Method {
    /// RFC 9989 §4.10.
    #[default]
    TreeWalk,
    /// RFC 7489 §6.6.3: the author domain, then its organizational domain by the public suffix list.
    SuffixList,
}

/// How far a walk goes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Reach {
    /// Until the policy is known; further when an identifier has to be compared.
    #[default]
    AsNeeded,
    /// To its end, so that the organizational domain of the walk is always known.
    Whole,
}

/// What was found for an author domain.
#[derive(Clone, Debug)]
pub struct Discovery {
    /// The author domain.
    pub author_domain: Domain,
    /// The method that decided.
    pub method: Method,
    /// The record that applies.
    pub policy: PolicySearch,
    /// Whether the author domain exists; sought only when the record makes a difference between the two.
    pub existence: Existence,
    pub(crate) walk: Walk,
    pub(crate) suffixes: Suffixes,
}

/// How the search for a record ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PolicySearch {
    /// This record applies.
    Found(PolicyRecord),
    /// No record applies.
    Absent,
    /// A question on the way was not answered.
    Failed(Failure),
}

/// The record that applies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PolicyRecord {
    /// The DMARC policy domain, where it stands.
    pub domain: Domain,
    /// The record.
    pub record: Arc<Record>,
    /// What the policy domain is to the author domain.
    pub place: Place,
}

/// What a policy domain is to the author domain: RFC 9989 §4.10.1, highest preference first.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Place {
    /// The author domain itself.
    Author,
    /// Its organizational domain.
    Organizational,
    /// Its public suffix domain.
    PublicSuffix,
}

/// Whether the author domain exists.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Existence {
    /// It makes no difference.
    #[default]
    NotSought,
    /// It does: some name there or below has some record.
    Exists,
    /// NXDOMAIN.
    Absent,
    /// The question was not answered.
    Unknown(Failure),
}

/// Finds the record that applies to `author` and, as far as `settings` want, its organizational domain.
pub async fn discover<L: Lookup + Sync>(lookup: &L, author: &Domain, settings: &Settings) -> Outcome<Discovery, Step> {
    let mut steps = Vec::with_capacity(STEP_COUNT_USUAL);
    let mut discovery = Discovery {
        author_domain: author.clone(),
        method: settings.method,
        policy: PolicySearch::Absent,
        existence: Existence::NotSought,
        walk: Walk::new(author),
        suffixes: settings.suffixes.clone(),
    };
    discovery.policy = match settings.method {
        Method::TreeWalk => discovery.by_walk(lookup, settings.reach, &mut steps).await,
        Method::SuffixList => discovery.by_suffix_list(lookup, settings.reach, &mut steps).await,
    };
    if let PolicySearch::Found(found) = &discovery.policy {
        steps.push(Step::PolicyRecord { domain: found.domain.clone(), place: found.place });
        if found.record.standing != Standing::AsPublished {
            let standing = found.record.standing;
            steps.push(Step::DefectivePolicy { domain: found.domain.clone(), standing });
        }
        if found.place != Place::Author && found.record.distinguishes_nonexistent() {
            discovery.existence = author_exists(lookup, &discovery.walk, &mut steps).await;
        }
    }
    Outcome { result: discovery, evidence: steps }
}

/// The organizational domain of any domain by a tree walk: RFC 9989 §4.10.2. It asks at most
/// [`crate::limits::WALK_QUESTION_COUNT_MAX`] questions.
///
/// The result is `Err` when a question was not answered.
pub async fn organizational_domain<L: Lookup + Sync>(
    lookup: &L,
    domain: &Domain,
) -> Outcome<Result<Domain, Failure>, Step> {
    let mut evidence = Vec::with_capacity(8);
    let mut walk = Walk::new(domain);
    let result = finish(&mut walk, lookup, None, &mut evidence).await;
    Outcome { result, evidence }
}

impl Discovery {
    /// The record that applies and where it stands.
    #[must_use]
    pub fn policy_record(&self) -> Option<&PolicyRecord> {
        match &self.policy {
            PolicySearch::Found(found) => Some(found),
            PolicySearch::Absent | PolicySearch::Failed(_) => None,
        }
    }

    /// The author's organizational domain by the method that decides; `None` when the walk was not needed so far, or
    /// broke off.
    #[must_use]
    pub fn organizational_domain(&self) -> Option<Domain> {
        match self.method {
            Method::TreeWalk => self.walk_organizational_domain(),
            Method::SuffixList => Some(self.psl_organizational_domain()),
        }
    }

    /// The author's organizational domain by the public suffix list, to be shown beside the walk's. It is looked up when
    /// it is asked for: with the tree walk most messages need it for nothing.
    #[must_use]
    pub fn psl_organizational_domain(&self) -> Domain {
        self.suffixes.organizational_domain(&self.author_domain)
    }

    /// The author's organizational domain by the tree walk; `None` when the walk was not gone to its end.
    #[must_use]
    pub fn walk_organizational_domain(&self) -> Option<Domain> {
        self.walk.organizational().map(|(domain, _)| domain)
    }

    /// The records that the walk kept, longest name first: the policy's and those that show where the top is.
    #[must_use]
    pub fn kept(&self) -> &[Kept] {
        self.walk.kept()
    }

    /// The failure that broke the walk off.
    #[must_use]
    pub fn failure(&self) -> Option<Failure> {
        match self.policy {
            PolicySearch::Failed(failure) => Some(failure),
            _ => self.walk.failure(),
        }
    }

    async fn by_walk<L: Lookup + Sync>(&mut self, lookup: &L, reach: Reach, steps: &mut Vec<Step>) -> PolicySearch {
        let walk = &mut self.walk;
        walk.step(lookup, None, steps).await;
        // RFC 9989 §4.10.1: a record at the author domain is the one to be applied.
        if let Some(own) = walk.own() {
            let found =
                PolicyRecord { domain: own.domain.clone(), record: Arc::clone(&own.record), place: Place::Author };
            if reach == Reach::Whole {
                let _ = finish(walk, lookup, None, steps).await;
            }
            return PolicySearch::Found(found);
        }
        let organizational = match finish(walk, lookup, None, steps).await {
            Ok(organizational) => organizational,
            Err(failure) => return PolicySearch::Failed(failure),
        };
        let found = |kept: &Kept, place| {
            PolicySearch::Found(PolicyRecord { domain: kept.domain.clone(), record: Arc::clone(&kept.record), place })
        };
        // RFC 9989 §4.10.1: then the organizational domain's; a record between the two is not for this author.
        if let Some(kept) = walk.kept().iter().find(|kept| kept.domain == organizational) {
            return found(kept, Place::Organizational);
        }
        // RFC 9989 §4.10.1: then the public suffix domain's.
        match walk.kept().last() {
            Some(kept) if kept.record.psd == Psd::Yes => found(kept, Place::PublicSuffix),
            _ => PolicySearch::Absent,
        }
    }

    async fn by_suffix_list<L: Lookup + Sync>(
        &mut self,
        lookup: &L,
        reach: Reach,
        steps: &mut Vec<Step>,
    ) -> PolicySearch {
        let author = self.author_domain.clone();
        let organizational = self.psl_organizational_domain();
        let search = match record_at(lookup, &author, Place::Author, steps).await {
            // RFC 7489 §6.6.3: 3. if the set is now empty, the organizational domain is asked (if different).
            At::Nothing if organizational != author => {
                match record_at(lookup, &organizational, Place::Organizational, steps).await {
                    At::Record(found) => PolicySearch::Found(found),
                    At::Nothing | At::Several => PolicySearch::Absent,
                    At::Failed(failure) => PolicySearch::Failed(failure),
                }
            }
            At::Record(found) => PolicySearch::Found(found),
            // RFC 7489 §6.6.3: 5. several records end the discovery, DMARC is not applied.
            At::Nothing | At::Several => PolicySearch::Absent,
            At::Failed(failure) => PolicySearch::Failed(failure),
        };
        steps.push(Step::OrganizationalDomain { domain: author, organizational, selected: Selected::SuffixList });
        if reach == Reach::Whole {
            let _ = finish(&mut self.walk, lookup, None, steps).await;
        }
        search
    }
}

impl Place {
    /// A stable word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Author => "author",
            Self::Organizational => "organizational",
            Self::PublicSuffix => "public-suffix",
        }
    }
}

impl Method {
    /// The word of aggregate reports, `discovery_method` (RFC 9990).
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TreeWalk => "treewalk",
            Self::SuffixList => "psl",
        }
    }
}

/// Walks to the end and tells the organizational domain.
pub(crate) async fn finish<L: Lookup + Sync>(
    walk: &mut Walk,
    lookup: &L,
    near: Option<&Walk>,
    steps: &mut Vec<Step>,
) -> Result<Domain, Failure> {
    walk.finish(lookup, near, steps).await;
    match walk.organizational() {
        Some((organizational, selected)) => {
            let (domain, shown) = (walk.start().clone(), organizational.clone());
            steps.push(Step::OrganizationalDomain { domain, organizational: shown, selected });
            Ok(organizational)
        }
        None => Err(walk.failure().unwrap_or(Failure::Budget)),
    }
}

/// Whether the start of a walk exists.
async fn author_exists<L: Lookup + Sync>(lookup: &L, walk: &Walk, steps: &mut Vec<Step>) -> Existence {
    let domain = walk.start().clone();
    let existence = if walk.start_exists() == Some(true) {
        Existence::Exists
    } else {
        let question = Question::new(domain.clone(), Kind::A);
        let answer = lookup.ask_ref(&question).await;
        let existence = match &answer {
            Answer::Records(_) | Answer::NoData(_) => Existence::Exists,
            // RFC 9989 §3.2.13: a domain does not exist when the DNS says NXDOMAIN for it; no data is existence.
            Answer::NxDomain(_) => Existence::Absent,
            Answer::Failed(failure) => Existence::Unknown(*failure),
        };
        steps.push(Step::Asked { question, answer });
        existence
    };
    steps.push(Step::AuthorExistence { domain, existence });
    existence
}

/// Steps of a usual message: one allocation for all of its evidence.
const STEP_COUNT_USUAL: usize = 12;

/// What stands at one name, for the method of RFC 7489.
enum At {
    Record(PolicyRecord),
    Nothing,
    Several,
    Failed(Failure),
}

async fn record_at<L: Lookup + Sync>(lookup: &L, domain: &Domain, place: Place, steps: &mut Vec<Step>) -> At {
    let Ok(name) = domain.prefixed("_dmarc") else {
        steps.push(Step::NameTooLong { domain: domain.clone() });
        return At::Nothing;
    };
    let question = Question::txt(name);
    let answer = lookup.ask_ref(&question).await;
    let found = match &answer {
        Answer::Records(records) => Ok(Found::beside(records)),
        Answer::NoData(_) | Answer::NxDomain(_) => Err(At::Nothing),
        Answer::Failed(failure) => Err(At::Failed(*failure)),
    };
    steps.push(Step::Asked { question, answer });
    let found = match found {
        Ok(found) => found,
        Err(at) => return at,
    };
    let domain = domain.clone();
    match found.records {
        RecordCount::Zero => {
            steps.push(Step::TextIgnored { domain, count: found.ignored });
            At::Nothing
        }
        RecordCount::One(record) => {
            steps.push(Step::RecordFound { domain: domain.clone(), record: Arc::clone(&record) });
            At::Record(PolicyRecord { domain, record, place })
        }
        RecordCount::Several(count) => {
            steps.push(Step::SeveralRecords { domain, count });
            At::Several
        }
    }
}
