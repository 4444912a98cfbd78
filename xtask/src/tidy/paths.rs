//! Every path that a Markdown file of ours names is there: link targets, and words in back-quotes that look like a path
//! of the project. `*`, `<name>`, `NN` and `…` in a path stand for anything. Fenced blocks are not read; paths that lead
//! out of the project, or into `target/`, cannot be checked.

use crate::house::{Complaint, House, Outcome};

/// Endings by which a word without a slash is taken for a file of ours.
const ENDINGS_ALONE: &[&str] = &[".md", ".rs", ".sh"];
/// Endings by which a word with slashes is taken for a file of ours even when its first folder does not exist.
const ENDINGS: &[&str] =
    &[".md", ".rs", ".sh", ".toml", ".tsv", ".py", ".zone", ".ftl", ".yml", ".json", ".csv", ".xml"];

pub(crate) fn check(house: &House) -> Outcome<Vec<Complaint>> {
    let tree = Tree::new(house);
    let mut complaints = Vec::new();
    for (document, text) in house.texts(|path| path.ends_with(".md") && !path.contains("testdata/")) {
        for (line, named) in named_paths(&text) {
            if !tree.has(document, &named) {
                complaints.push(Complaint::new(document, line, format!("there is no {}", named.text())));
            }
        }
    }
    Ok(complaints)
}

/// A path as a document names it.
#[derive(Debug, PartialEq, Eq)]
enum Named {
    /// Relative to the document.
    Link(String),
    /// Relative to the project or to the document.
    Quoted(String),
}

impl Named {
    fn text(&self) -> &str {
        let (Self::Link(path) | Self::Quoted(path)) = self;
        path
    }
}

/// The candidates of a document, with their lines.
fn named_paths(text: &str) -> Vec<(usize, Named)> {
    let mut found = Vec::new();
    let mut fence = false;
    for (at, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fence = !fence;
        } else if !fence {
            let quoted = line.split('`').skip(1).step_by(2).filter(|word| is_word_of_a_path(word));
            found.extend(quoted.map(|word| (at + 1, Named::Quoted(word.trim_end_matches('/').to_owned()))));
            found.extend(link_targets(line).map(|target| (at + 1, Named::Link(target))));
        }
    }
    found
}

/// Targets of `[text](target)` that are files; what follows `#` is left off.
fn link_targets(line: &str) -> impl Iterator<Item = String> {
    let targets = line.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next());
    let files = targets.filter(|target| !target.contains("://") && !target.starts_with("mailto:"));
    let files = files.filter_map(|target| target.split('#').next()).filter(|target| !target.is_empty());
    files.map(str::to_owned).collect::<Vec<_>>().into_iter()
}

/// Only characters of our paths, and a slash or a dot.
fn is_word_of_a_path(word: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "_-./*<>…".contains(c);
    word.contains(['/', '.']) && word.chars().all(fits) && !word.starts_with(['/', '-'])
}

/// The project's files and folders.
struct Tree<'a> {
    files: Vec<&'a str>,
}

impl<'a> Tree<'a> {
    fn new(house: &'a House) -> Self {
        Self { files: house.files.iter().map(String::as_str).collect() }
    }

    fn has(&self, document: &str, named: &Named) -> bool {
        let folder = document.rsplit_once('/').map_or("", |(folder, _)| folder);
        match named {
            Named::Link(target) => joined(folder, target).is_none_or(|path| self.holds(&path)),
            Named::Quoted(word) => {
                !self.concerns(word)
                    || [folder, ""].iter().any(|from| joined(from, word).is_none_or(|path| self.holds(&path)))
            }
        }
    }

    /// Whether a quoted word is meant as a path of the project.
    fn concerns(&self, word: &str) -> bool {
        let Some((first, _)) = word.split_once('/') else {
            return ENDINGS_ALONE.iter().any(|ending| word.ends_with(ending)) && !word.starts_with('.');
        };
        first.starts_with('.') || ENDINGS.iter().any(|ending| word.ends_with(ending)) || self.holds(first)
    }

    /// A file or folder; a bare name may be anywhere in the project.
    fn holds(&self, path: &str) -> bool {
        if path.is_empty() || path.split('/').next() == Some("target") {
            return true;
        }
        let pattern: Vec<&str> = path.split('/').collect();
        let fits = |parts: &[&str]| {
            parts.len() >= pattern.len() && pattern.iter().zip(parts).all(|(p, part)| matches(p, part))
        };
        self.files.iter().any(|file| {
            let parts: Vec<&str> = file.split('/').collect();
            fits(&parts)
                || (pattern.len() == 1 && path.contains('.') && parts.last().is_some_and(|name| matches(path, name)))
        })
    }
}

/// `path` seen from `folder`, without `.` and `..`; none when it leads out of the project.
fn joined(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// One component against one name; what stands for anything matches any run of characters, also an empty one.
fn matches(pattern: &str, name: &str) -> bool {
    let pattern = pattern.replace("NN", "*").replace('…', "*");
    let mut plain = String::new();
    let mut in_brackets = false;
    for c in pattern.chars() {
        match c {
            '<' => in_brackets = true,
            '>' => {
                in_brackets = false;
                plain.push('*');
            }
            c if !in_brackets => plain.push(c),
            _ => {}
        }
    }
    let Some((first, rest)) = plain.split_once('*') else { return plain == name };
    let Some(mut name) = name.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        let Some(at) = name.find(part) else { return false };
        name = &name[at + part.len()..];
    }
    name.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn missing(document: &str, text: &str) -> Vec<String> {
        let names = [
            "README.md",
            "docs/flow.md",
            "docs/standards/7208.tsv",
            "crates/spf/src/lib.rs",
            "testdata/cases/spf/01-pass.want",
            ".ci/run",
        ];
        let house = House { root: PathBuf::new(), files: names.map(str::to_owned).into() };
        let tree = Tree::new(&house);
        let named = named_paths(text).into_iter().filter(|(_, named)| !tree.has(document, named));
        named.map(|(line, named)| format!("{line} {}", named.text())).collect()
    }

    #[test]
    fn what_is_there_is_found() {
        let text = "`docs/flow.md` [x](docs/flow.md#top) [y](https://a.example/b.md) `crates/*/src/lib.rs` `.ci/run`\n\
                    `testdata/cases/<area>/NN-name.want` `docs/standards/NNNN.tsv` `crates/<name>` `docs/` `flow.md`";
        assert_eq!(missing("README.md", text), ["2 testdata/cases/<area>/NN-name.want"]);
        assert_eq!(
            missing("docs/flow.md", "[r](../README.md) `standards/7208.tsv` `../shared/suites` `../../x/y.md`"),
            [""; 0]
        );
    }

    #[test]
    fn what_is_missing_is_named_with_its_line() {
        let text = "a\n`docs/none.md`\n[x](none.md) `crates/dkim/src/lib.rs`\n`newdir/x.rs` `STYLE.md`";
        assert_eq!(
            missing("README.md", text),
            ["2 docs/none.md", "3 crates/dkim/src/lib.rs", "3 none.md", "4 newdir/x.rs", "4 STYLE.md"]
        );
    }

    #[test]
    fn other_things_are_not_paths() {
        let text = "`relaxed/relaxed` `inet:127.0.0.1:8894` `/etc/x/y.toml` `--format text/json` `sekisho.toml` `target/x/y.md`\n\
                    ```\n`docs/none.md`\n```\n`a.example` `multipart/report`";
        assert_eq!(missing("README.md", text), [""; 0]);
    }

    #[test]
    fn patterns() {
        assert!(matches("NN-name.want", "01-name.want") && matches("<a>.rs", "x.rs") && matches("*", "x"));
        assert!(!matches("NN-name.want", "01-other.want") && !matches("a*b", "ac"));
    }
}
