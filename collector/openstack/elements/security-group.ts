import { createHash } from "node:crypto";
import { type ApiObject, booleanAt, idAt, nameOf, numberAt, recordsAt, textAt } from "../api/words.ts";
import { type ElementContext, neutronId, nodeOf, projectValues, type ToldObject, told } from "./element-context.ts";

/** Rules told in words; more are in the digest only. */
const MOST_TOLD_RULES = 200;

/** A security group with its rules in words, sorted, and a digest of all of them: what changed shows in a difference. */
export function securityGroupElements(group: ApiObject, context: ElementContext): ToldObject | undefined {
  const id = idAt(group);
  if (id === undefined) return undefined;
  const rules = recordsAt(group, "security_group_rules").map(ruleText).toSorted();
  const values = {
    rule_count: rules.length,
    rules: rules.slice(0, MOST_TOLD_RULES),
    rules_digest: createHash("sha256").update(rules.join("\n")).digest("hex").slice(0, 16),
    stateful: booleanAt(group, "stateful"),
    ...projectValues(group, context),
  };
  const parts = {
    id: neutronId("security-group", id),
    kind: "security-group",
    name: nameOf(group, id),
    values,
  } as const;
  return told(nodeOf(parts, context));
}

/** `ingress IPv4 tcp 22 from 10.0.0.0/8`; what a rule does, without its id. */
function ruleText(rule: ApiObject): string {
  const direction = textAt(rule, "direction") ?? "ingress";
  const group = textAt(rule, "remote_group_id") ?? textAt(rule, "remote_address_group_id");
  const other = textAt(rule, "remote_ip_prefix") ?? (group === undefined ? undefined : `group ${group}`);
  const [first, last] = [numberAt(rule, "port_range_min"), numberAt(rule, "port_range_max")];
  const ports = first === undefined || first === last ? first : `${first}-${last}`;
  return [
    direction,
    textAt(rule, "ethertype"),
    textAt(rule, "protocol") ?? "any",
    ports,
    other === undefined ? undefined : `${direction === "ingress" ? "from" : "to"} ${other}`,
  ]
    .filter((word) => word !== undefined)
    .join(" ");
}
