import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LiveGraph } from "../../../topology/live-graph.ts";
import { diff } from "../../../topology/model/change.ts";
import type { Topology } from "../../../topology/model/topology.ts";
import { type GraphSource, liveSource } from "../../../topology/query/graph-source.ts";
import { answerText, pastOf, stepsIn } from "./evaluating.ts";
import { naiveAnswer } from "./naive-gremlin.ts";
import { randomGraph } from "./random-graph.ts";
import { randomQuery } from "./random-query.ts";

const RUNS = { numRuns: 1_500 };

describe("a query means the same as full scans over plain arrays", () => {
  test("of the live graph", async () => {
    await fc.assert(
      fc.asyncProperty(randomGraph, randomQuery, async (topology, query) => {
        await agrees(liveSource(new LiveGraph(topology.values())), topology, query);
      }),
      RUNS,
    );
  });

  test("of a moment that is over, read in parts with the help of the present", async () => {
    await fc.assert(
      fc.asyncProperty(randomGraph, randomGraph, randomQuery, async (then, now, query) => {
        await agrees(pastOf(then, now, diff(then, now)), then, query);
      }),
      RUNS,
    );
  });

  test("of a moment since which too much has changed, unless it says that something may be missing", async () => {
    await fc.assert(
      fc.asyncProperty(randomGraph, randomGraph, randomQuery, async (then, now, query) => {
        const source = pastOf(then, now, undefined);
        const answer = await answerText(source, query);
        if (source.isComplete()) expect(answer).toEqual(expected(then, query));
      }),
      RUNS,
    );
  });
});

async function agrees(source: GraphSource, topology: Topology, query: string): Promise<void> {
  expect(await answerText(source, query)).toEqual(expected(topology, query));
  expect(source.isComplete()).toBe(true);
}

function expected(topology: Topology, query: string): unknown {
  const answer = naiveAnswer(topology, stepsIn(query));
  return typeof answer === "number" ? answer : [...answer].sort();
}
