import { describe, expect, test } from "vitest";
import { ask, askRange, closeTo, given } from "./ask.ts";

const source = given(`
  rx{host="c-1", nic="eth0"} 10
  rx{host="c-1", nic="eth1"} 30
  rx{host="c-2", nic="eth0"} 50
  tx{host="c-1", nic="eth0"} 1
  tx{host="c-2", nic="eth0"} 5
  tx{host="c-3", nic="eth0"} 7
  info{host="c-1", rack="r1"} 1
  info{host="c-2", rack="r2"} 1
`);

describe("arithmetic and comparison", () => {
  test.each([
    ["7 % -4", { scalar: 3 }],
    ["-7 % 4", { scalar: -3 }],
    ["1 / 0", { scalar: Number.POSITIVE_INFINITY }],
    ["0 / 0", { scalar: Number.NaN }],
    ["2 ^ 0.5 ^ 2", { scalar: 2 ** 0.25 }],
    ["1 ^ NaN", { scalar: 1 }],
    ["1 atan2 -1", { scalar: Math.atan2(1, -1) }],
    ["1 >= bool 1", { scalar: 1 }],
    ["NaN == bool NaN", { scalar: 0 }],
    ['rx{nic="eth1"} * 2', { '{host="c-1", nic="eth1"}': 60 }],
    ['100 - rx{nic="eth1"}', { '{host="c-1", nic="eth1"}': 70 }],
    ['-rx{nic="eth1"}', { '{host="c-1", nic="eth1"}': -30 }],
    ['+rx{nic="eth1"}', { 'rx{host="c-1", nic="eth1"}': 30 }],
    ["rx > 30", { 'rx{host="c-2", nic="eth0"}': 50 }],
    ["30 > rx", { 'rx{host="c-1", nic="eth0"}': 10 }],
    ['rx{host="c-1"} >= bool 30', { '{host="c-1", nic="eth0"}': 0, '{host="c-1", nic="eth1"}': 1 }],
    ["rx == rx > 40", { 'rx{host="c-2", nic="eth0"}': 50 }],
  ])("%s", async (query, expected) => {
    expect(closeTo(await ask(source, query, 0))).toEqual(closeTo(expected));
  });
});

describe("vector matching", () => {
  test.each([
    ["rx + tx", { '{host="c-1", nic="eth0"}': 11, '{host="c-2", nic="eth0"}': 55 }],
    ['rx{nic="eth0"} + on(host) tx', { '{host="c-1"}': 11, '{host="c-2"}': 55 }],
    ['rx{nic="eth0"} + ignoring(nic) tx', { '{host="c-1"}': 11, '{host="c-2"}': 55 }],
    ["rx > tx * 10", {}],
    ["rx > bool tx * 10", { '{host="c-1", nic="eth0"}': 0, '{host="c-2", nic="eth0"}': 0 }],
    ["rx >= tx * 10", { 'rx{host="c-1", nic="eth0"}': 10, 'rx{host="c-2", nic="eth0"}': 50 }],
    ['rx{nic="eth0"} >= on(host) tx * 10', { '{host="c-1"}': 10, '{host="c-2"}': 50 }],
    [
      "rx * on(host) group_left(rack) info",
      {
        '{host="c-1", nic="eth0", rack="r1"}': 10,
        '{host="c-1", nic="eth1", rack="r1"}': 30,
        '{host="c-2", nic="eth0", rack="r2"}': 50,
      },
    ],
    [
      "info - on(host) group_right rx",
      { '{host="c-1", nic="eth0"}': -9, '{host="c-1", nic="eth1"}': -29, '{host="c-2", nic="eth0"}': -49 },
    ],
    [
      "rx / ignoring(nic) group_left sum by (host) (rx)",
      { '{host="c-1", nic="eth0"}': 0.25, '{host="c-1", nic="eth1"}': 0.75, '{host="c-2", nic="eth0"}': 1 },
    ],
    // The value of a filtering comparison is the left one, also when "many" is on the right.
    ['info{rack="r1"} < on(host) group_right rx{nic="eth1"}', { 'rx{host="c-1", nic="eth1"}': 1 }],
  ])("%s", async (query, expected) => {
    expect(await ask(source, query, 0)).toEqual(expected);
  });

  test.each([
    ["info + on(host) rx", /found duplicate series on the right hand-side/],
    ["rx + on(host) info", /many-to-one matching must be explicit/],
    ["rx * on() group_left() tx", /found duplicate series on the right hand-side/],
    ['sum({__name__=~"rx|tx"} * 2) or {__name__=~"rx|tx"} + 0', /vector cannot contain metrics with the same labelset/],
  ])("%s is refused", async (query, message) => {
    await expect(ask(source, query, 0)).rejects.toMatchObject({
      code: "promql.failed",
      status: 422,
      message: expect.stringMatching(message),
    });
  });

  test("series that take turns match as the one series they are", async () => {
    const turns = given('one{gen="1"} 1 1 stale\none{gen="2"} _ _ 2 2\nmany{a="x"} 10x3\nmany{a="y"} 20x3');
    expect(await askRange(turns, "many * on() group_left one", { from: 0, to: 180, step: 60 })).toEqual({
      '{a="x"}': "0=10 60=10 120=20 180=20",
      '{a="y"}': "0=20 60=20 120=40 180=40",
    });
  });
});

test("two series of the one side are no error at an instant where the many side has none", async () => {
  const late = given('one{gen="1"} 1x3\none{gen="2"} 2 stale\nmany{a="x"} _ _ 10 10');
  expect(await askRange(late, "many * on() group_left one", { from: 0, to: 180, step: 60 })).toEqual({
    '{a="x"}': "120=10 180=10",
  });
});

test("of several series on the right, each counts at its instants", async () => {
  const turns = given('m 1x3\nn{gen="1"} 1 stale\nn{gen="2"} _ _ 2 stale');
  const range = { from: 0, to: 180, step: 60 };
  expect(await askRange(turns, "m and on() n", range)).toEqual({ m: "0=1 120=1" });
  expect(await askRange(turns, "m unless on() n", range)).toEqual({ m: "60=1 180=1" });
});

describe("sets", () => {
  test.each([
    ["rx and tx", ['rx{host="c-1", nic="eth0"}', 'rx{host="c-2", nic="eth0"}']],
    ["rx unless tx", ['rx{host="c-1", nic="eth1"}']],
    ["tx unless on(host) rx", ['tx{host="c-3", nic="eth0"}']],
    ['rx{nic="eth1"} or tx', ['rx{host="c-1", nic="eth1"}', ...[1, 2, 3].map((i) => `tx{host="c-${i}", nic="eth0"}`)]],
    [
      'rx{nic="eth1"} or on(host) tx',
      ['rx{host="c-1", nic="eth1"}', 'tx{host="c-2", nic="eth0"}', 'tx{host="c-3", nic="eth0"}'],
    ],
    [
      "rx and on() vector(1)",
      ['rx{host="c-1", nic="eth0"}', 'rx{host="c-1", nic="eth1"}', 'rx{host="c-2", nic="eth0"}'],
    ],
    [
      "rx and ignoring(host, nic) tx > 6",
      ['rx{host="c-1", nic="eth0"}', 'rx{host="c-1", nic="eth1"}', 'rx{host="c-2", nic="eth0"}'],
    ],
  ])("%s", async (query, expected) => {
    expect(Object.keys(await ask(source, query, 0))).toEqual(expected);
  });
});
