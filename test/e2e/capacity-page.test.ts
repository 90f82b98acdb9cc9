import { AxeBuilder } from "@axe-core/playwright";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../fixtures/eventually.ts";
import { type Nephoscope, startNephoscope, temporaryFolder } from "../integration/fixtures/nephoscope.ts";
import { type Browser, openBrowser } from "./fixtures/browser.ts";
import { capacityLines, hostLines, writeLines } from "./fixtures/capacity-lines.ts";
import { openPage } from "./fixtures/page.ts";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
const WITHIN_MS = 30_000;
/** Four weeks in the head, so that there is something to look at. */
const SETTINGS = ["agent.enabled=false", "metrics.retention_hours=1000"];

const folder = temporaryFolder();
let nephoscope: Nephoscope;

beforeAll(async () => {
  nephoscope = await startNephoscope({ data: folder.path, settings: SETTINGS });
});
afterAll(async () => {
  await nephoscope.stop();
  folder.remove();
});

const found = async (path: string): Promise<number> => ((await nephoscope.get(path)) as { found: number }).found;

describe("before OpenStack was asked", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser({ graphics: "without WebGL" });
  });
  afterAll(() => browser.close());

  test("the page says where figures come from, and the same of peaks", async () => {
    await openPage(browser, nephoscope, "/capacity");
    await browser.page.getByTestId("face-empty").waitFor();
    expect(await browser.page.getByTestId("face-empty").textContent()).toContain("openstack");
    await browser.picture("capacity-empty");
    await openPage(browser, nephoscope, '/capacity?cap="peaks"');
    await browser.page.getByTestId("face-empty").waitFor();
    expect(browser.errors).toEqual([]);
  });

  test("a server that cannot answer is told, with a way to try again", async () => {
    await browser.page.route("**/api/v1/capacity?*", (route) =>
      route.fulfill({
        status: 503,
        contentType: "application/problem+json",
        body: JSON.stringify({
          type: "about:blank",
          title: "Service Unavailable",
          status: 503,
          code: "capacity.busy",
          detail: "2 queries are running and 32 are waiting",
          hint: "ask again in a few seconds",
        }),
      }),
    );
    await openPage(browser, nephoscope, "/capacity");
    await browser.page.getByTestId("face-error").waitFor({ timeout: WITHIN_MS });
    expect(await browser.page.getByTestId("face-error").textContent()).toContain("capacity.busy");
    await browser.picture("capacity-error");
  });
});

describe("with four weeks of a cloud", () => {
  beforeAll(async () => {
    const now = Date.now();
    await writeLines(nephoscope.url, [...capacityLines(now), ...hostLines(now)]);
    await eventually(async () => (await found("/api/v1/capacity/subnets")) > 0, {
      withinMs: WITHIN_MS,
      what: "the lines to be in the head",
    });
    await eventually(async () => (await found("/api/v1/capacity/peaks")) === 2, {
      withinMs: WITHIN_MS,
      what: "the hosts to be in the head",
    });
  });

  describe.each([
    ["dark", "en"],
    ["light", "zh-CN"],
  ] as const)("in %s, %s", (colorScheme, language) => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await openBrowser({ graphics: "without WebGL", colorScheme, language, height: 1_200 });
    });
    afterAll(() => browser.close());

    const noViolations = async (name: string) => {
      await browser.page.waitForLoadState("networkidle");
      const { violations } = await new AxeBuilder({ page: browser.page }).withTags(RULES).analyze();
      expect(
        violations.flatMap(({ id, nodes }) =>
          nodes.map(({ target, failureSummary }) => `${id} ${target} ${failureSummary}`),
        ),
      ).toEqual([]);
      await browser.picture(`capacity-${name}-${colorScheme}-${language}`);
    };

    test("what is fullest is drawn with where it goes; each row can be opened with the keyboard", async () => {
      const { page } = browser;
      await openPage(browser, nephoscope, "/capacity");
      const rows = page.getByTestId("capacity-row");
      await rows.first().waitFor();
      expect(await rows.count()).toBe(9);
      expect(await page.getByTestId("capacity-stale").textContent()).toContain("old");
      await page.getByTestId("capacity-card").nth(2).waitFor({ timeout: WITHIN_MS });
      const label = await page.getByTestId("capacity-card").first().getByRole("img").getAttribute("aria-label");
      expect(label).toMatch(/480/);
      const open = rows.filter({ hasText: "az-1" }).first().getByTestId("capacity-history");
      await open.focus();
      await page.keyboard.press("Enter");
      await page.getByTestId("capacity-card").nth(3).waitFor({ timeout: WITHIN_MS });
      expect(await open.getAttribute("aria-expanded")).toBe("true");
      await noViolations("overview");
      await page.getByTestId("capacity-resource").selectOption("memory");
      await eventually(async () => (await rows.count()) === 2, { withinMs: WITHIN_MS, what: "memory alone" });
    });

    test.each([
      ["hosts", "capacity-row", 3],
      ["projects", "capacity-row", 1],
      ["subnets", "capacity-range", 3],
      ["peaks", "capacity-peaks", 2],
    ])("%s", async (view, testId, count) => {
      await openPage(browser, nephoscope, `/capacity?cap=${encodeURIComponent(JSON.stringify(view))}`);
      const things = browser.page.getByTestId(testId);
      await things.nth(count - 1).waitFor({ timeout: WITHIN_MS });
      expect(await things.count()).toBe(count);
      await noViolations(view);
      expect(browser.errors).toEqual([]);
    });

    test("the range that runs out comes first, with its region and when", async () => {
      await openPage(browser, nephoscope, "/capacity");
      await browser.page.getByTestId("nav-capacity").waitFor();
      await browser.page
        .getByTestId("capacity-views")
        .getByText(language === "en" ? "Subnets" : "子网")
        .click();
      const first = browser.page.getByTestId("capacity-range").first();
      await first.waitFor({ timeout: WITHIN_MS });
      expect(await first.textContent()).toMatch(/^north10\.31\.0\.10-10\.31\.1\.25494 %/);
      expect(new URL(browser.page.url()).searchParams.get("cap")).toContain("subnets");
    });
  });
});
