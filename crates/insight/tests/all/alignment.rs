//! Alignment computed anew, beside what reporters say.

use mailtext::Explain;

use crate::insight::{Aligner, Boundary, Modes};
use crate::sightings::told;

/// Sighting, what comes out (`dkim/spf`), steps that must be told.
type Case = (&'static str, &'static str, &'static str);

fn check(aligner: &Aligner, cases: &[Case]) {
    for (text, passes, steps) in cases {
        let told = told(text);
        let found = aligner.explain(&told.line().circumstances, &told.policy);
        let ids: Vec<&str> = found.steps.iter().map(Explain::id).collect();
        let said = format!("{}/{}", found.passes.dkim.as_str(), found.passes.spf.as_str());
        assert_eq!(said, *passes, "{text} {ids:?}");
        for step in steps.split_ascii_whitespace() {
            assert!(ids.contains(&step), "{text}: {step} in {ids:?}");
        }
        let modes = Modes::published(&told.policy);
        assert_eq!(aligner.passes(&told.line().circumstances, &told.policy, modes), found.passes, "{text}");
    }
}

#[test]
fn relaxed_and_strict() {
    check(
        &Aligner::default(),
        &[
            ("from=example.jp mail=example.jp:pass sign=example.jp:pass", "pass/pass", "align-author align-same-name"),
            ("from=example.jp mail=a.example.jp:pass sign=b.example.jp:pass", "pass/pass", "align-same-organization"),
            ("from=a.example.jp mail=example.jp:pass sign=b.example.jp:pass", "pass/pass", "align-same-organization"),
            (
                "aspf=s adkim=s from=example.jp mail=a.example.jp:pass sign=b.example.jp:pass",
                "fail/fail",
                "align-not-strict",
            ),
            (
                "aspf=s from=example.jp mail=a.example.jp:pass sign=b.example.jp:pass",
                "pass/fail",
                "align-not-strict align-same-organization",
            ),
            ("from=example.jp mail=other.jp:pass sign=other.jp:pass", "fail/fail", "align-other-organization"),
            ("from=example.jp mail=example.jp:fail sign=example.jp:fail", "fail/fail", "align-same-name"),
            ("from=a.example.co.jp mail=b.example.co.jp:pass", "fail/pass", "align-same-organization"),
            ("from=a.co.jp mail=b.co.jp:pass", "fail/fail", "align-other-organization"),
            ("from=notexample.jp mail=example.jp:pass", "fail/fail", "align-other-organization"),
            // Of several signatures one is enough.
            (
                "from=example.jp sign=esp.example:pass sign=example.jp:fail sign=m.example.jp:pass",
                "pass/fail",
                "align-same-organization",
            ),
            ("mail=example.jp:pass domain=example.jp", "fail/fail", "align-unknown"),
        ],
    );
}

#[test]
fn helo_counts_only_in_the_place_of_an_empty_mail_from() {
    check(
        &Aligner::default(),
        &[
            ("from=example.jp mfrom=other.jp:none helo=mx.example.jp:pass", "fail/fail", "align-helo-unused"),
            ("from=example.jp env=other.jp helo=mx.example.jp:pass", "fail/fail", "align-helo-unused"),
            ("from=example.jp env= helo=mx.example.jp:pass", "fail/pass", "align-same-organization"),
            ("from=example.jp helo=mx.example.jp:pass", "fail/pass", "align-same-organization"),
            ("from=example.jp env= helo=mx.example.jp:fail", "fail/fail", ""),
        ],
    );
}

#[test]
fn where_an_organisation_ends() {
    // The tree walk found the policy above: all below it are one organisation, whatever the list says.
    let walked = "found=walk domain=example.jp from=a.example.jp";
    check(
        &Aligner::default(),
        &[
            (
                "found=walk domain=city.kawasaki.jp from=a.city.kawasaki.jp mail=b.city.kawasaki.jp:pass",
                "fail/pass",
                "align-same-organization",
            ),
            (
                "found=walk domain=dept.univ.ac.jp from=a.dept.univ.ac.jp mail=other.univ.ac.jp:pass",
                "fail/fail",
                "align-other-organization",
            ),
            (
                "found=psl domain=univ.ac.jp from=a.dept.univ.ac.jp mail=other.univ.ac.jp:pass",
                "fail/pass",
                "align-same-organization",
            ),
            // A policy at a public suffix makes no organisation of all that is below it.
            ("found=walk domain=co.jp from=a.co.jp mail=b.co.jp:pass", "fail/fail", "align-other-organization"),
        ],
    );
    let text = format!("{walked} mail=example.jp:pass");
    check(
        &Aligner { boundary: Boundary::PolicyDomain, ..Aligner::default() },
        &[
            (
                "domain=dept.univ.ac.jp from=a.dept.univ.ac.jp mail=other.univ.ac.jp:pass",
                "fail/fail",
                "align-other-organization",
            ),
            (
                "domain=dept.univ.ac.jp from=dept.univ.ac.jp mail=b.dept.univ.ac.jp:pass",
                "fail/pass",
                "align-same-organization",
            ),
        ],
    );
    let listed = Aligner { boundary: Boundary::SuffixList, ..Aligner::default() };
    let told = told(&text);
    assert!(listed.explain(&told.line().circumstances, &told.policy).passes.is_pass());
    check(
        &listed,
        &[(
            "found=walk domain=dept.univ.ac.jp from=a.dept.univ.ac.jp mail=other.univ.ac.jp:pass",
            "fail/pass",
            "align-same-organization",
        )],
    );
}

#[test]
fn differences_from_the_reporter() {
    check(
        &Aligner::default(),
        &[
            (
                "said=fail/fail from=example.jp mail=example.jp:pass sign=example.jp:pass",
                "pass/pass",
                "align-difference-missed",
            ),
            (
                "said=pass/pass from=example.jp mail=other.jp:pass sign=example.jp:fail",
                "fail/fail",
                "align-difference-granted",
            ),
            ("said=pass/pass from=example.jp", "pass/pass", "align-difference-bare"),
            // One signature is listed and another one passed: that may be.
            (
                "said=pass/fail from=example.jp mail=other.jp:pass sign=other.jp:pass",
                "pass/fail",
                "align-difference-bare",
            ),
            ("said=fail/fail from=example.jp mail=other.jp:pass", "fail/fail", "align-other-organization"),
            (
                "said=pass/unknown from=example.jp sign=example.jp:pass mail=example.jp:none",
                "pass/fail",
                "align-same-name",
            ),
        ],
    );
    let agreed = told("said=pass/fail from=example.jp sign=example.jp:pass mail=x.jp:pass");
    let aligner = Aligner::default();
    assert_eq!(aligner.differences(&agreed.line().circumstances, &agreed.policy).count(), 0);
}
