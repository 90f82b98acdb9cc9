import { describe, expect, test } from "vitest";
import { RoundLines } from "../../../collector/pull/pull-writer.ts";
import type { ScrapeJob } from "../../../collector/pull/scrape/job.ts";
import { TargetSeries } from "../../../collector/pull/scrape/target-series.ts";
import { jobOf, targetAt } from "./scrape-site.ts";

const OWN = "cluster=az-1,instance=h:9100,job=node";

function seriesOf(settings: Partial<ScrapeJob> = {}, labels: Record<string, string> = {}) {
  const series = new TargetSeries(targetAt("h:9100", jobOf(settings), labels));
  return async (page: string, atMs = 1_000) => {
    const lines = new RoundLines();
    const answer = await series.takePage({ body: Buffer.from(page), format: "text" }, atMs, lines);
    return { answer, lines: [...lines.bodies()].join("").split("\n").slice(0, -1) };
  };
}

test("a sample becomes the line whose PromQL name and labels are its own and the target's", async () => {
  const take = seriesOf({}, { rack: "r 1" });
  const { answer, lines } = await take('node_load1 0.5\nnode_cpu_seconds_total{mode="idle",cpu="0"} 12.5\n');
  expect(lines).toEqual([
    "node_load1,cluster=az-1,instance=h:9100,job=node,rack=r\\ 1 value=0.5 1000",
    "node_cpu_seconds_total,cluster=az-1,cpu=0,instance=h:9100,job=node,mode=idle,rack=r\\ 1 value=12.5 1000",
  ]);
  expect(answer).toEqual({ samples: 2, kept: 2, added: 2 });
});

test("what a number of line protocol cannot say is said in words", async () => {
  const { lines } = await seriesOf()("a NaN\nb +Inf\nc -Inf\nd -0\n");
  expect(lines.map((line) => line.split(" ")[1])).toEqual([
    'value_is="nan"',
    'value_is="+inf"',
    'value_is="-inf"',
    "value=-0",
  ]);
});

describe("a label both the page and the target have", () => {
  test("is the target's, and the page's own becomes exported_…", async () => {
    const { lines } = await seriesOf()('m{instance="i",exported_instance="e",job="j"} 1\n');
    expect(lines).toEqual([
      "m,cluster=az-1,exported_exported_instance=i,exported_instance=e,exported_job=j,instance=h:9100,job=node value=1 1000",
    ]);
  });

  test("is the page's own when labels are honoured", async () => {
    const { lines } = await seriesOf({ honorLabels: true })('m{instance="i",job=""} 1\n');
    expect(lines).toEqual(["m,cluster=az-1,instance=i,job=node value=1 1000"]);
  });
});

describe("a series that ends", () => {
  test("is told to have ended when the next page is without it, once", async () => {
    const take = seriesOf();
    await take("a 1\nb 1\n", 1_000);
    expect((await take("b 2\n", 2_000)).lines).toEqual([`b,${OWN} value=2 2000`, `a,${OWN} value_is="stale" 2000`]);
    expect((await take("b 3\n", 3_000)).lines).toEqual([`b,${OWN} value=3 3000`]);
  });

  test("begins again as a new one", async () => {
    const take = seriesOf();
    await take("a 1\n");
    await take("");
    expect((await take("a 1\n")).answer).toMatchObject({ added: 1 });
  });

  test("ends with all others when the page is bad, of which nothing is taken", async () => {
    const take = seriesOf();
    await take("a 1\n", 1_000);
    const { answer, lines } = await take("a 2\nb 1\n-\n", 2_000);
    expect(answer).toMatchObject({
      samples: 2,
      problem: { reason: "line 3 of the page: a metric's name is expected" },
    });
    expect(lines[0]).toBe(`a,${OWN} value_is="stale" 2000`);
    expect(lines.join()).not.toContain("value=");
  });

  test("with times of its own ends when these get old: nothing is told", async () => {
    const take = seriesOf();
    expect((await take("a 1 500\n")).lines).toEqual([`a,${OWN} value=1 500`]);
    expect((await take("")).lines).toEqual([]);
    const unhonoured = seriesOf({ honorTimestamps: false });
    expect((await unhonoured("a 1 500\n", 1_000)).lines).toEqual([`a,${OWN} value=1 1000`]);
    expect((await unhonoured("", 2_000)).lines).toEqual([`a,${OWN} value_is="stale" 2000`]);
  });

  test("is the same one however its labels are written", async () => {
    const take = seriesOf();
    await take('m{a="1",b="2"} 1\n');
    const { answer, lines } = await take('m{ b="2" , a="1",} 5\n', 2_000);
    expect(answer).toMatchObject({ added: 0 });
    expect(lines).toEqual(["m,a=1,b=2,cluster=az-1,instance=h:9100,job=node value=5 2000"]);
  });
});

test("of a series that is on a page twice the first sample counts, those with times all", async () => {
  const { answer, lines } = await seriesOf()("m 1\nm 2\nn 1 10\nn 2 20\n");
  expect(lines.map((line) => line.replace(`,${OWN}`, ""))).toEqual(["m value=1 1000", "n value=1 10", "n value=2 20"]);
  expect(answer).toEqual({ samples: 4, kept: 4, added: 2 });
});

test("metrics are kept and left out by their names", async () => {
  const take = seriesOf({ names: { include: ["node_*", "up?"], exclude: ["*_total"] } });
  const { answer, lines } = await take("node_load1 1\nnode_x_total 1\nup 1\nups 1\ngo_threads 1\n");
  expect(lines.map((line) => line.split(",")[0])).toEqual(["node_load1", "ups"]);
  expect(answer).toEqual({ samples: 5, kept: 2, added: 2 });
});

describe("a page past a limit is refused whole, with the key that raises it", () => {
  const limits = jobOf().limits;
  test.each([
    [{ samples: 2 }, "a 1\nb 1\nc 1\n", "the page has more than 2 samples"],
    [{ labels: 4 }, 'a{x="1"} 1\nb{x="1",y="2"} 1\n', "b has 5 labels, more than 4: max_labels"],
    [
      { labelValueCharacters: 8 },
      'a{x="123456789"} 1\n',
      "x of a has 9 characters, more than 8: max_label_value_characters",
    ],
  ])("%j", async (limit, page, reason) => {
    const { answer, lines } = await seriesOf({ limits: { ...limits, ...limit } })(page);
    expect(answer).toMatchObject({ problem: { reason } });
    expect(lines).toEqual([]);
  });

  test("but what is left out by its name counts for nothing", async () => {
    const names = { include: [], exclude: ["go_*"] };
    const { answer } = await seriesOf({ names, limits: { ...limits, samples: 1 } })("go_a 1\ngo_b 1\nm 1\n");
    expect(answer).toMatchObject({ samples: 3, kept: 1 });
  });
});
