import { setImmediate } from "node:timers/promises";
import { type Clock, type EpochMs, epochMsOf } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import { traceOfBeginning, type WriteTraces } from "./alert-tracing.ts";
import type { ElementExists } from "./element-of.ts";
import { isGone, namesNothing } from "./element-of.ts";
import type { Ledger } from "./ledger.ts";
import type { AlertChange, AlertRecord } from "./lifecycle/alert-record.ts";
import { addBreaches, type Breach, type Judgement, judge, RuleError } from "./lifecycle/judge.ts";
import type { InstantVector, QueryEngine } from "./query-engine.ts";
import type { AlertRule, RuleGroup } from "./rules/rule.ts";
import { seriesLookup } from "./series-lookup.ts";
import { type Timers, withDeadline } from "./timers.ts";

export interface Evaluator {
  readonly ledger: Ledger;
  readonly queryEngine: QueryEngine;
  readonly elementExists: ElementExists;
  readonly externalUrl: string;
  readonly clock: Clock;
  readonly timers: Timers;
}

/** What the store says of a rule at one moment; nothing is decided or changed yet. */
export type Observed =
  | {
      readonly kind: "ok";
      readonly rule: AlertRule;
      readonly tookMs: number;
      readonly breaches: ReadonlyMap<string, Breach>;
      /** Answer to the rule's question after recovery; undefined when nothing was absent or the rule has none. */
      readonly recovered: InstantVector | undefined;
    }
  /** The rule's alerts stay as they are. */
  | { readonly kind: "failed"; readonly rule: AlertRule; readonly tookMs: number; readonly problem: string };

/** No rule may have more active alerts than this, whatever its group says. */
const MAX_ALERTS_PER_RULE = 10_000;

/** Asks for a rule's result, and when active alerts are missing from it, for what their absence means. */
export async function observe(
  rule: AlertRule,
  round: {
    readonly group: RuleGroup;
    readonly slot: EpochMs;
    readonly deadlineMs: number;
    readonly signal: AbortSignal;
  },
  evaluator: Evaluator,
): Promise<Observed> {
  const { clock, timers, ledger, externalUrl } = evaluator;
  const startedMs = clock.monotonicMs();
  const at = epochMsOf(round.slot - round.group.queryOffsetMs);
  const ask = (expr: string) =>
    withDeadline(
      { timers, outer: round.signal, ms: Math.max(0, round.deadlineMs - clock.monotonicMs()), outOfTime },
      (signal) => evaluator.queryEngine.instant(expr, at, signal),
    );
  try {
    const breaches = await breachesOf(rule, await ask(rule.expr), { externalUrl, limit: round.group.limit });
    const isAsking =
      rule.absence.kind === "recovered_if" && recordsOf(rule, ledger).some(({ id }) => !breaches.has(id));
    const recovered = isAsking && rule.absence.kind === "recovered_if" ? await ask(rule.absence.expr) : undefined;
    return { kind: "ok", rule, breaches, recovered, tookMs: clock.monotonicMs() - startedMs };
  } catch (error) {
    return { kind: "failed", rule, problem: messageOf(error), tookMs: clock.monotonicMs() - startedMs };
  }
}

/** Series rendered before other work gets its turn: about 10 ms. */
const SLICE = 250;

async function breachesOf(
  rule: AlertRule,
  result: InstantVector,
  { externalUrl, limit }: { readonly externalUrl: string; readonly limit: number },
): Promise<ReadonlyMap<string, Breach>> {
  const most = Math.min(limit || MAX_ALERTS_PER_RULE, MAX_ALERTS_PER_RULE);
  if (result.length > most) throw new RuleError(`${result.length} alerts are more than the limit of ${most}`);
  const breaches = new Map<string, Breach>();
  for (let from = 0; from < result.length; from += SLICE) {
    if (from > 0) await setImmediate();
    addBreaches(breaches, rule, { series: result.slice(from, from + SLICE), externalUrl });
  }
  return breaches;
}

const outOfTime = () => new Error("the evaluation of the group ran out of time");

/** What the observations mean. Synchronous, so that nothing changes between deciding and committing. */
export function decide(
  observations: readonly Observed[],
  slot: EpochMs,
  { ledger, elementExists, writes }: Pick<Evaluator, "ledger" | "elementExists"> & { readonly writes: WriteTraces },
): readonly AlertChange[] {
  const byRule = Map.groupBy(ledger.alerts.values(), ({ ruleId }) => ruleId);
  return observations.flatMap((observed) => {
    if (observed.kind === "failed") return [];
    const { rule, breaches } = observed;
    const records = byRule.get(rule.id) ?? [];
    const hasRecovered = seriesLookup(observed.recovered ?? []);
    const absent: Judgement["absent"] = (record) => {
      if (isDeleted(record, ledger, elementExists)) return { seen: "clear", because: "element_deleted" };
      const isClear = rule.absence.kind === "recovered" || hasRecovered(record.sourceLabels);
      return { seen: isClear ? "clear" : "no_data", because: "recovered" };
    };
    const beginning: Judgement["beginning"] = (labels) => traceOfBeginning({ labels, expr: rule.expr }, writes);
    return judge({ rule, records, breaches, absent, beginning }, slot);
  });
}

export function recordsOf(rule: AlertRule, ledger: Ledger): readonly AlertRecord[] {
  return [...ledger.alerts.values()].filter(({ ruleId }) => ruleId === rule.id);
}

/** A firing alert is asked by its incident's element; one that only waits, by what its labels name. */
function isDeleted(record: AlertRecord, ledger: Ledger, exists: ElementExists): boolean {
  if (record.incidentId === undefined) return namesNothing(record.labels, exists);
  const incident = ledger.incidents.get(record.incidentId);
  const elementIsGone = incident?.element !== undefined && exists(incident.cluster, incident.element) === false;
  return elementIsGone || isGone(record.labels, exists);
}
