// node shop.cjs DIR CONSUMER PROVIDER: the consumer's test with pact-js. Its mock provider writes the contract into DIR.
const { PactV4, MatchersV3 } = require("@pact-foundation/pact");
const { integer, string } = MatchersV3;

const [dir, consumer, provider] = process.argv.slice(2);

// What the shop really runs.
const stockOf = async (url, sku) => {
  const answer = await fetch(`${url}/stock/${sku}`, { headers: { Accept: "application/json" } });
  return answer.status === 404 ? 0 : (await answer.json()).count;
};
const reserve = async (url, sku, count) => {
  const body = JSON.stringify({ sku, count });
  const answer = await fetch(`${url}/reservations`, { method: "POST", headers: { "Content-Type": "application/json" }, body });
  return answer.status === 201;
};

const expect = (actual, wanted) => {
  if (actual !== wanted) throw new Error(`got ${actual}, wanted ${wanted}`);
};

(async () => {
  const pact = new PactV4({ dir, consumer, provider, logLevel: "warn" });

  await pact
    .addInteraction()
    .given("apples are in stock", { sku: "apples", count: 7 })
    .uponReceiving("a question for the stock of apples")
    .withRequest("GET", "/stock/apples", (request) => request.headers({ Accept: "application/json" }))
    .willRespondWith(200, (response) =>
      response.headers({ "Content-Type": "application/json" }).jsonBody({ sku: string("apples"), count: integer(7) }))
    .executeTest(async (mock) => expect(await stockOf(mock.url, "apples"), 7));

  await pact
    .addInteraction()
    .given("unicorns are not sold")
    .uponReceiving("a question for the stock of unicorns")
    .withRequest("GET", "/stock/unicorns", (request) => request.headers({ Accept: "application/json" }))
    .willRespondWith(404)
    .executeTest(async (mock) => expect(await stockOf(mock.url, "unicorns"), 0));

  await pact
    .addInteraction()
    .given("apples are in stock", { sku: "apples", count: 7 })
    .uponReceiving("a reservation of two apples")
    .withRequest("POST", "/reservations", (request) => request.jsonBody({ sku: "apples", count: 2 }))
    .willRespondWith(201, (response) => response.jsonBody({ left: integer(5) }))
    .executeTest(async (mock) => expect(await reserve(mock.url, "apples", 2), true));
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
