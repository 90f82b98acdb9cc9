import { createHash } from "node:crypto";
import type { Node } from "yaml";
import { parseRule, type RuleContext } from "./parse-rule.ts";
import type { AlertRule, ExpressionCheck, ParsedRuleFile, RuleGroup } from "./rule.ts";
import { readDuration, readLabels, readWholeNumber } from "./values.ts";
import { type Field, YamlReader } from "./yaml-reader.ts";

const MAX_RULE_FILE_BYTES = 4 * 1024 * 1024;

const GROUP_KEYS = ["name", "interval", "query_offset", "limit", "labels", "rules"];

/**
 * Reads a Prometheus rule file and finds every problem at once, each with its place.
 * Source: https://prometheus.io/docs/prometheus/latest/configuration/recording_rules/ and alerting_rules/.
 */
export function parseRuleFile(text: string, path: string, check: ExpressionCheck): ParsedRuleFile {
  if (Buffer.byteLength(text) > MAX_RULE_FILE_BYTES) {
    const message = `the file is larger than ${MAX_RULE_FILE_BYTES} bytes`;
    return { kind: "bad", problems: [{ path, line: 1, column: 1, message }] };
  }
  const reader = new YamlReader(path, text);
  const groups: RuleGroup[] = [];
  const recordingRules: string[] = [];
  if (reader.problems.length === 0 && reader.root !== undefined) {
    const file = reader.fields(reader.root, "the file", ["groups"]);
    const names = new Set<string>();
    for (const node of reader.list(file?.get("groups")?.value, "groups")) {
      const group = parseGroup(reader, node, { names, check, recordingRules });
      if (group !== undefined) groups.push(group);
    }
  }
  if (reader.problems.length > 0) return { kind: "bad", problems: reader.problems };
  return { kind: "ok", file: { path, groups, recordingRules } };
}

interface FileContext {
  /** Names of the groups before this one. */
  readonly names: Set<string>;
  readonly check: ExpressionCheck;
  readonly recordingRules: string[];
}

function parseGroup(reader: YamlReader, node: Node, file: FileContext): RuleGroup | undefined {
  const fields = reader.fields(node, "a group", GROUP_KEYS);
  if (fields === undefined) return undefined;
  const name = nameOf(reader, node, fields.get("name"), file.names);
  const labels = readLabels(reader, fields.get("labels"));
  const context: RuleContext = { group: name, groupLabels: labels, check: file.check };
  const rules: AlertRule[] = [];
  for (const ruleNode of reader.list(fields.get("rules")?.value, "rules")) {
    const rule = parseRule(reader, ruleNode, context);
    if (rule?.kind === "recording") file.recordingRules.push(`${name}: ${rule.name}`);
    if (rule?.kind === "alerting") rules.push({ ...rule.rule, id: idOf(rule.rule, rules) });
  }
  return {
    name,
    intervalMs: positive(reader, fields.get("interval")),
    queryOffsetMs: readDuration(reader, fields.get("query_offset")) ?? 0,
    limit: readWholeNumber(reader, fields.get("limit")) ?? 0,
    rules,
  };
}

function nameOf(reader: YamlReader, node: Node, field: Field | undefined, taken: Set<string>): string {
  const name = field === undefined ? undefined : reader.text(field.value, "name");
  if (field === undefined || name === "") reader.add(field?.value ?? node, "a group needs a name");
  if (name === undefined || name === "") return "";
  if (taken.has(name)) reader.add(field?.value, `there are two groups called ${JSON.stringify(name)}`);
  taken.add(name);
  return name;
}

function positive(reader: YamlReader, field: Field | undefined): number | undefined {
  const durationMs = readDuration(reader, field);
  if (durationMs === 0) reader.add(field?.value, "interval must be longer than 0");
  return durationMs === 0 ? undefined : durationMs;
}

/** Equal rules of a group are told apart by their order, as Prometheus does when it reloads. */
function idOf(rule: Omit<AlertRule, "id">, before: readonly AlertRule[]): string {
  const labels = Object.entries(rule.labels).map(([name, { source }]) => [name, source]);
  const hash = createHash("sha256").update(JSON.stringify([rule.group, rule.name, labels.sort()]));
  const id = hash.digest("hex").slice(0, 16);
  const twins = before.filter((other) => other.id.split(".")[0] === id).length;
  return twins === 0 ? id : `${id}.${twins}`;
}
