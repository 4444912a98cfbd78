//! `tidy`: what the house promises and the compiler does not check. Each check is a module and a row of `CHECKS`.

mod arrows;
mod cases;
mod functions;
mod heads;
mod licences;
mod machine;
mod paths;
mod purity;

use crate::house::{Complaint, House, Outcome};

type Check = fn(&House) -> Outcome<Vec<Complaint>>;

const CHECKS: &[(&str, Check)] = &[
    ("arrows between crates", arrows::check),
    ("purity", purity::check),
    ("length of functions", functions::check),
    ("paths in documents", paths::check),
    ("heads of crates", heads::check),
    ("cases", cases::check),
    ("licences", licences::check),
    ("traces of a machine", machine::check),
];

pub(crate) fn run(house: &House, arguments: &[String]) -> Outcome {
    if let Some(unknown) = arguments.first() {
        return Err(format!("unknown option: {unknown}"));
    }
    let mut count = 0;
    for (name, check) in CHECKS {
        let complaints = check(house).unwrap_or_else(|reason| vec![Complaint::new(name, 0, reason)]);
        complaints.iter().for_each(|complaint| eprintln!("{complaint}"));
        count += complaints.len();
    }
    if count == 0 { Ok(()) } else { Err(format!("{count} complaints")) }
}
