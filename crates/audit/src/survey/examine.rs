//! Everything about one name: asked at once as far as one question does not need another's answer.

use futures_util::future::{join, join3, join4};
use lookup::once::Once;
use lookup::{Answer, Dnssec, Kind, Lookup};
use mailtext::Domain;

use crate::limits::{QUESTION_COUNT_MAX, SURVEY_UNANSWERED_COUNT_MAX};
use crate::published::Published;
use crate::survey::facts::{Examined, Found, MailClass, Presence, Proof, Reply, Unanswered, Wildcard};
use crate::survey::{Method, hosting, keys, mail, policies, sender_policy, texts};

/// Examines a name. It asks `lookup` and nobody else, at most [`QUESTION_COUNT_MAX`] questions, none of them twice.
pub async fn examine<L: Lookup + Sync>(lookup: &L, name: &Domain, method: &Method) -> Examined {
    let watch = Once::with_limits(lookup, QUESTION_COUNT_MAX, lookup::limits::BUDGET_ANSWER_BYTES_MAX);
    let (exchanges, spf, servers) = join3(
        Published::ask(&watch, name.clone(), Kind::Mx),
        sender_policy::look(&watch, name, method),
        hosting::servers(&watch, name, method),
    )
    .await;
    // RFC 8020 §2: below a name that does not exist there is nothing to ask for. Two questions have to say so: some servers
    // deny a name when they merely have no record of the kind.
    let denied = |reply: Reply| matches!(reply, Reply::NxDomain | Reply::NotAsked);
    let is_gone = matches!(exchanges.answer, Answer::NxDomain(_)) && denied(spf.reply);
    let known = is_gone.then_some(MailClass::NxDomain);
    let ((mail, dmarc), below) = join(
        join(mail::look(&watch, &exchanges, known, &servers, method), policies::look(&watch, name, method)),
        async { if is_gone { Below::gone() } else { Below::look(&watch, name, method).await } },
    )
    .await;
    let dnssec = proof(&exchanges.answer);
    let failed = watch.into_failures();
    let unanswered_count = failed.len() as u64;
    let unanswered = failed.into_iter().map(|(question, failure)| Unanswered { question, failure });
    Examined {
        name: name.clone(),
        mail,
        spf,
        dmarc,
        dkim: below.dkim,
        adsp: below.adsp,
        bimi: below.bimi,
        mta_sts: below.mta_sts,
        tls_rpt: below.tls_rpt,
        dnssec,
        wildcard: below.wildcard,
        name_servers: servers.into_facts(method),
        unanswered: unanswered.take(SURVEY_UNANSWERED_COUNT_MAX).collect(),
        unanswered_count,
    }
}

/// What is asked for at names below the name.
struct Below {
    dkim: keys::Dkim,
    adsp: Presence,
    bimi: Presence,
    mta_sts: Presence,
    tls_rpt: Presence,
    wildcard: Wildcard,
}

impl Below {
    /// What is below a name that does not exist.
    fn gone() -> Self {
        let nothing = Presence { reply: Reply::NxDomain, found: Found::Absent };
        Self {
            dkim: keys::Dkim { folder: Reply::NxDomain, nonsense: Reply::NxDomain, ..keys::Dkim::default() },
            adsp: nothing,
            bimi: nothing,
            mta_sts: nothing,
            tls_rpt: nothing,
            wildcard: Wildcard { name: Reply::NxDomain, policy: Reply::NxDomain },
        }
    }

    async fn look<L: Lookup + Sync>(lookup: &L, name: &Domain, method: &Method) -> Self {
        let (dkim, (adsp, bimi, mta_sts, tls_rpt), wildcard) = join3(
            keys::look(lookup, name, method),
            join4(
                texts::look(lookup, name, texts::ADSP),
                texts::look(lookup, name, texts::BIMI),
                texts::look(lookup, name, texts::MTA_STS),
                texts::look(lookup, name, texts::TLS_RPT),
            ),
            wildcard(lookup, name, method),
        )
        .await;
        Self { dkim, adsp, bimi, mta_sts, tls_rpt, wildcard }
    }
}

async fn wildcard<L: Lookup + Sync>(lookup: &L, name: &Domain, method: &Method) -> Wildcard {
    let policy = format!("_dmarc.{}", method.label);
    let (name, policy) = join(reply_below(lookup, name, &method.label), reply_below(lookup, name, &policy)).await;
    Wildcard { name, policy }
}

/// How TXT at `labels` before a name is answered.
pub(super) async fn reply_below<L: Lookup + Sync>(lookup: &L, name: &Domain, labels: &str) -> Reply {
    let published = Published::ask_below(lookup, name, labels).await;
    published.map_or(Reply::NotAsked, |published| Reply::of(&published.answer))
}

fn proof(answer: &Answer) -> Proof {
    let dnssec = match answer {
        Answer::Records(records) => records.dnssec,
        Answer::NoData(negative) | Answer::NxDomain(negative) => negative.dnssec,
        // The resolver's own word that validation failed is an answer to this question; it stands among the unanswered.
        Answer::Failed(_) => return Proof::Unanswered,
    };
    match dnssec {
        Dnssec::Authenticated => Proof::Authenticated,
        Dnssec::Unproven => Proof::Unproven,
    }
}
