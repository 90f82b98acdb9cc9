import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "./fixtures/eventually.ts";
import { type Nephoscope, startNephoscope, temporaryFolder } from "./fixtures/nephoscope.ts";

const folder = temporaryFolder();
let nephoscope: Nephoscope;

beforeAll(async () => {
  nephoscope = await startNephoscope({ data: folder.path, settings: ["agent.enabled=false"] });
});
afterAll(async () => {
  await nephoscope.stop();
  folder.remove();
});

const figures = async () => {
  const text = await (await fetch(`${nephoscope.url}/metrics`)).text();
  return new Map([...text.matchAll(/^(nephoscope_\w+) (\S+)$/gm)].map(([, name, value]) => [name, Number(value)]));
};

test("/metrics counts what was taken and what was refused, in Prometheus' text format", async () => {
  const write = (body: string) => fetch(`${nephoscope.url}/api/v2/write?precision=ms`, { method: "POST", body });
  expect((await write(`own value=1 ${Date.now()}\nown,n=2 value=2 ${Date.now()}`)).status).toBe(204);
  expect((await write("own value=1\nnot a line")).status).toBe(400);
  await eventually(async () => (await figures()).get("nephoscope_head_series") === 2, {
    withinMs: 20_000,
    what: "two series in the head",
  });
  const now = await figures();
  expect(now.get("nephoscope_ingest_lines_total")).toBe(3);
  expect(now.get("nephoscope_ingest_refused_lines_total")).toBe(1);
  expect(now.get("nephoscope_spool_commits_total")).toBeGreaterThan(0);
});
