// What only a browser can say of the pages: that they are accessible (axe), fit
// a phone, keep to the content policy, and answer to keys.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { browse, render, serve } from "./preview.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const folder = render();
const names = readdirSync(join(folder, "nl")).map((file) => file.replace(".html", ""));
const own = readdirSync(join(folder, "pl")).map((file) => file.replace(".html", "")); // an employee's, in five languages
let server, browser;

before(async () => { server = await serve(folder); browser = await browse(); });
after(async () => { await browser.close(); server.closeAllConnections(); server.close(); });

// open gives a page that collects what the browser complained of.
async function open(path, { width = 1280, height = 820, colorScheme = "light", javaScriptEnabled = true } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme, javaScriptEnabled, reducedMotion: "reduce" });
  const page = await context.newPage();
  page.complaints = [];
  page.on("console", (message) => { if (message.type() === "error") page.complaints.push(message.text()); });
  page.on("pageerror", (error) => page.complaints.push(String(error)));
  await page.goto(server.url + path);
  page.done = () => context.close();
  return page;
}

// Pages are opened one after the other in a tab, which is the quickest, and in as
// many tabs as there are processors to draw them.
async function each(path, options, look, which = names) {
  const tabs = Math.min(availableParallelism(), 4);
  const told = await Promise.all(Array.from({ length: tabs },
    (_, tab) => walk(path, options, look, which.filter((_, n) => n % tabs === tab))));
  assert.deepEqual(told.flat(), []);
}

// walk gives what was found on pages, and what ended it early.
async function walk(path, options, look, which) {
  const page = await open("/nl/sign-in", options);
  const told = [];
  try {
    for (const name of which) {
      await page.goto(`${server.url}${path}/${name}`);
      for (const found of await look(page)) told.push(`${name}: ${found}`);
    }
  } catch (error) {
    told.push(String(error));
  } finally {
    await page.done();
  }
  return [...told, ...page.complaints];
}

// judge has axe look by all its rules, or by those that are named. Parts of a page
// are unfolded, so that what is inside is judged too, but for menus, which would
// hide what they stand above; on a telephone only those that hold most.
async function judge(page, rules = {}) {
  await page.evaluate(() => {
    for (const part of document.querySelectorAll(innerWidth > 760 ? "details:not(.pop, .account)" : "details.other")) part.open = true;
  });
  await page.evaluate(axe);
  const { violations } = await page.evaluate((rules) => window.axe.run({ ...rules, resultTypes: ["violations"] }), rules);
  return violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.html.slice(0, 160)} ${n.any[0]?.message || ""}`));
}

for (const width of [1280, 390]) {
  test(`axe finds nothing, ${width} px`, () => each("/nl", { width }, (page) => judge(page)));
  test(`axe finds nothing in the colours of the dark, ${width} px`, // all else is as in the light
    () => each("/nl", { width, colorScheme: "dark" }, (page) => judge(page, { runOnly: ["color-contrast", "link-in-text-block"] })));
}

for (const [width, height] of [[1280, 820], [390, 844]]) {
  test(`axe finds nothing in menus that unfold, ${width} px`, async () => {
    const page = await open("/nl/timesheets", { width, height });
    const menus = await page.locator("details.pop, details.account").all();
    for (const menu of menus) {
      await menu.evaluate((menu) => { menu.open = true; });
      assert.deepEqual(await judge(page), []);
      await menu.evaluate((menu) => { menu.open = false; });
    }
    assert.ok(menus.length > 1, `${menus.length} menus`);
    await page.done();
  });
}

for (const [lang, width] of [["nl", 390], ["nl", 320], ["en", 390]]) {
  test(`no page in ${lang} is wider than ${width} px`, () => each("/" + lang, { width }, async (page) => {
    const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    return over > 0 ? [`${over} px too wide`] : [];
  }));
}

for (const lang of ["pl", "de", "ro"]) {
  test(`an employee's pages in ${lang} fit 320 px, and axe finds nothing`, () => each("/" + lang, { width: 320 }, async (page) => {
    const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    return [...(over > 0 ? [`${over} px too wide`] : []), ...await judge(page)];
  }, own));
}

test("what an employee touches on a phone is at least 44 px high", () => each("/nl", { width: 390 }, (page) => page.evaluate(() =>
  [...document.querySelectorAll(".me a, .me button, .me summary, .me label.check, .me input:not([type=hidden]):not([type=radio]), .me textarea")]
    .filter((e) => e.checkVisibility() && e.getBoundingClientRect().height < 43.5 && !e.closest(".back, .me-list, .me-drawn, p"))
    .map((e) => `${e.outerHTML.slice(0, 90)} ${e.getBoundingClientRect().height}`)), own));

test("what is tapped on a phone is at least 44 px high", () => each("/nl", { width: 390 }, (page) => page.evaluate(() =>
  [...document.querySelectorAll("button, .button, .menu a, .chips > a, .weeks a, .panel-steps a, .panel-week a, select, input:not([type=hidden]):not([type=checkbox]), .hit, .who a[data-open], .lines > li > a")]
    .filter((e) => e.checkVisibility() && e.getBoundingClientRect().height < 43.5)
    .map((e) => `${e.outerHTML.slice(0, 90)} ${e.getBoundingClientRect().height}`))));

test("j and k walk the rows, x picks, the bar adds up", async () => {
  const page = await open("/nl/timesheets");
  await page.keyboard.press("j");
  assert.equal(await page.evaluate(() => document.activeElement.closest("tr").dataset.row), "1");
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("k");
  assert.equal(await page.evaluate(() => document.activeElement.closest("tr").dataset.row), "2");
  const sum = await page.textContent("[data-bar-sum]");
  await page.keyboard.press("x");
  assert.notEqual(await page.textContent("[data-bar-sum]"), sum);
  assert.match(await page.textContent("[data-bar-sum]"), /^4 gekozen · \d+:\d\d uur$/);
  await page.done();
});

test("A approves what is picked and shows it at once", async () => {
  const page = await open("/nl/timesheets");
  server.posted.length = 0;
  await page.keyboard.press("A");
  await page.waitForSelector(".notice");
  const { path, body } = server.posted[0];
  assert.equal(path, "/timesheets/approve");
  assert.deepEqual(new URLSearchParams(body).getAll("employee"), ["4", "5", "8"]);
  assert.equal(new URLSearchParams(body).get("week"), "2026-W46");
  server.posted.length = 0;
  await page.keyboard.press("u");
  await waitFor(() => server.posted.length === 1);
  assert.equal(server.posted[0].path, "/timesheets/reopen");
  await page.done();
});

test("R asks for the reason before it rejects", async () => {
  const page = await open("/nl/timesheets");
  server.posted.length = 0;
  await page.keyboard.press("R");
  assert.equal(await page.evaluate(() => document.activeElement.name), "reason");
  await page.keyboard.type("nogmaals nakijken");
  await page.keyboard.press("Enter");
  await waitFor(() => server.posted.length === 1);
  assert.equal(server.posted[0].path, "/timesheets/reject");
  assert.equal(new URLSearchParams(server.posted[0].body).get("reason"), "nogmaals nakijken");
  await page.done();
});

test("Enter opens the day, Enter again takes the proposal over, Escape closes", async () => {
  const page = await open("/nl/timesheets");
  server.asked.length = 0;
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.waitForSelector("#panel [data-accept]:focus");
  assert.ok(server.asked.some((r) => r.fragment === "panel" && r.path.includes("employee=1")));
  server.posted.length = 0;
  await page.keyboard.press("Enter");
  await waitFor(() => server.posted.length === 1);
  assert.equal(new URLSearchParams(server.posted[0].body).get("at"), "16:30");
  await page.done();
});

test("the queue is walked, answered and undone by keys, and what comes next is selected", async () => {
  const page = await open("/nl/exceptions");
  const on = () => page.locator(".queue-item.cursor").getAttribute("data-row");
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  assert.equal(await on(), "1");
  server.posted.length = 0;
  server.answer = "/nl/exceptions";
  await page.keyboard.press("a");
  await waitFor(() => server.posted.length === 1);
  assert.equal(server.posted[0].path, "/timesheets/decide");
  await page.waitForSelector(".queue-item.cursor [data-open]:focus");
  assert.equal(await on(), "1");
  server.slow = 200;
  await page.keyboard.press("Enter");
  await page.keyboard.press("o"); // before the answer is there: it is held until then
  await page.waitForSelector("input[name=number]:focus");
  assert.equal(server.posted.length, 2);
  server.slow = 0;
  await page.keyboard.press("Escape");
  await page.keyboard.press("x");
  assert.equal(await page.textContent("[data-bar-picked]"), "2 aangevinkt");
  await page.keyboard.press("A");
  await waitFor(() => server.posted.length === 3);
  assert.equal(server.posted[2].path, "/exceptions");
  assert.equal(new URLSearchParams(server.posted[2].body).getAll("pick").length, 2);
  server.answer = "/nl/timesheets-notice";
  await page.done();
});

test("the search field replaces the list as one types", async () => {
  const page = await open("/nl/timesheets");
  server.asked.length = 0;
  await page.keyboard.press("/");
  await page.keyboard.type("bak");
  await waitFor(() => server.asked.some((r) => r.fragment === "list" && r.path.includes("q=bak")));
  await page.done();
});

test("Today refreshes at an event, and says that nobody asked for it", async () => {
  server.streams.length = 0; // those of pages that were opened before
  const page = await open("/today");
  await waitFor(() => server.streams.length > 0);
  server.asked.length = 0;
  server.streams.at(-1).write("event: change\ndata:\n\n");
  await waitFor(() => server.asked.some((r) => r.fragment === "live" && r.live === "1"));
  await page.done();
});

test("Today whose stream is refused leads to the door, which says why", async () => {
  server.streams.length = 0;
  const page = await open("/today");
  await waitFor(() => server.streams.length > 0);
  server.shut = true;
  server.streams.at(-1).end(); // the browser asks again, and is refused
  await page.waitForURL("**/sign-in-again");
  assert.match(await page.textContent("main"), /opnieuw aan/);
  server.shut = false;
  await page.done();
});

test("Today stays where it is while a proxy asks for patience", async () => {
  server.streams.length = 0;
  const page = await open("/today");
  await waitFor(() => server.streams.length > 0);
  await page.evaluate(() => { window.stayed = true; });
  server.asked.length = 0;
  server.busy = true;
  server.streams.at(-1).write("event: change\ndata:\n\n");
  await waitFor(() => server.asked.length === 1);
  await new Promise((done) => setTimeout(done, 300)); // in which a page would be loaded anew
  assert.equal(await page.evaluate(() => window.stayed), true);
  server.busy = false;
  server.streams.at(-1).write("event: change\ndata:\n\n");
  await waitFor(() => server.asked.some((r) => r.fragment === "live"));
  await page.done();
});

test("an incident whose form was refused asks for its clocks at its own address", async () => {
  const page = await open("/nl/incident-found");
  server.asked.length = 0;
  await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  await waitFor(() => server.asked.some((r) => r.path === "/service/incidents/7" && r.fragment === "live"));
  await page.done();
});

test("without a script every form and every link still works", async () => {
  const page = await open("/nl/timesheets", { javaScriptEnabled: false });
  server.posted.length = 0;
  const leave = (selector) => Promise.all([page.waitForNavigation(), page.click(selector)]);
  await leave("button[formnovalidate]");
  assert.equal(server.posted[0].path, "/timesheets/approve");
  await leave(".who a");
  assert.match(page.url(), /\/timesheets\?.*employee=1/);
  await leave(".panel [data-accept]");
  assert.equal(server.posted[1].path, "/timesheets/decide");
  await page.done();
});

test("an employee asks for a correction without a script", async () => {
  const page = await open("/nl/me-day", { width: 390, javaScriptEnabled: false });
  server.posted.length = 0;
  await page.click(".me-ask summary");
  await page.click("input[value=out]");
  await page.fill("input[name=at]", "14:30");
  await page.fill("textarea", "poort zat dicht");
  await Promise.all([page.waitForNavigation(), page.click(".me-ask button.main")]);
  const { path, body } = server.posted[0];
  assert.equal(path, "/me/ask");
  assert.deepEqual(Object.fromEntries(new URLSearchParams(body)), { day: "2026-11-11", what: "out", at: "14:30", text: "poort zat dicht" });
  await page.done();
});

test("an employee who is out sees that they are, and their hours of the day", async () => {
  const page = await open("/nl/me-out", { width: 390 });
  const box = await page.locator("#live h1").boundingBox();
  assert.ok(box.height > 10 && box.width > 100, JSON.stringify(box));
  assert.ok((await page.locator("#live").boundingBox()).height > 60);
  await page.context().close();
});

test("an employee's today asks for itself again when it is looked at, and says that nobody did", async () => {
  const page = await open("/me", { width: 390 });
  server.asked.length = 0;
  await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  await waitFor(() => server.asked.some((r) => r.path === "/me" && r.fragment === "live" && r.live === "1"));
  await page.done();
});

test("a printed week has no menu, no forms, and its pictures", async () => {
  const page = await open("/nl/me-week");
  await page.emulateMedia({ media: "print" });
  const seen = await page.evaluate(() => ["#side", ".me form", ".me-steps", ".me-print", ".picture", ".me-days"].map((s) => document.querySelector(s).checkVisibility()));
  assert.deepEqual(seen, [false, false, false, true, true, true]);
  await page.done();
});

test("focus is always visible", async () => {
  const page = await open("/nl/timesheets-panel");
  for (let i = 0; i < 40; i++) {
    await page.keyboard.press("Tab");
    const seen = await page.evaluate(() => {
      const e = document.activeElement, style = getComputedStyle(e);
      return e === document.body || style.outlineStyle !== "none" || e.matches("main, .panel") ? "" : e.outerHTML.slice(0, 120);
    });
    assert.equal(seen, "");
  }
  await page.done();
});

async function waitFor(condition) {
  const deadline = Date.now() + 5000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error("waited in vain for " + condition);
    await new Promise((done) => setTimeout(done, 10));
  }
}
