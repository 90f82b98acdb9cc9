import { afterAll, beforeAll, expect, test } from "vitest";
import { elementIdOf, hostId } from "../../core/element-id.ts";
import { eventually } from "../fixtures/eventually.ts";
import { TestAgent } from "../fixtures/topology-site.ts";
import { type Nephoscope, startNephoscope, temporaryFolder } from "../integration/fixtures/nephoscope.ts";
import { hostNode } from "../topology/arbitrary.ts";
import { type Browser, openBrowser } from "./fixtures/browser.ts";
import { openPage } from "./fixtures/page.ts";

const HOST = "compute-7";
const DOMAIN = elementIdOf("host", HOST, "domain", "4f1c");
const folder = temporaryFolder();
let nephoscope: Nephoscope;
let browser: Browser;
let agent: TestAgent;

beforeAll(async () => {
  nephoscope = await startNephoscope({
    data: folder.path,
    settings: ["agent.enabled=false", "alerts.interval_seconds=1"],
  });
  browser = await openBrowser({ graphics: "without WebGL" });
  agent = new TestAgent(nephoscope.url);
  await agent.hello(HOST);
  const attributes = { uuid: "4f1c", state: "shutoff" };
  const domain = { id: DOMAIN, kind: "domain", name: "instance-1", cluster: "local", host: HOST, attributes } as const;
  await agent.full([
    { ...hostNode(HOST), cluster: "local" },
    { ...domain, parent: hostId(HOST) },
  ]);
});
afterAll(async () => {
  agent.close();
  await browser.close();
  await nephoscope.stop();
  folder.remove();
});

test("what an agent says happened is on the time bar and in the history of its element, without reloading", async () => {
  await openPage(browser, nephoscope, `/?host=${HOST}&sel=${encodeURIComponent(DOMAIN)}`);
  const { page } = browser;
  await page.getByRole("tab", { name: "History" }).click();
  await page.getByTestId("history").waitFor();
  expect(await page.getByTestId("history-event").count()).toBe(0);
  await agent.events([
    {
      ...{ id: "1", at: Date.now() - 30_000, kind: "vm-crashed", element: DOMAIN, severity: "critical" },
      ...{ text: "guest panicked", attributes: {} },
    },
  ]);
  const event = page.getByTestId("history-event");
  await event.waitFor({ timeout: 30_000 });
  expect(await event.innerText()).toMatch(/VM crashed[\s\S]*guest panicked/);
  await eventually(
    async () => (await page.locator('[data-testid="event-ticks"] rect[data-severity="critical"]').count()) > 0,
    {
      what: "a tick on the time bar",
      withinMs: 30_000,
    },
  );
  await page.screenshot({ path: "test/artifacts/event-in-history.png" });
});

test("an alert shows what happened on its host around the time it began", async () => {
  const write = async (count: number) => {
    const body = `event,host=${HOST},kind=vm-crashed count=${count}i`;
    expect((await fetch(`${nephoscope.url}/api/v2/write`, { method: "POST", body })).status).toBe(204);
  };
  await write(0);
  await agent.events([
    {
      ...{ id: "2", at: Date.now(), kind: "vm-crashed", element: DOMAIN, severity: "critical" },
      ...{ text: "guest panicked again", attributes: {} },
    },
  ]);
  await openPage(browser, nephoscope, "/alerts");
  const { page } = browser;
  const incident = page.getByTestId("incident").filter({ hasText: "KilledOrCrashed" });
  await eventually(
    async () => {
      await write(1);
      return incident.isVisible();
    },
    { what: "the alert", withinMs: 60_000 },
  );
  const around = incident.getByTestId("events-around");
  await around.locator("summary").click();
  await around.getByText("guest panicked again").waitFor();
  expect(await around.locator("li").first().innerText()).toMatch(/VM crashed[\s\S]*4f1c/);
  await page.screenshot({ path: "test/artifacts/events-beside-an-alert.png" });
});
