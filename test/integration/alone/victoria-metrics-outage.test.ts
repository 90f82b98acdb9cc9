import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../../collector/fixtures/temporary-folder.ts";
import { startLoad } from "../fixtures/metrics-load.ts";
import { startReverseProxy } from "../fixtures/reverse-proxy.ts";
import { startVictoriaMetrics, type VictoriaMetrics } from "../fixtures/victoria-metrics.ts";

const COLLECTOR = new URL("../fixtures/metrics-path-process.ts", import.meta.url).pathname;
const LIMIT = { timeout: 60_000, interval: 100 };

let victoria: VictoriaMetrics;
beforeAll(async () => {
  victoria = await startVictoriaMetrics();
});
afterAll(() => victoria.stop());

async function startCollector(victoriaUrl: string): Promise<string> {
  const args = [COLLECTOR, temporaryFolder(), "", "", victoriaUrl];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [line] = await once(child.stdout, "data");
  return String(line).trim();
}

interface Parts {
  readonly status: readonly { readonly name: string; readonly state: string; readonly detail: string }[];
  readonly samples: { readonly [host: string]: readonly number[] };
}
interface Joined {
  readonly samples: Parts["samples"];
  readonly warnings: readonly string[];
}
const json = async <T>(url: string): Promise<T> => JSON.parse(await (await fetch(url)).text());
const statusOf = async (url: string, part: string) =>
  (await json<Parts>(`${url}/parts`)).status.find(({ name }) => name === part);
const stateOf = async (url: string, part: string) => (await statusOf(url, part))?.state;

/** Every sample VictoriaMetrics has of a host, as often as it has it, by value. */
async function stored(host: string): Promise<readonly number[]> {
  await victoria.flush();
  const body = new URLSearchParams({ "match[]": `load_v{host="${host}"}`, start: "0" });
  const text = await (await fetch(`${victoria.url}/api/v1/export`, { method: "POST", body })).text();
  const values = text.split("\n").flatMap((line): number[] => (line === "" ? [] : JSON.parse(line).values));
  return values.sort((a, b) => a - b);
}

const itself = async (): Promise<string> => victoria.url;
async function behindProxy(): Promise<string> {
  const proxy = await startReverseProxy(victoria.url);
  onTestFinished(() => proxy.stop());
  return proxy.url;
}

test.each<[string, () => Promise<void>, () => Promise<void>, () => Promise<string>]>([
  ["held", async () => victoria.signal("SIGSTOP"), async () => victoria.signal("SIGCONT"), itself],
  ["killed", () => victoria.kill(), () => victoria.start(), itself],
  ["stopped", () => victoria.stopOrderly(), () => victoria.start(), itself],
  ["killed behind a proxy", () => victoria.kill(), () => victoria.start(), behindProxy],
])(
  "a VictoriaMetrics that is %s under load misses nothing acknowledged afterwards, nobody reads it twice, and head and sender go on",
  async (what, away, back, address) => {
    const host = what.replaceAll(" ", "-");
    const url = await startCollector(await address());
    const load = startLoad(host, Date.now() - 3_000_000, () => url);
    onTestFinished(() => load.stop());
    await expect.poll(async () => (await stored(host)).length, LIMIT).toBeGreaterThan(100);
    await away();
    await expect.poll(() => stateOf(url, "victoria-metrics"), LIMIT).toBe("degraded");
    const before = load.acknowledged.length;
    await expect.poll(() => load.acknowledged.length - before, LIMIT).toBeGreaterThan(1_000);
    // Under load the head takes what came once in a second.
    await expect
      .poll(async () => (await json<Joined>(`${url}/joined`)).samples[host]?.length, LIMIT)
      .toBeGreaterThan(before);
    const asked = performance.now();
    const meanwhile = await json<Joined>(`${url}/joined`);
    expect(performance.now() - asked).toBeLessThan(5_000);
    expect(meanwhile.samples[host]?.length).toBeGreaterThan(before);
    expect(meanwhile.warnings).toEqual([expect.stringContaining("only the recent hours are answered")]);
    expect(await stateOf(url, "metrics head")).toBe("ok");
    await back();
    await expect.poll(() => stateOf(url, "victoria-metrics"), LIMIT).toBe("ok");
    await load.stop();
    const all = load.acknowledged;
    await expect.poll(async () => new Set(await stored(host)).size, LIMIT).toBe(all.length);
    expect([...new Set(await stored(host))]).toEqual(all);
    await expect.poll(async () => (await json<Parts>(`${url}/parts`)).samples[host]?.length, LIMIT).toBe(all.length);
    await expect
      .poll(() => json<Joined>(`${url}/joined`), LIMIT)
      .toEqual({ samples: expect.objectContaining({ [host]: all }), warnings: [] });
  },
);

test("a VictoriaMetrics that is killed and back between two deliveries is given again what it lost", async () => {
  const url = await startCollector(victoria.url);
  const startMs = Date.now() - 3_000_000;
  const acknowledged: number[] = [];
  const write = async (count: number): Promise<void> => {
    const values = Array.from({ length: count }, (_, i) => acknowledged.length + i);
    const body = values.map((v) => `load,host=between v=${v}i ${startMs + v}`).join("\n");
    const reply = await fetch(`${url}/api/v2/write?precision=ms`, { method: "POST", body });
    expect(reply.status).toBe(204);
    acknowledged.push(...values);
  };
  await write(100);
  await expect
    .poll(() => statusOf(url, "victoria-metrics"), LIMIT)
    .toMatchObject({ state: "ok", detail: expect.stringContaining("0.0 kB behind") });
  await victoria.kill();
  await victoria.start();
  expect(await stateOf(url, "victoria-metrics")).toBe("ok");
  // All of it, unless it was just writing down what it had.
  const lost = [...acknowledged];
  // A small cloud goes on: something every second.
  const lacking = async (): Promise<readonly number[]> => {
    await write(1);
    const there = new Set(await stored("between"));
    return lost.filter((v) => !there.has(v));
  };
  await expect.poll(lacking, { ...LIMIT, interval: 1_000 }).toEqual([]);
  await expect.poll(async () => [...new Set(await stored("between"))], LIMIT).toEqual(acknowledged);
  expect(await stateOf(url, "victoria-metrics")).toBe("ok");
});
