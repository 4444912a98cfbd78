// What one comes for: come in, find a message and read why it was taken or not, say what a sender is, and see the advice move. Once by
// the first run, and once without a script.

import { send } from "./house.mjs";

const TO_WHY = "main a[href^='/mail/']";

// The token of the first run makes the first administrator; the state of the session is for the other parts.
export async function firstRun(house, token, password) {
  const page = await house.person();
  await page.goto("/");
  house.check("whoever is not known stands at the door", page.url().includes("/login?back="));
  await page.goto(`/setup?token=${token}`);
  await send(page.locator("main form"), { name: "admin", password, again: password });
  await page.waitForURL(/done=page-done-setup/);
  house.check("the first administrator is in", await page.locator("header", { hasText: "admin" }).isVisible());
  const state = await page.context().storageState();
  await page.context().close();
  return state;
}

// Of somebody whom `sekisho user` made, with a browser that runs scripts or does not; what is said of which sender.
export async function journey(house, { name, password, sender, standing, javaScriptEnabled }) {
  const how = javaScriptEnabled ? "with scripts" : "without scripts";
  const page = await house.person({ javaScriptEnabled });
  await page.goto("/mail?lang=en");
  await send(page.locator("main form"), { name, password: "not this one at all" });
  house.check(`${how}: a wrong password is told`, await page.locator("main", { hasText: /wrong|not right|does not/i }).isVisible());
  await page.goto("/mail?lang=en");
  await send(page.locator("main form"), { name, password });
  await page.waitForURL(/\/mail/);
  await finds(house, page, how);
  const before = await advice(page);
  await page.goto("/senders?domain=asagiri.example");
  await page.locator("main tr", { hasText: sender }).first().locator("input[type=checkbox]").check();
  await page.locator(`button[value=${standing}]`).click();
  await page.waitForURL(/done=page-done-/);
  const after = await advice(page);
  house.check(`${how}: the advice moves when ${sender} is ${standing}: ${before} → ${after}`, before !== after && after.length > 20);
  await page.locator("header form button").click();
  await page.waitForURL(/\/login|\/(\?|$)/);
  await page.goto("/mail");
  house.check(`${how}: and out again`, page.url().includes("/login"));
  await page.context().close();
}

// A message by its queue id, as a line of the MTA's log has it, and by its sender; and why.
async function finds(house, page, how) {
  const { messages } = await (await page.request.get("/api/v1/mail?action=reject&days=30")).json();
  const [{ queue_id: queue, mail_from: sender }] = messages;
  await page.goto("/mail?days=30");
  await send(page.locator("form.filter"), { sender });
  await page.waitForURL(/sender=/);
  house.check(`${how}: messages of ${sender} are found`, await page.locator(TO_WHY).count() > 0);
  await page.goto("/mail?days=30");
  await send(page.locator("form.filter"), { queue });
  await page.waitForURL(/queue=/);
  house.equal(`${how}: ${queue} is found alone`, await page.locator("main tbody").first().locator("tr").count(), 1);
  await page.locator(TO_WHY).first().click();
  await page.waitForURL(/\/mail\/\w+/);
  const text = await page.locator("main").innerText();
  house.check(`${how}: why it was refused, with the rule and the record`, text.includes(queue) && /RFC \d+ §/.test(text) && /p=(reject|quarantine)/.test(text));
}

// The sentence about the next step, and what it rests on.
async function advice(page) {
  await page.goto("/ladder?domain=asagiri.example&lang=en");
  return (await page.locator(".verdict").first().innerText()).trim();
}

// On paper: the guideline, without the menu.
export async function paper(house, state) {
  const page = await house.person({ storageState: state });
  for (const language of ["en", "ja"]) {
    await page.goto(`/guideline?domain=asagiri.example&lang=${language}`);
    const file = (await page.pdf({ format: "A4" })).toString("latin1");
    const count = file.match(/\/Type\s*\/Page\b/g)?.length ?? 0;
    house.check(`the guideline is printed, ${language}: ${count} pages`, count > 0 && count < 20);
  }
  await page.context().close();
}
