import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { eventually } from "../fixtures/eventually.ts";
import { ALLOWED_PAGES, expositionPages } from "./fixtures/exposition-pages.ts";
import { type Nephoscope, startNephoscope, temporaryFolder } from "./fixtures/nephoscope.ts";
import { type ScrapingPrometheus, startNodeExporter, startScrapingPrometheus } from "./fixtures/scraping-prometheus.ts";

const folder = temporaryFolder();
const compared = Object.entries(expositionPages(Date.now()));
const allowed = Object.entries(ALLOWED_PAGES);
const pages = [...compared, ...allowed];
const server = createServer((request, reply) => {
  const page = pages[Number((request.url ?? "").slice(1))]?.[1];
  reply.setHeader("content-type", "text/plain; version=0.0.4; charset=utf-8").end(page);
});
let exporter: Awaited<ReturnType<typeof startNodeExporter>>;
let nephoscope: Nephoscope;
let prometheus: ScrapingPrometheus;

beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const bound = server.address();
  const address = `127.0.0.1:${typeof bound === "object" ? bound?.port : ""}`;
  exporter = await startNodeExporter();
  const pace = { interval_seconds: 1, timeout_seconds: 1 };
  const scrape = [
    { job: "node", targets: [exporter.address], labels: { rack: "r1" }, exclude: ["node_scrape_collector_*"], ...pace },
    ...pages.map((_, place) => ({ job: `page-${place}`, targets: [address], path: `/${place}`, ...pace })),
  ];
  const config = join(folder.path, "nephoscope.yaml");
  writeFileSync(config, stringify({ scrape }));
  nephoscope = await startNephoscope({
    data: join(folder.path, "data"),
    settings: ["agent.enabled=false"],
    flags: ["--config", config],
  });
  const own = { scrape_interval: "1s", scrape_timeout: "1s" };
  prometheus = await startScrapingPrometheus([
    { job_name: "node", static_configs: [{ targets: [exporter.address], labels: { rack: "r1" } }], ...own },
    ...pages.map((_, place) => ({
      job_name: `page-${place}`,
      metrics_path: `/${place}`,
      static_configs: [{ targets: [address] }],
      ...own,
    })),
  ]);
});
afterAll(async () => {
  await nephoscope?.stop();
  await prometheus?.stop();
  await exporter?.stop();
  server.close();
  server.closeAllConnections();
  folder.remove();
});

type Answer = Readonly<Record<string, string>>;

/** Values of an instant query by their labels, but for the one that we add. */
async function ask(url: string, query: string): Promise<Answer> {
  const body = await (await fetch(`${url}/api/v1/query?query=${encodeURIComponent(query)}`)).text();
  const { data }: { data: { result: { metric: Record<string, string>; value: [number, string] }[] } } =
    JSON.parse(body);
  return Object.fromEntries(
    data.result.map(({ metric: { cluster, ...labels }, value }) => [
      JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1))),
      value[1],
    ]),
  );
}

const both = async (query: string) => Promise.all([ask(nephoscope.url, query), ask(prometheus.url, query)]);

/** Waits until both have read a job at least once. */
const readByBoth = (job: string) =>
  eventually(async () => (await both(`up{job="${job}"}`)).every((answer) => Object.keys(answer).length === 1), {
    withinMs: 30_000,
    what: `both to have scraped ${job}`,
  });

describe("a page read by us and by the real Prometheus gives the same series with the same values:", () => {
  test.each(compared.map(([what], place) => [what, place] as const))("%s", async (what, place) => {
    const job = `page-${place}`;
    await readByBoth(job);
    // Prometheus counts a sample before it looks for labels twice, we count what was read.
    const untold = what === "bad: label twice" ? "|scrape_samples_scraped" : "";
    const names = `scrape_duration_seconds|scrape_series_added${untold}`;
    const [ours, theirs] = await both(`{job="${job}",__name__!~"${names}"}`);
    expect(ours).toEqual(theirs);
    const up = Object.entries(ours).find(([labels]) => labels.includes('"up"'))?.[1];
    expect(up).toBe(what.startsWith("bad: ") ? "0" : "1");
  });
});

test.each(allowed.map(([what], place) => [what, place] as const))("%s are no harm", async (_what, place) => {
  const job = `page-${compared.length + place}`;
  await readByBoth(job);
  const [ours, theirs] = await both(`up{job="${job}"}`);
  expect([...Object.values(ours), ...Object.values(theirs)]).toEqual(["1", "0"]);
  expect(Object.values(await ask(nephoscope.url, `scrape_samples_scraped{job="${job}"}`))).toEqual(["2"]);
});

describe("a real node_exporter", () => {
  test("is asked for by the names and labels that its page has, and no others", async () => {
    await readByBoth("node");
    const [ours, theirs] = await both('count by (__name__) ({job="node",__name__!~"node_scrape_collector_.*"})');
    expect(Object.keys(ours).length).toBeGreaterThan(100);
    expect(Object.keys(ours).toSorted()).toEqual(Object.keys(theirs).toSorted());
    const labelsOf = async (url: string) => Object.keys(await ask(url, 'node_cpu_seconds_total{cpu="0"}')).toSorted();
    const cpu = await labelsOf(nephoscope.url);
    expect(cpu).toEqual(await labelsOf(prometheus.url));
    expect(cpu[0]).toBe(
      JSON.stringify([
        ["__name__", "node_cpu_seconds_total"],
        ["cpu", "0"],
        ["instance", exporter.address],
        ["job", "node"],
        ["mode", "idle"],
        ["rack", "r1"],
      ]),
    );
  });

  test("has the values of the machine", async () => {
    const query = 'node_memory_MemTotal_bytes or node_uname_info or node_filesystem_size_bytes{mountpoint="/"}';
    const [ours, theirs] = await both(query);
    expect(Object.keys(ours).length).toBeGreaterThanOrEqual(2);
    expect(ours).toEqual(theirs);
  });

  test("is without what was excluded, which still counts as scraped", async () => {
    expect(await ask(nephoscope.url, '{__name__=~"node_scrape_collector_.*"}')).toEqual({});
    const [[scraped], [kept]] = [
      Object.values(await ask(nephoscope.url, 'scrape_samples_scraped{job="node"}')),
      Object.values(await ask(nephoscope.url, 'scrape_samples_post_metric_relabeling{job="node"}')),
    ];
    expect(Number(scraped)).toBeGreaterThan(Number(kept));
    expect(Number(kept)).toBeGreaterThan(200);
  });
});
