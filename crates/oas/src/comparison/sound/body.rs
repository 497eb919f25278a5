//! Walks a body's example and its schema together, and holds what the consumer's matchers say of each value against
//! what the schema says of it.

use std::rc::Rc;

use serde_json::{Value, json};

use super::super::interaction::{Call, Draft, Session};
use super::super::translate::{Reading, bundle};
use super::algebra::{Answer, contains, contains_all};
use super::variants::{Declared, Mark, Variant, marked};
use super::{expectation, shown};
use crate::contract::{Interaction, Part, Place, Rules, kind};
use crate::document::Node;
use crate::finding::{Code, Severity};
use crate::pointer::Pointer;

/// More items of an example than that tell nothing new.
const MAX_ITEMS: usize = 100;

/// What may stand at one place of the body: one of these, each a list of schemas that all hold.
type Choices<'d> = Vec<Vec<Node<'d>>>;

/// Checks that a consumer takes all that the schema lets a provider send where the consumer's matchers say something,
/// and that the provider sends what the consumer reads.
pub(super) fn check_received(session: &mut Session<'_, '_>, subject: &Subject<'_>, schema: &Pointer, body: &Value) {
    let Some(node) = session.document.node(schema) else { return };
    Walk { session, subject }.received(&mut Vec::new(), body, &vec![vec![node]]);
}

/// Checks that the provider takes all that the consumer's matchers let it send.
pub(super) fn check_sent(session: &mut Session<'_, '_>, subject: &Subject<'_>, schema: &Pointer, body: &Value) {
    let Some(node) = session.document.node(schema) else { return };
    Walk { session, subject }.sent(&mut Vec::new(), body, &vec![vec![node]]);
}

/// What is looked at: a body or a payload, with the consumer's rules for it.
pub(in super::super) struct Subject<'w> {
    pub(in super::super) index: usize,
    pub(in super::super) interaction: &'w Interaction,
    pub(in super::super) part: Part,
    pub(in super::super) rules: &'w Rules,
    /// The call whose response it is, if it is one.
    pub(in super::super) answers: Option<&'w Call<'w>>,
}

impl<'w> Subject<'w> {
    pub(super) fn of_request(call: &'w Call<'w>) -> Self {
        let rules = &call.exchange.request.rules;
        Self { index: call.index, interaction: call.interaction, part: Part::RequestBody, rules, answers: None }
    }

    pub(super) fn of_response(call: &'w Call<'w>) -> Self {
        let rules = &call.exchange.response.rules;
        let (index, interaction) = (call.index, call.interaction);
        Self { index, interaction, part: Part::ResponseBody, rules, answers: Some(call) }
    }
}

struct Walk<'w, 'a, 'd> {
    session: &'w mut Session<'a, 'd>,
    subject: &'w Subject<'w>,
}

impl<'d> Walk<'_, '_, 'd> {
    fn received(&mut self, path: &mut Vec<String>, example: &Value, choices: &Choices<'d>) {
        match example {
            Value::Object(members) => {
                let Some(all) = self.variants_or_report(path, example, choices) else { return };
                self.check_null(path, example, choices, &all);
                let fitting = self.fitting(&all, example);
                for (name, value) in members {
                    if self.session.is_over() {
                        return;
                    }
                    self.received_property(path, name, value, &fitting);
                }
            }
            Value::Array(items) => {
                let Some(all) = self.variants_or_report(path, example, choices) else { return };
                self.check_null(path, example, choices, &all);
                let fitting = self.fitting(&all, example);
                self.check_length(path, items, choices, &fitting);
                self.each_item(path, items, &fitting, Self::received);
            }
            // Of it alone nobody asks anything.
            _ if self.subject.rules.are_none() => {}
            _ => {
                let matchers = self.subject.rules.of_body(path);
                let unsaid = expectation::unsaid(matchers).is_some();
                match (expectation::schema(matchers, example), first_pointer(choices)) {
                    (Some(expected), _) => self.check_scalar(path, example, &expected, choices),
                    (None, Some(pointer)) if unsaid => {
                        self.report_by_example(Code::ResponseBodyByExample, path, example, &pointer, 0);
                    }
                    (None, _) => {}
                }
            }
        }
    }

    fn each_item(
        &mut self,
        path: &mut Vec<String>,
        items: &[Value],
        fitting: &[&Variant<'d>],
        look: impl Fn(&mut Self, &mut Vec<String>, &Value, &Choices<'d>),
    ) {
        let listed = fitting.iter().map(|variant| variant.listed()).max().unwrap_or(0);
        let others = items_of(fitting, listed);
        for (index, item) in items.iter().enumerate().take(MAX_ITEMS) {
            if self.session.is_over() {
                return;
            }
            path.push(index.to_string());
            if index < listed {
                look(self, path, item, &items_of(fitting, index));
            } else {
                look(self, path, item, &others);
            }
            path.pop();
        }
    }

    /// Whether nothing is asked of a property but that it is described, which it is.
    fn is_plain(&self, name: &str, value: &Value, fitting: &[&Variant<'d>], mark: Mark) -> bool {
        let is_scalar = !value.is_object() && !value.is_array();
        is_scalar && fitting.iter().any(|variant| variant.names_plainly(self.session.document, name, mark))
    }

    fn received_property(&mut self, path: &mut Vec<String>, name: &str, value: &Value, fitting: &[&Variant<'d>]) {
        let is_plain = self.is_plain(name, value, fitting, Mark::WriteOnly);
        if is_plain && self.subject.rules.are_none() {
            return;
        }
        path.push(name.to_owned());
        if !is_plain || !self.subject.rules.of_body(path).is_empty() {
            self.look_at_property(path, name, value, fitting);
        }
        path.pop();
    }

    /// Looks at a property; the path leads to it.
    fn look_at_property(&mut self, path: &mut Vec<String>, name: &str, value: &Value, fitting: &[&Variant<'d>]) {
        let (mut choices, mut free, mut unnamed, mut optional) = (Vec::new(), false, false, false);
        for variant in fitting {
            match variant.property(name) {
                Declared::Described(nodes) => choices.push(nodes),
                Declared::Free => free = true,
                Declared::Unnamed => {
                    unnamed = true;
                    continue;
                }
                // Holding the example against the schema has said so.
                Declared::Forbidden => continue,
            }
            optional |= !variant.requires(name);
        }
        let first = choices.iter().flatten().next().map(|node| node.pointer().clone());
        match first {
            Some(pointer) => {
                let hidden = choices.iter().all(|nodes| marked(self.session.document, nodes, Mark::WriteOnly));
                if hidden && !free {
                    let message = format!("`{name}` is only written, never sent back");
                    self.report(Code::ResponseBodyWriteOnly, path, value, &pointer, message);
                } else if optional && !self.subject.rules.of_body(path).is_empty() {
                    let message = format!("the provider may leave out `{name}`");
                    self.report(Code::ResponseBodyOptional, path, value, &pointer, message);
                }
                self.received(path, value, &choices);
            }
            None if unnamed && !free => self.report_unnamed(path, name, value, fitting),
            None => {}
        }
    }

    /// Reports a property that no schema names. Where the schema does not close its object and an example of the document
    /// shows the property, the document does not contradict the consumer; it just never promises the property.
    fn report_unnamed(&mut self, path: &[String], name: &str, value: &Value, fitting: &[&Variant<'d>]) {
        let mut parts = fitting.iter().flat_map(|variant| variant.parts());
        let Some(pointer) = parts.next().map(|part| part.pointer().clone()) else { return };
        let beside = fitting.iter().flat_map(|variant| variant.parts()).flat_map(|part| shown::beside(part.value()));
        let own = [name.to_owned()];
        let is_shown = beside.into_iter().any(|example| shown::has(example, &own))
            || self.subject.answers.is_some_and(|call| {
                shown::of_response(self.session.document, call).iter().any(|example| shown::has(example, path))
            });
        if is_shown {
            let message = format!("no schema names `{name}`, only an example shows it");
            self.report(Code::ResponseBodyUndescribed, path, value, &pointer, message).severity = Severity::Warning;
        } else {
            let message = format!("`{name}` is not described");
            self.report(Code::ResponseBodyUndescribed, path, value, &pointer, message);
        }
    }

    /// Says that matching rules were only tried by example.
    fn report_by_example(&mut self, code: Code, path: &[String], example: &Value, pointer: &Pointer, tried: usize) {
        let matchers = self.subject.rules.of_body(path);
        let message = match (expectation::unsaid(matchers), tried) {
            (Some(kind), _) => format!("checked by example only: the rule `{kind}` says more than a schema can"),
            (None, 0) => {
                "checked by the contract's example only: no other value of the schema could be made".to_owned()
            }
            (None, tried) => {
                let values = if tried == 1 { "1 value fits" } else { "all values fit" };
                format!("checked by example only: it could not be proved, and {values} that were tried ({tried})")
            }
        };
        self.report(code, path, example, pointer, message);
    }

    fn sent(&mut self, path: &mut Vec<String>, example: &Value, choices: &Choices<'d>) {
        match example {
            Value::Object(members) => {
                let Some(all) = self.variants_or_report(path, example, choices) else { return };
                let fitting = self.fitting(&all, example);
                for (name, value) in members {
                    if self.session.is_over() {
                        return;
                    }
                    self.sent_property(path, name, value, &fitting);
                }
            }
            Value::Array(items) => {
                let Some(all) = self.variants_or_report(path, example, choices) else { return };
                let fitting = self.fitting(&all, example);
                self.each_item(path, items, &fitting, Self::sent);
            }
            _ => self.check_sent_scalar(path, example, choices),
        }
    }

    fn sent_property(&mut self, path: &mut Vec<String>, name: &str, value: &Value, fitting: &[&Variant<'d>]) {
        if self.subject.rules.are_none() && self.is_plain(name, value, fitting, Mark::ReadOnly) {
            return;
        }
        let declared = fitting.iter().filter_map(|variant| match variant.property(name) {
            Declared::Described(nodes) => Some(nodes),
            Declared::Free | Declared::Unnamed | Declared::Forbidden => None,
        });
        let choices: Choices<'d> = declared.collect();
        let Some(pointer) = choices.iter().flatten().next().map(|node| node.pointer().clone()) else { return };
        path.push(name.to_owned());
        if choices.iter().all(|nodes| marked(self.session.document, nodes, Mark::ReadOnly)) {
            let message = format!("only the provider sets `{name}`");
            self.report(Code::RequestBodyReadOnly, path, value, &pointer, message);
        } else {
            self.sent(path, value, &choices);
        }
        path.pop();
    }

    fn check_sent_scalar(&mut self, path: &[String], example: &Value, choices: &Choices<'d>) {
        let matchers = self.subject.rules.of_body(path);
        // Of most values nothing is said, and to put their schema together is not for nothing.
        let Some(sent) = expectation::schema(matchers, example) else { return };
        let Some(taken) = self.schema(choices, Reading::Request) else { return };
        let Some(pointer) = first_pointer(choices) else { return };
        let witness = match contains(&taken, &sent) {
            Answer::Proved => return,
            Answer::Refuted(witness) => witness,
            Answer::Undecided(tried) => {
                return self.report_by_example(Code::RequestBodyByExample, path, example, &pointer, tried);
            }
        };
        let message = format!("the matching rule allows {witness}, which the provider refuses");
        let only_type = matchers.iter().all(|matcher| kind(matcher) == "type");
        let finding = self.report(Code::RequestBodyWider, path, example, &pointer, message);
        finding.witness = Some(witness);
        if only_type {
            // Matchers of type are used for anything of which the value does not matter to the test.
            finding.severity = Severity::Info;
        }
    }

    /// Holds what may be sent at a place against what the consumer takes there, `null` apart from all else.
    fn check_scalar(&mut self, path: &[String], example: &Value, expected: &Value, choices: &Choices<'d>) {
        let (Some(sent), Some(pointer)) = (self.schema(choices, Reading::Response), first_pointer(choices)) else {
            return;
        };
        let null = json!({"type": "null"});
        if !example.is_null() && contains(expected, &null) != Answer::Proved && contains(&sent, &null) == Answer::Proved
        {
            self.report_null(path, example, &pointer);
        }
        let apart_from_null = with_definitions(json!({"allOf": [sent.clone(), {"not": {"type": "null"}}]}), &sent);
        let known: Vec<Value> =
            choices.iter().flatten().flat_map(|node| shown::beside(node.value())).cloned().collect();
        match contains_all(expected, &apart_from_null, &known) {
            Answer::Proved => {}
            Answer::Refuted(witness) => {
                let message = format!("the provider may send {witness}, which the consumer does not take");
                let finding = self.report(Code::ResponseBodyWider, path, example, &pointer, message);
                finding.witness = Some(witness);
            }
            Answer::Undecided(tried) => {
                self.report_by_example(Code::ResponseBodyByExample, path, example, &pointer, tried);
            }
        }
    }

    fn check_null(&mut self, path: &[String], example: &Value, choices: &Choices<'d>, all: &[Variant<'d>]) {
        if self.subject.rules.of_body(path).is_empty() {
            return;
        }
        let nullable = all.iter().any(|variant| variant.allows_null(self.session.document));
        if let Some(pointer) = first_pointer(choices).filter(|_| nullable) {
            self.report_null(path, example, &pointer);
        }
    }

    fn report_null(&mut self, path: &[String], example: &Value, pointer: &Pointer) {
        let message = "the provider may send `null`, which the consumer does not take".to_owned();
        self.report(Code::ResponseBodyNullable, path, example, pointer, message).witness = Some(Value::Null);
    }

    fn check_length(&mut self, path: &[String], items: &[Value], choices: &Choices<'d>, fitting: &[&Variant<'d>]) {
        let (least, most) = expectation::length(self.subject.rules.of_body(path));
        if least.is_none() && most.is_none() {
            return;
        }
        let shorter = least.filter(|least| fitting.iter().any(|variant| variant.length().0 < *least));
        let longer =
            most.filter(|most| fitting.iter().any(|variant| variant.length().1.is_none_or(|limit| limit > *most)));
        let Some(pointer) = first_pointer(choices) else { return };
        let message = match (shorter, longer) {
            (Some(least), _) => format!("the provider may send fewer than {least} items"),
            (None, Some(most)) => format!("the provider may send more than {most} items"),
            (None, None) => return,
        };
        let fewest = fitting.iter().map(|variant| variant.length().0).min().unwrap_or(0);
        let finding = self.report(Code::ResponseBodyLength, path, &Value::Array(items.to_vec()), &pointer, message);
        if shorter.is_some() && fewest == 0 {
            finding.witness = Some(json!([]));
        }
    }

    /// What can't be taken apart is not compared from there on, which is a finding.
    fn variants_or_report(
        &mut self,
        path: &[String],
        example: &Value,
        choices: &Choices<'d>,
    ) -> Option<Rc<[Variant<'d>]>> {
        let variants = self.session.variants.of(self.session.document, choices);
        if let (None, Some(pointer)) = (&variants, first_pointer(choices)) {
            let message = "the schema has too many alternatives, or refers elsewhere: what is below is not compared";
            self.report(Code::SchemaUnusable, path, example, &pointer, message.to_owned());
        }
        variants
    }

    fn fitting<'v>(&self, all: &'v [Variant<'d>], example: &Value) -> Vec<&'v Variant<'d>> {
        let document = self.session.document;
        // Where nothing is to be chosen, one wrong value does not make the others unknown.
        let fits = |variant: &&Variant<'d>| match all.len() {
            1 => variant.fits_type(document, example),
            _ => variant.fits(document, example),
        };
        all.iter().filter(fits).collect()
    }

    /// What may stand at a place, as one schema; `None` if nothing is known of it.
    fn schema(&self, choices: &Choices<'d>, reading: Reading) -> Option<Value> {
        if choices.is_empty() || choices.iter().any(Vec::is_empty) {
            return None;
        }
        let conjunction = |nodes: &Vec<Node<'d>>| match nodes.as_slice() {
            [only] => only.value().clone(),
            nodes => json!({"allOf": nodes.iter().map(|node| node.value().clone()).collect::<Vec<_>>()}),
        };
        let schema = match choices.as_slice() {
            [only] => conjunction(only),
            choices => json!({"anyOf": choices.iter().map(conjunction).collect::<Vec<_>>()}),
        };
        bundle(self.session.document, schema, reading).ok()
    }

    fn report(
        &mut self,
        code: Code,
        path: &[String],
        value: &Value,
        document: &Pointer,
        message: String,
    ) -> &mut crate::finding::Finding {
        self.session.report(
            self.subject.interaction,
            Draft {
                code,
                place: Place::within(self.subject.index, self.subject.part.clone(), path.to_vec()),
                message,
                value: value.clone(),
                document,
            },
        )
    }
}

fn items_of<'d>(fitting: &[&Variant<'d>], index: usize) -> Choices<'d> {
    fitting.iter().map(|variant| variant.item(index)).collect()
}

fn first_pointer(choices: &Choices<'_>) -> Option<Pointer> {
    choices.iter().flatten().next().map(|node| node.pointer().clone())
}

/// Puts a schema's copies of what it refers to where its references look for them, at the root. Its keywords come along,
/// which changes nothing, as `schema` asks for them already.
fn with_definitions(mut schema: Value, bundled: &Value) -> Value {
    if let (Value::Object(schema), Value::Object(bundled)) = (&mut schema, bundled) {
        for (key, value) in bundled {
            schema.entry(key.clone()).or_insert_with(|| value.clone());
        }
    }
    schema
}
