import { describe, expect, test } from "vitest";
import { epochMsOf } from "../../core/clock.ts";
import type { Statement } from "../../topology/statement.ts";
import { StatementQueue } from "../../topology/statement-queue.ts";
import { nic } from "./arbitrary.ts";

const LIMITS = { statements: 5, elements: 8, statementsPerOwner: 3 };

function said(host: string, elements: number): { readonly statement: Statement } {
  const put = Array.from({ length: elements }, (_, at) => nic(host, `e${at}`));
  return { statement: { kind: "changes", owner: { kind: "agent", host }, at: epochMsOf(0), put, remove: [] } };
}

const hostsOf = (taken: readonly { readonly statement: Statement }[]) =>
  taken.map(({ statement }) => ("host" in statement.owner ? statement.owner.host : ""));

describe("the queue of statements", () => {
  test("owners take turns, each in its own order", () => {
    const queue = new StatementQueue({ ...LIMITS, statements: 10, elements: 100 });
    const [first, second] = [said("a", 1), said("a", 1)];
    for (const queued of [first, second, said("a", 1), said("b", 1), said("c", 1)]) queue.push(queued);
    const taken = queue.take(10, 100);
    expect(hostsOf(taken)).toEqual(["a", "b", "c", "a", "a"]);
    expect([taken[0], taken[3]]).toEqual([first, second]);
    expect(queue.length).toBe(0);
  });

  test("what is left keeps its turn", () => {
    const queue = new StatementQueue({ ...LIMITS, statements: 10, elements: 100 });
    for (const queued of [said("a", 1), said("a", 1), said("b", 1)]) queue.push(queued);
    expect(hostsOf(queue.take(1, 100))).toEqual(["a"]);
    queue.push(said("c", 1));
    expect(hostsOf(queue.take(10, 100))).toEqual(["b", "a", "c"]);
  });

  test("a statement larger than a commit is taken alone", () => {
    const queue = new StatementQueue({ ...LIMITS, elements: 100 });
    for (const queued of [said("a", 50), said("b", 1)]) queue.push(queued);
    expect(hostsOf(queue.take(10, 10))).toEqual(["a"]);
    expect(hostsOf(queue.take(10, 10))).toEqual(["b"]);
  });

  test("it takes nothing past a bound, and again once there is room", () => {
    const ofOwner = new StatementQueue(LIMITS);
    expect([1, 2, 3, 4].map(() => ofOwner.push(said("a", 1)))).toEqual([true, true, true, false]);
    expect(ofOwner.push(said("b", 1))).toBe(true);
    const ofAll = new StatementQueue(LIMITS);
    expect(["a", "b", "c", "d", "e", "f"].map((host) => ofAll.push(said(host, 0)))).toEqual([
      ...[true, true, true, true, true],
      false,
    ]);
    const ofElements = new StatementQueue(LIMITS);
    expect([said("a", 7), said("b", 7), said("c", 1)].map((queued) => ofElements.push(queued))).toEqual([
      ...[true, true],
      false,
    ]);
    ofElements.take(1, 100);
    expect(ofElements.push(said("c", 1))).toBe(true);
  });
});
