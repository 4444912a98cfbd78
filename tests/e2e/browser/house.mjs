// The browser, who opens pages in it, and what is held against every page however it was come by: no error in the console, nothing
// that the Content-Security-Policy had to stop, no request to another host.

import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export class House {
  constructor(desk) {
    this.desk = desk;
    this.checked = 0;
    this.failed = 0;
    this.requests = 0;
  }

  async begin(program) {
    const args = ["--disable-background-networking", "--disable-component-update", "--no-first-run", "--disable-dev-shm-usage"];
    // Chromium refuses to be root in its sandbox.
    if (process.getuid() === 0) args.push("--no-sandbox");
    this.browser = await chromium.launch({ executablePath: program, args });
  }

  // A window of somebody's own. Scripts of the test run before the page's policy is there: that one stops what comes later.
  async person(options = {}) {
    const context = await this.browser.newContext({ baseURL: this.desk, timezoneId: "Asia/Tokyo", locale: "en-US", reducedMotion: "reduce", ...options });
    context.setDefaultTimeout(20_000);
    await context.addInitScript(AXE);
    context.on("request", (request) => this.asked(request));
    const page = await context.newPage();
    page.on("console", (message) => {
      // A status that was asked for is no error of the page.
      if (message.type() !== "error" || /the server responded with a status of 4\d\d/.test(message.text())) return;
      this.fail(`${page.url()}: the console says: ${message.text()}`);
    });
    page.on("pageerror", (error) => this.fail(`${page.url()}: a script fails: ${error}`));
    return page;
  }

  asked(request) {
    this.requests += 1;
    const url = new URL(request.url());
    if (url.origin !== this.desk && url.protocol !== "data:") this.fail(`a page asks another host: ${url}`);
  }

  check(what, is) {
    this.checked += 1;
    if (!is) this.fail(what);
    return Boolean(is);
  }

  equal(what, got, wanted) {
    this.check(`${what}: got ${JSON.stringify(got)}, wanted ${JSON.stringify(wanted)}`, got === wanted);
  }

  fail(what) {
    this.failed += 1;
    console.log(`FAILED: ${what}`);
  }
}

// A form of the page that is open: what the labels say is filled in, then its button is pressed.
export async function send(form, fields) {
  for (const [name, value] of Object.entries(fields)) {
    const field = form.locator(`[name="${name}"]`);
    if (await field.evaluate((element) => element.tagName === "SELECT")) await field.selectOption(value);
    else await field.fill(value);
  }
  await form.locator("button").last().click();
}
