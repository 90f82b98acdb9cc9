import { describe, expect, test } from "vitest";
import { ask, askRange, closeTo, given } from "./ask.ts";

const source = given(`
  m{host="a", cpu="0"} 1
  m{host="a", cpu="1"} 3
  m{host="b", cpu="0"} 5
  m{host="b", cpu="1"} NaN
`);

describe("aggregations", () => {
  test.each([
    ['sum(m{host="a"})', { "{}": 4 }],
    ["sum by (host) (m) > 0", { '{host="a"}': 4 }],
    ["min(m)", { "{}": 1 }],
    ["max by (cpu) (m)", { '{cpu="0"}': 5, '{cpu="1"}': 3 }],
    ["count without (cpu) (m)", { '{host="a"}': 2, '{host="b"}': 2 }],
    ["count by (nothing) (m)", { "{}": 4 }],
    ["count by (__name__) (m)", { m: 4 }],
    ["group(m) by (host)", { '{host="a"}': 1, '{host="b"}': 1 }],
    ['avg(m{cpu="0"})', { "{}": 3 }],
    ['stdvar(m{cpu="0"})', { "{}": 4 }],
    ['stddev(m{cpu="0"})', { "{}": 2 }],
    ['quantile(0.25, m{host="a"})', { "{}": 1.5 }],
    ['count_values("v", m)', { '{v="1"}': 1, '{v="3"}': 1, '{v="5"}': 1, '{v="NaN"}': 1 }],
    [
      'count_values by (host) ("v", m * 0 + 1e21)',
      {
        '{host="a", v="1000000000000000000000"}': 2,
        '{host="b", v="1000000000000000000000"}': 1,
        '{host="b", v="NaN"}': 1,
      },
    ],
    ["sum(nothing)", {}],
  ])("%s", async (query, expected) => {
    expect(closeTo(await ask(source, query, 0))).toEqual(expected);
  });
});

describe("topk and bottomk", () => {
  test.each([
    ["topk(2, m)", [5, 3]],
    ["bottomk(2, m)", [1, 3]],
    ["topk(9, m)", [5, 3, 1, Number.NaN]],
    ["topk by (host) (1, m)", [3, 5]],
    ["topk(0, m)", []],
    ["topk(1.9, m)", [5]],
  ])("%s are in rank order and keep their labels", async (query, expected) => {
    const answer = await ask(source, query, 0);
    expect(Object.values(answer)).toEqual(expected);
    expect(Object.keys(answer).every((key) => key.startsWith("m{"))).toBe(true);
  });

  test.each(["topk(NaN, m)", "bottomk(1e19, m)", "topk(-Inf, nothing)"])("%s is refused", async (query) => {
    await expect(ask(source, query, 0)).rejects.toMatchObject({ code: "promql.failed" });
  });

  test("the best of many are the first of all in order, for few and for many of them", async () => {
    const values = Array.from({ length: 700 }, (_, i) => (i % 50 === 0 ? "NaN" : String((i * 7_919) % 211)));
    const many = given(values.map((value, i) => `m{i="${String(i).padStart(3, "0")}"} ${value}`).join("\n"));
    const all = Object.entries(await ask(many, "topk(1000, m)", 0));
    expect(all).toHaveLength(700);
    expect(all.map(([, value]) => value)).toEqual(values.map(Number).sort(descendingNanLast));
    for (const k of [1, 3, 256, 257, 699]) {
      expect(Object.entries(await ask(many, `topk(${k}, m)`, 0))).toEqual(all.slice(0, k));
    }
  });

  test("choose anew at every step", async () => {
    const crossing = given('m{x="up"} 0+1x4\nm{x="down"} 4-1x4');
    expect(await askRange(crossing, "topk(1, m)", { from: 0, to: 240, step: 60 })).toEqual({
      'm{x="down"}': "0=4 60=3 120=2",
      'm{x="up"}': "180=3 240=4",
    });
  });
});

function descendingNanLast(a: number, b: number): number {
  return Number(Number.isNaN(a)) - Number(Number.isNaN(b)) || (Number.isNaN(a) ? 0 : b - a);
}
