// node shots.mjs FOLDER [NAME…]: pictures of the sample pages to look at, at
// 1280 and 390 pixels, light and dark.
import { join } from "node:path";
import { browse, render, serve } from "./preview.mjs";

const [folder, ...names] = process.argv.slice(2);
const server = await serve(render());
const browser = await browse();
for (const [width, height] of [[1280, 820], [390, 844]]) {
  for (const colorScheme of ["light", "dark"]) {
    const context = await browser.newContext({ viewport: { width, height }, colorScheme, hasTouch: width < 500 });
    const page = await context.newPage();
    for (const name of names) {
      await page.goto(`${server.url}/${name}`);
      await page.screenshot({ path: join(folder, `${name.replace("/", "-")}-${width}-${colorScheme}.png`) });
    }
    await context.close();
  }
}
await browser.close();
server.closeAllConnections();
server.close();
