import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Nephoscope, startNephoscope, temporaryFolder } from "../integration/fixtures/nephoscope.ts";
import { type Browser, openBrowser } from "./fixtures/browser.ts";

const sha256 = (token: string) => createHash("sha256").update(token).digest("hex");
const PEOPLE = [
  { name: "otto", role: "operator", token: "token-of-otto" },
  { name: "vera", role: "viewer", token: "token-of-vera" },
];

describe("operations on the system page", () => {
  const folder = temporaryFolder();
  let nephoscope: Nephoscope;

  beforeAll(async () => {
    const config = join(folder.path, "nephoscope.yaml");
    const people = PEOPLE.map(({ name, role, token }) => ({ name, role, token_sha256: sha256(token) }));
    writeFileSync(config, JSON.stringify({ access: { people } }));
    nephoscope = await startNephoscope({ data: join(folder.path, "data"), flags: ["--config", config] });
  });
  afterAll(async () => {
    await nephoscope.stop();
    folder.remove();
  });

  const call = (method: string, path: string, body?: object) =>
    fetch(`${nephoscope.url}${path}`, {
      method,
      headers: { authorization: "Bearer token-of-otto", "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });

  async function openAs(token: string, language: "en" | "zh-CN"): Promise<Browser> {
    const browser = await openBrowser({ graphics: "without WebGL", language });
    await browser.page.context().addCookies([{ name: "nephoscope_token", value: token, url: nephoscope.url }]);
    await browser.page.goto(`${nephoscope.url}/system`);
    return browser;
  }

  test("there are none at first, and an error is said with a way to try again", async () => {
    const browser = await openAs("token-of-otto", "en");
    const section = browser.page.getByTestId("operations");
    await section.getByText("Nobody has changed anything yet").waitFor();
    await browser.page.route("**/api/v1/operations**", (route) => route.fulfill({ status: 500, body: "{}" }));
    await browser.page.reload();
    await section.getByRole("button", { name: "Try again" }).waitFor();
    await browser.page.unroute("**/api/v1/operations**");
    await section.getByRole("button", { name: "Try again" }).click();
    await section.getByText("Nobody has changed anything yet").waitFor();
    await browser.close();
  });

  test("who changed what is told in the reader's language, and earlier pages can be asked for", async () => {
    for (let n = 0; n < 60; n++) {
      expect((await call("POST", "/api/v1/topology/snapshots", { name: `before-${n}` })).status).toBe(201);
    }
    expect((await call("POST", "/api/v1/topology/snapshots", { name: "before-7" })).status).toBe(409);
    const browser = await openAs("token-of-otto", "zh-CN");
    const rows = browser.page.getByTestId("operation");
    await rows.first().waitFor();
    expect(await rows.count()).toBe(50);
    const newest = await rows.first().textContent();
    expect(newest).toContain("otto");
    expect(newest).toContain("创建快照");
    expect(newest).toContain("before-7");
    expect(newest).toContain("被拒绝");
    await browser.picture("system-operations-zh");
    await browser.page.getByTestId("earlier-operations").click();
    await rows.nth(60).waitFor();
    expect(await rows.count()).toBe(61);
    await browser.close();
  });

  test("whoever may only look is told who may read them, and the server says so, too", async () => {
    const browser = await openAs("token-of-vera", "en");
    await browser.page.getByText("shown to the roles operator and admin").waitFor();
    expect(await browser.page.getByTestId("operation").count()).toBe(0);
    const answer = await fetch(`${nephoscope.url}/api/v1/operations`, {
      headers: { authorization: "Bearer token-of-vera" },
    });
    expect(answer.status).toBe(403);
    await browser.close();
  });
});
