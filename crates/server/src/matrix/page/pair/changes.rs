//! What changed, in sentences: since which provider version contracts fail that passed, and with which contract the newest
//! provider version began to fail or to pass.

use maud::{Markup, html};

use super::{At, PairPage, base, i64_of};
use crate::edge::urls;
use crate::ui::parts::{Verdict, chip, counted, panel, shape};

/// So many sentences are told.
const MOST: usize = 6;

impl PairPage<'_> {
    pub(super) fn changed(&self) -> Markup {
        let mut told = self.provider_moved();
        told.extend(self.consumer_moved());
        told.truncate(MOST);
        told.extend(self.without_result());
        if told.is_empty() {
            return html! {};
        }
        panel(
            "What changed",
            None,
            None,
            &html! {
                ul .changes {
                    @for (verdict, sentence) in &told { li { (shape(*verdict)) p { (sentence) } } }
                }
            },
        )
    }

    /// The first column of each content, oldest first.
    fn contents(&self) -> Vec<usize> {
        let mut seen = Vec::new();
        let mut firsts = Vec::new();
        for (at, one) in self.board.columns.iter().enumerate() {
            if !seen.contains(&one.content_id) {
                seen.push(one.content_id);
                firsts.push(at);
            }
        }
        firsts
    }

    fn is_pass(&self, at: At) -> Option<bool> {
        match self.board.verdict(at) {
            Verdict::Passed => Some(true),
            Verdict::Failed | Verdict::Pending => Some(false),
            _ => None,
        }
    }

    /// By the provider version since which contents fail without a pass: how many do.
    fn provider_moved(&self) -> Vec<(Verdict, Markup)> {
        let contents = self.contents();
        let mut since: Vec<(usize, Vec<usize>)> = Vec::new();
        for column in &contents {
            let results: Vec<(usize, bool)> =
                (0..self.board.rows.len()).filter_map(|row| Some((row, self.is_pass((*column, row))?))).collect();
            let failing = results.iter().take_while(|(_, passed)| !passed).count();
            if failing == 0 || failing == results.len() {
                continue;
            }
            let (first, _) = results[failing - 1];
            match since.iter_mut().find(|(row, _)| *row == first) {
                Some((_, columns)) => columns.push(*column),
                None => since.push((first, vec![*column])),
            }
        }
        since.sort_unstable_by_key(|(row, _)| *row);
        let sentence = |(row, columns): &(usize, Vec<usize>)| {
            let which = match columns.as_slice() {
                [only] => html! { "contract " (self.content_chip(*only)) " fails" },
                several => {
                    html! { (counted(i64_of(several.len()), "contract", "contracts")) " of " (contents.len()) " fail" }
                }
            };
            (
                Verdict::Failed,
                html! { "Since " (self.board.provider) " " (self.build_chip(*row)) " " (which) ", which passed before. The provider moved." },
            )
        };
        since.iter().map(sentence).collect()
    }

    /// With the newest provider version that has results: where one content passes and the next fails, or the other way.
    fn consumer_moved(&self) -> Vec<(Verdict, Markup)> {
        let contents = self.contents();
        let has_results = |row: &usize| contents.iter().any(|column| self.is_pass((*column, *row)).is_some());
        let Some(row) = (0..self.board.rows.len()).find(has_results) else { return Vec::new() };
        let results: Vec<(usize, bool)> =
            contents.iter().filter_map(|column| Some((*column, self.is_pass((*column, row))?))).collect();
        let moves = results.windows(2).filter(|pair| pair[0].1 != pair[1].1).map(|pair| {
            let (column, passes) = pair[1];
            let number = &self.board.columns[column].number;
            let href = urls::version(&base(self.viewer), &self.board.consumer, number);
            let verdict = if passes { Verdict::Passed } else { Verdict::Failed };
            let words = if passes { "passes" } else { "fails" };
            (verdict, html! {
                "From " (self.board.consumer) " " (chip(&href, number)) " on, contract " (self.content_chip(column)) " " (words)
                " with " (self.build_chip(row)) ". The consumer moved."
            })
        });
        let mut moves: Vec<_> = moves.collect();
        moves.reverse();
        moves
    }

    fn without_result(&self) -> Option<(Verdict, Markup)> {
        let (mut missing, mut marked) = (0, 0);
        for column in 0..self.board.columns.len() {
            for row in 0..self.board.rows.len() {
                if self.board.verdict((column, row)) == Verdict::NotVerified {
                    missing += 1;
                    let both = [self.board.columns[column].version_id, self.board.rows[row].version_id];
                    marked += usize::from(both.iter().all(|version| self.board.is_marked(*version)));
                }
            }
        }
        let words = html! {
            (counted(missing, "pair", "pairs")) " on this page " (if missing == 1 { "has" } else { "have" }) " no result"
            @if let Some(mark) = self.board.mark() {
                "; " @if marked == 0 { "none of them runs" } @else { (marked) " of them " (if marked == 1 { "runs" } else { "run" }) } " in " (mark)
            }
            "."
        };
        (missing > 0).then_some((Verdict::NotVerified, words))
    }

    fn content_chip(&self, column: usize) -> Markup {
        let sha = &self.board.columns[column].sha;
        chip(&urls::content(&base(self.viewer), &self.board.provider, &self.board.consumer, sha, None), sha)
    }

    fn build_chip(&self, row: usize) -> Markup {
        let number = &self.board.rows[row].number;
        chip(&urls::version(&base(self.viewer), &self.board.provider, number), number)
    }
}
