//! SPF checks per second over a corpus of envelopes, one thread, DNS answers in memory, and how many verdicts agree.
//!
//! `cargo run --release -p sekisho-spf --example corpus -- CORPUS [PASSES]`, where CORPUS holds `envelopes.csv` and
//! `zone/zone.tsv`.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    clippy::unwrap_used,
    reason = "a program that measures"
)]

use std::collections::HashMap;
use std::error::Error;
use std::future::Future;
use std::net::IpAddr;
use std::path::Path;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use lookup::{Data, MailExchange, Text, Zone};
use mailtext::Domain;
use sekisho_spf::{ExplanationUse, Identity, Limits, MailFrom, Request, Verdict, check_identity};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let corpus = arguments.next().ok_or("usage: corpus CORPUS [PASSES]")?;
    let passes: usize = arguments.next().map_or(Ok(31), |text| text.parse())?;
    let zone = zone(&std::fs::read_to_string(Path::new(&corpus).join("zone/zone.tsv"))?)?;
    let envelopes = std::fs::read_to_string(Path::new(&corpus).join("envelopes.csv"))?;
    let envelopes: Vec<_> = envelopes.lines().skip(1).filter_map(Envelope::parse).collect();

    let mut agree = 0;
    let mut disagree: HashMap<(&str, Verdict), usize> = HashMap::new();
    for envelope in &envelopes {
        let verdict = envelope.check(&zone);
        if verdict.as_str() == envelope.want {
            agree += 1;
        } else {
            *disagree.entry((envelope.want, verdict)).or_default() += 1;
        }
    }
    println!("agree {agree}/{} {disagree:?}", envelopes.len());

    let mut rates: Vec<f64> = Vec::new();
    for _ in 0..passes {
        let start = Instant::now();
        for envelope in &envelopes {
            std::hint::black_box(envelope.check(&zone));
        }
        rates.push(envelopes.len() as f64 / start.elapsed().as_secs_f64());
    }
    rates.sort_by(f64::total_cmp);
    println!("median {:.0} best {:.0} checks/s", rates[rates.len() / 2], rates[rates.len() - 1]);
    Ok(())
}

struct Envelope<'a> {
    ip: IpAddr,
    helo: &'a str,
    mail_from: &'a str,
    want: &'a str,
}

impl<'a> Envelope<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let columns: Vec<_> = line.split(',').collect();
        let [_, ip, _, helo, mail_from, _, _, want, ..] = columns.as_slice() else { return None };
        Some(Self { ip: ip.parse().ok()?, helo, mail_from, want })
    }

    fn check(&self, zone: &Zone) -> Verdict {
        let mail_from = match self.mail_from.rsplit_once('@') {
            None => MailFrom::Null,
            Some((local_part, domain)) => MailFrom::mailbox(local_part, domain),
        };
        let request = Request {
            ip: self.ip,
            helo: self.helo,
            mail_from,
            receiver: "mx.example.jp",
            now_s: 1_760_000_000,
            explanation: ExplanationUse::Fetch,
        };
        let limits = Limits::default();
        // Every answer is there: one poll is enough, and costs no executor.
        let future = pin!(check_identity(zone, &request, Identity::MailFrom, &limits));
        let Poll::Ready(outcome) = future.poll(&mut Context::from_waker(Waker::noop())) else { unreachable!() };
        outcome.result.verdict
    }
}

fn zone(text: &str) -> Result<Zone, Box<dyn Error>> {
    let mut zone = Zone::new();
    for line in text.lines() {
        let mut columns = line.splitn(3, '\t');
        let (Some(name), Some(kind), Some(data)) = (columns.next(), columns.next(), columns.next()) else { continue };
        let domain = |text: &str| Domain::query(text).map_err(|error| format!("{text}: {error:?}"));
        let data = match kind {
            "A" => Data::A(data.parse()?),
            "AAAA" => Data::Aaaa(data.parse()?),
            "TXT" => Data::Txt(Text::from_strings([data])),
            "PTR" => Data::Ptr(domain(data)?),
            "MX" => {
                let (preference, host) = data.split_once(' ').ok_or("MX without preference")?;
                Data::Mx(MailExchange { preference: preference.parse()?, exchange: domain(host).ok() })
            }
            _ => continue,
        };
        zone.add(&domain(name)?, data, 3600);
    }
    Ok(zone)
}
