// Every page, by its address: words in braces are what a world has to show there. A page that is `awaited` may be missing still,
// with the API's answer in its place or nothing; once it is there, it is looked at like the others.
// One that says that nothing is there has that `status`. One that is the `same` everywhere is looked at in one world only.

export const addresses = {
  home: { path: "/" },
  applications: { path: "/pacticipants" },
  application: { path: "/pacticipants/{pacticipant}" },
  "application-unknown": { path: "/pacticipants/nobody-is-called-so", status: 404 },
  contract: { path: "/pacts/provider/{provider}/consumer/{consumer}/latest" },
  "matrix-question": { path: "/matrix" },
  matrix: { path: "/matrix/provider/{provider}/consumer/{consumer}" },
  "gate-question": { path: "/can-i-deploy" },
  gate: { path: "/can-i-deploy?pacticipant={pacticipant}&version={version}&environment={environment}" },
  "gate-unknown": { path: "/can-i-deploy?pacticipant={pacticipant}&version=none&environment={environment}" },
  map: { path: "/map" },
  "map-environment": { path: "/map?environment={environment}" },
  environments: { path: "/environments" },
  deployments: { path: "/deployments" },
  "openapi-list": { path: "/provider-contracts", awaited: true },
  openapi: { path: "/provider-contracts/{documented}", awaited: true },
  webhooks: { path: "/webhooks" },
  deliveries: { path: "/webhook-deliveries" },
  "dead-letters": { path: "/webhook-deliveries?status=failure" },
  "verification-requests": { path: "/verification-requests" },
  "verification-requests-ordered": { path: "/verification-requests?sort=-asked" },
  "verification-request": { path: "/verification-requests/{request}" },
  "deliveries-ordered": { path: "/webhook-deliveries?sort=-attempts" },
  api: { path: "/doc", same: true },
  // All operations of the API with their examples are more than a page.
  try: { path: "/hal-browser/browser.html", mostBytes: 130_000, same: true },
  search: { path: "/search?q={word}" },
};

/// The address in a world; nothing where the world has nothing to show there.
export function address({ path }, values) {
  const missing = [...path.matchAll(/\{(\w+)\}/g)].some(([, name]) => !(name in values));
  return missing ? undefined : path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(values[name]));
}
