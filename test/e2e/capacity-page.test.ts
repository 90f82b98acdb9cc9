import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../fixtures/eventually.ts";
import { type Nephoscope, startNephoscope, temporaryFolder } from "../integration/fixtures/nephoscope.ts";
import { capacityLines, hostLines, writeLines } from "./fixtures/capacity-lines.ts";
import { openPage } from "./fixtures/page.ts";
import { browserFor, PAIRS } from "./fixtures/themed-browser.ts";
import { violationsOn } from "./fixtures/violations.ts";

const WITHIN_MS = 30_000;
/** Fifty thousand lines. */
const WRITTEN_WITHIN_MS = 90_000;
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

const viewPath = (view: string) => `/capacity?cap=${encodeURIComponent(JSON.stringify(view))}`;
const BUSY = JSON.stringify({
  type: "about:blank",
  title: "Service Unavailable",
  status: 503,
  code: "capacity.busy",
  detail: "2 queries are running and 32 are waiting",
  hint: "ask again in a few seconds",
});

describe("before OpenStack was asked", () => {
  const browser = browserFor({});

  test("the page says where figures come from, and the same of subnets and peaks", async () => {
    for (const path of ["/capacity", viewPath("subnets"), viewPath("peaks")]) {
      await openPage(browser(), nephoscope, path);
      await browser().page.getByTestId("face-empty").waitFor();
      if (path !== viewPath("peaks"))
        expect(await browser().page.getByTestId("face-empty").textContent()).toContain("openstack");
      await browser().picture(`capacity-empty-${path.replaceAll(/\W+/g, "-")}`);
    }
    expect(browser().errors).toEqual([]);
  });

  test.each(["overview", "subnets", "peaks"])(
    "%s: a server that cannot answer is told with a way to try again, and one that takes its time as well",
    async (view) => {
      const { page } = browser();
      const answer = Promise.withResolvers<void>();
      await page.route(/\/api\/v1\/capacity/, async (route) => {
        await answer.promise;
        await route.fulfill({ status: 503, contentType: "application/problem+json", body: BUSY });
      });
      await openPage(browser(), nephoscope, viewPath(view));
      await page.getByTestId("face-loading").waitFor({ timeout: WITHIN_MS });
      answer.resolve();
      await page.getByTestId("face-error").waitFor({ timeout: WITHIN_MS });
      expect(await page.getByTestId("face-error").textContent()).toContain("capacity.busy");
      expect(await violationsOn(page)).toEqual([]);
      await browser().picture(`capacity-error-${view}`);
      await page.unroute(/\/api\/v1\/capacity/);
    },
  );
});

describe("with four weeks of a cloud", () => {
  beforeAll(async () => {
    const now = Date.now();
    await writeLines(nephoscope.url, [...capacityLines(now), ...hostLines(now)]);
    await eventually(async () => (await found("/api/v1/capacity/subnets")) > 0, {
      withinMs: WRITTEN_WITHIN_MS,
      what: "the lines to be in the head",
    });
    await eventually(async () => (await found("/api/v1/capacity/peaks?limit=1")) === 3, {
      withinMs: WRITTEN_WITHIN_MS,
      what: "the hosts to be in the head",
    });
  });

  describe.each(PAIRS)("in %s, %s", (colorScheme, language) => {
    const browser = browserFor({ colorScheme, language, height: 1_200 });

    const noViolations = async (name: string) => {
      await browser().page.waitForLoadState("networkidle");
      expect(await violationsOn(browser().page)).toEqual([]);
      await browser().picture(`capacity-${name}-${colorScheme}-${language}`);
    };

    test("what is fullest is drawn with where it goes; each row can be opened with the keyboard", async () => {
      const { page } = browser();
      await openPage(browser(), nephoscope, "/capacity");
      const rows = page.getByTestId("capacity-row");
      await rows.first().waitFor();
      expect(await rows.count()).toBe(11);
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
      await eventually(async () => (await rows.count()) === 3, { withinMs: WITHIN_MS, what: "memory alone" });
    });

    test("where nothing runs out it says so, with what is watched and since when", async () => {
      await openPage(browser(), nephoscope, "/capacity?cluster=calm");
      const said = browser().page.getByTestId("capacity-nothing");
      await said.waitFor({ timeout: WITHIN_MS });
      const day = new Date(Date.now() - 28 * 24 * 3_600_000).toISOString().slice(0, 7);
      expect(await said.textContent()).toMatch(
        new RegExp(language === "en" ? `2 amounts of 1 cluster.* ${day}` : `1 个集群的 2 项.* ${day}`),
      );
      expect(await browser().page.getByTestId("capacity-card").count()).toBe(0);
      await noViolations("nothing");
    });

    test.each([
      ["hosts", "capacity-row", 3],
      ["projects", "capacity-row", 1],
      ["subnets", "capacity-range", 4],
      ["peaks", "capacity-peaks", 3],
    ])("%s", async (view, testId, count) => {
      await openPage(browser(), nephoscope, viewPath(view));
      const things = browser().page.getByTestId(testId);
      await things.nth(count - 1).waitFor({ timeout: WITHIN_MS });
      expect(await things.count()).toBe(count);
      await noViolations(view);
      expect(browser().errors).toEqual([]);
    });

    test("the range that runs out comes first, with its region and when; the map has all of them", async () => {
      const { page } = browser();
      await openPage(browser(), nephoscope, "/capacity");
      await page.getByTestId("nav-capacity").waitFor();
      await page
        .getByTestId("capacity-views")
        .getByText(language === "en" ? "Subnets" : "子网")
        .click();
      const first = page.getByTestId("capacity-range").first();
      await first.waitFor({ timeout: WITHIN_MS });
      expect(await first.textContent()).toMatch(/^north10\.31\.0\.10-10\.31\.1\.25494 %/);
      expect(new URL(page.url()).searchParams.get("cap")).toContain("subnets");
      const titles = await page.getByTestId("capacity-range-map").locator("title").allTextContents();
      expect(titles.map((title) => title.split(" ")[0])).toEqual([
        "north",
        "south",
        "east",
        "region-of-the-far-south-west-coast",
      ]);
    });

    test("who is busy together, and where some of it may go", async () => {
      await openPage(browser(), nephoscope, viewPath("peaks"));
      const standings = browser().page.getByTestId("capacity-standing");
      await standings.nth(2).waitFor({ timeout: WITHIN_MS });
      const [busiest, second, night] = await standings.allTextContents();
      expect(busiest).toMatch(/^compute-01.*compute-node-with-a-name.*→ compute-02/);
      expect(second).toMatch(/^compute-node-with-a-name.*compute-01.*→ compute-02/);
      expect(night).toMatch(/^compute-02/);
      expect(night).not.toContain("→");
    });
  });

  describe.each(PAIRS)("on a phone, in %s, %s", (colorScheme, language) => {
    const browser = browserFor({ colorScheme, language, width: 390, height: 844 });

    test.each([
      ["overview", "capacity-row"],
      ["hosts", "capacity-row"],
      ["subnets", "capacity-range"],
      ["peaks", "capacity-standing"],
    ])("%s is not wider than the screen", async (view, testId) => {
      const { page } = browser();
      await openPage(browser(), nephoscope, viewPath(view));
      await page.getByTestId(testId).first().waitFor({ timeout: WITHIN_MS });
      await page.waitForLoadState("networkidle");
      await browser().picture(`capacity-phone-${view}-${colorScheme}-${language}`);
      const width = await page.evaluate("document.documentElement.scrollWidth");
      expect(width).toBeLessThanOrEqual(390);
      expect(await violationsOn(page)).toEqual([]);
    });
  });
});
