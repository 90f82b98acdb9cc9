import { parse as parseYaml } from "yaml";
import { messageOf } from "../../../core/errors.ts";
import { isRecord } from "../../../core/json.ts";
import { LABEL_NAME, type TargetGroup } from "./target.ts";

/**
 * Reads a file of targets as Prometheus' `file_sd_configs` have it, `[{targets: ["host:port"], labels: {…}}]`, in JSON or YAML. A text
 * says what is wrong with it.
 */
export function parseTargetFile(text: string, isJson: boolean): readonly TargetGroup[] | string {
  let tree: unknown;
  try {
    tree = isJson ? JSON.parse(text) : parseYaml(text);
  } catch (error) {
    return `is no ${isJson ? "JSON" : "YAML"}: ${messageOf(error)}`;
  }
  if (tree === null || tree === undefined) return "is empty; a file without targets holds []";
  if (!Array.isArray(tree)) return "is no list of groups of targets";
  const groups: TargetGroup[] = [];
  for (const [place, group] of tree.entries()) {
    const read = readGroup(group);
    if (typeof read === "string") return `group ${place + 1} ${read}`;
    groups.push(read);
  }
  return groups;
}

function readGroup(group: unknown): TargetGroup | string {
  if (!isRecord(group)) return "is no mapping";
  const unknown = Object.keys(group).find((key) => key !== "targets" && key !== "labels");
  if (unknown !== undefined) return `has the key ${unknown}; there are targets and labels`;
  const { targets = [], labels = {} } = group;
  if (!Array.isArray(targets) || !targets.every((target) => typeof target === "string")) {
    return "has targets that are no list of texts";
  }
  if (!isRecord(labels)) return "has labels that are no mapping";
  const read: Record<string, string> = {};
  for (const [name, value] of Object.entries(labels)) {
    if (!LABEL_NAME.test(name)) return `has a label ${JSON.stringify(name)}, which is no name of a label`;
    if (typeof value !== "string") return `has a label ${name} that is no text; write it in quotes`;
    read[name] = value;
  }
  return { targets, labels: read };
}
