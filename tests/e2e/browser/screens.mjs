// Every screen, in both languages: WCAG 2.2 AA by axe in light and dark, wide and narrow; nothing scrolls sideways, nothing is cut,
// labels of charts stand apart, no sentence is missing; on paper there is no menu.

import { readFileSync, readdirSync } from "node:fs";

const LANGUAGES = ["en", "ja"];
const STANDARD = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const WIDE = { width: 1280, height: 900 };
const NARROW = { width: 360, height: 780 };
const VAST = { width: 3840, height: 2160 };
// Views that say more than the bare address does.
const MORE = ["/explore?by=class&by=reporter", "/explore?by=domain&compare=before", "/ladder?domain=asagiri.example",
  "/guideline?domain=asagiri.example", "/senders?domain=asagiri.example", "/nothing-here", "/overview?from=x"];

export async function screens(house, state, catalogues) {
  const ids = sentences(catalogues);
  const paths = await found(house, state);
  await Promise.all(LANGUAGES.map(async (language) => {
    const page = await house.person({ storageState: state, viewport: WIDE });
    for (const path of paths) await screen(house, page, path, language, ids);
    await page.context().close();
  }));
  await outside(house, ids);
  return paths;
}

// The doors are seen by nobody who is inside.
async function outside(house, ids) {
  const page = await house.person({ viewport: WIDE });
  for (const language of LANGUAGES) for (const path of ["/login", "/setup"]) await screen(house, page, path, language, ids);
  await page.context().close();
}

// What there is, by the description for programs; of things by their number one that a list leads to.
async function found(house, state) {
  const page = await house.person({ storageState: state, viewport: WIDE });
  const description = await (await page.request.get("/api/v1/openapi.json")).json();
  const asked = Object.entries(description.paths).filter(([, path]) => path.get).map(([path]) => path.replace("/overview", "/"));
  const paths = asked.filter((path) => !path.includes("{"));
  const links = new Set();
  for (const path of paths) {
    await page.goto(path);
    for (const link of await page.locator("main a[href^='/']").evaluateAll((all) => all.map((a) => a.getAttribute("href")))) links.add(link);
  }
  for (const path of asked.filter((path) => path.includes("{"))) {
    const like = new RegExp(`^${path.replace("{id}", "[^/?.]+")}(\\?|$)`);
    let example = [...links].find((link) => like.test(link.replace(/\.example/g, "-example")));
    // The file of a report has a page of its own, to which only the report's page leads.
    if (path === "/raw/{id}") example = [...links].find((link) => /^\/reports\/\d+/.test(link))?.replace("/reports", "/raw");
    if (house.check(`a page leads to ${path}`, example)) paths.push(example);
  }
  await page.context().close();
  return [...paths, ...MORE];
}

async function screen(house, page, path, language, ids) {
  const where = `${path}, ${language}`;
  const seen = async (what, colour, viewport, rules) => {
    await page.emulateMedia({ colorScheme: colour });
    await page.setViewportSize(viewport);
    for (const problem of await violations(page, rules)) house.fail(`${where}, ${what}: ${problem}`);
    house.checked += 1;
  };
  await page.emulateMedia({ media: "screen", colorScheme: "light" });
  await page.setViewportSize(WIDE);
  await page.goto(`${path}${path.includes("?") ? "&" : "?"}lang=${language}`);
  house.equal(`${where}: its language`, await page.locator("html").getAttribute("lang"), language);
  const missing = (await page.locator("body").innerText()).match(/[a-z0-9]+(-[a-z0-9]+)+/g)?.filter((word) => ids.has(word)) ?? [];
  house.check(`${where}: sentences are missing: ${missing.slice(0, 3)}`, missing.length === 0);
  await seen("wide and light", "light", WIDE);
  await fits(house, page, `${where}, wide`);
  await seen("narrow and dark", "dark", NARROW, COLOURS);
  await seen("narrow and light", "light", NARROW);
  await fits(house, page, `${where}, narrow`);
  await page.setViewportSize(VAST);
  await fits(house, page, `${where}, 3840 px`);
  await page.emulateMedia({ media: "print" });
  const printed = await page.locator("nav.menu, header.banner, form, footer nav").evaluateAll((all) => all.filter((one) => one.checkVisibility()).length);
  house.equal(`${where}: what is for the screen alone is on paper`, printed, 0);
}

// What the colours change, at whichever width; all else is the same in the dark.
const COLOURS = ["color-contrast", "link-in-text-block"];

async function violations(page, rules) {
  const options = rules ? { runOnly: { type: "rule", values: rules } }
    : { runOnly: { type: "tag", values: STANDARD }, rules: { "target-size": { enabled: true } } };
  const found = await page.evaluate((options) => axe.run(document, { ...options, resultTypes: ["violations"] }), options);
  return found.violations.flatMap((rule) => rule.nodes.slice(0, 3).map((node) =>
    `${rule.id}: ${node.target.join(" ")} ${node.any[0]?.message ?? node.all[0]?.message ?? node.none[0]?.message ?? ""}`));
}

// The page does not scroll sideways; nothing stands outside of what holds it; labels of charts stand apart and inside.
async function fits(house, page, where) {
  for (const problem of await page.evaluate(misfits)) house.fail(`${where}: ${problem}`);
  house.checked += 1;
}

/* eslint-env browser */
function misfits() {
  const problems = [];
  const name = (element) => `${element.tagName.toLowerCase()}.${element.getAttribute("class") ?? ""} "${element.textContent.trim().slice(0, 40)}"`;
  const width = document.documentElement.clientWidth;
  const extent = document.documentElement.scrollWidth;
  if (extent > width) problems.push(`the page is ${extent} px wide in ${width} px`);
  for (const element of document.querySelectorAll("body *")) {
    const style = getComputedStyle(element);
    const isCut = ["hidden", "clip"].includes(style.overflowX) && element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0;
    if (isCut && !element.closest("svg")) problems.push(`cut: ${name(element)}`);
  }
  const isApart = (one, other) => one.right <= other.left + 1 || other.right <= one.left + 1 || one.bottom <= other.top + 3 || other.bottom <= one.top + 3;
  for (const chart of document.querySelectorAll(".chart svg")) {
    if (!chart.checkVisibility()) continue;
    const box = chart.getBoundingClientRect();
    const labels = [...chart.querySelectorAll("text")].map((text) => [text, text.getBoundingClientRect()]).filter(([, at]) => at.width > 0);
    for (const [place, [text, at]] of labels.entries()) {
      if (at.left < box.left - 1 || at.right > box.right + 1 || at.top < box.top - 1 || at.bottom > box.bottom + 1) problems.push(`outside of its chart: ${name(text)}`);
      const other = labels.slice(place + 1).find(([, other]) => !isApart(at, other));
      if (other) problems.push(`labels of a chart meet: ${name(text)} and ${name(other[0])}`);
    }
  }
  return [...new Set(problems)].slice(0, 6);
}

// The ids of all sentences: where one is read in a page, its sentence was not found.
function sentences(catalogues) {
  const ids = new Set();
  for (const file of readdirSync(catalogues)) {
    for (const [, id] of readFileSync(`${catalogues}/${file}`, "utf8").matchAll(/^([a-z][a-z0-9-]*) =/gm)) if (id.startsWith("page-") || id.includes("-label-")) ids.add(id);
  }
  return ids;
}
