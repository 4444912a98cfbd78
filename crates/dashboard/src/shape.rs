//! What programs are answered, in shapes: of each screen and of each deed. The description for programs is made of them, and a test
//! holds every answer against its own.

use serde_json::{Map as Members, Value, json};

use self::Shape::{Also, Count, Day, Flag, List, Map, Maybe, Moment, Number, Object, Pair, Text, With};

/// A shape. Members that are not named here are in no answer.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// Text; words of a closed set are text too, so that a new one breaks no program.
    Text,
    /// A day: 2026-11-23.
    Day,
    /// A moment in UTC: 2026-11-23T10:00:00Z.
    Moment,
    /// A number of something, or an identifier: 0 or more.
    Count,
    /// Text, or a number.
    Number,
    /// Yes or no.
    Flag,
    /// Nothing is told.
    Nothing,
    /// This, or `null`: it is not known, or there is none.
    Maybe(&'static Self),
    /// A member that is there only where it says something.
    Also(&'static Self),
    /// Any number of them.
    List(&'static Self),
    /// Two of them.
    Pair(&'static Self),
    /// Members whose names are data: a result for each method.
    Map(&'static Self),
    /// These members.
    Object(&'static [(&'static str, Self)]),
    /// The members of the one, then those of the other.
    With(&'static Self, &'static Self),
}

impl Shape {
    /// As JSON Schema (2020-12).
    #[must_use]
    pub fn schema(&self) -> Value {
        match self {
            Self::Text => json!({ "type": "string" }),
            Self::Day => json!({ "type": "string", "format": "date" }),
            Self::Moment => json!({ "type": "string", "format": "date-time" }),
            Self::Count => json!({ "type": "integer", "minimum": 0 }),
            Self::Number => json!({ "type": ["string", "integer"] }),
            Self::Flag => json!({ "type": "boolean" }),
            Self::Nothing => json!({ "type": "null" }),
            Self::Maybe(shape) => json!({ "anyOf": [shape.schema(), { "type": "null" }] }),
            Self::Also(shape) => shape.schema(),
            Self::List(shape) => json!({ "type": "array", "items": shape.schema() }),
            Self::Pair(shape) => json!({ "type": "array", "items": shape.schema(), "minItems": 2, "maxItems": 2 }),
            Self::Map(shape) => json!({ "type": "object", "additionalProperties": shape.schema() }),
            Self::Object(_) | Self::With(..) => {
                let (mut members, mut required) = (Members::new(), Vec::new());
                self.collect(&mut members, &mut required);
                json!({ "type": "object", "properties": members, "required": required, "additionalProperties": false })
            }
        }
    }

    fn collect(&self, members: &mut Members<String, Value>, required: &mut Vec<&'static str>) {
        match self {
            Self::Object(all) => {
                for (name, shape) in *all {
                    members.insert((*name).to_owned(), shape.schema());
                    if !matches!(shape, Self::Also(_)) {
                        required.push(name);
                    }
                }
            }
            Self::With(one, other) => {
                one.collect(members, required);
                other.collect(members, required);
            }
            _ => {}
        }
    }
}

/// What a screen answers.
#[must_use]
pub fn of_screen(id: &str) -> Option<&'static Shape> {
    SCREEN_SHAPES.iter().find(|(other, _)| *other == id).map(|(_, shape)| shape)
}

/// What is told of a deed.
#[must_use]
pub fn of_deed(id: &str) -> &'static Shape {
    DEED_SHAPES.iter().find(|(other, _)| *other == id).map_or(&Shape::Nothing, |(_, shape)| shape)
}

/// By the screen's id.
const SCREEN_SHAPES: &[(&str, Shape)] = &[
    ("overview", OVERVIEW),
    ("mail", MAIL),
    ("why", With(&MESSAGE, &WHY)),
    ("statistics", STATISTICS),
    ("senders", SENDERS),
    ("sender", With(&SOURCE, &SENDER)),
    ("ladder", LADDER),
    ("explore", EXPLORE),
    ("reports", Object(&[("reports", List(&REPORT)), ("next", Maybe(&Count)), ("totals", TOTALS)])),
    // The columns of an aggregate report and those of a TLS report; numbers where they are known.
    ("report", With(&REPORT, &Object(&[("rows", List(&Map(&Number))), ("letters", List(&LETTER))]))),
    ("raw", With(&REPORT, &Object(&[("raw", Also(&Text)), ("is_cut", Also(&Flag))]))),
    ("reporters", REPORTERS),
    ("tls", TLS),
    ("failures", Object(&[("failures", List(&FAILURE)), ("next", Maybe(&Count))])),
    ("failure", With(&FAILURE, &WHOLE_FAILURE)),
    ("outgoing", OUTGOING),
    ("outgoing-report", OUTGOING_REPORT),
    ("domains", DOMAINS),
    ("domain", DOMAIN),
    ("guideline", GUIDELINE),
    ("keys", KEYS),
    ("surveys", SURVEYS),
    ("survey", With(&SURVEY_MADE, &SURVEY)),
    ("settings", SETTINGS),
    ("users", List(&PERSON)),
    ("user", PERSON),
    ("log", LOG),
];

/// By the deed's id; of the others nothing is told but that they are done.
const DEED_SHAPES: &[(&str, Shape)] = &[
    ("mark-sender", Object(&[("standing", Text), ("sources", List(&Text)), ("changed_records", Count)])),
    // The report that came of it; `null` when it reads no better than before.
    ("read-again", Object(&[("id", Maybe(&Count))])),
    ("send-now", Object(&[("is_due", Flag)])),
    ("sessions-end", Object(&[("ended", Count)])),
    ("token-put", Object(&[("id", Text), ("token", Text)])),
    ("person-put", Object(&[("name", Text)])),
];

/// Messages of each class.
const CLASSES: Shape = Object(&[
    ("legitimate", Count),
    ("forwarded", Count),
    ("misconfigured", Count),
    ("suspected", Count),
    ("undecidable", Count),
]);
/// A sentence with its id.
const TOLD: Shape = Object(&[("id", Text), ("text", Text)]);

const OVERVIEW: Shape = Object(&[
    ("from", Day),
    ("to", Day),
    ("domains", List(&OVERVIEW_DOMAIN)),
    ("daily", List(&Object(&[("day", Day), ("classes", CLASSES)]))),
    ("noticed", List(&NOTICED)),
    ("noticed_next", Maybe(&Count)),
]);
/// Something that was noticed in reports or by an audit, or that a digest told; `page` explains it.
const NOTICED: Shape = Object(&[
    ("id", Count),
    ("day", Day),
    ("noticed", Moment),
    ("domain", Text),
    ("kind", Text),
    ("text", Text),
    ("page", Text),
]);
const OVERVIEW_DOMAIN: Shape = Object(&[
    ("domain", Text),
    ("text", Text),
    ("rung", Text),
    ("messages", Count),
    ("told_apart", Count),
    ("passed", Count),
    ("classes", CLASSES),
    ("next_is_ready", Flag),
    ("next_record", Maybe(&Object(&[("name", Text), ("text", Text)]))),
    ("new_sources", List(&Object(&[("source", Text), ("class", Text), ("messages", Count), ("first", Day)]))),
]);

const MAIL: Shape = Object(&[
    ("from", Moment),
    ("until", Moment),
    ("figures", Maybe(&FIGURES)),
    ("messages", List(&MESSAGE)),
    ("next", Maybe(&Text)),
]);
/// Latency is in microseconds, below the power of two that is told.
const FIGURES: Shape = Object(&[
    ("received", Count),
    ("sent", Count),
    ("signed", Count),
    ("actions", Map(&Count)),
    ("latency_median_below_us", Maybe(&Count)),
    ("latency_p95_below_us", Maybe(&Count)),
    ("domains", Maybe(&List(&Text))),
    ("whole_from", Maybe(&Moment)),
    ("daily", List(&Object(&[("day", Day), ("messages", Count), ("results", List(&RESULT))]))),
]);
const RESULT: Shape = Object(&[("method", Text), ("result", Text), ("messages", Count)]);
const MESSAGE: Shape = Object(&[
    ("id", Text),
    ("time", Moment),
    ("direction", Text),
    ("queue_id", Maybe(&Text)),
    ("ip", Maybe(&Text)),
    ("client", Maybe(&Text)),
    ("helo", Maybe(&Text)),
    ("mail_from", Maybe(&Text)),
    ("mail_from_domain", Maybe(&Text)),
    ("from", List(&Text)),
    ("recipient_domains", List(&Text)),
    ("other_recipient_domains", Count),
    ("results", Map(&Text)),
    ("disposition", Text),
    ("action", Text),
    ("reply_code", Maybe(&Count)),
    ("overrides", List(&Object(&[("kind", Text), ("comment", Maybe(&Text))]))),
    ("signed", List(&Object(&[("domain", Text), ("selector", Text)]))),
    ("size_bytes", Count),
    ("latency_us", Count),
]);
const WHY: Shape = Object(&[
    ("reasons", List(&Text)),
    ("dmarc", List(&EVALUATION)),
    ("evidence", List(&STEP)),
    ("evidence_omitted", Count),
]);
const EVALUATION: Shape = Object(&[
    ("author", Text),
    ("result", Text),
    ("record", Maybe(&PUBLISHED)),
    ("wanted", Text),
    ("reason", Maybe(&Text)),
    ("spf_alignment", Text),
    ("dkim_alignment", List(&Text)),
]);
const PUBLISHED: Shape = Object(&[
    ("domain", Text),
    ("p", Text),
    ("sp", Maybe(&Text)),
    ("np", Maybe(&Text)),
    ("adkim", Text),
    ("aspf", Text),
]);
/// `rule` is a document and its section: `["RFC 7208", "5.6"]`.
const STEP: Shape = Object(&[
    ("id", Text),
    ("rule", Maybe(&Pair(&Text))),
    ("arguments", List(&Object(&[("name", Text), ("value", Number)]))),
    ("text", Text),
]);

const STATISTICS: Shape = Object(&[
    ("by", Text),
    ("domains", Maybe(&List(&Text))),
    ("domains_definition", Maybe(&Text)),
    ("whole_from", Maybe(&Moment)),
    ("shares", Object(&[("definition", Text), ("parts", List(&SHARES))])),
    ("weekly", Object(&[("definition", Text), ("spam_definition", Text), ("parts", List(&WEEK))])),
    ("weekly_sources", Maybe(&Object(&[("definition", Text), ("counted_at", Moment), ("weeks", List(&PLACES))]))),
    ("sources", Maybe(&ADDRESSES)),
]);
const ADDRESSES: Shape =
    Object(&[("definition", Text), ("counted_at", Moment), ("from", Day), ("to", Day), ("addresses", List(&ADDRESS))]);
/// The countries and networks of a week; `null` where no files tell them.
const PLACES: Shape = Object(&[
    ("from", Day),
    ("to", Day),
    ("messages", Count),
    ("addresses", Count),
    ("left_out", Count),
    ("countries", Maybe(&List(&With(&Object(&[("country", Maybe(&Text))]), &CAME)))),
    ("networks", Maybe(&List(&With(&Object(&[("network", Maybe(&Text))]), &CAME)))),
]);
const CAME: Shape = Object(&[("messages", Count), ("dmarc_pass", Count), ("kept_away", Count), ("addresses", Count)]);
const SHARES: Shape = Object(&[
    ("from", Day),
    ("to", Day),
    ("messages", Count),
    ("results", List(&With(&RESULT, &Object(&[("evaluated", Count)])))),
]);
const WEEK: Shape = Object(&[
    ("from", Day),
    ("to", Day),
    ("messages", Count),
    ("kept_away", Count),
    ("spam", Maybe(&Count)),
    ("judged_by_filter", Maybe(&Count)),
]);
const ADDRESS: Shape = Object(&[("ip", Text), ("messages", Count), ("dmarc_pass", Count), ("kept_away", Count)]);

const SENDERS: Shape = Object(&[
    ("from", Day),
    ("to", Day),
    ("count", Count),
    ("messages", Count),
    ("spread_days", List(&Day)),
    ("sources", List(&With(&SOURCE, &Object(&[("spread", Also(&List(&Count)))])))),
    ("next", Maybe(&Count)),
]);
const SOURCE: Shape = Object(&[
    ("domain", Text),
    ("id", Text),
    ("source", Text),
    ("class", Text),
    ("reasons", List(&TOLD)),
    ("messages", Count),
    ("classes", CLASSES),
    ("dkim_aligned", Count),
    ("spf_aligned", Count),
    ("pass", Count),
    ("first", Day),
    ("last", Day),
    ("address_count", Count),
    ("selectors", List(&Text)),
    ("countries", List(&Text)),
    ("autonomous_systems", List(&Text)),
    ("standing", Maybe(&Text)),
    ("note", Text),
]);
const SENDER: Shape = Object(&[
    ("from", Day),
    ("to", Day),
    ("naming", Maybe(&TOLD)),
    ("repair", Maybe(&TOLD)),
    ("modes", Object(&[("adkim", Text), ("aspf", Text)])),
    ("addresses", List(&PLACE)),
    ("circumstances", List(&CIRCUMSTANCES)),
    ("circumstance_count", Count),
    ("spread_days", List(&Day)),
    ("spread", List(&Count)),
]);
const PLACE: Shape = Object(&[
    ("address", Text),
    ("name", Maybe(&Text)),
    ("hosts", Text),
    ("messages", Count),
    ("class", Text),
    ("country", Maybe(&Text)),
    ("autonomous_system", Maybe(&Text)),
    ("first", Day),
    ("last", Day),
]);
const PASSES: Shape = Object(&[("dkim", Maybe(&Text)), ("spf", Maybe(&Text))]);
const CIRCUMSTANCES: Shape = Object(&[
    ("header_from", Text),
    ("envelope_from", Maybe(&Text)),
    ("dkim", List(&Text)),
    ("spf", List(&Text)),
    ("disposition", Maybe(&Text)),
    ("reported", PASSES),
    ("found", PASSES),
    ("differs", Flag),
    ("messages", Count),
    ("addresses", Count),
    ("class", Text),
    ("alignment", List(&TOLD)),
    ("reasons", List(&TOLD)),
    ("first", Day),
    ("last", Day),
]);

const LADDER: Shape = Object(&[("from", Day), ("to", Day), ("domains", List(&LADDER_DOMAIN))]);
const LADDER_DOMAIN: Shape = Object(&[
    ("domain", Text),
    ("verdict", Text),
    ("text", Text),
    ("rung", Text),
    ("next_rung", Text),
    ("days", Count),
    ("reporters", Count),
    ("messages", Count),
    ("gates", List(&GATE)),
    ("now", WHAT_IF),
    ("next", WHAT_IF),
    ("what_if", Maybe(&WHAT_IF)),
    ("repairs", List(&REPAIR)),
    ("unseen", List(&TOLD)),
    ("record", Maybe(&Text)),
    ("was_asked", Flag),
    ("nonexistent", List(&Text)),
    ("publish", Object(&[("name", Text), ("text", Text), ("notes", List(&TOLD))])),
]);
const GATE: Shape = Object(&[("id", Text), ("text", Text), ("has", Count), ("wants", Count), ("open", Flag)]);
const REPAIR: Shape = Object(&[("source", Text), ("id", Text), ("messages", Count), ("repair", Text), ("text", Text)]);
const WHAT_IF: Shape = Object(&[
    ("policy", Text),
    ("messages", Count),
    ("pass", Count),
    ("untouched", Count),
    ("quarantined", Count),
    ("rejected", Count),
    ("excused", Count),
    ("classes", CLASSES),
    ("sources", List(&HIT)),
    ("source_count", Count),
]);
const HIT: Shape =
    Object(&[("source", Text), ("id", Text), ("quarantined", Count), ("rejected", Count), ("classes", CLASSES)]);

const SPAN: Shape = Object(&[("from", Day), ("to", Day)]);
/// Each line has a member for each dimension that is asked for, beside `messages` and `before`.
const EXPLORE: Shape = Object(&[
    ("period", SPAN),
    ("before", Maybe(&SPAN)),
    ("by", List(&Text)),
    ("messages", Count),
    ("messages_before", Maybe(&Count)),
    ("lines", List(&Map(&Number))),
    ("cut", Flag),
]);

/// Reports by how they stand, under the filter; the last two are among the first three.
const TOTALS: Shape = Object(&[
    ("accepted", Count),
    ("salvaged", Count),
    ("refused", Count),
    ("duplicate", Count),
    ("conflicting", Count),
]);
const REPORT: Shape = Object(&[
    ("id", Count),
    ("kind", Maybe(&Text)),
    ("status", Text),
    ("reporter", Text),
    ("reporter_domain", Text),
    ("report_id", Text),
    ("domain", Text),
    ("begin", Maybe(&Moment)),
    ("end", Maybe(&Moment)),
    ("received", Moment),
    ("trust", Text),
    ("copies", Count),
    ("records", Count),
    ("messages", Count),
    ("deviations", List(&Text)),
    ("errors", List(&Text)),
    ("conflict", Maybe(&Count)),
    ("overlap", Maybe(&Count)),
    ("reason", Maybe(&Text)),
    ("text", List(&Text)),
]);
/// A letter to a reporter, to be sent by hand; `mailto` is without the text where that is long.
const LETTER: Shape =
    Object(&[("language", Text), ("to", Maybe(&Text)), ("subject", Text), ("text", Text), ("mailto", Text)]);
const REPORTERS: Shape = Object(&[("reporters", List(&REPORTER))]);
const REPORTER: Shape = Object(&[
    ("reporter", Text),
    ("domain", Text),
    ("grade", Text),
    ("reports", Count),
    ("salvaged", Count),
    ("refused", Count),
    ("records", Count),
    ("messages", Count),
    ("first", Maybe(&Day)),
    ("last", Maybe(&Day)),
    ("silent_days", Count),
    ("delay_seconds", Maybe(&Count)),
    ("remarks", List(&Text)),
    ("deviations", List(&Object(&[("id", Text), ("reports", Count), ("text", Text)]))),
    ("letters", List(&LETTER)),
]);
const TLS: Shape =
    Object(&[("domains", List(&TLS_DOMAIN)), ("daily", List(&TLS_DAY)), ("failures", List(&TLS_FAILURE))]);
const TLS_DOMAIN: Shape = Object(&[
    ("domain", Text),
    ("mode", Maybe(&Text)),
    ("days", Count),
    ("text", Text),
    ("policies", List(&Object(&[("policy", Text), ("successful", Count), ("failed", Count)]))),
]);
const TLS_DAY: Shape = Object(&[("day", Day), ("successful", Count), ("failed", Count)]);
const TLS_FAILURE: Shape = Object(&[
    ("domain", Text),
    ("policy", Text),
    ("result", Text),
    ("mx_host", Maybe(&Text)),
    ("receiving_ip", Maybe(&Text)),
    ("sessions", Count),
]);
const FAILURE: Shape = Object(&[
    ("id", Count),
    ("arrival", Moment),
    ("domain", Text),
    ("failed", Text),
    ("source_ip", Maybe(&Text)),
    ("mail_from", Maybe(&Text)),
    ("subject", Maybe(&Text)),
    ("message_id", Maybe(&Text)),
    ("incidents", Count),
    ("reporter", Text),
]);
const WHOLE_FAILURE: Shape =
    Object(&[("original_header", Maybe(&Text)), ("text", Maybe(&Text)), ("authentication_results", Maybe(&Text))]);

const OUTGOING: Shape = Object(&[
    ("made_until", Maybe(&Moment)),
    ("counts", Map(&Count)),
    ("reports", List(&DELIVERY)),
    ("suppressions", List(&SUPPRESSION)),
    ("next", Maybe(&Text)),
]);
const DELIVERY: Shape = Object(&[
    ("id", Text),
    ("kind", Text),
    ("domain", Text),
    ("begin", Moment),
    ("end", Moment),
    ("messages", Count),
    ("destination", Maybe(&Text)),
    ("state", Text),
    ("next", Maybe(&Moment)),
    ("ended", Maybe(&Moment)),
    ("attempts", Maybe(&Count)),
]);
const SUPPRESSION: Shape =
    Object(&[("mailbox", Text), ("since", Moment), ("until", Moment), ("strikes", Count), ("reply", Text)]);
const OUTGOING_REPORT: Shape = Object(&[
    ("id", Text),
    ("domain", Text),
    ("deliveries", List(&DELIVERY)),
    ("subject", Maybe(&Text)),
    ("report", Maybe(&Text)),
]);

const DOMAINS: Shape = Object(&[("domains", List(&DOMAIN_LINE)), ("next", Maybe(&Text))]);
const DOMAIN_LINE: Shape = Object(&[
    ("domain", Text),
    ("audits", Count),
    ("last", Maybe(&AUDIT)),
    ("changed", Maybe(&Object(&[("at", Moment), ("changes", List(&CHANGE))]))),
]);
const SCORE: Shape = Object(&[("met", Count), ("total", Count)]);
const AUDIT: Shape = Object(&[
    ("at", Moment),
    ("errors", Count),
    ("warnings", Count),
    ("score", Object(&[("must", SCORE), ("should", SCORE), ("may", SCORE)])),
]);
/// Which members there are depends on `change`: record, unasked, answered, finding, requirement.
const CHANGE: Shape = Object(&[
    ("change", Text),
    ("way", Text),
    ("message", Text),
    ("id", Also(&Text)),
    ("type", Also(&Text)),
    ("name", Also(&Text)),
    ("path", Also(&List(&Text))),
    ("turn", Also(&Text)),
    ("old", Also(&List(&Text))),
    ("new", Also(&List(&Text))),
    ("failure", Also(&Text)),
    ("rounds", Also(&Count)),
    ("rule", Also(&Text)),
    ("before", Also(&Maybe(&Text))),
    ("after", Also(&Maybe(&Text))),
]);
const DOMAIN: Shape = Object(&[
    ("domain", Text),
    ("at", Maybe(&Moment)),
    ("now", Flag),
    // What came of asking DNS: `seen`, `not-asked`, `silent`, `late`, `busy`.
    ("look", Text),
    ("unanswered", Maybe(&List(&UNANSWERED))),
    ("records", List(&RECORD)),
    ("findings", Maybe(&List(&FINDING))),
    ("spf_tree", Maybe(&TREE)),
    ("changed_since", List(&CHANGE)),
    ("audits", Count),
    ("history", List(&ROUND)),
    ("next", Maybe(&Text)),
]);
const ROUND: Shape = Object(&[("at", Moment), ("errors", Count), ("warnings", Count), ("changes", List(&CHANGE))]);
const UNANSWERED: Shape = Object(&[("name", Text), ("type", Text), ("failure", Text)]);
const RECORD: Shape = Object(&[
    ("type", Text),
    ("name", Text),
    ("texts", Maybe(&List(&Text))),
    ("failure", Maybe(&Text)),
    ("since", Maybe(&Moment)),
]);
/// Of an audit that was kept, only its first three members are known.
const FINDING: Shape = Object(&[
    ("rule", Text),
    ("severity", Text),
    ("name", Maybe(&Text)),
    ("type", Also(&Maybe(&Text))),
    ("record", Also(&Maybe(&Text))),
    ("span", Also(&Maybe(&Pair(&Count)))),
    ("message", Also(&Text)),
    ("reference", Also(&Text)),
    ("fix", Also(&Maybe(&Text))),
]);
const TREE: Shape = Object(&[
    ("message", Maybe(&Text)),
    ("lookups", Count),
    ("lookup_limit", Count),
    ("endless", Flag),
    ("branches", List(&BRANCH)),
]);
const BRANCH: Shape = Object(&[
    ("level", Count),
    ("text", Text),
    ("operator", Maybe(&Text)),
    ("lookups", Count),
    ("spent", Maybe(&Count)),
    ("adds_ipv4", Maybe(&Number)),
    ("adds_ipv6", Maybe(&Number)),
    ("remarks", List(&Object(&[("code", Text), ("message", Text)]))),
]);
const GUIDELINE: Shape = Object(&[
    ("domain", Maybe(&Text)),
    ("at", Maybe(&Moment)),
    ("now", Flag),
    ("look", Maybe(&Text)),
    ("scores", Maybe(&List(&LEVEL))),
    ("requirements", List(&REQUIREMENT)),
]);
const LEVEL: Shape = Object(&[
    ("level", Text),
    ("met", Count),
    ("partial", Count),
    ("not_met", Count),
    ("unknown", Count),
    ("total", Count),
]);
const REQUIREMENT: Shape = Object(&[
    ("id", Text),
    ("level", Text),
    ("role", Text),
    ("requirement", Text),
    ("result", Text),
    ("evidence", List(&Text)),
    ("declared", Maybe(&Object(&[("met", Flag), ("by", Text), ("date", Text), ("note", Text)]))),
    ("fix", Maybe(&Text)),
]);
const KEYS: Shape = Object(&[("lines", List(&KEY_LINE)), ("seen_days", Count)]);
const KEY_LINE: Shape =
    Object(&[("domain", Text), ("algorithm", Text), ("keys", List(&KEY)), ("waits", List(&TOLD)), ("next", Moment)]);
const KEY: Shape = Object(&[
    ("selector", Text),
    ("stage", Text),
    ("since", Moment),
    ("created", Moment),
    ("signs", Flag),
    ("visible_since", Maybe(&Moment)),
    ("compromised", Flag),
    ("name", Maybe(&Text)),
    ("alias", Maybe(&Text)),
    // `null`: nobody looked for it.
    ("seen", Maybe(&Object(&[("reports", Maybe(&SEEN_REPORTS)), ("mail", Maybe(&SEEN_MAIL))]))),
]);
/// With `whole` false there may be more, and older ones.
const SEEN_REPORTS: Shape = With(&Object(&[("last", Day)]), &SEEN);
const SEEN_MAIL: Shape = With(&Object(&[("last", Moment)]), &SEEN);
const SEEN: Shape = Object(&[("messages", Count), ("verified", Count), ("whole", Flag)]);

const SURVEYS: Shape = Object(&[
    ("studies", List(&Text)),
    ("surveys", List(&With(&SURVEY_MADE, &Object(&[("id", Count), ("figures", SURVEY_FIGURES)])))),
    ("next", Maybe(&Text)),
]);
const SURVEY_MADE: Shape = Object(&[
    ("study", Text),
    ("begun", Moment),
    ("ended", Moment),
    ("names", Count),
    ("unanswered", Count),
    ("list", Object(&[("name", Text), ("sha256", Text), ("names", Count), ("refused", Count), ("opted_out", Count)])),
    ("resolvers", List(&Text)),
    ("sample", Maybe(&Object(&[("per_million", Count), ("seed", Count)]))),
    ("version", Text),
]);
const SURVEY: Shape = Object(&[
    ("id", Count),
    ("tables", List(&Text)),
    (
        "table",
        Maybe(&Object(&[
            ("by", Text),
            ("groups", List(&Object(&[("group", Text), ("names", Count), ("figures", SURVEY_FIGURES)]))),
            ("names", Count),
            ("figures", SURVEY_FIGURES),
            ("beyond", Count),
        ])),
    ),
    ("compared_with", Maybe(&Object(&[("id", Count), ("begun", Moment), ("figures", SURVEY_FIGURES)]))),
    ("next", Maybe(&Text)),
]);
/// By the name of the column.
const SURVEY_FIGURES: Shape = Map(&Object(&[("names", Count), ("percent", Text), ("unknown", Count)]));

const SETTINGS: Shape = Object(&[
    ("name", Maybe(&Text)),
    ("grants", List(&Text)),
    ("sessions", Count),
    ("tokens", List(&Object(&[("id", Text), ("label", Text), ("ends", Moment), ("grants", List(&Text))]))),
]);
const PERSON: Shape = Object(&[
    ("name", Text),
    ("grants", List(&Text)),
    ("disabled", Flag),
    ("has_password", Flag),
    ("version", Count),
    ("made", Moment),
    ("issuer", Maybe(&Text)),
    ("subject", Maybe(&Text)),
]);
const LOG: Shape = Object(&[("lines", List(&LOG_LINE)), ("next", Maybe(&Count))]);
const LOG_LINE: Shape = Object(&[
    ("number", Count),
    ("at", Moment),
    ("who", Text),
    ("address", Maybe(&Text)),
    ("verb", Text),
    ("object", Text),
    ("note", Text),
    ("outcome", Text),
    ("digest", Text),
]);
