//! Which versions `can-i-deploy` is about. The order of the flags matters: `--version`, `--latest`, `--tag`,
//! `--branch` and `--main-branch` belong to the `--pacticipant` or `--ignore` before them.

use clap::builder::NonEmptyStringValueParser;
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::broker::encode;

/// The versions that are asked about, and those whose results don't count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Selectors {
    pub(crate) asked: Vec<Selector>,
    pub(crate) ignored: Vec<Selector>,
}

/// Versions of one pacticipant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Selector {
    pub(crate) pacticipant: String,
    pub(crate) which: Which,
}

/// Which of a pacticipant's versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Which {
    /// None named: all where results are ignored, the detected one where a question is asked.
    Unsaid,
    Version(String),
    Latest,
    LatestTagged(String),
    /// Every version with the tag.
    Tagged(String),
    /// The latest version of the branch.
    Branch(String),
    /// The latest version of the main branch.
    MainBranch,
}

impl Selector {
    pub(crate) fn of(pacticipant: impl Into<String>, which: Which) -> Self {
        Self { pacticipant: pacticipant.into(), which }
    }

    /// The query parameters, `q` or `ignore` being the list. Parameters of one selector have to stay together.
    pub(crate) fn to_query(&self, list: &str) -> Vec<String> {
        let pair = |key: &str, value: &str| format!("{list}[][{key}]={}", encode(value));
        let mut query = vec![pair("pacticipant", &self.pacticipant)];
        match &self.which {
            Which::Unsaid => {}
            Which::Version(version) => query.push(pair("version", version)),
            Which::Latest => query.push(pair("latest", "true")),
            Which::LatestTagged(tag) => query.extend([pair("latest", "true"), pair("tag", tag)]),
            Which::Tagged(tag) => query.push(pair("tag", tag)),
            Which::Branch(branch) => query.extend([pair("branch", branch), pair("latest", "true")]),
            Which::MainBranch => query.extend([pair("mainBranch", "true"), pair("latest", "true")]),
        }
        query
    }
}

impl std::fmt::Display for Selector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = &self.pacticipant;
        match &self.which {
            Which::Unsaid => write!(f, "{name}"),
            Which::Version(version) => write!(f, "{name} version {version}"),
            Which::Latest => write!(f, "the latest version of {name}"),
            Which::LatestTagged(tag) => write!(f, "the latest version of {name} with tag {tag}"),
            Which::Tagged(tag) => write!(f, "every version of {name} with tag {tag}"),
            Which::Branch(branch) => write!(f, "the latest version of {name} from branch {branch}"),
            Which::MainBranch => write!(f, "the latest version of {name} from its main branch"),
        }
    }
}

impl clap::Args for Selectors {
    fn augment_args(command: Command) -> Command {
        let appended = |id: &'static str| {
            Arg::new(id).long(id).action(ArgAction::Append).value_parser(NonEmptyStringValueParser::new())
        };
        command.args([
            appended("pacticipant")
                .short('a')
                .required(true)
                .value_name("NAME")
                .help("Application to ask about; may be repeated. The flags that say which of its versions follow it"),
            appended("version")
                .short('e')
                .value_name("VERSION")
                .help("Version of the pacticipant before it [detected where there is one pacticipant: commit]"),
            appended("latest")
                .short('l')
                .num_args(0..=1)
                .default_missing_value(NO_TAG)
                .value_name("TAG")
                .help("The latest version of the pacticipant before it, or the latest one with a tag"),
            appended("tag").alias("all").value_name("TAG").help("Every version of the pacticipant that has this tag"),
            appended("branch").value_name("BRANCH").help("The latest version of the pacticipant from this branch"),
            appended("main-branch")
                .num_args(0)
                .default_missing_value(NO_TAG)
                .help("The latest version of the pacticipant from its main branch"),
            appended("ignore").value_name("NAME").help(
                "Application whose results don't count, or a version of it if --version follows; may be repeated",
            ),
        ])
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

/// Stands for a value that was left out; no tag can be called so.
const NO_TAG: &str = "\0";

impl clap::FromArgMatches for Selectors {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut selectors = Self { asked: Vec::new(), ignored: Vec::new() };
        let mut last: Option<&mut Selector> = None;
        for (flag, value) in in_order(matches) {
            let which = match flag {
                "pacticipant" | "ignore" => {
                    let selected = if flag == "ignore" { &mut selectors.ignored } else { &mut selectors.asked };
                    selected.push(Selector::of(value, Which::Unsaid));
                    last = selected.last_mut();
                    continue;
                }
                "version" => Which::Version(value),
                "latest" if value == NO_TAG => Which::Latest,
                "latest" => Which::LatestTagged(value),
                "tag" => Which::Tagged(value),
                "branch" => Which::Branch(value),
                _ => Which::MainBranch,
            };
            match &mut last {
                None => return Err(wrong(format!("--{flag} has to follow the --pacticipant that it belongs to"))),
                Some(selector) => selector.narrow(which, flag)?,
            }
        }
        for ignored in &selectors.ignored {
            if !matches!(ignored.which, Which::Unsaid | Which::Version(_)) {
                return Err(wrong(format!("after --ignore {} only --version can follow", ignored.pacticipant)));
            }
        }
        Ok(selectors)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Selector {
    fn narrow(&mut self, which: Which, flag: &str) -> Result<(), clap::Error> {
        self.which = match (&self.which, which) {
            (Which::Unsaid, which) => which,
            // As the official client has it: a tag beside --latest narrows it.
            (Which::Latest, Which::Tagged(tag)) => Which::LatestTagged(tag),
            (Which::Tagged(tag), Which::Latest) => Which::LatestTagged(tag.clone()),
            // Both already mean the latest one.
            (said @ (Which::Branch(_) | Which::MainBranch), Which::Latest) => said.clone(),
            (Which::Latest, said @ (Which::Branch(_) | Which::MainBranch)) => said,
            _ => return Err(wrong(format!("--{flag} contradicts what is said before it about {}", self.pacticipant))),
        };
        Ok(())
    }
}

fn in_order(matches: &ArgMatches) -> Vec<(&'static str, String)> {
    let mut flags = Vec::new();
    for flag in ["pacticipant", "version", "latest", "tag", "branch", "main-branch", "ignore"] {
        let values = matches.get_many::<String>(flag).into_iter().flatten().cloned();
        let indices = matches.indices_of(flag).into_iter().flatten();
        flags.extend(indices.zip(values).map(|(index, value)| (index, flag, value)));
    }
    flags.sort_by_key(|(index, ..)| *index);
    flags.into_iter().map(|(_, flag, value)| (flag, value)).collect()
}

fn wrong(message: impl std::fmt::Display) -> clap::Error {
    clap::Error::raw(ErrorKind::ArgumentConflict, format!("{message}\n"))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Question {
        #[command(flatten)]
        selectors: Selectors,
        #[arg(long)]
        to_environment: Option<String>,
    }

    fn parse(line: &str) -> Result<Question, clap::Error> {
        Question::try_parse_from(["pactolus"].into_iter().chain(line.split_whitespace()))
    }

    fn check(line: &str, expected: &str) {
        let Selectors { asked, ignored } = parse(line).unwrap().selectors;
        let asked = asked.iter().flat_map(|selector| selector.to_query("q"));
        let query: Vec<String> = asked.chain(ignored.iter().flat_map(|selector| selector.to_query("ignore"))).collect();
        assert_eq!(query.join("&"), expected, "{line}");
    }

    #[test]
    fn one_version() {
        check("-a shop -e 1", "q[][pacticipant]=shop&q[][version]=1");
        check("--pacticipant=Zoë/ß --version=1+2", "q[][pacticipant]=Zo%C3%AB%2F%C3%9F&q[][version]=1%2B2");
    }

    #[test]
    fn flags_belong_to_the_pacticipant_before_them() {
        check(
            "-a shop -e 1 -a stock --latest prod -a web --main-branch -a pay --branch b",
            "q[][pacticipant]=shop&q[][version]=1\
             &q[][pacticipant]=stock&q[][latest]=true&q[][tag]=prod\
             &q[][pacticipant]=web&q[][mainBranch]=true&q[][latest]=true\
             &q[][pacticipant]=pay&q[][branch]=b&q[][latest]=true",
        );
    }

    #[test]
    fn flags_without_values_keep_their_places() {
        check(
            "-a a --latest -a b --main-branch -a c --latest x -a d --main-branch -a e -l",
            "q[][pacticipant]=a&q[][latest]=true\
             &q[][pacticipant]=b&q[][mainBranch]=true&q[][latest]=true\
             &q[][pacticipant]=c&q[][latest]=true&q[][tag]=x\
             &q[][pacticipant]=d&q[][mainBranch]=true&q[][latest]=true\
             &q[][pacticipant]=e&q[][latest]=true",
        );
    }

    #[test]
    fn a_tag_alone_means_every_version_with_it() {
        check("-a shop --tag x", "q[][pacticipant]=shop&q[][tag]=x");
        check("-a shop --all x", "q[][pacticipant]=shop&q[][tag]=x");
        check("-a shop --latest --tag x", "q[][pacticipant]=shop&q[][latest]=true&q[][tag]=x");
        check("-a shop --branch b --latest", "q[][pacticipant]=shop&q[][branch]=b&q[][latest]=true");
    }

    #[test]
    fn what_is_ignored_takes_its_version_along() {
        check(
            "-a shop -e 3 --ignore stock --version 1 --ignore pay --to-environment test",
            "q[][pacticipant]=shop&q[][version]=3\
             &ignore[][pacticipant]=stock&ignore[][version]=1&ignore[][pacticipant]=pay",
        );
        check("--ignore stock -a shop -e 3", "q[][pacticipant]=shop&q[][version]=3&ignore[][pacticipant]=stock");
    }

    fn check_wrong(line: &str) {
        assert_eq!(parse(line).err().map(|error| error.exit_code()), Some(2), "{line}");
    }

    #[test]
    fn contradictions_are_wrong_usage() {
        check_wrong("--to-environment test");
        check_wrong("-e 1 -a shop");
        check_wrong("-a shop -e 1 -e 2");
        check_wrong("-a shop -e 1 --latest");
        check_wrong("-a shop --main-branch --branch x");
        check_wrong("-a shop -e 1 --ignore stock --latest");
        check_wrong("-a");
    }
}
