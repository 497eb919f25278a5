//! A run that is over, as everybody who reports it takes it.

use pactolus_verify::{ContractReport, InteractionReport, Report};

use super::tally::{Standing, standing};

/// A run that is over, and what is known beside its report.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Finished<'a> {
    pub(crate) report: &'a Report,
    /// The addresses of published results, in the order of the contracts; none for those beyond its end.
    pub(crate) published: &'a [Option<String>],
    /// The command that was run, without `--only` and without secrets.
    pub(crate) command: &'a str,
}

impl<'a> Finished<'a> {
    /// Each contract with the address of its published result.
    pub(super) fn contracts(&self) -> impl Iterator<Item = (&'a ContractReport, Option<&'a str>)> + use<'a> {
        let published = self.published.iter().map(Option::as_deref).chain(std::iter::repeat(None));
        self.report.contracts.iter().zip(published)
    }
}

/// The interactions of one standing, in the report's order.
pub(super) fn of(
    report: &Report,
    which: Standing,
) -> impl Iterator<Item = (&ContractReport, &InteractionReport)> + use<'_> {
    report.interactions().filter(move |(contract, one)| standing(contract, one) == which)
}
