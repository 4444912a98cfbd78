//! `soak`: what takes too long for the gate, once and whole. It is begun by hand.
//!
//! `soak survey [--names COUNT]`: a survey of 100,000 names is killed four times and goes on each time, and gives the same bytes
//! as one that was never ended (tests/e2e/survey-killed.sh, which the gate runs with fewer). `--binary PATH` takes another
//! program than cargo's release build.

use std::path::PathBuf;

use crate::house::{House, Outcome, succeed};

const SCRIPT: &str = "tests/e2e/survey-killed.sh";
const NAMES: u32 = 100_000;

pub(crate) fn run(house: &House, arguments: &[String]) -> Outcome {
    let options = Options::read(arguments)?;
    let program = match options.binary {
        Some(path) => path,
        None => {
            house.cargo(&["build", "--release", "--package", "sekisho"])?;
            house.metadata()?.target_directory.join("release/sekisho").into_std_path_buf()
        }
    };
    let mut command = house.command("bash", &[SCRIPT]);
    succeed(command.env("SEKISHO", program).env("SURVEY_COUNT", options.names.to_string()))
}

#[derive(PartialEq, Eq, Debug)]
struct Options {
    names: u32,
    binary: Option<PathBuf>,
}

impl Options {
    fn read(arguments: &[String]) -> Outcome<Self> {
        let mut options = Self { names: NAMES, binary: None };
        let Some((what, rest)) = arguments.split_first().filter(|(what, _)| *what == "survey") else {
            return Err("say what: survey".to_owned());
        };
        for pair in rest.chunks(2) {
            match pair {
                [option, count] if option == "--names" => {
                    options.names = count.parse().map_err(|error| format!("{what} {option} {count}: {error}"))?;
                }
                [option, path] if option == "--binary" => options.binary = Some(PathBuf::from(path)),
                other => return Err(format!("{what} {}: there is no such option", other.join(" "))),
            }
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Outcome<Options> {
        Options::read(&text.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn what_is_soaked_is_said() {
        assert_eq!(read("survey").map(|options| options.names), Ok(NAMES));
        let options = read("survey --names 2000 --binary /bin/sekisho");
        assert_eq!(options, Ok(Options { names: 2000, binary: Some(PathBuf::from("/bin/sekisho")) }));
        for text in ["", "milter", "survey --names", "survey --names many", "survey --fast 1"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
