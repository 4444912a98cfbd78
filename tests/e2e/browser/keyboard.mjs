// The keyboard alone: the link that skips the menu, the menu, a filter, a table that scrolls, a sender who is approved – and wherever
// one is, it is seen that one is there.

const NARROW = { width: 360, height: 780 };
const WIDE = { width: 1280, height: 900 };
// More stops than this on one page are a trap.
const STOPS_MAX = 400;

export async function keyboard(house, state) {
  const page = await house.person({ storageState: state, viewport: WIDE });
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    for (const path of ["/", "/guideline?domain=asagiri.example", "/senders/service:sendgrid?domain=asagiri.example"]) await walk(house, page, path);
  }
  await page.emulateMedia({ colorScheme: "light" });
  await skips(house, page);
  await filters(house, page);
  await approves(house, page);
  await page.setViewportSize(NARROW);
  await walk(house, page, "/settings");
  await folds(house, page);
  await scrolls(house, page);
  await page.context().close();
}

// From the first stop to the last: each once, each to be seen, and out again.
async function walk(house, page, path) {
  await page.goto(path);
  const wanted = await page.evaluate(() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")]
    .filter((one) => one.type !== "hidden" && !one.disabled && one.checkVisibility({ visibilityProperty: true }) && !one.closest("details:not([open]) > :not(summary)")).length);
  await page.evaluate(() => { document.activeElement?.blur(); window.stops = new Set(); });
  let count = 0;
  for (; count < STOPS_MAX; count += 1) {
    await page.keyboard.press("Tab");
    const stop = await page.evaluate(where);
    if (stop.isOut) break;
    if (stop.problem) house.fail(`${path}: ${stop.problem}`);
  }
  const met = await page.evaluate(() => window.stops.size);
  house.check(`${path}: ${met} of ${wanted} stops are met by the tabulator, ${count} steps`, count < STOPS_MAX && met >= wanted && wanted > 10);
}

/* eslint-env browser */
// Where the focus is, and whether it is seen: an outline that stands out by 3:1, in the window, above all else.
function where() {
  const at = document.activeElement;
  if (!at || at === document.body || window.stops.has(at) && !["date", "time"].includes(at.type)) return { isOut: true };
  window.stops.add(at);
  const name = `${at.tagName.toLowerCase()} "${(at.textContent || at.name || at.id).trim().slice(0, 40)}"`;
  // A box that is ticked by its label shows the focus there.
  const shown = at.matches(".fold") ? at.nextElementSibling : at;
  const style = getComputedStyle(shown);
  if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) return { problem: `no focus is seen at ${name}` };
  const box = shown.getBoundingClientRect();
  if (box.width < 1 || box.bottom < 1 || box.top > innerHeight || box.right < 1 || box.left > innerWidth) return { problem: `the focus is out of sight at ${name}` };
  const part = (value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  const light = (colour) => { const [r, g, b] = colour.match(/[\d.]+/g).map(Number); return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b); };
  let ground = shown.parentElement;
  while (ground.parentElement && /rgba\(.*, 0\)|transparent/.test(getComputedStyle(ground).backgroundColor)) ground = ground.parentElement;
  const [one, other] = [light(style.outlineColor), light(getComputedStyle(ground).backgroundColor)];
  const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
  return contrast < 3 ? { problem: `the focus stands out by ${contrast.toFixed(1)}:1 only at ${name}` } : {};
}

async function skips(house, page) {
  await page.goto("/mail");
  await page.keyboard.press("Tab");
  house.check("the first stop skips the menu", await page.evaluate(() => document.activeElement.matches(".skip") && document.activeElement.getBoundingClientRect().left >= 0));
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  house.check("and leads into what the page is about", await page.evaluate(() => Boolean(document.activeElement.closest("main"))));
}

// "/" leads to the filter; what is typed there is asked for with Enter.
async function filters(house, page) {
  await page.goto("/mail");
  await page.keyboard.press("/");
  house.check("the key / leads to the filter", await page.evaluate(() => Boolean(document.activeElement.closest("form.filter"))));
  await until(page, "[name=sender]");
  await page.keyboard.type("asagiri.example");
  await Promise.all([page.waitForURL(/sender=asagiri\.example/), page.keyboard.press("Enter")]);
  house.check("a filter is sent with Enter", page.url().includes("sender=asagiri.example"));
}

// Ticks a sender and approves it.
async function approves(house, page) {
  await page.goto("/senders?domain=asagiri.example&lang=en");
  await until(page, "main input[type=checkbox][value*='kaigan-u']");
  await page.keyboard.press("Space");
  await until(page, "button[value=approved]", "Shift+Tab");
  await Promise.all([page.waitForURL(/done=page-done-/), page.keyboard.press("Enter")]);
  house.check("that it was done is told", await page.locator("[role=status] .notice.good").isVisible());
  const row = page.locator("tr", { hasText: "kaigan-u.example" }).first();
  house.check("a sender is approved by the keyboard", (await row.innerText()).includes("approved"));
}

// Where it is narrow the menu is folded, and opened with the space bar.
async function folds(house, page) {
  await page.goto("/");
  await until(page, ".menu .fold");
  await page.keyboard.press("Space");
  house.check("the menu is opened by the keyboard", await page.locator("nav.menu a").first().isVisible());
  await until(page, "nav.menu a[href='/senders']");
  await Promise.all([page.waitForURL(/\/senders$/), page.keyboard.press("Enter")]);
}

async function scrolls(house, page) {
  await page.goto("/reports");
  await until(page, "main .scroll");
  await page.keyboard.press("ArrowRight");
  const isMoved = page.waitForFunction(() => document.querySelector("main .scroll").scrollLeft > 0);
  house.check("a table is scrolled by the keyboard", await isMoved.then(() => true, () => false));
}

// Steps until that is where the focus is.
async function until(page, selector, key = "Tab") {
  for (let count = 0; count < STOPS_MAX; count += 1) {
    if (await page.evaluate((selector) => document.activeElement.matches(selector), selector)) return;
    await page.keyboard.press(key);
  }
  throw new Error(`${page.url()}: the tabulator never comes to ${selector}`);
}
