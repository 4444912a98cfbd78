//! Surveys of the municipalities around the town: three, half a year apart, each examined as `survey` does it.

use std::fmt::Write as _;

use audit::survey::kept::{Kept, Made};
use audit::survey::{Method, Table, examine};
use lookup::Zone;
use store::SqliteArchive;

use super::dice::Dice;
use super::town::name;
use super::{DAY_S, broken};
use crate::failure::Failure;
use crate::survey::hash_of;
use crate::survey::keep::put;

/// Makes the surveys.
///
/// # Errors
/// The store cannot take them.
pub(super) async fn fill(archive: &SqliteArchive, now_s: u64) -> Result<(), Failure> {
    for (number, days_ago) in DAYS_AGO.iter().enumerate() {
        let zone = Zone::parse(&zone(number)).map_err(|error| broken(&error.to_string()))?;
        let method = Method::default();
        let mut tables = [Table::new("region"), Table::new("kind")];
        let mut listed = 0;
        for municipality in municipalities() {
            let examined = examine(&zone, &name(&municipality.name)?, &method).await;
            let [region, kind] = &mut tables;
            region.add(municipality.region, &examined);
            kind.add(municipality.kind, &examined);
            listed += 1;
        }
        let begun_s = now_s.saturating_sub(days_ago * DAY_S);
        let made = Made {
            study: "asagiri-municipalities".into(),
            begun_s,
            ended_s: begun_s + 2,
            version: env!("CARGO_PKG_VERSION").into(),
            list: "asagiri-municipalities.csv".into(),
            list_hash: hash_of(&list()).into(),
            listed,
            resolvers: vec!["192.0.2.53:53".into()],
            all: tables[0].all().clone(),
            ..Made::default()
        };
        put(archive, &Kept { made, tables: tables.into() }).await.map_err(|reason| broken(&reason))?;
    }
    Ok(())
}

struct Municipality {
    name: String,
    region: &'static str,
    kind: &'static str,
    /// From 0 on: who is ready when.
    turn: u64,
}

/// The municipalities, in the order of the list.
fn municipalities() -> impl Iterator<Item = Municipality> {
    let mut dice = Dice::of(&[SEED]);
    REGIONS.iter().flat_map(|(region, count)| (0..*count).map(move |number| (region, number))).map(
        move |(region, number)| {
            let kind = if number % 4 == 0 { "city" } else { "town" };
            Municipality { name: format!("{kind}{number}.{region}.example"), region, kind, turn: dice.below(100) }
        },
    )
}

/// The list of which the surveys are.
fn list() -> String {
    let line = |its: Municipality| format!("{},{},{}\n", its.name, its.region, its.kind);
    std::iter::once("domain,region,kind\n".to_owned()).chain(municipalities().map(line)).collect()
}

/// What they publish at the time of a survey: from one to the next, more of them publish more.
fn zone(survey: usize) -> String {
    let mut text =
        String::from("example. SOA ns.example. hostmaster.example. 1 3600 600 86400 300\nexample. NS ns.example.\n");
    let [spf, dmarc, enforced, others] = SHARES[survey.min(SHARES.len() - 1)];
    for Municipality { name, turn, .. } in municipalities() {
        // A string takes everything.
        let _ = writeln!(text, "{name}. MX 10 mx.{name}.\nmx.{name}. A 192.0.2.25");
        if turn < spf {
            let all = if turn % 3 == 0 { "-all" } else { "~all" };
            let _ = writeln!(text, "{name}. TXT \"v=spf1 mx {all}\"");
        }
        if turn < dmarc {
            let policy = match (turn < enforced, turn % 2) {
                (false, _) => "none",
                (true, 0) => "quarantine",
                (true, _) => "reject",
            };
            let _ = writeln!(text, "_dmarc.{name}. TXT \"v=DMARC1; p={policy}; rua=mailto:dmarc@{name}\"");
        }
        if turn < others {
            let _ = writeln!(
                text,
                "_mta-sts.{name}. TXT \"v=STSv1; id=1\"\n_smtp._tls.{name}. TXT \"v=TLSRPTv1; rua=mailto:t@{name}\""
            );
        }
    }
    text
}

const DAYS_AGO: [u64; 3] = [370, 187, 5];
/// Of a hundred municipalities, at each survey: SPF, DMARC, an enforced policy, transport security.
const SHARES: [[u64; 4]; 3] = [[72, 9, 1, 0], [79, 26, 4, 2], [93, 41, 12, 5]];
const REGIONS: [(&str, u64); 4] = [("north", 14), ("river", 22), ("coast", 17), ("hills", 9)];
const SEED: u64 = 41;
