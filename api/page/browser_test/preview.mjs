// Renders the sample pages with `go test` and serves them under the content
// policy that the product uses; a browser opens them.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, existsSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join, extname } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const kinds = { ".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml" };
const policy = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";

export function render() {
  const folder = mkdtempSync(join(tmpdir(), "tikklok-pages-"));
  const made = spawnSync("go", ["test", "-run", "^TestPreview$", "-count=1", "."], {
    cwd: join(dirname(fileURLToPath(import.meta.url)), ".."), env: { ...process.env, PAGE_PREVIEW: folder }, encoding: "utf8",
  });
  if (made.status !== 0) throw new Error(made.stdout + made.stderr);
  return folder;
}

// serve answers GET /nl/today and the like with the rendered page, and with
// .shut leads who is live on it to the door, with .busy has them wait; what was posted is kept in .posted and answered with .answer after .slow milliseconds.
export async function serve(folder) {
  const server = createServer((request, response) => {
    const path = new URL(request.url, "http://localhost").pathname;
    if (request.method === "POST") {
      let body = "";
      request.on("data", (chunk) => { body += chunk; });
      request.on("end", () => {
        server.posted.push({ path, body });
        setTimeout(() => response.writeHead(303, { Location: server.answer }).end(), server.slow);
      });
      return;
    }
    if (server.shut && path.startsWith("/today")) {
      if (path === "/today/events") response.writeHead(401, { "Content-Type": "application/problem+json" }).end("{}");
      else response.writeHead(303, { Location: "/nl/sign-in-again" }).end();
      return;
    }
    if (server.busy && request.headers["tikklok-live"]) {
      server.asked.push({ path: request.url, live: "1" });
      response.writeHead(429).end();
      return;
    }
    if (path === "/today/events") {
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      server.streams.push(response);
      response.write(":\n\n");
      return;
    }
    const page = path.startsWith("/assets/") ? path : (server.pages[path] || path) + ".html";
    const file = join(folder, page);
    server.asked.push({ path: request.url, fragment: request.headers["tikklok-fragment"], live: request.headers["tikklok-live"] });
    if (!existsSync(file)) { response.writeHead(404).end(); return; }
    response.writeHead(200, { "Content-Type": kinds[extname(file)], "Content-Security-Policy": policy });
    response.end(readFileSync(file));
  });
  // The addresses the pages use themselves, so that their links work here.
  server.pages = { "/timesheets": "/nl/timesheets-panel", "/today": "/nl/today", "/people": "/nl/people", "/me": "/nl/me" };
  server.posted = []; server.asked = []; server.streams = []; server.slow = 0; server.shut = false; server.busy = false; server.answer = "/nl/timesheets-notice";
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  server.url = `http://127.0.0.1:${server.address().port}`;
  return server;
}

export function browse() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
}
