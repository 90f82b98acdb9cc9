import { createHash } from "node:crypto";
import type { EpochMs } from "../../core/clock.ts";
import { canonicalJson } from "../../core/json.ts";
import { type Labels, METRIC_NAME } from "../../core/series.ts";
import type { TraceContext } from "../../core/trace.ts";
import type { InstantVector } from "../query-engine.ts";
import type { AlertRule } from "../rules/rule.ts";
import { render } from "../template/render.ts";
import type { ActiveState, AlertChange, AlertRecord, ResolvedBecause } from "./alert-record.ts";
import { INACTIVE, type Observation, step, withdraw } from "./step.ts";

/** A rule that cannot be judged keeps its alerts as they are. */
export class RuleError extends Error {
  override readonly name = "RuleError";
}

/** One series of the result, with the labels and annotations the alert would have. */
export interface Breach {
  readonly id: string;
  readonly labels: Labels;
  readonly sourceLabels: Labels;
  readonly annotations: { readonly [name: string]: string };
  readonly value: number;
}

/**
 * Adds the breaches of some series of a result; a long result comes in slices, since rendering takes time.
 * Errors: RuleError when two series end up with the same labels.
 */
export function addBreaches(
  breaches: Map<string, Breach>,
  rule: AlertRule,
  { series, externalUrl }: { readonly series: InstantVector; readonly externalUrl: string },
): void {
  for (const { labels, value } of series) {
    const breach = breachOf(rule, { labels, value, externalUrl });
    if (breaches.has(breach.id)) {
      throw new RuleError("two series have the same labels after applying the labels of the rule");
    }
    breaches.set(breach.id, breach);
  }
}

function breachOf(rule: AlertRule, data: { labels: Labels; value: number; externalUrl: string }): Breach {
  const sourceLabels = withoutName(data.labels);
  const filled = { labels: sourceLabels, value: data.value, externalUrl: data.externalUrl };
  const labels: Record<string, string> = { ...sourceLabels };
  for (const [name, template] of Object.entries(rule.labels)) labels[name] = render(template, filled);
  labels.alertname = rule.name;
  for (const [name, value] of Object.entries(labels)) if (value === "") delete labels[name];
  const annotations: Record<string, string> = {};
  for (const [name, template] of Object.entries(rule.annotations)) annotations[name] = render(template, filled);
  return { id: hashOf(rule.id, canonicalJson(labels)), labels, sourceLabels, annotations, value: data.value };
}

export interface Judgement {
  readonly rule: AlertRule;
  /** The rule's active alerts. */
  readonly records: readonly AlertRecord[];
  readonly breaches: ReadonlyMap<string, Breach>;
  /** What is to be thought of an active alert that does not breach. */
  absent(record: AlertRecord): { readonly seen: Observation; readonly because: ResolvedBecause };
  /** The trace of an alert that begins now. */
  beginning(labels: Labels): TraceContext;
}

/** What an evaluation at `now` does to the alerts of a rule. Alerts that stay as they are, are left out. */
export function judge({ rule, records, breaches, absent, beginning }: Judgement, now: EpochMs): readonly AlertChange[] {
  const changes: AlertChange[] = [];
  const known = new Set(records.map(({ id }) => id));
  for (const record of records) {
    const breach = breaches.get(record.id);
    changes.push(
      breach === undefined ? judgeAbsent(rule, record, absent(record), now) : again(rule, record, breach, now),
    );
  }
  for (const breach of breaches.values()) {
    if (!known.has(breach.id)) changes.push(first(rule, breach, beginning(breach.labels), now));
  }
  return changes.filter(({ before, after }) => !sameRecord(before, after));
}

/** The rule of these alerts is gone. */
export function withdrawAll(
  records: readonly AlertRecord[],
  because: ResolvedBecause,
  now: EpochMs,
): readonly AlertChange[] {
  return records.map((record) => {
    const [, event] = withdraw(record.state, now);
    return { id: record.id, before: record, after: undefined, event: resolvedEvent(record, event?.at, because) };
  });
}

function first(rule: AlertRule, breach: Breach, trace: TraceContext, now: EpochMs): AlertChange {
  const { id, labels, sourceLabels, annotations, value } = breach;
  const [state, event] = step(rule, INACTIVE, "breaches", now);
  if (state.kind === "inactive") throw new Error("a breach left an alert inactive");
  const { group, name, expr } = rule;
  const base = { id, ruleId: rule.id, group, rule: name, expr, labels, sourceLabels, annotations, value, state, trace };
  return fired({ ...base, incidentId: undefined }, undefined, event?.at);
}

function again(rule: AlertRule, record: AlertRecord, breach: Breach, now: EpochMs): AlertChange {
  const [state, event] = step(rule, record.state, "breaches", now);
  if (state.kind === "inactive") throw new Error("a breach left an alert inactive");
  const { annotations, value, sourceLabels } = breach;
  return fired({ ...record, annotations, value, sourceLabels, expr: rule.expr, state }, record, event?.at);
}

function fired(record: AlertRecord, before: AlertRecord | undefined, at: EpochMs | undefined): AlertChange {
  if (at === undefined) return { id: record.id, before, after: record, event: undefined };
  const incidentId = hashOf(record.id, String(at));
  const after = { ...record, incidentId };
  return { id: record.id, before, after, event: { kind: "fired", at, incidentId, record: after } };
}

function judgeAbsent(
  rule: AlertRule,
  record: AlertRecord,
  { seen, because }: { readonly seen: Observation; readonly because: ResolvedBecause },
  now: EpochMs,
): AlertChange {
  // What is deleted cannot come back within keep_firing_for.
  const hold = because === "element_deleted" ? { ...rule, keepFiringForMs: 0 } : rule;
  const [state, event] = step(hold, record.state, seen, now);
  const after = state.kind === "inactive" ? undefined : { ...record, state };
  const reason = because === "recovered" && record.expr !== rule.expr ? "rule_changed" : because;
  return { id: record.id, before: record, after, event: resolvedEvent(record, event?.at, reason) };
}

function resolvedEvent(record: AlertRecord, at: EpochMs | undefined, because: ResolvedBecause): AlertChange["event"] {
  if (at === undefined || record.incidentId === undefined) return undefined;
  return { kind: "resolved", at, incidentId: record.incidentId, because };
}

function withoutName({ [METRIC_NAME]: _name, ...labels }: Labels): Labels {
  return labels;
}

function hashOf(...parts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 20);
}

function sameRecord(a: AlertRecord | undefined, b: AlertRecord | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return isSameDurably(a, b) && Object.is(a.value, b.value) && sameTexts(a.annotations, b.annotations);
}

/** Whether nothing changed that must survive a restart: value and words are found again by the next evaluation. */
export function isSameDurably(a: AlertRecord, b: AlertRecord): boolean {
  return a.expr === b.expr && a.incidentId === b.incidentId && sameState(a.state, b.state);
}

function sameState(a: ActiveState, b: ActiveState): boolean {
  if (a.kind !== b.kind || a.since !== b.since) return false;
  if (a.kind === "pending" || b.kind === "pending") return true;
  return a.firedAt === b.firedAt && a.clearSince === b.clearSince;
}

function sameTexts(a: { readonly [name: string]: string }, b: { readonly [name: string]: string }): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
