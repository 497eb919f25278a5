//! The heat map: a real table whose cells lead to their evidence. Columns that share a contract's content hang under one
//! bracket, since they share its results.

use maud::{Markup, html};

use super::board::{Basis, Turns};
use super::{At, Board, PairPage, base, i64_of};
use crate::edge::urls;
use crate::ui::parts::{Verdict, count, counted, short};

impl PairPage<'_> {
    pub(super) fn heat(&self) -> Markup {
        html! {
            section .panel {
                (self.legend())
                div .scroll .heat-frame tabindex="0" role="group" aria-label="Heat map, scrolls sideways" {
                    table .heat {
                        caption .vh { "Results of " (self.board.provider) " with the contracts of " (self.board.consumer) }
                        (self.heads())
                        tbody hx-boost="true" hx-target="#evidence" hx-select="#evidence" hx-swap="outerHTML" hx-push-url="true" {
                            @for row in 0..self.board.rows.len() { (self.row(row)) }
                        }
                    }
                }
                (self.foot())
            }
        }
    }

    fn legend(&self) -> Markup {
        let verdicts = [Verdict::Passed, Verdict::Failed, Verdict::NotVerified, Verdict::Pending];
        html! {
            header .legend {
                @for verdict in verdicts { span { span class={ "cell " (verdict.class()) } { (mark_of(verdict)) } (verdict.word()) } }
                @for basis in self.marked_bases() {
                    span { span class={ "cell pass " (basis.class().unwrap_or_default()) } {} (basis.words()) }
                }
                @if let Some(mark) = self.board.mark() { span .marked { span .cell .on {} "runs in " (mark) } }
            }
        }
    }

    /// Those that cells here are marked for.
    fn marked_bases(&self) -> Vec<Basis> {
        let all = (0..self.board.columns.len())
            .flat_map(|column| (0..self.board.rows.len()).map(move |row| self.board.basis((column, row))));
        let seen: Vec<Basis> = all.flatten().collect();
        [Basis::Comparison, Basis::Both].into_iter().filter(|basis| seen.contains(basis)).collect()
    }

    fn heads(&self) -> Markup {
        let columns = &self.board.columns;
        let brackets = columns.chunk_by(|one, other| one.content_id == other.content_id);
        let chosen = self.chosen.map(|(column, _)| columns[column].content_id);
        let is_running = columns.iter().any(|one| self.board.places(one.version_id).next().is_some());
        html! {
            thead {
                @if is_running {
                    tr .places {
                        td {}
                        @for one in columns { td { @if let Some(place) = self.board.places(one.version_id).last() { span title=(place) { (place) } } } }
                    }
                }
                tr .contents {
                    th scope="row" { "contract content" }
                    @for bracket in brackets {
                        @let first = &bracket[0];
                        @let href = urls::content(&base(self.viewer), &self.board.provider, &self.board.consumer, &first.sha, None);
                        th scope="colgroup" colspan=(bracket.len()) .chosen[chosen == Some(first.content_id)] {
                            a href=(href) title={ "contract " (first.sha) } {
                                @if bracket.len() > 2 { (short(&first.sha)) } @else { span .vh { (short(&first.sha)) } }
                            }
                        }
                    }
                }
                tr .versions {
                    th scope="col" { (self.board.provider) ", newest first" }
                    @for one in columns {
                        th scope="col" .on[self.board.is_marked(one.version_id)] {
                            a href=(urls::version(&base(self.viewer), &self.board.consumer, &one.number)) title=(one.number) { (short(&one.number)) }
                        }
                    }
                }
            }
        }
    }

    fn row(&self, row: usize) -> Markup {
        let build = &self.board.rows[row];
        let places: Vec<&str> = self.board.places(build.version_id).collect();
        html! {
            tr .on[self.board.is_marked(build.version_id)] {
                th scope="row" {
                    a hx-boost="false" href=(urls::version(&base(self.viewer), &self.board.provider, &build.number)) title=(build.number) { (short(&build.number)) }
                    @if !places.is_empty() { span .place { (places.join(", ")) } }
                }
                @for column in 0..self.board.columns.len() { (self.cell((column, row))) }
            }
        }
    }

    fn cell(&self, at: At) -> Markup {
        let verdict = self.board.verdict(at);
        let (column, build) = (&self.board.columns[at.0], &self.board.rows[at.1]);
        let is_chosen = self.chosen == Some(at);
        let basis = self.board.basis(at);
        let mark = basis.and_then(Basis::class).map(|class| format!(" {class}")).unwrap_or_default();
        let class = format!("cell {}{mark}{}", verdict.class(), if is_chosen { " selected" } else { "" });
        let by = self
            .board
            .basis_of_verdict(at)
            .filter(|basis| *basis != Basis::Verification)
            .map(|basis| format!(", {}", basis.words()));
        let says = format!("{}{}", verdict.word(), by.unwrap_or_default());
        let title = format!("{} with {}: {says}", short(&build.number), short(&column.number));
        html! {
            td .on[self.board.is_marked(column.version_id)] {
                a class=(class) href=(self.cell_href(at)) tabindex="-1" title=(title) aria-current=[is_chosen.then_some("true")] {
                    (mark_of(verdict)) (says)
                }
            }
        }
    }

    fn foot(&self) -> Markup {
        let Board { consumer, provider, columns, total, .. } = self.board;
        let shown = i64_of(columns.len());
        html! {
            div .foot-of-list {
                span .words {
                    (count(shown)) " of " (counted(*total, "version", "versions")) " of " (consumer)
                    " with a contract, newest right. Versions under one bracket share the same contract content, so they share results."
                }
                div .turns {
                    (self.turns(&format!("Versions of {consumer}"), "before", &self.board.column_turns))
                    (self.turns(&format!("Versions of {provider}"), "rows_before", &self.board.row_turns))
                }
            }
        }
    }

    fn turns(&self, label: &str, parameter: &str, turns: &Turns) -> Markup {
        if turns.older.is_none() && turns.newer.is_none() {
            return html! {};
        }
        let to = |number: Option<&str>| self.viewer.here_with(&[(parameter, number), ("cell", None)]);
        let way = |words: &str, href: Option<String>| {
            html! { @if let Some(href) = href { a .button href=(href) { (words) } } @else { span .button aria-disabled="true" { (words) } } }
        };
        let is_rows = parameter == "rows_before";
        html! {
            nav aria-label=(label) {
                @if is_rows { span .quiet { (self.board.provider) } } @else { span .quiet { (self.board.consumer) } }
                (way("Older", turns.older.as_deref().map(|number| to(Some(number)))))
                (way("Newer", turns.newer.as_ref().map(|newer| to(newer.before()))))
            }
        }
    }
}

/// Failures stand out without colour.
pub(in crate::matrix::page) fn mark_of(verdict: Verdict) -> Markup {
    html! {
        @if verdict == Verdict::Failed {
            svg viewBox="0 0 8 8" aria-hidden="true" { path d="m1.500 1.500 5 5m0-5-5 5" {} }
        }
    }
}
