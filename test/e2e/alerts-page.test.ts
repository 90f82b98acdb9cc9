import { execFileSync } from "node:child_process";
import { hostname } from "node:os";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type FakeCustomBot, startFakeCustomBot } from "../fakes/feishu/custom-bot-server.ts";
import { eventually } from "../fixtures/eventually.ts";
import { type Nephoscope, startNephoscope, temporaryFolder } from "../integration/fixtures/nephoscope.ts";
import { type Browser, openBrowser } from "./fixtures/browser.ts";
import { openPage, visibleIds, waitUntilDrawn } from "./fixtures/page.ts";

const PORT = 20_000 + (process.pid % 20_000);
const PUBLIC_URL = `http://127.0.0.1:${PORT}`;
const SECRET = "a secret of the bot";
const WITHIN_MS = 60_000;

/** The rules that come along, on a real interface of this machine, told to a bot as strict as Feishu's. */
describe("an interface that was up goes down", () => {
  const folder = temporaryFolder();
  let bot: FakeCustomBot;
  let nephoscope: Nephoscope;
  let browser: Browser;

  beforeAll(async () => {
    ip("link add e2e-up type veth peer name e2e-peer");
    ip("link set e2e-up up");
    ip("link set e2e-peer up");
    bot = await startFakeCustomBot({ secret: SECRET, nowMs: Date.now });
    nephoscope = await startNephoscope({
      data: folder.path,
      port: PORT,
      settings: [
        "agent.interval_seconds=1",
        "alerts.interval_seconds=1",
        "feishu.language=en",
        `listen.public_url=${PUBLIC_URL}`,
      ],
      env: { NEPHOSCOPE_FEISHU_WEBHOOK: bot.webhookUrl, NEPHOSCOPE_FEISHU_SECRET: SECRET },
    });
    browser = await openBrowser({ graphics: "without WebGL" });
    await eventually(async () => (await query('net_if_up{interface="e2e-up"} == 1')).length > 0, {
      withinMs: WITHIN_MS,
      what: "a sample of the interface being up",
    });
  });
  afterAll(async () => {
    await browser.close();
    await nephoscope.stop();
    await bot.close();
    folder.remove();
    execFileSync("ip", ["link", "del", "e2e-up"]);
  });

  test("a signed card in the colour of its severity reaches Feishu, naming host and interface", async () => {
    ip("link set e2e-peer down");
    const card = await eventually(() => bot.accepted.find(({ text }) => text.includes("e2e-up")), {
      withinMs: WITHIN_MS,
      what: () => `a card about e2e-up; the bot answered ${JSON.stringify(bot.answers)}`,
    });
    expect(card.colour).toBe("orange");
    expect(card.title).toContain("e2e-up");
    expect(card.text).toContain(hostname());
    expect(bot.answers.every(({ code }) => code === 0)).toBe(true);
  });

  test("the page lists the incident and says that it was sent", async () => {
    await browser.page.goto(`${nephoscope.url}/alerts`);
    const incident = browser.page.getByTestId("incident").filter({ hasText: "e2e-up" });
    await incident.waitFor();
    expect(await incident.textContent()).toMatch(/feishu/i);
    await browser.picture("alerts-firing");
  });

  test("it can be acknowledged from the page", async () => {
    const incident = browser.page.getByTestId("incident").filter({ hasText: "e2e-up" });
    await incident.getByTestId("acknowledge").click();
    await eventually(async () => (await incidents()).find(({ acknowledged_by }) => acknowledged_by === "local"), {
      withinMs: WITHIN_MS,
      what: "the acknowledgement",
    });
  });

  test("the card's button opens the topology at that time, with the interface chosen", async () => {
    const card = bot.accepted.find(({ text }) => text.includes("e2e-up"));
    const link = /"url":"([^"]+)"/.exec(JSON.stringify(card?.card))?.[1] ?? "";
    expect(link.startsWith(`${PUBLIC_URL}/`)).toBe(true);
    await openPage(browser, nephoscope, link.slice(PUBLIC_URL.length));
    await waitUntilDrawn(browser);
    expect(await browser.page.getByTestId("details-name").textContent()).toContain("e2e-up");
    expect(await visibleIds(browser)).toContain(`host/${hostname()}/if/e2e-up`);
    await browser.picture("alerts-from-card");
  });

  test("when it is up again a green card says so, and the page calls it recovered", async () => {
    ip("link set e2e-peer up");
    const card = await eventually(
      () => bot.accepted.find(({ colour, title }) => colour === "green" && title.includes("e2e-up")),
      {
        withinMs: WITHIN_MS,
        what: "a green card",
      },
    );
    expect(card.title).toContain("e2e-up");
    expect((await incidents()).find(({ summary }) => summary.includes("e2e-up"))).toMatchObject({
      state: "resolved",
      resolved_because: "recovered",
    });
    await browser.page.goto(`${nephoscope.url}/alerts`);
    await browser.page.getByTestId("incident").filter({ hasText: "e2e-up" }).waitFor();
    await browser.picture("alerts-resolved");
    expect(browser.errors).toEqual([]);
  });

  test("neither the webhook's token nor the secret was logged", () => {
    expect(nephoscope.output()).not.toContain(SECRET);
    expect(nephoscope.output()).not.toContain(new URL(bot.webhookUrl).pathname);
  });

  async function incidents(): Promise<readonly { summary: string; acknowledged_by?: string }[]> {
    return ((await nephoscope.get("/api/v1/incidents")) as { incidents: { summary: string }[] }).incidents;
  }

  async function query(expression: string): Promise<readonly unknown[]> {
    const answer = await nephoscope.get(`/api/v1/query?query=${encodeURIComponent(expression)}`);
    return (answer as { data: { result: unknown[] } }).data.result;
  }
});

function ip(command: string): void {
  execFileSync("ip", command.split(" "), { stdio: ["ignore", "ignore", "pipe"] });
}
