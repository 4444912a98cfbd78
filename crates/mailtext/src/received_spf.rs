//! Received-SPF (RFC 7208 §9.1), written only: who wants results reads Authentication-Results.

use crate::address::is_dot_atom;
use crate::fold::{Folder, Letters, LineEnd, harmless, quoted};
use crate::limits::WRITTEN_VALUE_BYTES_MAX;

/// One field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReceivedSpf<'a> {
    /// `pass`, `fail`, `softfail`, `neutral`, `none`, `temperror`, `permerror`.
    pub result: &'static str,
    /// The comment behind the result, without parentheses.
    pub comment: &'a str,
    /// Keys and values in their order: `client-ip`, `envelope-from`, `helo`, `identity`, `mechanism`, `problem`,
    /// `receiver`.
    pub pairs: &'a [(&'static str, &'a str)],
}

impl ReceivedSpf<'_> {
    /// Writes the value that follows `Received-SPF: `, folded before column 78. Values that are too long are left out.
    #[must_use]
    pub fn to_value(&self, line_end: LineEnd, letters: Letters) -> String {
        let mut folder = Folder::new("Received-SPF: ".len(), line_end);
        folder.word(self.result);
        folder.comment(self.comment, letters);
        let mut first = true;
        for (key, value) in self.pairs {
            // RFC 7208 §9.1: neither invalid characters nor malicious data of the sender may come into the field.
            let value = harmless(value, letters);
            let written = if is_dot_atom(value.as_bytes()) { value.into_owned() } else { quoted(&value) };
            if written.len() > WRITTEN_VALUE_BYTES_MAX {
                continue;
            }
            if !first {
                folder.glue(";");
            }
            folder.word(&format!("{key}={written}"));
            first = false;
        }
        folder.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_field_as_in_the_standard() {
        let field = ReceivedSpf {
            result: "pass",
            comment: "mybox.example.org: domain of myname@example.com designates 192.0.2.1 as permitted sender",
            pairs: &[
                ("receiver", "mybox.example.org"),
                ("client-ip", "192.0.2.1"),
                ("envelope-from", "myname@example.com"),
                ("helo", "foo.example.com"),
            ],
        };
        insta::assert_snapshot!(field.to_value(LineEnd::Lf, Letters::Ascii), @r#"
        pass (mybox.example.org: domain of myname@example.com
         designates 192.0.2.1 as permitted sender) receiver=mybox.example.org;
         client-ip=192.0.2.1; envelope-from="myname@example.com";
         helo=foo.example.com
        "#);
    }

    #[test]
    fn a_value_that_is_too_long_is_left_out() {
        for (length, written) in
            [(WRITTEN_VALUE_BYTES_MAX - 1, true), (WRITTEN_VALUE_BYTES_MAX, true), (WRITTEN_VALUE_BYTES_MAX + 1, false)]
        {
            let long = "a".repeat(length);
            let field = ReceivedSpf { result: "none", comment: "", pairs: &[("helo", &long)] };
            assert_eq!(field.to_value(LineEnd::CrLf, Letters::Ascii).contains("helo="), written, "{length}");
        }
    }

    proptest! {
        #[test]
        fn nothing_ends_the_field(comment in any::<String>(), value in any::<String>()) {
            let field = ReceivedSpf { result: "fail", comment: &comment, pairs: &[("helo", &value)] };
            for (line_end, end) in [(LineEnd::CrLf, "\r\n"), (LineEnd::Lf, "\n")] {
                let text = field.to_value(line_end, Letters::Ascii);
                prop_assert!(text.split(end).skip(1).all(|line| line.starts_with(' ')), "{text:?}");
                prop_assert!(!text.replace(end, "").contains(['\r', '\n', '\0']));
                prop_assert!(text.is_ascii());
            }
        }
    }
}
