import { type EpochMs, toRfc3339 } from "../core/clock.ts";
import type { PrometheusAlert, PrometheusRule, PrometheusRuleGroup } from "../web/api/prometheus.ts";
import type { Engine } from "./engine.ts";
import { recordsOf } from "./evaluate.ts";
import type { GroupLoop } from "./group-loop.ts";
import type { Ledger } from "./ledger.ts";
import type { AlertRecord } from "./lifecycle/alert-record.ts";
import type { AlertRule } from "./rules/rule.ts";
import { formatExponent } from "./template/go-format.ts";
import type { Template } from "./template/template.ts";

/** The groups of Prometheus' `GET /api/v1/rules`. */
export function rulesJson(engine: Engine, ledger: Ledger): readonly PrometheusRuleGroup[] {
  return engine.loops.map((loop) => groupJson(loop, { path: engine.file.path, ledger }));
}

/** The alerts of Prometheus' `GET /api/v1/alerts`. */
export function alertsJson(ledger: Ledger): readonly PrometheusAlert[] {
  return [...ledger.alerts.values()].map(alertJson);
}

/** What Prometheus writes for "never". */
const NEVER = "0001-01-01T00:00:00Z";

function groupJson(loop: GroupLoop, { path, ledger }: { path: string; ledger: Ledger }): PrometheusRuleGroup {
  const { group, intervalMs } = loop;
  const evaluations = group.rules.map(({ id }) => loop.healthOf(id));
  return {
    name: group.name,
    file: path,
    interval: intervalMs / 1_000,
    limit: group.limit,
    rules: group.rules.map((rule) => ruleJson(rule, loop, ledger)),
    evaluationTime: evaluations.reduce((sum, { evaluationMs }) => sum + evaluationMs, 0) / 1_000,
    lastEvaluation: timeText(loop.status.lastSlot),
  };
}

function ruleJson(rule: AlertRule, loop: GroupLoop, ledger: Ledger): PrometheusRule {
  const records = recordsOf(rule, ledger);
  const { health, lastError, lastEvaluationAt, evaluationMs } = loop.healthOf(rule.id);
  return {
    state: stateOf(records),
    name: rule.name,
    query: rule.expr,
    duration: rule.forMs / 1_000,
    keepFiringFor: rule.keepFiringForMs / 1_000,
    labels: sourcesOf(rule.labels),
    annotations: sourcesOf(rule.annotations),
    alerts: records.map(alertJson),
    health,
    ...(lastError === undefined ? {} : { lastError }),
    evaluationTime: evaluationMs / 1_000,
    lastEvaluation: timeText(lastEvaluationAt),
    type: "alerting",
  };
}

function alertJson({ labels, annotations, state, value }: AlertRecord): PrometheusAlert {
  return {
    labels,
    annotations,
    state: state.kind,
    activeAt: toRfc3339(state.since),
    ...(state.kind === "firing" && state.clearSince !== undefined
      ? { keepFiringSince: toRfc3339(state.clearSince) }
      : {}),
    value: formatExponent(value, -1),
  };
}

function stateOf(records: readonly AlertRecord[]): "firing" | "pending" | "inactive" {
  if (records.some(({ state }) => state.kind === "firing")) return "firing";
  return records.length > 0 ? "pending" : "inactive";
}

function sourcesOf(templates: { readonly [name: string]: Template }): { [name: string]: string } {
  return Object.fromEntries(Object.entries(templates).map(([name, { source }]) => [name, source]));
}

function timeText(at: EpochMs | undefined): string {
  return at === undefined ? NEVER : toRfc3339(at);
}
