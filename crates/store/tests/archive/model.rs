//! The file against the plain meaning: the same commands, in any order, have the same answers in both stores.

use std::collections::BTreeSet;
use std::sync::Arc;

use feedback::Archive;
use feedback::archive::*;
use feedback::summary::Spread;
use proptest::prelude::*;
use report::query::Reach;
use store::MemoryArchive;
use store::archive::Settings;
use testkit::block_on;

use crate::samples::*;

#[derive(Clone, Debug)]
enum Command {
    Import(Vec<(u64, Variant)>, Option<Place>),
    Documents(DocumentQuery),
    Totals(DocumentQuery, Option<(mailtext::Domain, Reach)>),
    Document(DocumentId),
    Counts(CountQuery, Division),
    Sources(CountQuery),
    Reporters(CountQuery),
    Others(CountQuery),
    Names(Option<Box<str>>),
    Mark(Mark, Option<Standing>),
    Judge(Box<str>, mailtext::Domain, u64),
    Hosts(Vec<Host>, u64, usize),
    Remove(Removal),
    Rebuild,
}

/// Few parcels, so that they meet again.
const PARCEL_COUNT: u64 = 60;

fn tenant() -> impl Strategy<Value = Option<Box<str>>> {
    prop::option::weighted(0.3, prop::sample::select(vec!["", "city"]).prop_map(Into::into))
}

fn some_domain() -> impl Strategy<Value = (mailtext::Domain, Reach)> {
    let name = prop::sample::select(DOMAINS).prop_map(domain);
    (name, prop::sample::select(vec![Reach::Name, Reach::Below]))
}

fn reporter() -> impl Strategy<Value = Option<Box<str>>> {
    let names = vec!["google.com", "GOOGLE.com", "yahooinc.com", "Yahoo", "mx.reporter.example", "nobody", ""];
    prop::option::weighted(0.3, prop::sample::select(names).prop_map(Into::into))
}

fn count_query() -> impl Strategy<Value = CountQuery> {
    let days = prop::option::weighted(0.3, (0..12_u32).prop_map(|day| START_DAY - 1 + day));
    let rest = (any::<bool>(), prop::sample::select(vec![0_usize, 0, 1, 3, 20]));
    (tenant(), prop::option::weighted(0.4, some_domain()), days.clone(), days, reporter(), rest).prop_map(
        |(tenant, domain, from_day, until_day, reporter, (with_unauthenticated, limit))| CountQuery {
            tenant,
            domain,
            from_day,
            until_day,
            reporter,
            with_unauthenticated,
            limit,
        },
    )
}

fn document_query() -> impl Strategy<Value = DocumentQuery> {
    use prop::option::weighted;
    let kind = prop::sample::select(vec![Kind::Aggregate, Kind::Failure, Kind::Tls]);
    let status = prop::sample::select(vec![Status::Accepted, Status::Salvaged, Status::Refused]);
    let time = || weighted(0.2, (0..12 * DAY_S).prop_map(|time_s| START_S + time_s));
    let report_id = weighted(0.1, (0..PARCEL_COUNT).prop_map(|number| format!("id-{number}").into()));
    let words = (weighted(0.2, kind), weighted(0.2, status), weighted(0.3, some_domain()));
    let page = (weighted(0.2, (0..80_u64).prop_map(DocumentId)), prop::sample::select(vec![0_usize, 1, 7]));
    (tenant(), words, reporter(), report_id, time(), time(), page).prop_map(
        |(tenant, (kind, status, domain), reporter, report_id, from_s, until_s, (before, limit))| DocumentQuery {
            tenant,
            kind,
            status,
            domain,
            reporter,
            report_id,
            from_s,
            until_s,
            before,
            limit,
        },
    )
}

fn division() -> impl Strategy<Value = Division> {
    let bools = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    bools.prop_map(|(day, domain, reporter, class, disposition, aligned)| Division {
        day,
        domain,
        reporter,
        class,
        disposition,
        aligned,
    })
}

fn import() -> impl Strategy<Value = Command> {
    let variant = prop_oneof![3 => Just(Variant::Itself), 2 => prop::sample::select(Variant::ALL)];
    let place = prop::option::of(("[ab]", "[0-9]{1,3}"));
    (prop::collection::vec((0..PARCEL_COUNT, variant), 0..12), place).prop_map(|(parcels, place)| {
        let place = place.map(|(source, position)| Place { source: source.into(), position: position.into() });
        Command::Import(parcels, place)
    })
}

fn removal() -> impl Strategy<Value = Removal> {
    let time = || (0..12 * DAY_S).prop_map(|time_s| START_S + time_s);
    let name = prop::option::of(prop::sample::select(DOMAINS).prop_map(domain));
    prop_oneof![
        (some_domain(), tenant()).prop_map(|((domain, reach), tenant)| Removal::Domain { domain, reach, tenant }),
        (time(), name).prop_map(|(before_s, domain)| Removal::Reports { before_s, domain }),
        time().prop_map(|before_s| Removal::Raw { before_s }),
        (0..80_u64).prop_map(|id| Removal::One(DocumentId(id))),
    ]
}

fn mark() -> impl Strategy<Value = Command> {
    let sender = prop::sample::select(vec![
        Sender::Service("esp".into()),
        Sender::Hosts("esp.example".into()),
        Sender::Network("192.0.2.0/24".into()),
    ]);
    let standing = prop::sample::select(vec![Standing::Approved, Standing::Forwarder, Standing::Denied]);
    let domain = prop::sample::select(DOMAINS).prop_map(domain);
    let tenant = prop::sample::select(vec!["", "city"]);
    (tenant, domain, sender, prop::option::weighted(0.8, standing)).prop_map(|(tenant, domain, sender, standing)| {
        let mark =
            Mark { tenant: tenant.into(), domain, sender, standing: Standing::Denied, note: "why".into(), at_s: 7 };
        Command::Mark(mark, standing)
    })
}

fn hosts() -> impl Strategy<Value = Command> {
    let host = (0..60_u32, 0..5_u64).prop_map(|(host, at_s)| Host {
        address: std::net::Ipv4Addr::from(0xc633_6400 + host).into(),
        name: (host % 2 == 0).then(|| format!("h{host}.example").into()),
        asn: (host % 3 == 0).then_some(host),
        as_name: None,
        country: Some("JP".into()),
        at_s,
    });
    let limit = prop::sample::select(vec![0_usize, 3]);
    (prop::collection::vec(host, 0..20), 0..6_u64, limit)
        .prop_map(|(hosts, before_s, limit)| Command::Hosts(hosts, before_s, limit))
}

fn command() -> impl Strategy<Value = Command> {
    let judged = (prop::sample::select(vec!["", "city"]), prop::sample::select(DOMAINS), 0..5_u64);
    prop_oneof![
        6 => import(),
        3 => document_query().prop_map(Command::Documents),
        2 => (document_query(), prop::option::of(some_domain())).prop_map(|(query, of)| Command::Totals(query, of)),
        2 => (0..80_u64).prop_map(|id| Command::Document(DocumentId(id))),
        4 => (count_query(), division()).prop_map(|(query, by)| Command::Counts(query, by)),
        3 => count_query().prop_map(Command::Sources),
        2 => count_query().prop_map(Command::Reporters),
        2 => count_query().prop_map(Command::Others),
        1 => tenant().prop_map(Command::Names),
        1 => mark(),
        2 => judged.prop_map(|(tenant, name, seed)| Command::Judge(tenant.into(), domain(name), seed)),
        1 => hosts(),
        2 => removal().prop_map(Command::Remove),
        1 => Just(Command::Rebuild),
    ]
}

/// Some judgement that depends on everything that it is told.
fn judge(seed: u64) -> Judge {
    let classes = [Class::Undecidable, Class::Legitimate, Class::Forwarded, Class::Misconfigured, Class::Suspected];
    Arc::new(move |sighting: &Sighting<'_>| {
        let policy = u64::from(sighting.policy.policy.known().is_some());
        let all = sighting.count + sighting.circumstances.dkim.len() as u64 + policy + seed;
        let is_hidden = sighting.source.is_none();
        if is_hidden { Class::Undecidable } else { classes[(all % 5) as usize] }
    })
}

macro_rules! both {
    ($memory:expr, $file:expr, |$archive:ident| $question:expr) => {{
        let (of_memory, of_file) = (
            {
                let $archive = $memory;
                block_on($question)
            },
            {
                let $archive = $file;
                block_on($question)
            },
        );
        prop_assert_eq!(of_file, of_memory);
    }};
}

fn same(command: &Command, memory: &MemoryArchive, file: &impl Archive) -> Result<(), TestCaseError> {
    match command.clone() {
        Command::Import(parcels, place) => {
            let parcels: Vec<Parcel> = parcels.iter().map(|(number, variant)| variant.of(*number)).collect();
            both!(memory, file, |archive| archive.import(parcels.clone(), place.clone()));
            both!(memory, file, |archive| archive.place("a"));
        }
        Command::Documents(query) => both!(memory, file, |archive| archive.documents(query.clone())),
        Command::Totals(query, of) => {
            let within = of.map(|of| vec![of]);
            both!(memory, file, |archive| archive.totals(query.clone(), within.clone()));
        }
        Command::Document(id) => {
            both!(memory, file, |archive| archive.document(id));
            both!(memory, file, |archive| archive.content(id));
        }
        Command::Counts(query, by) => {
            both!(memory, file, |archive| archive.counts(query.clone(), by));
            let spread = if by.day { Spread::Daily } else { Spread::Whole };
            both!(memory, file, |archive| archive.summary(query.clone(), spread));
            both!(memory, file, |archive| archive.volumes(query.clone(), None));
            let some = BTreeSet::from(["a.example".into(), "b.a.example".into()]);
            both!(memory, file, |archive| archive.volumes(query.clone(), Some(some.clone())));
        }
        Command::Sources(query) => {
            both!(memory, file, |archive| archive.sources(query.clone()));
            both!(memory, file, |archive| archive.spread(query.clone(), 2));
        }
        Command::Reporters(query) => both!(memory, file, |archive| archive.reporters(query.clone())),
        Command::Others(query) => {
            both!(memory, file, |archive| archive.tls(query.clone()));
            both!(memory, file, |archive| archive.failures(query.clone()));
        }
        Command::Names(tenant) => {
            both!(memory, file, |archive| archive.domains(tenant.as_deref()));
            both!(memory, file, |archive| archive.marks(tenant.as_deref().unwrap_or_default()));
        }
        Command::Mark(mark, standing) => both!(memory, file, |archive| archive.set_mark(mark.clone(), standing)),
        Command::Judge(tenant, domain, seed) => {
            both!(memory, file, |archive| archive.judge_anew(&tenant, &domain, judge(seed)));
        }
        Command::Hosts(hosts, before_s, limit) => {
            both!(memory, file, |archive| archive.keep_hosts(hosts.clone()));
            both!(memory, file, |archive| archive.hosts(hosts.iter().map(|host| host.address).collect()));
            both!(memory, file, |archive| archive.unknown_hosts(before_s, limit));
        }
        Command::Remove(what) => both!(memory, file, |archive| archive.remove(what.clone())),
        Command::Rebuild => prop_assert_eq!(block_on(file.rebuild()), Ok(0)),
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 300, ..ProptestConfig::default() })]

    #[test]
    fn the_file_answers_as_memory_does(commands in prop::collection::vec(command(), 1..60)) {
        let settings = Settings { refused_count_max: 6, refused_bytes_max: 80, ..Settings::default() };
        let (_folder, file) = file_with(settings.clone());
        let memory = MemoryArchive::new(settings);
        for command in &commands {
            same(command, &memory, &file)?;
        }
        same(&Command::Documents(DocumentQuery::default()), &memory, &file)?;
        same(&Command::Names(None), &memory, &file)?;
        same(&Command::Rebuild, &memory, &file)?;
        check_sums(&file);
        check_sums(&memory);
    }
}
