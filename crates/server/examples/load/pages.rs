//! The pages that a browser asks for, and what a page that is whole holds.

use bytes::Bytes;
use hyper::{Method, Uri};

use crate::Result;
use crate::cast::Cast;
use crate::requests::{Accept, Kind, Make, Request, each, pacticipant, pair, quoted};

/// What a page with a region that could not be made holds; the answer is 200 all the same.
const IN_TROUBLE: &str = "class=\"trouble\"";
/// An answer of the API, shown to a browser: there is no page at that address.
const ONLY_AN_ANSWER: &str = "<pre class=\"answer\"";

/// The ways to ask for a page, one for each subject; nothing for a kind that is no page.
pub(crate) fn of_kind(kind: Kind, cast: &Cast) -> Result<Option<Vec<Make>>> {
    use Kind as K;
    let hub = std::slice::from_ref(&cast.hub);
    let makes = match kind {
        K::PageHome => page("/").map(|one| vec![one]),
        K::PageHomeFiltered => page("/?q=pay&sort=changed").map(|one| vec![one]),
        K::PageApplications => page("/pacticipants").map(|one| vec![one]),
        K::PageApplication => each(&cast.typical, |one| page(&pacticipant(&one.consumer))),
        K::PageApplicationHub => each(hub, |one| page(&pacticipant(one))),
        K::PageApplicationBusiest => each(&[&cast.busiest], |one| page(&pacticipant(one))),
        K::PageContract => each(&cast.typical, |one| page(&format!("{}/latest", pair(one)))),
        K::PageContractHub => each(&cast.of_hub, |one| page(&format!("{}/latest", pair(one)))),
        K::PageMatrix => each(&cast.typical, |one| page(&matrix(&one.provider, &one.consumer.name))),
        K::PageMatrixHub => each(&cast.of_hub, |one| page(&matrix(&one.provider, &one.consumer.name))),
        K::PageMatrixEnvironment => page("/matrix?environment=production").map(|one| vec![one]),
        K::PageGate => each(&cast.typical, |one| page(&gate(&one.consumer.name, &one.consumer.head))),
        K::PageGateHub => each(hub, |one| page(&gate(&one.name, &one.head))),
        K::PageMap => page("/map").map(|one| vec![one]),
        K::PageMapEnvironment => page("/map?environment=production").map(|one| vec![one]),
        K::PageMapAround => each(&cast.typical, |one| page(&format!("/map?around={}", quoted(&one.consumer.name)))),
        K::PageEnvironments => page("/environments").map(|one| vec![one]),
        K::PageDeployments => page("/deployments").map(|one| vec![one]),
        K::PageOpenapiList => page("/provider-contracts").map(|one| vec![one]),
        K::PageWebhooks => page("/webhooks").map(|one| vec![one]),
        K::PageDeliveries => page("/webhook-deliveries").map(|one| vec![one]),
        K::PageRequests => page("/verification-requests").map(|one| vec![one]),
        K::PageApi => page("/doc").map(|one| vec![one]),
        K::PageTry => page("/hal-browser/browser.html").map(|one| vec![one]),
        K::PageSearch => page("/search?q=pay").map(|one| vec![one]),
        K::PageSearchVersion => each(&cast.typical, |one| page(&format!("/search?q={}", quoted(&one.consumer.head)))),
        _ => return Ok(None),
    };
    makes.map(Some)
}

/// Looks into a page.
pub(crate) fn check(page: &[u8]) -> std::result::Result<(), String> {
    let page = std::str::from_utf8(page).map_err(|error| format!("not text: {error}"))?;
    if !page.contains("<h1") || !page.contains("</html>") {
        return Err("not a whole page".into());
    }
    if page.contains(IN_TROUBLE) {
        return Err("a part of the page could not be made".into());
    }
    if page.contains(ONLY_AN_ANSWER) {
        return Err("no page is there, only the API's answer".into());
    }
    Ok(())
}

fn page(path: &str) -> Result<Make> {
    let uri: Uri = path.parse()?;
    let request = Request { method: Method::GET, uri, body: Bytes::new(), accept: Accept::Page };
    Ok(Box::new(move |_| request.clone()))
}

fn matrix(provider: &str, consumer: &str) -> String {
    format!("/matrix/provider/{}/consumer/{}", quoted(provider), quoted(consumer))
}

fn gate(name: &str, head: &str) -> String {
    format!("/can-i-deploy?pacticipant={}&version={}&environment=production", quoted(name), quoted(head))
}
