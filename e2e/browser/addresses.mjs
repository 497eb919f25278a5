// Every page, by its address: words in braces are what a world has to show there. A page that is `awaited` may be missing still,
// with the API's answer in its place or nothing; once it is there, it is looked at like the others.
// One that is the `same` everywhere is looked at in one world only.

export const addresses = {
  home: { path: "/", awaited: true },
  applications: { path: "/pacticipants", awaited: true },
  application: { path: "/pacticipants/{pacticipant}", awaited: true },
  contract: { path: "/pacts/provider/{provider}/consumer/{consumer}/latest", awaited: true },
  "matrix-question": { path: "/matrix", awaited: true },
  matrix: { path: "/matrix/provider/{provider}/consumer/{consumer}", awaited: true },
  "gate-question": { path: "/can-i-deploy", awaited: true },
  gate: { path: "/can-i-deploy?pacticipant={pacticipant}&version={version}&environment={environment}", awaited: true },
  map: { path: "/map", awaited: true },
  "map-environment": { path: "/map?environment={environment}", awaited: true },
  environments: { path: "/environments", awaited: true },
  deployments: { path: "/deployments", awaited: true },
  "openapi-list": { path: "/provider-contracts", awaited: true },
  openapi: { path: "/provider-contracts/{documented}", awaited: true },
  webhooks: { path: "/webhooks", awaited: true },
  "verification-requests": { path: "/verification-requests", awaited: true },
  api: { path: "/doc", same: true },
  // All operations of the API with their examples are more than a page.
  try: { path: "/hal-browser/browser.html", mostBytes: 130_000, same: true },
  search: { path: "/search?q={word}", awaited: true },
};

/// The address in a world; nothing where the world has nothing to show there.
export function address({ path }, values) {
  const missing = [...path.matchAll(/\{(\w+)\}/g)].some(([, name]) => !(name in values));
  return missing ? undefined : path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(values[name]));
}
