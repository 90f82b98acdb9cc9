import { execFileSync } from "node:child_process";
import { hostname } from "node:os";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../fixtures/eventually.ts";
import { type Nephoscope, startNephoscope, temporaryFolder } from "../integration/fixtures/nephoscope.ts";
import { topologyAt } from "../integration/fixtures/topology-view.ts";
import { type Browser, GRAPHICS, type Graphics, openBrowser } from "./fixtures/browser.ts";
import { openPage, visibleIds, waitUntilDrawn } from "./fixtures/page.ts";

const HOST = hostname();
const WITHIN_MS = 15_000;
const folder = temporaryFolder();
let nephoscope: Nephoscope;

beforeAll(async () => {
  ip("link add e2e-br type bridge");
  ip("netns add e2e-ns");
  ip("link add e2e-veth type veth peer name eth0 netns e2e-ns");
  ip("link set e2e-veth master e2e-br up");
  ip("link set e2e-br up");
  nephoscope = await startNephoscope({ data: folder.path });
  await eventually(async () => (await topologyAt(nephoscope)).node("bridge", "/if/e2e-br") !== undefined, {
    withinMs: WITHIN_MS,
    what: "the agent's first full state",
  });
});
afterAll(async () => {
  await nephoscope.stop();
  folder.remove();
  for (const command of ["link del e2e-veth", "netns del e2e-ns", "link del e2e-br"]) quietly(command);
});

describe.each(Object.keys(GRAPHICS) as Graphics[])("the page %s", (graphics) => {
  let browser: Browser;
  const name = `e2e-${graphics.replace("WebGL", "gl").replace(" ", "-")}`.slice(0, 12).replace(/-$/, "");
  const added = `host/${HOST}/if/${name}`;
  const picture = (what: string) => browser.picture(`topology-${what}-${graphics.replaceAll(" ", "-").toLowerCase()}`);
  let beforeAdding = 0;
  let whileThere = 0;

  beforeAll(async () => {
    browser = await openBrowser({ graphics });
    await openPage(browser, nephoscope);
  });
  afterAll(async () => {
    quietly(`link del ${name}`);
    await browser.close();
  });

  test("shows this host: interfaces, bridge, namespace and what is in it", async () => {
    const ids = await visibleIds(browser);
    expect(ids).toContain(`host/${HOST}/if/e2e-br`);
    expect(ids).toContain(`host/${HOST}/netns/e2e-ns/if/eth0`);
    expect(await browser.page.getByTestId("host-name").textContent()).toContain(HOST);
    await picture("live");
  });

  test("a veth pair made in the kernel appears without reload, and nothing else moves", async () => {
    beforeAdding = (await topologyAt(nephoscope)).at;
    const positions = await positionsOf(browser);
    await browser.page.evaluate("window.__stillTheSamePage = true");
    ip(`link add ${name} type veth peer name ${name}p`);
    await eventually(async () => (await visibleIds(browser)).includes(added), {
      withinMs: WITHIN_MS,
      what: `${added} on the map`,
    });
    expect(await browser.page.evaluate("window.__stillTheSamePage")).toBe(true);
    const after = await positionsOf(browser);
    for (const [id, place] of Object.entries(positions)) if (id in after) expect([id, after[id]]).toEqual([id, place]);
    expect(await browser.page.getByTestId("live-announcer").textContent()).not.toBe("");
    whileThere = (await topologyAt(nephoscope)).at;
    await picture("added");
  });

  test("choosing it opens its details", async () => {
    await browser.page.locator(`[data-element-id="${added}"]`).first().click();
    await browser.page.getByTestId("details").waitFor();
    expect(await browser.page.getByTestId("details-name").textContent()).toContain(name);
    await picture("details");
    await browser.page.getByTestId("details-close").click();
  });

  test("going back in time removes it, coming back to now brings it again", async () => {
    await openPage(browser, nephoscope, `/?at=${beforeAdding}`);
    await waitUntilDrawn(browser);
    expect(await visibleIds(browser)).not.toContain(added);
    await picture("past");
    await browser.page.getByTestId("go-live").click();
    await eventually(async () => (await visibleIds(browser)).includes(added), {
      withinMs: WITHIN_MS,
      what: `${added} again`,
    });
  });

  test("clicking the time bar goes to a moment of the past", async () => {
    const chart = browser.page.getByTestId("time-chart");
    const box = await chart.boundingBox();
    await chart.click({ position: { x: (box?.width ?? 0) * 0.3, y: (box?.height ?? 0) / 2 } });
    await eventually(async () => (await browser.page.getByTestId("time-bar").getAttribute("data-clock")) === "past", {
      withinMs: WITHIN_MS,
      what: "the page to be in the past",
    });
    await browser.page.keyboard.press("l");
    await eventually(async () => (await browser.page.getByTestId("time-bar").getAttribute("data-clock")) === "live", {
      withinMs: WITHIN_MS,
      what: "the page to be live again",
    });
  });

  test("the difference of two moments names it, on the map and in the list", async () => {
    await openPage(browser, nephoscope, `/?a=${beforeAdding}&b=${whileThere}`);
    await waitUntilDrawn(browser);
    const list = browser.page.getByTestId("difference-list");
    await list.waitFor();
    expect(await list.textContent()).toContain(name);
    expect(await visibleIds(browser)).toContain(added);
    await picture("difference");
  });

  test("what was removed is a ghost on the difference map", async () => {
    ip(`link del ${name}`);
    await eventually(async () => (await topologyAt(nephoscope)).node("veth", `/if/${name}`) === undefined, {
      withinMs: WITHIN_MS,
      what: "its removal",
    });
    const now = (await topologyAt(nephoscope)).at;
    await openPage(browser, nephoscope, `/?a=${whileThere}&b=${now}`);
    await waitUntilDrawn(browser);
    expect(await browser.page.getByTestId("difference-removed").first().textContent()).toContain(name);
    expect(await visibleIds(browser)).toContain(added);
    await picture("removed");
  });

  test("the page logged no error", () => {
    expect(browser.errors).toEqual([]);
  });
});

async function positionsOf(browser: Browser): Promise<Record<string, unknown>> {
  return browser.page.evaluate("window.__nephoscope.positions()");
}

function ip(command: string): void {
  execFileSync("ip", command.split(" "), { stdio: ["ignore", "ignore", "pipe"] });
}

function quietly(command: string): void {
  try {
    ip(command);
  } catch {
    // It is gone already.
  }
}
