// What a browser sees of the desk: `node main.mjs DESK CHROMIUM CATALOGUES`. The token of the first run is in $SETUP_TOKEN, the password
// of everybody in $PASSWORD; `one` and `two` are operators.

import { House } from "./house.mjs";
import { firstRun, journey, paper } from "./journey.mjs";
import { keyboard } from "./keyboard.mjs";
import { screens } from "./screens.mjs";

const [desk, program, catalogues] = process.argv.slice(2);
const house = new House(desk);
const started = Date.now();
await house.begin(program);
try {
  const { SETUP_TOKEN: token, PASSWORD: password } = process.env;
  const state = await firstRun(house, token, password);
  await screens(house, state, catalogues);
  await paper(house, state);
  await journey(house, { name: "one", password, sender: "2001:db8:bad::/48", standing: "approved", javaScriptEnabled: true });
  await journey(house, { name: "two", password, sender: "SendGrid", standing: "denied", javaScriptEnabled: false });
  await keyboard(house, state);
} catch (error) {
  house.fail(error.stack);
}
await house.browser.close();
console.log(`${house.checked} checks in the browser, ${house.failed} failed, ${house.requests} requests, ${Math.round((Date.now() - started) / 1000)} s`);
process.exit(house.failed ? 1 : 0);
