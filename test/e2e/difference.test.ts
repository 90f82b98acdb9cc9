import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Element } from "../../core/element.ts";
import { hostId, interfaceId } from "../../core/element-id.ts";
import { eventually } from "../fixtures/eventually.ts";
import { uuidOf } from "../web/ui/fixture-cloud.ts";
import { patch } from "../web/ui/fixture-history.ts";
import { type FixtureServer, startFixtureServer } from "../web/ui/fixture-server.ts";
import { HOST } from "../web/ui/fixture-world.ts";
import { type Browser, openBrowser } from "./fixtures/browser.ts";
import { openPage } from "./fixtures/page.ts";
import { violationsOn } from "./fixtures/violations.ts";

const OTHER = "network-01";
const WITHIN_MS = 10_000;
const MOVED_VM = 3;
let server: FixtureServer;
let before: number;
let after: number;

/** A VM goes to the other host, a VM is deleted, two NICs get another MTU and a third another MTU and alias. */
beforeAll(async () => {
  server = await startFixtureServer({ port: 0, scenario: "cloud" });
  before = Date.now();
  await eventually(async () => Date.now() > before, { withinMs: WITHIN_MS, what: "the next millisecond" });
  server.world.change((all) => {
    migrate(all, uuidOf(HOST, MOVED_VM));
    for (const name of ["ens1f0", "bond0.120"]) patch(all, interfaceId(HOST, undefined, name), { mtu: 8900 });
    patch(all, interfaceId(HOST, undefined, "docker0"), { mtu: 1399, alias: "containers" });
    patch(all, hostId(HOST), { kernel: "6.8.0-60-generic" });
  });
  server.world.dropVm(6);
  after = Date.now();
});
afterAll(() => server.close());

/** Puts everything of a VM under the other host, as its agent would tell it. */
function migrate(all: Map<string, Element>, uuid: string): void {
  const isOfVm = ({ id }: Element) => id.includes(uuid) || id.includes(`tap${uuid.slice(0, 11)}`);
  const moved = [...all.values()].filter(isOfVm);
  const text = JSON.stringify(moved)
    .replaceAll(`"host":"${HOST}"`, `"host":"${OTHER}"`)
    .replaceAll(`host/${HOST}`, hostId(OTHER));
  for (const { id } of moved) all.delete(id);
  for (const element of JSON.parse(text) as Element[]) all.set(element.id, element);
}

const difference = () => `/?host=${HOST}&a=${before}&b=${after}`;

describe("the difference panel", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser({ graphics: "without WebGL" });
    await openPage(browser, server, difference());
  });
  afterAll(() => browser.close());
  const row = (section: string) => browser.page.getByTestId(`difference-${section}`).getByTestId("difference-group");

  test("shows a migrated VM as one row, from its host to the other", async () => {
    const moved = row("moved");
    expect(await moved.count()).toBe(1);
    expect(await moved.textContent()).toContain(`${HOST} → ${OTHER}`);
    expect(await moved.textContent()).toMatch(/5 elements/);
  });

  test("which opens by keyboard, and its members lead to the map", async () => {
    const button = row("moved").getByRole("button").first();
    expect(await button.getAttribute("aria-expanded")).toBe("false");
    await button.focus();
    await browser.page.keyboard.press("Enter");
    expect(await button.getAttribute("aria-expanded")).toBe("true");
    const member = row("moved")
      .locator("[data-row=moved]")
      .filter({ hasText: `tap${uuidOf(HOST, MOVED_VM).slice(0, 11)}` });
    await member.first().getByRole("button").press("Enter");
    await eventually(async () => browser.page.url().includes("sel="), { withinMs: WITHIN_MS, what: "the choice" });
    await browser.page.keyboard.press("Escape");
  });

  test("folds a deleted VM, and the same change on several interfaces; another change stays its own row", async () => {
    expect(await row("removed").count()).toBe(1);
    const changed = browser.page.getByTestId("difference-changed");
    expect(await changed.getByTestId("difference-group").count()).toBe(1);
    expect(await changed.textContent()).toContain("mtu 9000 → 8900");
    expect(await changed.locator(`[data-element-id="${interfaceId(HOST, undefined, "docker0")}"]`).count()).toBe(1);
  });

  test("says so when there is nothing between two moments", async () => {
    await openPage(browser, server, `/?host=${HOST}&a=${after}&b=${after}`);
    await browser.page.getByTestId("difference").getByTestId("face-empty").waitFor();
  });

  test("says what went wrong in the server's words, with a way to try again", async () => {
    const path = "**/api/v1/topology/diff?**";
    const body = {
      type: "about:blank",
      title: "x",
      status: 422,
      code: "topology.too_many_changes",
      detail: "too much",
      hint: "closer",
    };
    await browser.page.route(path, (route) =>
      route.fulfill({ status: 422, contentType: "application/problem+json", json: body }),
    );
    await browser.page.goto(`${server.url}/?host=${HOST}&a=${before - 5_000}&b=${after}`);
    const face = browser.page.getByTestId("difference").getByTestId("face-error");
    await face.waitFor();
    expect(await face.textContent()).toContain("too much");
    await browser.page.unroute(path);
    await face.getByRole("button").click();
    await browser.page.getByTestId("difference-list").waitFor();
  });

  test("tells while it loads, and that the old answer is shown while a new one is on its way", async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    await browser.page.route("**/api/v1/topology/diff?**", async (route) => {
      await held;
      await route.continue();
    });
    await browser.page.goto(`${server.url}${difference()}`);
    await browser.page.getByTestId("difference").getByTestId("face-loading").waitFor();
    release();
    await browser.page.getByTestId("difference-list").waitFor();
    await browser.page.unroute("**/api/v1/topology/diff?**");
    let releaseSecond = (): void => undefined;
    const heldSecond = new Promise<void>((resolve) => {
      releaseSecond = resolve;
    });
    await browser.page.route("**/api/v1/topology/diff?**", async (route) => {
      await heldSecond;
      await route.continue();
    });
    await browser.page.getByTestId("swap").click();
    await browser.page.getByTestId("difference-stale").waitFor();
    releaseSecond();
    await browser.page.getByTestId("difference-stale").waitFor({ state: "detached" });
    expect(await row("moved").textContent()).toContain(`${OTHER} → ${HOST}`);
  });
});

describe("snapshots on the difference panel", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser({ graphics: "without WebGL" });
    await openPage(browser, server, difference());
    await browser.page.getByTestId("tab-snapshots").click();
  });
  afterAll(() => browser.close());
  const choice = (name: string) => browser.page.locator(`[data-testid=snapshot-choice][data-name="${name}"]`);

  test("a moment that is compared gets a name", async () => {
    await browser.page.getByTestId("name-a").click();
    await browser.page.getByTestId("snapshot-name").fill("before-move");
    await browser.page.getByTestId("snapshot-save").click();
    await choice("before-move").waitFor();
    expect(server.world.snapshots.find(({ name }) => name === "before-move")?.at).toBe(before);
    expect(await choice("before-move").getByTestId("snapshot-as-a").getAttribute("aria-pressed")).toBe("true");
  });

  test("a named moment is chosen as A or B", async () => {
    await choice("before-upgrade").getByTestId("snapshot-as-a").click();
    const at = server.world.snapshots.find(({ name }) => name === "before-upgrade")?.at;
    await eventually(async () => browser.page.url().includes(`a=${at}`), { withinMs: WITHIN_MS, what: "A" });
    await choice("before-move").getByTestId("snapshot-as-b").click();
    await eventually(async () => browser.page.url().includes(`b=${before}`), { withinMs: WITHIN_MS, what: "B" });
  });

  test("a name is deleted after being asked once more", async () => {
    await choice("before-move")
      .getByRole("button", { name: /before-move$/ })
      .last()
      .click();
    await choice("before-move").getByRole("alert").getByRole("button").first().click();
    await choice("before-move").waitFor({ state: "detached" });
    expect(server.world.snapshots.some(({ name }) => name === "before-move")).toBe(false);
  });

  test("no error was logged", () => {
    expect(browser.errors).toEqual([]);
  });
});

describe.each(["dark", "light"] as const)("in the %s theme", (colorScheme) => {
  test.each(["en", "zh-CN"] as const)(
    "opened rows and snapshots in %s have no violation that axe finds",
    async (language) => {
      const browser = await openBrowser({ graphics: "without WebGL", colorScheme, language });
      try {
        await openPage(browser, server, difference());
        for (const section of ["moved", "changed"]) {
          const rows = browser.page.getByTestId(`difference-${section}`).getByTestId("difference-group");
          await rows.first().getByRole("button").first().click();
        }
        expect(await violationsOn(browser.page)).toEqual([]);
        await browser.picture(`difference-grouped-${colorScheme}-${language}`);
        await browser.page.getByTestId("tab-snapshots").click();
        await browser.page.getByTestId("snapshot-choice").first().waitFor();
        expect(await violationsOn(browser.page)).toEqual([]);
        await browser.picture(`difference-snapshots-${colorScheme}-${language}`);
      } finally {
        await browser.close();
      }
    },
  );
});
