//! Whatever users wrote stands in every part as text.

use maud::{Markup, html};

use super::*;
use crate::ui::viewer::tests::viewer;

const HOSTILE: &str = r#""><script>alert(1)</script><img src=x onerror='alert(2)'>"#;

/// No tag begins in what a part was given, and no attribute ends there.
fn check(part: &Markup) {
    let text = &part.0;
    assert!(text.contains("alert(1)"), "it is shown: {text}");
    assert!(!text.contains("<script") && !text.contains("<img") && !text.contains("\"\"><"), "{text}");
    assert!(!text.contains(" style="), "{text}");
}

fn text() -> Markup {
    html! { (HOSTILE) }
}

#[test]
fn a_verdict_is_a_shape_and_a_word() {
    for (one, word, gate) in [
        (Verdict::Passed, "Passed", "Yes"),
        (Verdict::Failed, "Failed", "No"),
        (Verdict::NotVerified, "Not verified", "Not known"),
        (Verdict::Pending, "Pending", "Pending"),
        (Verdict::Warning, "Warning", "Yes, with a warning"),
        (Verdict::NotApplicable, "Not applicable", "Not applicable"),
    ] {
        let shown = verdict(one).into_string();
        assert!(shown.contains(word) && shown.contains(&format!("#s-{}", one.class())), "{shown}");
        assert!(answer(one).into_string().contains(gate));
        assert!(sprite().into_string().contains(&format!("id=\"s-{}\"", one.class())));
    }
}

#[test]
fn every_icon_that_is_used_is_in_the_sprite() {
    let sprite = sprite().into_string();
    for name in
        ["search", "menu", "moon", "sun", "down", "up", "right", "copy", "branch", "plus", "minus", "cross", "cycle"]
    {
        assert!(sprite.contains(&format!("id=\"i-{name}\"")), "{name}");
        assert!(icon(name).into_string().contains(name));
    }
}

#[test]
fn small_parts_show_what_was_written_as_text() {
    check(&chip(HOSTILE, HOSTILE));
    check(&selected_chip(HOSTILE, HOSTILE));
    check(&number_only(HOSTILE, HOSTILE, "same"));
    check(&tag(Some(HOSTILE), HOSTILE));
    check(&tag(None, HOSTILE));
    check(&verdict_saying(Verdict::Failed, HOSTILE));
    check(&badge(Verdict::Failed, HOSTILE));
    check(&shape_alone(Verdict::Failed, HOSTILE));
    check(&panel(HOSTILE, Some(HOSTILE), Some(&text()), &text()));
    check(&about(&[("Repository", text())]));
    check(&link(HOSTILE, HOSTILE));
    check(&outside(HOSTILE, HOSTILE));
    check(&outside(&format!("https://{HOSTILE}"), HOSTILE));
    assert!(!outside("javascript:alert(1)", "Build").into_string().contains("href"));
    check(&command(HOSTILE));
    check(&empty(HOSTILE, Some(HOSTILE), Some((HOSTILE, HOSTILE))));
    check(&trouble(HOSTILE, Some(HOSTILE)));
    check(&sentence(Verdict::Warning, &text()));
}

#[test]
fn the_channel_and_the_tape_show_what_was_written_as_text() {
    let station = |gate| Station {
        name: HOSTILE,
        href: HOSTILE,
        runs: vec![text()],
        by: Some(text()),
        answer: Some(text()),
        gate,
    };
    check(&channel(&[station(None), station(Some(Gate { verdict: Verdict::Failed, label: HOSTILE, href: HOSTILE }))]));
    let cell =
        |href| Cell { verdict: Verdict::Failed, label: HOSTILE.into(), href, is_selected: true, mark: Some(HOSTILE) };
    check(&tape(Size::Large, HOSTILE, &[cell(Some(HOSTILE)), cell(None)]));
}

#[test]
fn an_environment_in_which_nothing_runs_says_so() {
    let station = Station { name: "production", href: "/", runs: Vec::new(), by: None, answer: None, gate: None };

    assert!(channel(&[station]).into_string().contains("nothing runs here"));
}

#[test]
fn lists_show_what_was_written_as_text() {
    let viewer = viewer("/pacticipants", "q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&sort=-name");
    check(
        &html! { table { (head(&viewer, &[Column::text(HOSTILE).sorts_by("name"), Column::number("Age").wide_only()], "-name")) } },
    );
    let filters = Filters {
        fields: vec![
            Filter::Text { name: "q", label: HOSTILE },
            Filter::Choice(Choice { name: "team", label: HOSTILE, options: vec![(HOSTILE.into(), HOSTILE.into())] }),
        ],
        target: "list",
        end: Some(text()),
    };
    check(&filters.show(&viewer));
    let foot = Foot {
        first: Some(1),
        shown: 15,
        total: Some(24),
        of: ("one", HOSTILE),
        previous: None,
        next: Some(HOSTILE.into()),
    };
    check(&foot.show());
    assert!(foot.show().into_string().contains("1 to 15 of 24"));
}

#[test]
fn a_head_sorts_by_its_column_and_the_other_way_when_it_does_already() {
    let viewer = viewer("/pacticipants", "sort=name&q=a&after=x");
    let columns = [Column::text("Name").sorts_by("name"), Column::number("Changed").sorts_by("-changed")];

    let shown = head(&viewer, &columns, "name").into_string();

    assert!(shown.contains(r#"aria-sort="ascending"><a href="/pacticipants?q=a&amp;sort=-name">"#), "{shown}");
    assert!(shown.contains(r#"<a href="/pacticipants?q=a&amp;sort=-changed">"#), "{shown}");
}

#[test]
fn a_filter_that_is_set_is_marked_and_can_be_cleared() {
    let shown = |query| {
        let options = vec![(String::new(), "All".into()), ("web".into(), "Web".into())];
        let choice = Filter::Choice(Choice { name: "team", label: "Team", options });
        Filters { fields: vec![choice], target: "list", end: None }.show(&viewer("/x", query)).into_string()
    };

    assert!(shown("team=web").contains(r#"<label class="choice set">"#));
    assert!(shown("team=web").contains(">Clear</a>"));
    assert!(!shown("").contains("Clear"));
    assert!(shown("team=gone").contains(r#"<option value="gone" selected>gone</option>"#));
}

#[test]
fn reasons_and_fixes_show_what_was_written_as_text() {
    check(&timeline(&[Happening { verdict: Verdict::Passed, sentence: text(), by: Some(text()), age: text() }], true));
    let node = |verdict, reasons| Node {
        verdict,
        title: text(),
        word: Some("Failed"),
        age: Some(text()),
        evidence: Some((HOSTILE.into(), "Evidence")),
        facts: vec![("Needs", text())],
        reasons,
    };
    check(&tree(&node(Verdict::Failed, vec![node(Verdict::Failed, Vec::new())])));
    let step = Step {
        title: text(),
        why: text(),
        team: Some(HOSTILE.into()),
        settles: Some(text()),
        action: Some(text()),
        command: Some(HOSTILE.into()),
    };
    check(&Fix { steps: vec![step], then: (Verdict::Passed, HOSTILE.into()) }.show());
}

#[test]
fn many_reasons_that_passed_are_folded() {
    let passed = |_| Node {
        verdict: Verdict::Passed,
        title: html! { "stock" },
        word: Some("Passed"),
        age: None,
        evidence: None,
        facts: Vec::new(),
        reasons: Vec::new(),
    };
    let shown = |count: usize| {
        let root = Node { reasons: (0..count).map(passed).collect(), ..passed(0) };
        tree(&root).into_string()
    };

    assert!(!shown(8).contains("<details>"));
    assert!(shown(26).contains("26 passed"));
}

#[test]
fn lines_show_what_was_written_as_text_and_mark_what_is_wrong() {
    let line = |kind, id: Option<&str>| Line {
        kind,
        id: id.map(String::from),
        number: Some(3),
        text: text(),
        rule: Some(text()),
        note: Some(HOSTILE.into()),
    };
    check(&lines(&[line(Kind::Plain, None), line(Kind::Bad, Some(HOSTILE)), line(Kind::Got, None)], true));
    check(&two_sided(&[
        TwoSided::Same { left: 1, right: 1, text: text() },
        TwoSided::Added { right: 2, text: text(), tag: Some(text()) },
        TwoSided::Removed { left: 2, text: text(), tag: None },
        TwoSided::Folded(14),
    ]));
    let marked = lines(&[line(Kind::Missing, Some("i2-amount"))], true).into_string();
    assert!(marked.contains(r#"id="i2-amount" data-mismatch"#), "{marked}");
}

#[test]
fn words_about_moments_and_numbers_have_the_exact_ones_behind_them() {
    let viewer = viewer("/", "");

    assert!(viewer.ago(viewer.now).into_string().contains(">just now<"));
    assert!(viewer.age(viewer.now).into_string().contains("title=\"2026-11-22 14:06:00 UTC\""));
    assert!(full(viewer.now).into_string().contains(">Sunday 22 November, 14:06 UTC<"));
    assert_eq!(counted(1204, "version", "versions"), format!("{} versions", count(1204)));
}

#[test]
fn what_is_short_and_small_has_its_whole_in_words() {
    let version = short("a41c7e0b5f9d8c7e6a5b4c3d2e1f0a9b8c7d6e5f");
    let cell = Cell {
        verdict: Verdict::Passed,
        label: format!("{version}: Passed"),
        href: None,
        is_selected: false,
        mark: None,
    };

    let shown = tape(Size::Small, "main", &[cell]).into_string();

    assert!(shown.contains("a41c7e0: Passed") && !shown.contains("large"), "{shown}");
    assert!(shape(Verdict::Passed).into_string().contains("aria-hidden"));
}
