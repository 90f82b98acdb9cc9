import { describe, expect, test } from "vitest";
import { type Clock, epochMsOf } from "../../../core/clock.ts";
import { elementIdOf } from "../../../core/element-id.ts";
import { topologyOf } from "../../../topology/model/topology.ts";
import { type LiveEvent, type LiveState, NOT_CONNECTED, step } from "../../../web/ui/live/live-state.ts";
import { agentNode } from "./fixture-cloud.ts";

const clock: Pick<Clock, "now"> = { now: () => epochMsOf(42) };
const base = { cluster: "main", revision: 7, at: epochMsOf(1) };
const full: LiveEvent = { kind: "full", state: { ...base, sequence: 3, topology: topologyOf([]) } };
const batch = (sequence: number): LiveEvent => ({
  kind: "batch",
  batch: {
    ...base,
    sequence,
    changes: [{ kind: "add", element: agentNode("main", `h${sequence}`, "connected") }],
  },
});
const run = (...events: readonly LiveEvent[]): LiveState =>
  events.reduce((state, event) => step(state, event, clock).state, NOT_CONNECTED);

describe("the live state", () => {
  test("applies batches in order", () => {
    const state = run(full, batch(4), batch(5));
    expect(state.connection).toEqual({ kind: "live" });
    expect([...(state.last?.topology.keys() ?? [])]).toEqual([elementIdOf("agent", "h4"), elementIdOf("agent", "h5")]);
    expect(state.last?.changes).toHaveLength(1);
  });

  test("passes over a batch that the full state already holds", () => {
    expect(run(full, batch(3)).last?.topology.size).toBe(0);
    expect(run(batch(1)).last).toBeUndefined();
  });

  test("asks again when a batch is missing, and applies nothing until then", () => {
    const before = run(full);
    const { state, resubscribe } = step(before, batch(5), clock);
    expect(resubscribe).toBe(true);
    expect(state).toBe(before);
  });

  test("keeps what it knew while the server is away, and since when", () => {
    const state = run(full, batch(4), { kind: "lost" }, { kind: "lost" });
    expect(state.connection).toEqual({ kind: "lost", since: 42 });
    expect(state.last?.topology.size).toBe(1);
    expect(step(state, full, clock).state.connection).toEqual({ kind: "live" });
  });

  test("says why it was refused", () => {
    const state = run({ kind: "refused", code: "topology.cluster_unknown", detail: "d", hint: "h" });
    expect(state.connection).toMatchObject({ kind: "refused", code: "topology.cluster_unknown" });
  });
});
