import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { COLLECTOR_METRICS } from "../../../core/metrics/collector-metrics.ts";
import { promqlName } from "../../../core/series.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { type Nephoscope, startNephoscope, temporaryFolder } from "../fixtures/nephoscope.ts";

const folder = temporaryFolder();
let nephoscope: Nephoscope;

beforeAll(async () => {
  nephoscope = await startNephoscope({
    data: folder.path,
    settings: ["agent.enabled=false", "host=collector-1", "metrics.max_series_per_host=200"],
  });
});
afterAll(async () => {
  await nephoscope.stop();
  folder.remove();
});

/** Values of `/metrics` by name and labels. */
const figures = async () => {
  const text = await (await fetch(`${nephoscope.url}/metrics`)).text();
  return new Map([...text.matchAll(/^(nephoscope_\S+) (\S+)$/gm)].map(([, name, value]) => [name, Number(value)]));
};

interface Found {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [at: number, value: string];
}

const ask = async (query: string): Promise<readonly Found[]> => {
  const text = await (await fetch(`${nephoscope.url}/api/v1/query?query=${encodeURIComponent(query)}`)).text();
  const { data }: { data: { result: readonly Found[] } } = JSON.parse(text);
  return data.result;
};

const write = (body: string) => fetch(`${nephoscope.url}/api/v2/write?precision=ms`, { method: "POST", body });

test("/metrics counts what others sent, taken and refused, in Prometheus' text format", async () => {
  expect((await write(`own value=1 ${Date.now()}\nown,n=2 value=2 ${Date.now()}`)).status).toBe(204);
  expect((await write("own value=1\nnot a line")).status).toBe(400);
  await eventually(async () => (await ask("own")).length === 2, { withinMs: 20_000, what: "two series in the head" });
  // What the head tells of itself comes a moment after what it has.
  const now = await eventually(
    async () => {
      const told = await figures();
      return (told.get("nephoscope_head_series") ?? 0) >= 2 && told;
    },
    { withinMs: 5_000, what: "two series in the figures" },
  );
  // Ours are not among them, though they go the same way.
  expect(now.get("nephoscope_ingest_lines_total")).toBe(3);
  expect(now.get("nephoscope_ingest_refused_lines_total")).toBe(1);
  expect(now.get("nephoscope_spool_commits_total")).toBeGreaterThan(0);
});

test("/metrics has all that the catalogue says the collector tells of itself", async () => {
  const told = new Set([...(await figures()).keys()].map((name) => name?.replace(/\{.*/, "")));
  const names = Object.entries(COLLECTOR_METRICS).flatMap(([measurement, { fields }]) =>
    Object.keys(fields).map((field) => promqlName(measurement, field)),
  );
  expect(names.filter((name) => !told.has(name))).toEqual([]);
});

describe("the collector's own metrics go the way of all others:", () => {
  const LIMIT = { withinMs: 30_000 };

  test("they are asked for under the names /metrics has, with host and cluster", async () => {
    const [found] = await eventually(
      async () => {
        const answer = await ask("nephoscope_ingest_lines_total == 3");
        return answer.length > 0 && answer;
      },
      { ...LIMIT, what: "the lines taken, by PromQL" },
    );
    expect(found?.metric).toEqual({ __name__: "nephoscope_ingest_lines_total", cluster: "test", host: "collector-1" });
    const names = new Set((await ask('{__name__=~"nephoscope_.*"}')).map(({ metric }) => metric.__name__));
    const told = new Set([...(await figures()).keys()].map((name) => name?.replace(/\{.*/, "")));
    expect([...names].filter((name) => !told.has(name))).toEqual([]);
    expect(names.size).toBeGreaterThan(30);
  });

  test("what was refused is told by why", async () => {
    const future = Date.now() + 7_200_000;
    expect((await write(`late value=1 ${future}`)).status).toBe(400);
    const refused = async (query: string) => Number((await ask(query))[0]?.value[1]);
    const reasons = {
      'nephoscope_refused_lines_total{reason="malformed"}': 1,
      'nephoscope_refused_lines_total{reason="too_new"}': 1,
      'nephoscope_refused_samples_total{reason="too_new"}': 0,
      'nephoscope_refused_bodies_total{reason="spool_full"}': 0,
      'nephoscope_refused_bodies_total{reason="disk_slow"}': 0,
    };
    for (const [query, count] of Object.entries(reasons)) {
      await eventually(async () => (await refused(query)) === count, { ...LIMIT, what: `${query} ${count}` });
      expect((await figures()).get(query)).toBe(count);
    }
  });

  test("and which limit of series it was", async () => {
    const of = (name: string) => `wild,host=w,name=${name} value=1 ${Date.now()}`;
    const full = Array.from({ length: 230 }, (_, n) => of(String(n)));
    expect((await write(full.join("\n"))).status).toBe(204);
    const refused = async (query: string) => Number((await ask(query))[0]?.value[1]);
    const samples = 'nephoscope_refused_samples_total{reason="too_many_series_of_host"}';
    const atHead = async () => (await figures()).get(samples) === 30;
    await eventually(atHead, { ...LIMIT, what: "30 samples refused by the head" });
    const answer = await write(`${of("1")}\n${of("another")}`);
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining("200 series of at most 200")]);
    const lines = 'nephoscope_refused_lines_total{reason="too_many_series_of_host"}';
    await eventually(async () => (await refused(lines)) === 1, { ...LIMIT, what: "one line refused" });
    const now = await figures();
    expect([now.get(lines), now.get(samples)]).toEqual([1, 30]);
    expect(now.get('nephoscope_refused_lines_total{reason="malformed"}')).toBe(1);
    expect(now.get("nephoscope_ingest_refused_lines_total")).toBe(3);
  });

  test("how late samples can be asked for, and what waits in the spool", async () => {
    const [lag] = await eventually(
      async () => {
        const answer = await ask('nephoscope_consumer_lag_seconds{consumer="head"} > 0');
        return answer.length > 0 && answer;
      },
      { ...LIMIT, what: "the head's lag" },
    );
    expect(Number(lag?.value[1])).toBeLessThan(10);
    const [age] = await ask('nephoscope_consumer_oldest_age_seconds{consumer="head"}');
    expect(Number(age?.value[1])).toBeLessThan(10);
    expect((await ask('nephoscope_consumer_backlog_bytes{consumer="head"}')).length).toBe(1);
    expect((await ask("nephoscope_spool_bytes > 0")).length).toBe(1);
  });
});

test("what changed in the topology and what is in each zone is written as samples, too", async () => {
  const declared = await fetch(`${nephoscope.url}/api/v1/topology/declared/switch/tor-1`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ kind: "switch", name: "tor-1", attributes: {} }),
  });
  expect(declared.status, await declared.text()).toBe(200);
  const changed = await eventually(
    async () => {
      const found = await ask("sum_over_time(topology_changes_added[5m])");
      return found.length > 0 && found;
    },
    { withinMs: 30_000, what: "the change among the samples" },
  );
  expect(changed.map(({ metric, value }) => [metric.cluster, metric.host, value[1]])).toEqual([
    ["test", undefined, "1"],
  ]);
  const zones = await eventually(
    async () => {
      const found = await ask("cloud_hosts");
      return found.length > 0 && found;
    },
    { withinMs: 30_000, what: "what is in the zone" },
  );
  expect(zones.map(({ metric, value }) => [metric.host, metric.zone, value[1]])).toEqual([
    ["collector-1", undefined, "0"],
  ]);
});
