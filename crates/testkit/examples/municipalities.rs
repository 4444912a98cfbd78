//! Prints the list, the zone, or the published table of the survey of 1,788 local governments: for scripts that serve it with a real name server.

use std::io::Write as _;

fn main() -> std::io::Result<()> {
    let what = std::env::args().nth(1);
    let text = match what.as_deref() {
        Some("list") => sekisho_testkit::municipalities::list(),
        Some("zone") => sekisho_testkit::municipalities::zone(),
        Some("table") => sekisho_testkit::municipalities::table(),
        _ => return Err(std::io::Error::other("say list, zone or table")),
    };
    std::io::stdout().write_all(text.as_bytes())
}
