//! What filters mean, and that the indices find what they mean.

use mailtext::Domain;
use proptest::prelude::*;
use report::index::{domain_key, keys, ranges};
use report::query::{DomainFilter, DomainRole, Filter, Network, Reach};
use report::row::Address;
use report::vocabulary::*;

use crate::arbitrary::{address, ip, row, some_domain, text};
use crate::codec::sample;

pub(crate) fn filter() -> impl Strategy<Value = Filter> {
    use prop::option::weighted;
    use prop::sample::select;
    let roles = prop::option::of(select(DomainRole::ALL.to_vec()));
    let domain = (some_domain(), select(vec![Reach::Name, Reach::Below]), roles)
        .prop_map(|(domain, reach, role)| DomainFilter { domain, reach, role });
    let network = (ip(), 0..=128_u8).prop_map(|(ip, bits)| Network { ip, bits });
    let named = (weighted(0.1, text()), weighted(0.1, Just([7; 16])), weighted(0.2, network), weighted(0.1, address()));
    let tenant = weighted(0.2, select(vec!["", "a", "b"]));
    let verdict = (weighted(0.2, select(Action::ALL.to_vec())), weighted(0.2, select(Disposition::ALL.to_vec())));
    (named, weighted(0.3, domain), tenant, verdict).prop_map(|(named, domain, tenant, verdict)| Filter {
        queue_id: named.0,
        message_id: named.1,
        client: named.2,
        mail_from: named.3,
        domain,
        tenant: tenant.map(Into::into),
        action: verdict.0,
        disposition: verdict.1,
        ..Filter::default()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2048, ..ProptestConfig::default() })]

    #[test]
    fn what_is_admitted_is_found_by_its_keys(row in row(), filter in filter()) {
        if let (true, Some(ranges)) = (filter.admits(&row), ranges(&filter)) {
            let keys = keys(&row);
            let is_found = ranges.iter().any(|range| {
                keys.iter().any(|key| key.kind == range.kind && range.low <= key.bytes && key.bytes <= range.high)
            });
            prop_assert!(is_found, "{filter:?} {keys:?}");
        }
    }

    #[test]
    fn a_row_is_found_by_what_it_holds(row in row()) {
        for role in DomainRole::ALL {
            for domain in role.domains(&row) {
                let exact = DomainFilter { domain: domain.clone(), reach: Reach::Name, role: Some(*role) };
                let wanted = Filter { domain: Some(exact), ..Filter::default() };
                prop_assert!(wanted.admits(&row));
            }
        }
        if let Some(ip) = row.client.ip {
            let wanted = Filter { client: Some(Network::one(ip)), ..Filter::default() };
            prop_assert!(wanted.admits(&row));
        }
    }
}

#[test]
fn each_condition_counts() {
    let row = sample();
    let name = |name| Domain::parse(name).unwrap();
    let domain = |text, reach, role| Filter {
        domain: Some(DomainFilter { domain: name(text), reach, role }),
        ..Filter::default()
    };
    let network =
        |ip: &str, bits| Filter { client: Some(Network { ip: ip.parse().unwrap(), bits }), ..Filter::default() };
    let none = Filter::default;
    let time_ms = row.time_ms();
    let cases = [
        (none(), true),
        (Filter::between(time_ms, time_ms + 1), true),
        (Filter::between(time_ms + 1, time_ms + 2), false),
        (Filter::between(time_ms - 1, time_ms), false),
        (Filter { tenant: Some("city".into()), ..none() }, true),
        (Filter { tenant: Some("".into()), ..none() }, false),
        (Filter { site: report::Site::new(3), ..none() }, true),
        (Filter { site: report::Site::new(4), ..none() }, false),
        (Filter { direction: Some(Direction::Out), ..none() }, false),
        (Filter { queue_id: Some("4bXyZ12345z9QK".into()), ..none() }, true),
        (Filter { queue_id: Some("4bxyz12345z9qk".into()), ..none() }, false),
        (Filter { message_id: Some([9; 16]), ..none() }, true),
        (Filter { message_id: Some([8; 16]), ..none() }, false),
        (Filter { mail_from: Some(Address::Text("bounce@mailer.example".into())), ..none() }, true),
        (Filter { mail_from: Some(Address::Withheld), ..none() }, false),
        (network("203.0.113.9", 32), true),
        (network("203.0.113.200", 24), true),
        (network("203.0.113.200", 25), false),
        (network("::ffff:203.0.113.9", 128), true),
        (network("::", 0), true),
        (network("2001:db8::", 32), false),
        (domain("bank.example", Reach::Name, Some(DomainRole::Policy)), true),
        (domain("bank.example", Reach::Name, Some(DomainRole::Author)), false),
        (domain("bank.example", Reach::Below, Some(DomainRole::Author)), true),
        (domain("example", Reach::Below, Some(DomainRole::MailFrom)), true),
        (domain("ample", Reach::Below, None), false),
        (domain("city.example.jp", Reach::Name, None), true),
        (Filter { result: Some((Method::Dkim, MethodResult::Fail)), ..none() }, true),
        (Filter { result: Some((Method::Dmarc, MethodResult::Pass)), ..none() }, false),
        (Filter { result: Some((Method::Bimi, MethodResult::None)), ..none() }, false),
        (Filter { disposition: Some(Disposition::None), action: Some(Action::Label), ..none() }, true),
        (Filter { disposition: Some(Disposition::None), action: Some(Action::Accept), ..none() }, false),
    ];
    for (filter, wanted) in cases {
        assert_eq!(filter.admits(&row), wanted, "{filter:?}");
    }
}

#[test]
fn keys_of_domains_sort_as_the_tree() {
    let key = |name| domain_key(&Domain::query(name).unwrap());
    assert_eq!(key("mail.example.jp"), b"jp.example.mail.");
    let below = report::index::domain_range(
        report::index::KeyKind::Sender,
        &Domain::parse("example.jp").unwrap(),
        Reach::Below,
    );
    let is_in = |name| (below.low.clone()..=below.high.clone()).contains(&key(name));
    for name in ["example.jp", "a.example.jp", "~.example.jp", "a.b.example.jp"] {
        assert!(is_in(name), "{name}");
    }
    for name in ["jp", "example-x.jp", "example/x.jp", "examplea.jp", "example.jp.example", "exampl.jp"] {
        assert!(!is_in(name), "{name}");
    }
}
