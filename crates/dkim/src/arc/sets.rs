//! The chain's form: which fields are there, and whether they make whole sets from 1 to N.

use mailtext::{AuthenticationResults, Headers};

use crate::arc::field::{ChainStatus, FieldKind, MessageSignatureField, ResultsField, Seal, SealField, SealFlaw};
use crate::arc::step::Problem;
use crate::limits::ARC_SET_COUNT_MAX;
use crate::signature::{Signature, SignatureError};
use crate::step::Problem as SignatureProblem;

/// What a header holds of a chain.
pub(crate) enum Found {
    /// Not one field.
    Nothing,
    /// Fields that make no chain.
    Broken {
        /// The highest instance; 0 when none can be read.
        instance: u32,
        /// What is wrong.
        problem: Problem,
    },
    /// Whole sets, the first one's first.
    Whole(Vec<FieldSet>),
}

/// The three fields of one instance.
pub(crate) struct FieldSet {
    pub(crate) instance: u32,
    /// Where the fields stand among all fields, in the order of [`FieldKind::ALL`].
    pub(crate) places: [usize; 3],
    pub(crate) results: AuthenticationResults,
    pub(crate) signature: Result<Signature, SignatureError>,
    pub(crate) seal: Seal,
}

/// Collects the sets of a header: RFC 8617 §5.2, steps 1 to 3.
pub(crate) fn collect(headers: &Headers<'_>) -> Found {
    let places = FieldKind::ALL.map(|field| places(headers, field));
    if places.iter().all(Vec::is_empty) {
        // RFC 8617 §5.2: without sets the status is none.
        return Found::Nothing;
    }
    // RFC 8617 §5.2: more than 50 sets fail.
    if places.iter().any(|places| places.len() > ARC_SET_COUNT_MAX as usize) {
        return Found::Broken { instance: ARC_SET_COUNT_MAX, problem: Problem::TooManySets };
    }
    let fields = Fields::read(headers, &places);
    let instance = fields.highest();
    match fields.sets(instance) {
        Ok(sets) => Found::Whole(sets),
        Err(problem) => Found::Broken { instance, problem },
    }
}

/// One more than the limit is enough to know.
fn places(headers: &Headers<'_>, field: FieldKind) -> Vec<usize> {
    let name = field.as_str().as_bytes();
    headers.indexes_named(field.key(), name).take(ARC_SET_COUNT_MAX as usize + 1).collect()
}

/// Every field, as far as it can be read, with its place.
struct Fields {
    results: Vec<(usize, ResultsField)>,
    signatures: Vec<(usize, MessageSignatureField)>,
    seals: Vec<(usize, SealField)>,
}

impl Fields {
    fn read(headers: &Headers<'_>, places: &[Vec<usize>; 3]) -> Self {
        fn each<T>(headers: &Headers<'_>, places: &[usize], parse: fn(&[u8]) -> T) -> Vec<(usize, T)> {
            let read = |place: &usize| headers.get(*place).map(|field| (*place, parse(field.value)));
            places.iter().filter_map(read).collect()
        }
        let [results, signatures, seals] = places;
        Self {
            results: each(headers, results, ResultsField::parse),
            signatures: each(headers, signatures, MessageSignatureField::parse),
            seals: each(headers, seals, SealField::parse),
        }
    }

    fn instances(&self) -> impl Iterator<Item = (FieldKind, Option<u32>)> {
        let results = self.results.iter().map(|(_, field)| (FieldKind::AuthenticationResults, field.instance));
        let signatures = self.signatures.iter().map(|(_, field)| (FieldKind::MessageSignature, field.instance));
        let seals = self.seals.iter().map(|(_, field)| (FieldKind::Seal, field.instance));
        results.chain(signatures).chain(seals)
    }

    fn highest(&self) -> u32 {
        self.instances().filter_map(|(_, instance)| instance).max().unwrap_or(0)
    }

    fn sets(mut self, highest: u32) -> Result<Vec<FieldSet>, Problem> {
        // RFC 8617 §5.2: when the newest seal says fail, the chain has failed, whatever else is there.
        let newest = self.seals.iter().filter_map(|(_, seal)| seal.instance).max();
        let failed = |seal: &SealField| seal.chain_status == Some(ChainStatus::Fail) && seal.instance == newest;
        if let Some(instance) = newest.filter(|_| self.seals.iter().any(|(_, seal)| failed(seal))) {
            return Err(Problem::FailedBefore(instance));
        }
        if let Some((field, _)) = self.instances().find(|(_, instance)| instance.is_none()) {
            return Err(Problem::Instance(field));
        }
        // RFC 8617 §5.2: the instances go from 1 to N, without gap or repetition.
        for instance in 1..=highest {
            if !self.instances().any(|(_, other)| other == Some(instance)) {
                return Err(Problem::Gap(instance));
            }
        }
        (1..=highest).map(|instance| self.set(instance)).collect()
    }

    /// RFC 8617 §5.2: exactly one of each field.
    fn set(&mut self, instance: u32) -> Result<FieldSet, Problem> {
        let (results_place, results) =
            only(&mut self.results, instance, FieldKind::AuthenticationResults, |field| field.instance)?;
        let (signature_place, signature) =
            only(&mut self.signatures, instance, FieldKind::MessageSignature, |field| field.instance)?;
        let (seal_place, seal) = only(&mut self.seals, instance, FieldKind::Seal, |field| field.instance)?;
        // RFC 8617 §5.2: `cv=` is none in the first seal and pass in all others.
        let wanted = if instance == 1 { ChainStatus::None } else { ChainStatus::Pass };
        if let Some(found) = seal.chain_status.filter(|found| *found != wanted) {
            return Err(Problem::ChainStatus { instance, found });
        }
        let seal = seal.seal.map_err(|flaw| match flaw {
            SealFlaw::ChainStatus => Problem::ChainStatusUnreadable(instance),
            SealFlaw::FieldNames => Problem::SealNamesFields(instance),
            SealFlaw::Signature(error) => Problem::Seal { instance, problem: SignatureProblem::Signature(error) },
        })?;
        let places = [results_place, signature_place, seal_place];
        Ok(FieldSet { instance, places, results: results.results, signature: signature.signature, seal })
    }
}

/// Takes the one field of this instance.
fn only<T>(
    fields: &mut Vec<(usize, T)>,
    instance: u32,
    kind: FieldKind,
    instance_of: fn(&T) -> Option<u32>,
) -> Result<(usize, T), Problem> {
    let is_it = |(_, field): &(usize, T)| instance_of(field) == Some(instance);
    let at = fields.iter().position(is_it).ok_or(Problem::Missing(kind, instance))?;
    let found = fields.swap_remove(at);
    if fields.iter().any(is_it) { Err(Problem::Repeated(kind, instance)) } else { Ok(found) }
}
