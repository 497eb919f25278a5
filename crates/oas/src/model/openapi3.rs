//! What only OpenAPI 3 says in its way: servers, request bodies, content by media type.

use super::{Body, Content, Operation, Reader};
use crate::document::Node;

pub(super) fn complete(
    reader: &mut Reader,
    root: &Node<'_>,
    item: &Node<'_>,
    node: &Node<'_>,
    operation: &mut Operation,
) {
    let servers = node.member("servers").or_else(|| item.member("servers")).or_else(|| root.member("servers"));
    operation.base_paths = servers.iter().flat_map(Node::items).filter_map(|server| base_path(&server)).collect();
    operation.body = node.member("requestBody").and_then(|body| reader.resolve(&body)).map(|body| Body {
        required: body.flag("required"),
        content: content(reader, &body),
        pointer: body.pointer().clone(),
    });
    for response in &mut operation.responses {
        if let Some(described) = root.at_pointer(&response.pointer) {
            response.content = content(reader, &described);
        }
    }
}

fn content(reader: &mut Reader, described: &Node<'_>) -> Content {
    let content = described.member("content");
    let media = content.iter().flat_map(Node::members).map(|(media_type, media)| reader.media(media_type, &media));
    Content { media: media.collect(), any: None }
}

/// The path of a server's URL with the default of each variable, without the last slash; `None` if it has none.
fn base_path(server: &Node<'_>) -> Option<String> {
    let mut url = server.text("url")?.to_owned();
    for (name, variable) in server.member("variables").iter().flat_map(Node::members) {
        url = url.replace(&format!("{{{name}}}"), variable.text("default").unwrap_or_default());
    }
    let without_scheme = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
    let path = if url.contains("://") { without_scheme.find('/').map(|at| &without_scheme[at..])? } else { &url };
    let path = path.trim_end_matches('/');
    (!path.is_empty()).then(|| if path.starts_with('/') { path.to_owned() } else { format!("/{path}") })
}
