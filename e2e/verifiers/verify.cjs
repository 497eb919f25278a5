// node verify.cjs OPTIONS: pact-js's Verifier with OPTIONS as JSON; exit 0 when the provider keeps its contracts.
const { Verifier } = require("@pact-foundation/pact");

const { provider, providerUrl, brokerUrl, version, branch, buildUrl, selectors } = JSON.parse(process.argv[2]);

new Verifier({
  provider,
  providerBaseUrl: providerUrl,
  providerStatesSetupUrl: `${providerUrl}/_pact/state`,
  pactBrokerUrl: brokerUrl,
  consumerVersionSelectors: selectors,
  publishVerificationResult: true,
  providerVersion: version,
  providerVersionBranch: branch,
  buildUrl,
  logLevel: "warn",
})
  .verifyProvider()
  .then(
    () => process.exit(0),
    (error) => {
      console.error(error.message);
      process.exit(1);
    },
  );
