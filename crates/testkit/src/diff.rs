//! The difference of two texts, line by line.

/// The lines of both texts: `-` only in `want`, `+` only in `got`, two spaces in both. Empty when they are equal.
#[must_use]
pub fn diff(want: &str, got: &str) -> String {
    if want == got {
        return String::new();
    }
    let (want, got) = (want.split('\n').collect::<Vec<_>>(), got.split('\n').collect::<Vec<_>>());
    // common[i][j]: the length of the longest common subsequence of want[i..] and got[j..].
    let mut common = vec![vec![0_u32; got.len() + 1]; want.len() + 1];
    for i in (0..want.len()).rev() {
        for j in (0..got.len()).rev() {
            common[i][j] =
                if want[i] == got[j] { common[i + 1][j + 1] + 1 } else { common[i + 1][j].max(common[i][j + 1]) };
        }
    }
    let mut out = String::new();
    let mut line = |mark: &str, text: &str| out.extend([mark, text, "\n"]);
    let (mut i, mut j) = (0, 0);
    while i < want.len() || j < got.len() {
        if i < want.len() && j < got.len() && want[i] == got[j] {
            line("  ", want[i]);
            (i, j) = (i + 1, j + 1);
        } else if j == got.len() || (i < want.len() && common[i + 1][j] >= common[i][j + 1]) {
            line("- ", want[i]);
            i += 1;
        } else {
            line("+ ", got[j]);
            j += 1;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_marked() {
        assert_eq!(diff("a\nb\nc", "a\nB\nc\nd"), "  a\n- b\n+ B\n  c\n+ d\n");
        assert_eq!(diff("a\n", "a\n"), "");
        assert_eq!(diff("a\n", "a"), "  a\n- \n");
    }
}
