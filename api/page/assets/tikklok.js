// The page's own script. Everything works without it; it adds keys, partial
// updates, a live Today and answers before the server's.
//
//   data-into="ID"   a link or form whose answer replaces the part with that id
//   data-search="ID" a search form that replaces the part while one types
//   data-live="URL"  a part that is fetched again at each event of that stream
//   data-refresh="URL"  a part that is fetched again each minute, from there or
//                    else from the page's own address
//   data-key="K"     clicked when K is pressed
//   data-rows        a table whose rows (data-row) j and k walk
//   data-open        what Enter opens in a row
//   data-queue       rows that are questions: Enter and a take the row's
//                    data-accept, o opens its data-other, and what comes next is selected
"use strict";
(() => {
  const FRAGMENT = "Tikklok-Fragment", LIVE = "Tikklok-Live";
  const $ = (selector, from = document) => from.querySelector(selector);
  const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];
  document.documentElement.classList.add("scripted");

  // ---- partial updates

  // swap replaces the parts called ids by those of the answer; false when the
  // answer has none of them.
  async function swap(response, ids) {
    const answer = new DOMParser().parseFromString(await response.text(), "text/html");
    let any = false;
    for (const id of ids) {
      const old = document.getElementById(id), fresh = answer.getElementById(id);
      if (!old || !fresh) continue;
      const kept = keep(old);
      old.replaceWith(fresh);
      kept(fresh);
      any = true;
    }
    if (answer.title) document.title = answer.title;
    settle();
    return any;
  }

  const PICKS = "input[name=employee], input[name=pick]";

  // keep remembers what the server doesn't know: the focus, the ticked boxes
  // and what was unfolded.
  function keep(old) {
    const focused = old.contains(document.activeElement) ? address(document.activeElement) : null;
    const ticked = new Set($$(PICKS, old).filter((box) => box.checked).map((box) => box.value));
    const panelScroll = old.id === "panel" ? 0 : $("#panel")?.scrollTop || 0;
    return (fresh) => {
      for (const box of $$(PICKS, fresh)) if (ticked.has(box.value)) box.checked = true;
      if (focused) $(focused, fresh)?.focus({ preventScroll: true });
      const panel = $("#panel", fresh);
      if (panel) panel.scrollTop = panelScroll;
    };
  }

  function address(element) {
    if (element.id) return "#" + CSS.escape(element.id);
    const row = element.closest("[data-row]");
    if (!row) return null;
    return `[data-row="${CSS.escape(row.dataset.row)}"] ` + (element.matches("input") ? "input" : "[data-open]");
  }

  async function get(url, id, headers = {}) {
    const response = await fetch(url, { headers: { [FRAGMENT]: id, ...headers } });
    return await swap(response, [id]) ? response : location.assign(url);
  }

  async function follow(link) {
    const id = link.dataset.into, url = new URL(link.href);
    if (id === "list") carry(url, ["employee", "day"]);
    if (id === "panel") carry(url, ["week", "show", "site", "q"]);
    if (!await get(url, id)) return;
    history.replaceState(null, "", url);
    if (id === "panel") opened(url.searchParams.get("employee"));
  }

  // carry takes over from the address what has changed since the link was drawn.
  function carry(url, names) {
    const now = new URLSearchParams(location.search);
    for (const name of names) {
      if (now.has(name)) url.searchParams.set(name, now.get(name));
      else url.searchParams.delete(name);
    }
  }

  function opened(employee) {
    const panel = $("#panel");
    $(".split")?.classList.toggle("open", !panel.hidden);
    for (const row of $$("[data-row]")) row.classList.toggle("open", row.dataset.row === employee);
    if (panel.hidden) return $("[data-open]", cursor() || document)?.focus();
    cursor($(`[data-row="${CSS.escape(employee)}"]`));
    ($("[data-accept]", panel) || panel).focus({ preventScroll: true });
  }

  async function post(form, button) {
    const data = new FormData(form, button);
    if (data.has("back")) data.set("back", location.pathname + location.search);
    const action = button?.getAttribute("formaction") || form.getAttribute("action");
    const multipart = form.enctype === "multipart/form-data";
    const response = await fetch(action, { method: "POST", body: multipart ? data : new URLSearchParams(data) });
    for (const box of form.elements) if (box.matches(PICKS)) box.checked = false; // what was refused comes back ticked
    if (!await swap(response, ["main", "side"])) return location.assign(response.url);
    if (response.redirected) return history.replaceState(null, "", response.url); // done; what is asked comes without a redirect
    $("[aria-invalid], .bar-reason input")?.focus();
  }

  // before shows what the answer will most likely be; the answer replaces it.
  function before(button) {
    if (!button?.dataset.optimistic) return;
    for (const box of $$("input[name=employee]:checked", button.form)) {
      for (const pill of $$(".pill", box.closest("tr"))) {
        pill.className = "pill approved";
        pill.textContent = button.dataset.optimistic;
      }
    }
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-into]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      follow(link).catch(() => location.assign(link.href));
      return;
    }
    if (event.target.closest("[data-close]")) return event.target.closest(".notice").remove();
    for (const open of $$("details.pop[open], details.account[open]")) if (!open.contains(event.target)) open.open = false;
    const row = event.target.closest("[data-row]");
    if (row && !event.target.closest("a, button, input, label, select, summary, details")) $("[data-open]", row)?.click();
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.search) return event.preventDefault();
    if (!form.dataset.into || form.dataset.plain) return;
    event.preventDefault();
    const plainly = () => { form.dataset.plain = "1"; form.requestSubmit(event.submitter); };
    const answer = post(form, event.submitter);
    before(event.submitter);
    posts++;
    answer.catch(plainly).finally(() => { if (!--posts) release(); });
  });

  document.addEventListener("change", (event) => {
    const box = event.target;
    if (box.closest("form[data-auto]")) return box.form.requestSubmit();
    if (box.matches("[data-all]")) for (const one of $$("tr.complete input[name=employee]")) one.checked = box.checked;
    if (box.matches("input[type=checkbox]")) tally();
  });

  let typing;
  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-search]");
    if (!form) return;
    clearTimeout(typing);
    typing = setTimeout(() => {
      const url = new URL(form.action);
      for (const [name, value] of new FormData(form)) if (value) url.searchParams.set(name, value);
      get(url, form.dataset.search).then(() => history.replaceState(null, "", url)).catch(() => form.submit());
    }, 150);
  });

  // ---- the bar

  function hours(minutes) { return Math.floor(minutes / 60) + ":" + String(minutes % 60).padStart(2, "0"); }

  function tally() {
    const picked = $("[data-bar-picked]");
    if (picked) {
      const n = $$("input[name=pick]:checked").length;
      picked.textContent = n ? picked.dataset.some.replace("{0}", n) : picked.dataset.none;
      picked.closest("[data-bar]").classList.toggle("idle", !n);
    }
    const sum = $("[data-bar-sum]");
    if (!sum) return;
    const rows = $$("input[name=employee]:checked", sum.closest("form")).map((box) => box.closest("tr"));
    const minutes = rows.reduce((total, row) => total + Number(row.dataset.minutes), 0);
    sum.textContent = rows.length ? sum.dataset.some.replace("{0}", rows.length).replace("{1}", hours(minutes)) : sum.dataset.none;
    sum.closest("[data-bar]").classList.toggle("idle", !rows.length);
  }

  // ---- keys

  let current = null; // the row that j and k stand on, by its number
  function cursor(row) {
    if (row) {
      current = row.dataset.row;
      for (const other of $$(".cursor[data-row]")) other.classList.remove("cursor");
      row.classList.add("cursor");
    }
    return current && $(`[data-rows] [data-row="${CSS.escape(current)}"]`);
  }

  function move(step) {
    const rows = $$("[data-rows] [data-row]");
    const at = rows.indexOf(cursor());
    const row = rows[Math.min(rows.length - 1, Math.max(0, at < 0 ? 0 : at + step))];
    if (!row) return;
    cursor(row);
    $("[data-open]", row)?.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
    const panel = $("#panel");
    if (panel && !panel.hidden) follow($("[data-open]", row)).then(() => $("[data-open]", cursor())?.focus({ preventScroll: true }));
  }

  function pick() {
    const box = cursor() && $("input[type=checkbox]", cursor());
    if (!box) return;
    box.checked = !box.checked;
    tally();
  }

  // answer takes the proposal of the row the cursor stands on (a), or opens its
  // other choices (o).
  function answer(key) {
    const row = $("[data-queue]") && cursor();
    if (!row) return false;
    if (key === "o") {
      const other = $("[data-other], details.other", row);
      if (!other) return false;
      other.open = true;
      $("input:not([type=hidden]), select", other)?.focus();
      return true;
    }
    const accept = $("[data-accept]", row);
    accept?.click();
    return Boolean(accept);
  }

  function act(key) {
    if (key === "A" && cursor() && !$("input[name=employee]:checked, input[name=pick]:checked")) pick();
    if (key === "R") {
      if (cursor() && !$("input[name=employee]:checked")) pick();
      const reject = $("[data-reject]");
      if (reject) { reject.open = true; return $("input", reject).focus(); }
    }
    const target = $(`[data-key="${CSS.escape(key)}"]`);
    if (!target || target.closest("[hidden]")) return false;
    if (target.matches("form")) target.requestSubmit(); else target.click();
    return true;
  }

  function escape() {
    const open = $$("details.pop[open], details.account[open]").pop();
    if (open) { open.open = false; $("summary", open).focus(); return; }
    act("Escape");
  }

  // While an answer is under way, keys are held: they are meant for what it
  // brings, and would be lost with the part that it replaces.
  let posts = 0;
  const held = [];
  function release() {
    while (held.length && !posts) {
      const key = held.shift(), on = document.activeElement;
      const pressed = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
      if (on.dispatchEvent(pressed) && key === "Enter") on.click();
    }
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || $("dialog[open]")) return;
    const typing = event.target.matches("input:not([type=checkbox]), textarea, select");
    if (event.key === "Escape") {
      if (typing) event.target.blur();
      return escape();
    }
    if (typing) return;
    if (posts && event.key !== "Tab") {
      held.push(event.key);
      return event.preventDefault();
    }
    switch (event.key) {
      case "j": move(1); break;
      case "k": move(-1); break;
      case "x": pick(); break;
      case "a": if (!answer("a") && !$("[data-queue]")) act("A"); break;
      case "o": if (!answer("o")) return; break;
      case "A": act("A"); break;
      case "r": case "R": act("R"); break;
      case "/": $("#q")?.focus(); $("#q")?.select(); break;
      case "?": $("#help")?.showModal(); break;
      case "Enter": if (event.target.closest("button, summary, .other, a:not([data-open])") || !answer("a")) return; break;
      default:
        if (event.key === "Tab" || !act(event.key)) return;
    }
    event.preventDefault();
  });

  // ---- live

  let stream, due, last = 0;
  function listen() {
    const part = $("[data-live], [data-refresh]");
    if (!part || stream) return;
    hear(part);
    document.addEventListener("visibilitychange", refresh);
    setInterval(() => {
      const again = $("[data-live]");
      if (again && stream.readyState === EventSource.CLOSED) hear(again);
      refresh();
    }, 60000);
  }

  // hear opens the stream of a part. One that is refused is closed by the
  // browser: the page asks then, and shows why; it is tried again in a minute.
  function hear(part) {
    stream = part.dataset.live ? new EventSource(part.dataset.live) : new EventTarget();
    stream.addEventListener("change", refresh);
    stream.addEventListener("error", () => { if (stream.readyState === EventSource.CLOSED) refresh(); });
  }

  // refresh fetches the live part again, at most once a second and not while
  // nobody looks. Who may not see it any more is led to the page, which says why;
  // whatever else is refused may be better in a minute. The page is asked for
  // anew, not reloaded: a form that it may have come from isn't sent again.
  function refresh() {
    if (document.hidden || due) return;
    due = setTimeout(async () => {
      last = Date.now();
      const part = $("[data-live], [data-refresh]");
      const from = part.dataset.refresh || location.pathname + location.search;
      try {
        const response = await fetch(from, { headers: { [FRAGMENT]: part.dataset.part, [LIVE]: "1" } });
        if (response.redirected || response.status === 401 || response.status === 403) {
          due = null;
          return location.replace(from);
        }
        if (response.ok) await swap(response, [part.id]);
      } catch { /* the stream tells when the server is back */ }
      due = null;
    }, Math.max(0, 1000 - (Date.now() - last)));
  }

  function settle() {
    tally();
    const queue = $$("[data-queue] [data-row]");
    const now = cursor() || current && queue.length && cursor(queue.at(-1));
    if (now) now.classList.add("cursor");
    if (now && $("[data-queue]") && document.activeElement === document.body) $("[data-open]", now)?.focus();
  }

  settle();
  listen();
})();
