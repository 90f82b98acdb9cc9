import type { Node } from "yaml";
import type { Template } from "../template/template.ts";
import type { AbsencePolicy, AlertRule, ExpressionCheck } from "./rule.ts";
import { readDuration, readLabels } from "./values.ts";
import type { Field, YamlReader } from "./yaml-reader.ts";

const ALERTING_KEYS = ["alert", "expr", "for", "keep_firing_for", "labels", "annotations", "nephoscope"];
const RECORDING_KEYS = ["record", "expr", "labels"];

/** Our own block; Prometheus does not know it. */
const NEPHOSCOPE_KEYS = ["no_data", "clear_when"];

const METRIC_NAME = /^[A-Za-z_:][A-Za-z0-9_:]*$/;

export interface RuleContext {
  readonly group: string;
  readonly groupLabels: { readonly [name: string]: Template };
  readonly check: ExpressionCheck;
}

export type ParsedRule =
  | { readonly kind: "alerting"; readonly rule: Omit<AlertRule, "id"> }
  | { readonly kind: "recording"; readonly name: string };

export function parseRule(reader: YamlReader, node: Node, context: RuleContext): ParsedRule | undefined {
  const keys = reader.fields(node, "a rule", "any");
  if (keys === undefined) return undefined;
  const isAlert = keys.has("alert");
  const isRecord = keys.has("record");
  if (isAlert === isRecord) {
    reader.add(node, isAlert ? "a rule has either alert or record, not both" : "a rule needs alert: <name>");
    return undefined;
  }
  const fields = reader.fields(node, "a rule", isAlert ? ALERTING_KEYS : RECORDING_KEYS) ?? keys;
  return isAlert
    ? alertingRule(reader, node, { ...context, fields })
    : recordingRule(reader, node, { ...context, fields });
}

type FieldsContext = RuleContext & { readonly fields: ReadonlyMap<string, Field> };

function recordingRule(reader: YamlReader, node: Node, context: FieldsContext): ParsedRule {
  const { fields } = context;
  const name = reader.text(fields.get("record")?.value, "record") ?? "";
  if (!METRIC_NAME.test(name)) reader.add(fields.get("record")?.value, `${JSON.stringify(name)} is not a metric name`);
  expression(reader, node, { field: fields.get("expr"), check: context.check });
  readLabels(reader, fields.get("labels"));
  return { kind: "recording", name };
}

function alertingRule(reader: YamlReader, node: Node, context: FieldsContext): ParsedRule {
  const { fields, check } = context;
  const name = reader.text(fields.get("alert")?.value, "alert") ?? "";
  if (name === "") reader.add(fields.get("alert")?.value, "an alert needs a name");
  const condition = expression(reader, node, { field: fields.get("expr"), check });
  return {
    kind: "alerting",
    rule: {
      group: context.group,
      name,
      expr: condition.expr,
      forMs: readDuration(reader, fields.get("for")) ?? 0,
      keepFiringForMs: readDuration(reader, fields.get("keep_firing_for")) ?? 0,
      labels: { ...context.groupLabels, ...readLabels(reader, fields.get("labels")) },
      annotations: readLabels(reader, fields.get("annotations")),
      absence: absencePolicy(reader, fields.get("nephoscope"), { check, condition }),
    },
  };
}

function expression(
  reader: YamlReader,
  node: Node,
  { field, check }: { readonly field: Field | undefined; readonly check: ExpressionCheck },
): ReadExpression {
  if (field === undefined) reader.add(node, "a rule needs expr: <PromQL>");
  const expr = field === undefined ? undefined : reader.text(field.value, "expr");
  if (expr === undefined) return { expr: "", isValid: false, presence: undefined };
  const checked = check(expr);
  if (checked.kind === "bad") reader.add(field?.value, `in the expression: ${checked.message}`);
  return {
    expr,
    isValid: checked.kind === "ok",
    presence: checked.kind === "ok" ? checked.presence : undefined,
  };
}

interface ReadExpression {
  readonly expr: string;
  readonly isValid: boolean;
  readonly presence: string | undefined;
}

function absencePolicy(
  reader: YamlReader,
  block: Field | undefined,
  { check, condition }: { readonly check: ExpressionCheck; readonly condition: ReadExpression },
): AbsencePolicy {
  const recovered: AbsencePolicy = { kind: "recovered" };
  const fields = block === undefined ? undefined : reader.fields(block.value, "nephoscope", NEPHOSCOPE_KEYS);
  const noData = fields?.get("no_data");
  const clearWhen = fields?.get("clear_when");
  if (clearWhen !== undefined && noData !== undefined) {
    reader.add(noData.key, "no_data says nothing beside clear_when: without data clear_when does not hold");
  }
  if (clearWhen !== undefined) {
    const { expr } = expression(reader, clearWhen.key, { field: clearWhen, check });
    return { kind: "recovered_if", expr };
  }
  if (noData === undefined) return recovered;
  const policy = reader.text(noData.value, "no_data");
  if (policy !== undefined && policy !== "keep" && policy !== "resolve") {
    reader.add(noData.value, `no_data is keep or resolve, not ${JSON.stringify(policy)}`);
  }
  if (policy !== "keep" || !condition.isValid) return recovered;
  if (condition.presence !== undefined) return { kind: "recovered_if", expr: condition.presence };
  reader.add(
    noData.value,
    "no_data: keep cannot tell missing data from recovery in this expression; say what recovery is with clear_when",
  );
  return recovered;
}
