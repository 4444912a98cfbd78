//! Finds the comments that quote a standard: `// RFC 7208 §4.6.4: …`, and the same in doc comments.

use crate::house::House;
use crate::rust_text::test_lines;

/// One mention of one section.
#[derive(Debug, PartialEq, Eq, Clone)]
pub(crate) struct Quote {
    /// The RFC's number.
    pub(crate) standard: String,
    /// `4.6.4`, or `A.2` in an appendix.
    pub(crate) section: String,
    pub(crate) file: String,
    pub(crate) line: usize,
}

/// Every quote in the crates' code, in the order of files and lines. Tests do not implement a standard, so theirs do not count.
pub(crate) fn collect(house: &House) -> Vec<Quote> {
    let is_code =
        |path: &str| path.starts_with("crates/") && path.contains("/src/") && path.ends_with(".rs") && !is_tests(path);
    house.texts(is_code).iter().flat_map(|(path, text)| of_file(path, text)).collect()
}

fn is_tests(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.contains("/tests/")
}

fn of_file(path: &str, text: &str) -> Vec<Quote> {
    let tests = test_lines(text);
    let mut quotes = Vec::new();
    for (line, comment) in text.lines().enumerate().filter_map(|(i, line)| Some((i + 1, comment_of(line)?))) {
        if tests.iter().any(|range| range.contains(&line)) {
            continue;
        }
        for (standard, section) in references(comment) {
            let quote = Quote { standard, section, file: path.to_owned(), line };
            if !quotes.contains(&quote) {
                quotes.push(quote);
            }
        }
    }
    quotes
}

/// The comment of a line: the whole line, or what follows the code and begins with the standard's name.
fn comment_of(line: &str) -> Option<&str> {
    let trimmed = line.trim_start();
    if trimmed.starts_with("//") {
        return Some(trimmed);
    }
    line.find("// RFC ").map(|at| &line[at..])
}

/// `(standard, section)` of every `RFC N §S`; further sections may follow after a comma, `and` or a slash.
fn references(comment: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for part in comment.split("RFC ").skip(1) {
        let number: String = part.chars().take_while(char::is_ascii_digit).collect();
        let mut rest = &part[number.len()..];
        while let Some((section, after)) = next_section(rest) {
            found.push((number.clone(), section));
            rest = after;
        }
    }
    found
}

fn next_section(rest: &str) -> Option<(String, &str)> {
    let rest = rest.trim_start_matches([',', ' ', '/', '(']);
    let rest = rest.strip_prefix("and ").unwrap_or(rest);
    let rest = rest.strip_prefix("§§").or(rest.strip_prefix('§')).or(rest.strip_prefix("Appendix "))?.trim_start();
    let end = rest.find(|c: char| !(c.is_ascii_digit() || c.is_ascii_uppercase() || c == '.')).unwrap_or(rest.len());
    let section = rest[..end].trim_end_matches('.');
    (!section.is_empty()).then(|| (section.to_owned(), &rest[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(comment: &str) -> Vec<String> {
        references(comment).into_iter().map(|(standard, section)| format!("{standard} {section}")).collect()
    }

    #[test]
    fn references_in_their_forms() {
        assert_eq!(pairs("// RFC 7208 §4.6.4: ten"), ["7208 4.6.4"]);
        assert_eq!(
            pairs("/// As RFC 6376 §3.4.2, §3.4.4 and §3.7. RFC 8301 §3.1."),
            ["6376 3.4.2", "6376 3.4.4", "6376 3.7", "8301 3.1"]
        );
        assert_eq!(pairs("// RFC 6376 Appendix A.2: the example; RFC 8463 §A.3"), ["6376 A.2", "8463 A.3"]);
        assert_eq!(pairs("// RFC 5321 in general, see §4"), Vec::<String>::new());
        assert_eq!(pairs("// §4 of something"), Vec::<String>::new());
    }

    #[test]
    fn comments_of_code_only() {
        let source = "let x = \"RFC 1 §1\";\nlet y = 1; // RFC 2 §2: why\n//! RFC 3 §3\n#[cfg(test)]\nmod tests {\n    // RFC 4 §4: not here\n}\n";
        let found: Vec<_> = of_file("a.rs", source).into_iter().map(|q| (q.standard, q.line)).collect();
        assert_eq!(found, [("2".to_owned(), 2), ("3".to_owned(), 3)]);
    }
}
