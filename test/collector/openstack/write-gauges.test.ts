import { afterEach, beforeEach, expect, test } from "vitest";
import { noRoundTracing } from "../../../collector/pull/round-tracing.ts";
import { Lifetime } from "../../../core/lifetime.ts";
import type { Span } from "../../../core/span.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { syncedCloud } from "./synced-cloud.ts";

let lifetime: Lifetime;
beforeEach(() => {
  lifetime = new Lifetime();
});
afterEach(() => lifetime.end());

test("a write names the newest round of each service and, of one that fails, the first round that did", async () => {
  const kept: Span[] = [];
  const tracing = { ...noRoundTracing(), recordSpan: (span: Span) => kept.push(span) };
  const { fake } = await syncedCloud({}, ["compute", "network"], lifetime, { tracing, gaugesEveryMs: 50 });
  fake.switches().faults({ kind: "invalid-json", services: ["compute"] });
  const isFailure = ({ outcome, attributes }: Span) => outcome === "failed" && attributes.service === "compute";
  const first = await eventually(() => kept.find(isFailure), { what: "the first round of compute that fails" });
  const told = await eventually(() => {
    const spans = newestWrite(tracing);
    return spans.some((span) => isFailure(span) && span.traceId !== first.traceId) && spans;
  });
  const [write, ...others] = told.filter(({ kind }) => kind === "write");
  const rounds = told.filter(({ kind }) => kind === "round").map(({ traceId }) => traceId);
  expect(others).toEqual([]);
  expect(rounds.length).toBeGreaterThan(1);
  expect(asIds(write?.attributes.about_trace_ids).toSorted()).toEqual([...rounds, first.traceId].toSorted());
});

/** What an alert about the cloud tells now; nothing when that write was told before. */
function newestWrite({ newest }: Pick<ReturnType<typeof noRoundTracing>, "newest">): readonly Span[] {
  const spans: Span[] = [];
  const write = newest.newestOf({ cluster: "os-1" });
  if (write !== undefined) newest.tell({ cluster: "os-1" }, write, (span) => spans.push(span));
  return spans;
}

const asIds = (ids: unknown): readonly string[] => (Array.isArray(ids) ? ids.map(String) : []);
