//! The tree of an SPF record as text and as JSON.

use mailtext::encoded_word::display_safe;
use mailtext::{Domain, Explain, Flaw};
use serde::Serialize;
use spf::tree::draw::Line;
use spf::tree::summary::rounded;
use spf::tree::{
    Cause, Counted, ExplanationState, Host, Node, NodeId, Party, Results, Source, State, Target, Term, TermAt,
};
use spf::{AddressSet, Limits, RecordFlaw, Tree, Verdict};

use crate::paint::{Paint, Tone, blanks, columns};
use crate::reports::table::grouped;
use crate::say::Say;

/// The drawing: the sentence that sums it up, then a line for each term with its cost and what it adds, and below it what
/// is to be said of it.
pub(crate) fn render_text(tree: &Tree, say: &Say, paint: Paint) -> String {
    let lines = tree.lines();
    let mut out = String::new();
    if let Some(summary) = tree.summary() {
        out.push_str(&format!("{}\n\n", say.explain(&summary)));
    }
    let heads = ["lookups", "ip4", "ip6"].map(|column| label(column, say));
    let cells: Vec<[String; 3]> = lines.iter().map(cells).collect();
    let wide = lines.iter().map(|line| columns(&drawn(line))).max().unwrap_or_default().min(TEXT_COLUMNS_MAX);
    let widths = [0, 1, 2].map(|place| {
        let cells = cells.iter().map(|cells| columns(&cells[place]));
        cells.chain([columns(&heads[place])]).max().unwrap_or_default()
    });
    let row = |first: &str, cells: &[String; 3]| {
        let mut row = format!("{first}{}", blanks(first, wide));
        for (cell, width) in cells.iter().zip(widths) {
            row.push_str(&format!("  {}{cell}", blanks(cell, width)));
        }
        row.trim_end().to_owned() + "\n"
    };
    out.push_str(&paint.tone(Tone::Faint, &row("", &heads)));
    for (line, cells) in lines.iter().zip(&cells) {
        out.push_str(&row(&drawn(line), cells));
        for remark in &line.remarks {
            let told = format!("{}! {}", below(line), say.explain(remark));
            out.push_str(&paint.tone(Tone::Doubtful, told.trim_end()));
            out.push('\n');
        }
    }
    out
}

fn label(column: &str, say: &Say) -> String {
    match column {
        "lookups" => say.word("spf-tree-label-lookups"),
        "ip4" => say.word("spf-tree-label-ip4"),
        _ => say.word("spf-tree-label-ip6"),
    }
}

/// What stands at the side of a line.
fn cells(line: &Line) -> [String; 3] {
    let lookups = if line.total.lookups == 0 { String::new() } else { line.total.lookups.to_string() };
    let (ip4, ip6) = match line.adds {
        None => (String::new(), String::new()),
        Some(adds) => (grouped(adds.ip4), rounded(adds.ip6)),
    };
    let or_dash = |text: String| if text == "0" { "–".to_owned() } else { text };
    [lookups, or_dash(ip4), or_dash(ip6)]
}

/// The text of a line behind its rails, with who runs what it leads to.
fn drawn(line: &Line) -> String {
    let own = match line.rails.last() {
        None => "",
        Some(true) => "├─ ",
        Some(false) => "└─ ",
    };
    let above = line.rails.split_last().map_or(&[][..], |(_, above)| above);
    let operator = line.operator.as_ref().map(|operator| format!(" ({operator})")).unwrap_or_default();
    format!("{}{own}{}{operator}", rails(above), display_safe(&line.text))
}

/// The rails below a line, as far as its remarks need them.
fn below(line: &Line) -> String {
    rails(&line.rails) + "   "
}

fn rails(more: &[bool]) -> String {
    more.iter().map(|more| if *more { "│  " } else { "   " }).collect()
}

/// The whole tree. The members of objects stand in the order of their names, here as in the other objects of a check.
#[derive(Serialize)]
struct TreeObject {
    /// Our own limit that cut the tree.
    cut: Option<&'static str>,
    domain: String,
    /// Whether the record leads back to itself.
    endless: bool,
    /// The term with which the limit is passed.
    exceeded_by: Option<PlaceObject>,
    lookup_limit: u8,
    lookups: u32,
    /// Who has which share in the domain's own record.
    parties: Vec<ShareObject>,
    record: RecordObject,
    /// By result, without any that nobody has.
    results: Vec<ResultObject>,
    /// `published` or `given`.
    source: &'static str,
    /// Whether some addresses pass or fail by more than the record.
    undecided: bool,
    void_lookups: u32,
    /// As receivers count that do not forgive hosts of one family.
    void_lookups_ipv4: u32,
    void_lookups_ipv6: u32,
}

/// Addresses of one result.
#[derive(Serialize)]
struct ResultObject {
    ipv4: u64,
    /// A decimal number: it may have 39 digits.
    ipv6: String,
    /// The first ones; nothing for results that nearly everyone has.
    networks: Vec<String>,
    networks_total: usize,
    result: &'static str,
}

#[derive(Serialize)]
struct PlaceObject {
    domain: String,
    span: [u32; 2],
    term: String,
    /// The terms that lead there.
    way: Vec<String>,
}

#[derive(Serialize)]
struct ShareObject {
    adds_ipv4: u64,
    adds_ipv6: String,
    lookups: u32,
    operator: Option<String>,
    organizational_domain: String,
    terms: Vec<String>,
}

#[derive(Serialize)]
struct RecordObject {
    domain: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<ExplanationObject>,
    flaws: Vec<FlawObject>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    lookalikes: Vec<LookalikeObject>,
    lookups: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    operator: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    organizational_domain: Option<String>,
    remarks: Vec<RemarkObject>,
    /// `sound`, `broken`, `several`, `none`, `no-such-domain`, `not-checkable`, `failed`, `loop` or `cut`.
    state: &'static str,
    terms: Vec<TermObject>,
    text: Option<String>,
    ttl_s: u32,
}

#[derive(Serialize)]
struct FlawObject {
    code: &'static str,
    fatal: bool,
    message: String,
    span: [u32; 2],
}

#[derive(Serialize)]
struct RemarkObject {
    code: &'static str,
    message: String,
}

#[derive(Serialize)]
struct LookalikeObject {
    kind: &'static str,
    text: String,
}

#[derive(Serialize)]
struct ExplanationObject {
    span: [u32; 2],
    state: &'static str,
    text: Option<String>,
}

#[derive(Serialize)]
struct TermObject {
    /// What it is the first to match.
    adds_ipv4: u64,
    adds_ipv6: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    dead: Option<DeadObject>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hosts: Vec<HostObject>,
    /// What it matches by itself.
    ipv4: u64,
    ipv6: String,
    kind: &'static str,
    /// Of the term itself.
    lookups: u32,
    macros: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    operator: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    organizational_domain: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    record: Option<Box<RecordObject>>,
    remarks: Vec<RemarkObject>,
    result: Option<&'static str>,
    span: [u32; 2],
    target: Option<String>,
    text: String,
    /// With all below it.
    total_lookups: u32,
    void_lookups: u32,
}

#[derive(Serialize)]
struct DeadObject {
    by: Vec<String>,
    cause: &'static str,
    contradicted: bool,
}

#[derive(Serialize)]
struct HostObject {
    addresses: Vec<String>,
    name: String,
    ttl_s: u32,
}

/// The value of `spf_tree` in `check --format json`.
pub(crate) fn object(tree: &Tree, say: &Say) -> impl Serialize {
    let cost = tree.worst.cost;
    let limit = Limits::default().lookup_count_max;
    let results = Results::ALL.into_iter().map(|verdict| result_object(verdict, tree.results.of(verdict)));
    TreeObject {
        domain: tree.domain.to_string(),
        source: match tree.source {
            Source::Published => "published",
            Source::Given => "given",
        },
        lookups: cost.lookups,
        lookup_limit: limit,
        void_lookups: cost.void,
        void_lookups_ipv4: cost.void_ip4,
        void_lookups_ipv6: cost.void_ip6,
        endless: tree.worst.is_endless,
        exceeded_by: tree.worst.exceeds(limit).and_then(|Counted { at, .. }| place_object(tree, *at)),
        cut: tree.cut.map(spf::tree::Cut::word),
        undecided: !tree.results.undecided.is_empty(),
        results: results.filter(|result| result.networks_total > 0).collect(),
        parties: shares(tree),
        record: record_object(tree, NodeId(0), tree.root(), say),
    }
}

fn result_object(verdict: Verdict, set: &AddressSet) -> ResultObject {
    // What nearly everyone has is told by what the others have.
    let is_most = set.count_ip4() > u64::from(u32::MAX / 2) && verdict != Verdict::Pass;
    let shown = if is_most { 0 } else { SHOWN_NETWORK_COUNT_MAX };
    ResultObject {
        result: verdict.as_str(),
        ipv4: set.count_ip4(),
        ipv6: set.count_ip6().to_string(),
        networks: set.prefixes().take(shown).map(|prefix| prefix.to_string()).collect(),
        networks_total: set.prefixes().count(),
    }
}

fn place_object(tree: &Tree, at: TermAt) -> Option<PlaceObject> {
    let (node, term) = tree.term(at)?;
    let way = tree.way(at.node);
    Some(PlaceObject {
        domain: node.domain.to_string(),
        term: term.text.clone(),
        span: [term.span.start, term.span.end],
        way: way.into_iter().filter_map(|at| tree.term(at)).map(|(_, term)| term.text.clone()).collect(),
    })
}

fn shares(tree: &Tree) -> Vec<ShareObject> {
    let text = |at: &TermAt| tree.term(*at).map(|(_, term)| term.text.clone());
    let shares = tree.party_shares().into_iter();
    let shares = shares.map(|share| ShareObject {
        organizational_domain: share.party.organizational.to_string(),
        operator: share.party.operator,
        terms: share.terms.iter().filter_map(text).collect(),
        lookups: share.cost.lookups,
        adds_ipv4: share.adds_ip4,
        adds_ipv6: share.adds_ip6.to_string(),
    });
    shares.collect()
}

fn record_object(tree: &Tree, id: NodeId, node: &Node, say: &Say) -> RecordObject {
    let (organizational_domain, operator) = party(node.party.as_ref());
    let text = String::from_utf8_lossy(node.record().text()).into_owned();
    let lookalikes = node.lookalikes.iter();
    RecordObject {
        domain: node.domain.to_string(),
        state: state_word(node.state),
        ttl_s: node.ttl_s,
        text: matches!(node.state, State::Sound | State::Broken(_)).then_some(text),
        lookups: node.total.lookups,
        organizational_domain,
        operator,
        flaws: node.policy.flaws.iter().map(|flaw| flaw_object(flaw, say)).collect(),
        remarks: remarks(&tree.remarks_of_node(id), say),
        lookalikes: lookalikes
            .map(|found| LookalikeObject { kind: found.kind.word(), text: found.text.clone() })
            .collect(),
        terms: node.terms().map(|(term, value)| term_object(tree, TermAt { node: id, term }, value, say)).collect(),
        explanation: node.explanation.as_ref().map(|explanation| ExplanationObject {
            span: [explanation.span.start, explanation.span.end],
            text: match &explanation.state {
                ExplanationState::Text(text) => Some(text.clone()),
                _ => None,
            },
            state: explanation_word(&explanation.state),
        }),
    }
}

fn term_object(tree: &Tree, at: TermAt, term: &Term, say: &Say) -> TermObject {
    let (organizational_domain, operator) = party(term.party.as_ref());
    let text = |at: &TermAt| tree.term(*at).map(|(_, term)| term.text.clone());
    let record = term.node.and_then(|id| Some((id, tree.node(id)?)));
    TermObject {
        text: term.text.clone(),
        span: [term.span.start, term.span.end],
        kind: term.kind.as_str(),
        result: term.verdict().map(Verdict::as_str),
        target: match &term.target {
            Target::Name(name) => Some(name.to_string()),
            _ => None,
        },
        macros: term.letters.iter().map(|letter| letter.as_char().to_string()).collect(),
        lookups: term.own.lookups,
        total_lookups: term.total.lookups,
        void_lookups: term.own.void,
        ipv4: term.opens.count_ip4(),
        ipv6: term.opens.count_ip6().to_string(),
        adds_ipv4: term.adds.count_ip4(),
        adds_ipv6: term.adds.count_ip6().to_string(),
        dead: term.dead.as_ref().map(|dead| DeadObject {
            cause: match dead.cause {
                Cause::AfterAll => "after-all",
                Cause::Covered => "covered",
                Cause::Unreached => "unreached",
            },
            by: dead.by.iter().filter_map(text).collect(),
            contradicted: dead.is_contradicted,
        }),
        hosts: term.hosts.iter().map(host_object).collect(),
        remarks: remarks(&tree.remarks_of_term(at), say),
        organizational_domain,
        operator,
        record: record.map(|(id, node)| Box::new(record_object(tree, id, node, say))),
    }
}

fn host_object(host: &Host) -> HostObject {
    let answers = || std::iter::once(&host.ip4).chain(&host.ip6);
    let ttls = answers().filter(|answer| !answer.data().is_empty()).map(lookup::Answer::ttl_s);
    HostObject {
        name: host.name.to_string(),
        addresses: answers().flat_map(lookup::Answer::data).map(ToString::to_string).collect(),
        ttl_s: ttls.min().unwrap_or_default(),
    }
}

fn party(party: Option<&Party>) -> (Option<String>, Option<String>) {
    let name = |domain: &Domain| domain.to_string();
    party.map_or((None, None), |party| (Some(name(&party.organizational)), party.operator.clone()))
}

fn flaw_object(flaw: &Flaw<RecordFlaw>, say: &Say) -> FlawObject {
    FlawObject {
        code: flaw.kind.id(),
        fatal: flaw.kind.is_fatal(),
        span: [flaw.span.start, flaw.span.end],
        message: say.explain(&flaw.kind),
    }
}

fn remarks(remarks: &[spf::tree::Remark], say: &Say) -> Vec<RemarkObject> {
    remarks.iter().map(|remark| RemarkObject { code: remark.id(), message: say.explain(remark) }).collect()
}

fn state_word(state: State) -> &'static str {
    match state {
        State::Sound => "sound",
        State::Broken(_) => "broken",
        State::Several(_) => "several",
        State::NoRecord => "none",
        State::NoSuchDomain => "no-such-domain",
        State::NotCheckable => "not-checkable",
        State::Failed(_) => "failed",
        State::Loop(_) => "loop",
        State::Cut(_) => "cut",
    }
}

fn explanation_word(state: &ExplanationState) -> &'static str {
    match state {
        ExplanationState::Text(_) => "text",
        ExplanationState::Unknown => "unknown",
        ExplanationState::Missing => "missing",
        ExplanationState::Several(_) => "several",
        ExplanationState::Broken(_) => "broken",
        ExplanationState::Failed(_) => "failed",
    }
}

/// Most columns of a term before its numbers; the numbers of longer ones stand further to the right.
const TEXT_COLUMNS_MAX: usize = 72;
/// Most networks of one result in JSON.
const SHOWN_NETWORK_COUNT_MAX: usize = 4_096;

#[cfg(test)]
mod tests;
