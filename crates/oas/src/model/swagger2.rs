//! What only Swagger 2 says in its way: base path, body parameters, media types apart from schemas.

use super::{Body, Content, Media, Operation};
use crate::document::Node;

pub(super) fn complete(root: &Node<'_>, node: &Node<'_>, parameters: &[Node<'_>], operation: &mut Operation) {
    operation.base_paths = root.text("basePath").map(str::to_owned).into_iter().collect();
    operation.consumes = media_types(root, node, "consumes");
    operation.produces = media_types(root, node, "produces");
    let body = parameters.iter().find(|parameter| parameter.text("in") == Some("body"));
    operation.body = body.map(|body| Body {
        required: body.flag("required"),
        content: content(operation.consumes.as_deref(), body),
        pointer: body.pointer().clone(),
    });
    for response in &mut operation.responses {
        let Some(described) = root.at_pointer(&response.pointer) else { continue };
        response.content = content(operation.produces.as_deref(), &described);
    }
}

/// The operation's list, or else the document's, an empty one included.
fn media_types(root: &Node<'_>, node: &Node<'_>, key: &str) -> Option<Vec<String>> {
    let list = node.member(key).or_else(|| root.member(key))?;
    Some(list.items().filter_map(|item| item.value().as_str().map(str::to_owned)).collect())
}

fn content(media_types: Option<&[String]>, described: &Node<'_>) -> Content {
    let any = described.member("schema").map(|schema| schema.pointer().clone());
    let media = media_types.unwrap_or_default().iter().map(|media_type| Media {
        media_type: media_type.clone(),
        schema: any.clone(),
        pointer: described.pointer().clone(),
    });
    Content { media: media.collect(), any }
}
