//! What pages are made of. Each part is a function that gives markup; names, texts and addresses that go in are text, which
//! maud escapes. Addresses are whole: `Viewer::at` gives them their beginning.

mod channel;
mod chips;
mod filters;
mod fix;
mod icons;
mod lines;
mod panel;
mod shell;
mod table;
mod tape;
mod time;
mod timeline;
mod tree;
mod verdict;

pub(crate) use channel::{Gate, Station, channel};
pub(crate) use chips::{chip, number_only, selected_chip, short, tag};
pub(crate) use filters::{Choice, Filter, Filters};
pub(crate) use fix::{Fix, Step};
pub(crate) use icons::icon;
pub(super) use icons::sprite;
pub(crate) use lines::{Kind, Line, TwoSided, lines, two_sided};
pub(crate) use panel::{about, command, empty, link, outside, panel, sentence, trouble};
pub(crate) use shell::word;
pub(crate) use table::{Column, Foot, head, page_of};
pub(crate) use tape::{Cell, Size, glyph, tape};
pub(crate) use time::{count, counted, full};
pub(crate) use timeline::{Happening, timeline};
pub(crate) use tree::{Node, tree};
pub(crate) use verdict::{Verdict, answer, badge, shape, shape_alone, verdict, verdict_saying};

#[cfg(test)]
mod tests;
