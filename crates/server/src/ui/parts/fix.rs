//! The smallest fix: numbered steps on a gold line that ends in the answer they lead to.

use maud::{Markup, html};

use super::panel::command;
use super::verdict::{Verdict, shape};

pub(crate) struct Fix {
    pub(crate) steps: Vec<Step>,
    /// What the gate says then.
    pub(crate) then: (Verdict, String),
}

pub(crate) struct Step {
    /// What to do, as an order.
    pub(crate) title: Markup,
    /// Why it works.
    pub(crate) why: Markup,
    /// Whose move it is.
    pub(crate) team: Option<String>,
    /// Which reasons go with it.
    pub(crate) settles: Option<Markup>,
    /// A link or a form.
    pub(crate) action: Option<Markup>,
    pub(crate) command: Option<String>,
}

impl Fix {
    pub(crate) fn show(&self) -> Markup {
        html! {
            ol .fix {
                @for (index, step) in self.steps.iter().enumerate() { (of(index + 1, step)) }
                li {
                    span .step .end { (shape(self.then.0)) }
                    h3 { (self.then.1) }
                }
            }
        }
    }
}

fn of(number: usize, step: &Step) -> Markup {
    html! {
        li {
            span .step { (number) }
            div {
                h3 { (step.title) }
                p { (step.why) }
                @if let Some(text) = &step.command { (command(text)) }
                div .facts {
                    @if let Some(team) = &step.team { span { "Team " (team) } }
                    @if let Some(settles) = &step.settles { span { "settles " (settles) } }
                }
            }
            @if let Some(action) = &step.action { div .action { (action) } }
        }
    }
}
