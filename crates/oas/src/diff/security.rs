//! Who may call: requirements of operations and of the whole document, and the schemes that they name.

use serde_json::Value;

use super::checks::Effect;
use super::endpoint::Endpoint;
use super::session::Session;
use crate::document::{Document, Node, Version};

/// One way to be let in: schemes, each with its scopes.
type Alternative = Vec<(String, Vec<String>)>;

fn alternatives(node: Option<&Node<'_>>) -> Vec<Alternative> {
    let scopes = |scopes: &Node<'_>| -> Vec<String> {
        scopes.items().filter_map(|scope| scope.value().as_str().map(str::to_owned)).collect()
    };
    let read = |requirement: Node<'_>| {
        let mut schemes: Alternative =
            requirement.members().map(|(name, node)| (name.to_owned(), scopes(&node))).collect();
        schemes.sort();
        schemes
    };
    node.into_iter().flat_map(Node::items).map(read).collect()
}

fn names(alternative: &Alternative) -> Vec<&str> {
    alternative.iter().map(|(name, _)| name.as_str()).collect()
}

pub(super) fn of_operation(session: &mut Session<'_>, endpoint: &Endpoint<'_, '_>) {
    let key = "security";
    let (old, new) = (&endpoint.old.node, &endpoint.new.node);
    let own = (old.member(key), new.member(key));
    requirements(session, "api", (old, new), (own.0.as_ref(), own.1.as_ref()));
    let root = (session.old.root().member(key), session.new.root().member(key));
    let effective = |own: Option<&Node<'_>>, root: Option<&Node<'_>>| alternatives(own.or(root));
    let before = effective(own.0.as_ref(), root.0.as_ref());
    let after = effective(own.1.as_ref(), root.1.as_ref());
    if is_tightened(&before, &after) {
        let message = "who was let in before may no longer be".to_owned();
        session.note_with("api-security-tightened", Effect::Narrows, (Some(old), Some(new)), key, message);
    }
}

/// Whether somebody whom the old alternatives let in is kept out by all new ones.
fn is_tightened(old: &[Alternative], new: &[Alternative]) -> bool {
    let meets = |old: &Alternative, new: &Alternative| {
        new.iter().all(|(name, scopes)| {
            let has = old.iter().find(|(other, _)| other == name);
            has.is_some_and(|(_, had)| scopes.iter().all(|scope| had.contains(scope)))
        })
    };
    let anybody = [Alternative::new()];
    let old = if old.is_empty() { &anybody[..] } else { old };
    !new.is_empty() && old.iter().any(|old| !new.iter().any(|new| meets(old, new)))
}

/// Compares two lists of requirements; a requirement is another one if it names other schemes.
fn requirements(
    session: &mut Session<'_>,
    kind: &str,
    (old, new): (&Node<'_>, &Node<'_>),
    lists: (Option<&Node<'_>>, Option<&Node<'_>>),
) {
    let sides = (Some(old), Some(new));
    let (before, after) = (alternatives(lists.0), alternatives(lists.1));
    let find =
        |list: &[Alternative], wanted: &Alternative| list.iter().find(|other| names(other) == names(wanted)).cloned();
    for added in after.iter().filter(|requirement| find(&before, requirement).is_none()) {
        let message = format!("`{}` is asked for now", names(added).join(" and "));
        session.note(&format!("{kind}-security-added"), sides, "security", message);
    }
    for removed in &before {
        let Some(kept) = find(&after, removed) else {
            let message = format!("`{}` is no longer asked for", names(removed).join(" and "));
            session.note(&format!("{kind}-security-removed"), sides, "security", message);
            continue;
        };
        for ((name, had), (_, has)) in removed.iter().zip(&kept) {
            for scope in has.iter().filter(|scope| !had.contains(scope)) {
                let message = format!("`{name}` needs the scope `{scope}` now");
                session.note(&format!("{kind}-security-scope-added"), sides, "security", message);
            }
            for scope in had.iter().filter(|scope| !has.contains(scope)) {
                let message = format!("`{name}` no longer needs the scope `{scope}`");
                session.note(&format!("{kind}-security-scope-removed"), sides, "security", message);
            }
        }
    }
}

/// Compares what the documents as a whole say.
pub(super) fn compare(session: &mut Session<'_>) {
    let (old, new) = (session.old.root(), session.new.root());
    let lists = (old.member("security"), new.member("security"));
    requirements(session, "api-global", (&old, &new), (lists.0.as_ref(), lists.1.as_ref()));
    let (before, after) = (schemes(session.old), schemes(session.new));
    for (name, scheme) in before.iter().flat_map(Node::members) {
        if let Some(counterpart) = after.as_ref().and_then(|after| after.member(name)) {
            let (Ok(scheme), Ok(counterpart)) = (scheme.resolved(), counterpart.resolved()) else { continue };
            both(session, name, &scheme, &counterpart);
        } else {
            let message = format!("the security scheme `{name}` is gone");
            session.note("api-security-component-removed", (Some(&scheme), Some(&new)), "", message);
        }
    }
    for (name, scheme) in after.iter().flat_map(Node::members) {
        if before.as_ref().and_then(|before| before.member(name)).is_none() {
            let message = format!("the security scheme `{name}` is new");
            session.note("api-security-component-added", (Some(&old), Some(&scheme)), "", message);
        }
    }
}

fn schemes(document: &Document) -> Option<Node<'_>> {
    match document.version() {
        Version::Swagger2 => document.root().member("securityDefinitions"),
        _ => document.root().member("components")?.member("securitySchemes"),
    }
}

fn both(session: &mut Session<'_>, name: &str, old: &Node<'_>, new: &Node<'_>) {
    let texts = [
        ("type", "type", Effect::Neutral),
        ("in", "in", Effect::Narrows),
        ("name", "name", Effect::Narrows),
        ("scheme", "scheme", Effect::Narrows),
        ("bearerFormat", "bearer-format", Effect::Unsure),
        ("openIdConnectUrl", "open-id-connect-url", Effect::Unsure),
    ];
    let same_type = old.text("type") == new.text("type");
    for (key, aspect, effect) in texts {
        if old.text(key) != new.text(key) && (same_type || key == "type") {
            let id = format!("api-security-component-{aspect}-changed");
            let message = format!("`{key}` of the security scheme `{name}` changed");
            session.note_with(&id, effect, (Some(old), Some(new)), key, message);
        }
    }
    if let (Some(old), Some(new)) = (old.member("flows"), new.member("flows")) {
        for (flow, old) in old.members() {
            if let Some(new) = new.member(flow) {
                flows(session, name, &old, &new);
            }
        }
    } else if old.member("scopes").is_some() && new.member("scopes").is_some() {
        // In Swagger 2 a scheme has just one flow.
        flows(session, name, old, new);
    }
}

fn flows(session: &mut Session<'_>, name: &str, old: &Node<'_>, new: &Node<'_>) {
    let sides = (Some(old), Some(new));
    let urls =
        [("authorizationUrl", "oauth-url"), ("tokenUrl", "oauth-token-url"), ("refreshUrl", "oauth-refresh-url")];
    for (key, aspect) in urls {
        if old.text(key) != new.text(key) {
            let message = format!("`{key}` of the security scheme `{name}` changed");
            let id = format!("api-security-component-{aspect}-changed");
            session.note_with(&id, Effect::Unsure, sides, key, message);
        }
    }
    let scope = |node: &Node<'_>, scope: &str| node.member("scopes")?.member(scope).map(|scope| scope.value().clone());
    let all = |node: &Node<'_>| -> Vec<(String, Value)> {
        let scopes = node.member("scopes");
        scopes.iter().flat_map(Node::members).map(|(scope, node)| (scope.to_owned(), node.value().clone())).collect()
    };
    for (name_of_scope, text) in all(old) {
        let (action, said) = match scope(new, &name_of_scope) {
            None => ("removed", "is gone"),
            Some(other) if other != text => ("changed", "is described otherwise"),
            Some(_) => continue,
        };
        let message = format!("the scope `{name_of_scope}` of the security scheme `{name}` {said}");
        session.note(&format!("api-security-component-oauth-scope-{action}"), sides, "scopes", message);
    }
    for (name_of_scope, _) in all(new).iter().filter(|(name, _)| scope(old, name).is_none()) {
        let message = format!("the scope `{name_of_scope}` of the security scheme `{name}` is new");
        session.note("api-security-component-oauth-scope-added", sides, "scopes", message);
    }
}
