import { hostname } from "node:os";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../fixtures/eventually.ts";
import { type Nephoscope, startNephoscope, temporaryFolder } from "../integration/fixtures/nephoscope.ts";
import { topologyAt } from "../integration/fixtures/topology-view.ts";
import { type Browser, openBrowser } from "./fixtures/browser.ts";
import { openPage } from "./fixtures/page.ts";
import { violationsOn } from "./fixtures/violations.ts";

const folder = temporaryFolder();
let nephoscope: Nephoscope;
let past: number;

beforeAll(async () => {
  nephoscope = await startNephoscope({ data: folder.path });
  const view = await eventually(
    async () => {
      const now = await topologyAt(nephoscope);
      return now.elements.length > 3 ? now : undefined;
    },
    { withinMs: 20_000, what: "the first full state" },
  );
  past = view.at;
});
afterAll(async () => {
  await nephoscope.stop();
  folder.remove();
});

describe.each(["dark", "light"] as const)("in the %s theme", (colorScheme) => {
  describe.each(["en", "zh-CN"] as const)("in %s", (language) => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await openBrowser({ graphics: "without WebGL", colorScheme, language });
    });
    afterAll(() => browser.close());

    test.each([
      ["live", () => "/"],
      ["past", () => `/?at=${past}`],
      ["difference", () => `/?a=${past - 60_000}&b=${past}`],
      ["details", () => `/?sel=${encodeURIComponent(`host/${hostname()}`)}`],
      ["table", () => "/?view=table"],
      ["alerts", () => "/alerts"],
      ["system", () => "/system"],
    ])("%s has no violation that axe finds", async (name, path) => {
      await openPage(browser, nephoscope, path());
      await browser.page.waitForLoadState("networkidle");
      expect(await violationsOn(browser.page)).toEqual([]);
      await browser.picture(`${name}-${colorScheme}-${language}`);
    });
  });
});
