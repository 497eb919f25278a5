//! Changes that meet others. Locks are taken in one order wherever that can be, but what a new row refers to may be deleted
//! meanwhile, and Postgres may have to break a circle: then the request is done once more, from its beginning, and finds
//! things as they are now. Nothing is left of the try before, since a change is one transaction.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;

use super::Error;

/// How often a change is tried while others come between. With the pauses, about a second.
pub(crate) const TRIES: u32 = 8;

/// Before the next try; ever longer, so that many who meet come apart.
pub(crate) async fn pause(tries: u32) {
    tokio::time::sleep(Duration::from_millis(5 << tries.min(TRIES))).await;
}

/// What was read of a request's body.
#[derive(Clone, Default)]
pub(super) struct KeptBody(Arc<OnceLock<Bytes>>);

impl KeptBody {
    pub(super) fn keep(&self, body: &Bytes) {
        self.0.get_or_init(|| body.clone());
    }
}

/// Does requests that change something until no other change comes between, or the tries are used up.
pub(crate) async fn repeat_overtaken(request: Request, next: Next) -> Response {
    if request.method().is_safe() {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let kept = KeptBody::default();
    parts.extensions.insert(kept.clone());
    let mut response = next.clone().run(Request::from_parts(parts.clone(), body)).await;
    for tries in 1..TRIES {
        if !is_overtaken(&response) {
            break;
        }
        pause(tries).await;
        // A handler that has not read the body does not need it.
        let body = Body::from(kept.0.get().cloned().unwrap_or_default());
        response = next.clone().run(Request::from_parts(parts.clone(), body)).await;
    }
    response
}

fn is_overtaken(response: &Response) -> bool {
    response.extensions().get::<Arc<Error>>().is_some_and(|error| matches!(**error, Error::Overtaken(_)))
}
