// Starts the browser, and listens to what a page has no business to say or ask.

import { createRequire } from "node:module";

const { chromium } = createRequire(process.env.MODULES)("playwright-core");
const SWITCHES = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];

export const launch = () => chromium.launch({ executablePath: process.env.BROWSER, args: SWITCHES });

/// A new page, of a browser or a context, and the list that fills with its noise.
export async function watched(opener, base, settings) {
  const noise = [];
  const page = await opener.newPage(settings);
  page.setDefaultTimeout(10000);
  page.on("console", (message) => noise.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => noise.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => { noise.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on("request", (request) => request.url().startsWith(`${base}/`) || noise.push(`asked ${request.url()}`));
  return { page, noise };
}
