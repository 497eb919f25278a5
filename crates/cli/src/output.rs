//! How a command's result is asked for: for people, for programs, or just an identifier.

use crate::outcome::{Failure, Outcome};
use crate::terminal::{print, remark};

/// `--json`, and `--output` as the official client has it.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct Output {
    /// Print the result as JSON, and nothing else, on standard output
    #[arg(long)]
    json: bool,

    /// How to print the result
    #[arg(short = 'o', long, value_name = "FORMAT", value_enum, default_value_t = Format::Text)]
    output: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    #[value(aliases = ["table", "pretty"])]
    Text,
    /// The same as --json
    Json,
    /// The identifier of what was made, for the commands that make something
    Id,
}

impl Output {
    /// Whether people read along; remarks on the way are for them only.
    pub(crate) fn is_for_people(&self) -> bool {
        !self.json && self.output == Format::Text
    }

    /// Prints how a command ended and returns its exit code.
    pub(crate) fn show(&self, result: Result<Outcome, Failure>) -> std::process::ExitCode {
        let json = self.json || self.output == Format::Json;
        match result {
            Ok(outcome) if json => {
                print(&format!("{:#}\n", outcome.json));
                outcome.exit.into()
            }
            Ok(Outcome { exit, id: Some(id), .. }) if self.output == Format::Id => {
                print(&format!("{id}\n"));
                exit.into()
            }
            Ok(outcome) => {
                print(&outcome.text);
                outcome.exit.into()
            }
            Err(failure) => {
                if json {
                    print(&format!("{:#}\n", failure.to_json()));
                }
                remark(&failure.to_text());
                failure.exit.into()
            }
        }
    }
}
