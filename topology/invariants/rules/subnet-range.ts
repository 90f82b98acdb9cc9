import { type Invariant, named } from "../invariant.ts";
import { localInvariant } from "../local-invariant.ts";
import { numberOf, textOf } from "./attribute-values.ts";

/** Share of a subnet's allocation pools in use: the next machines may fail, and the next one may. */
const WARNING_SHARE = 0.85;
const CRITICAL_SHARE = 0.95;

/** There are addresses left to give. Neutron counts what is used in the subnet, so that more may be used than there is. */
export const subnetUsedUp: Invariant = localInvariant({
  name: "subnet_used_up",
  level: "warning",
  settleMs: 180_000,
  readsVolatile: false,
  reads: { subnet: named("used", "total", "cidr") },
  wrongWith: ({ id, attributes }) => {
    const [used, total] = [numberOf(attributes, "used"), numberOf(attributes, "total")];
    if (used === undefined || total === undefined || total <= 0 || used / total < WARNING_SHARE) return undefined;
    const cidr = textOf(attributes, "cidr");
    return {
      elements: [id],
      level: used / total >= CRITICAL_SHARE ? "critical" : "warning",
      detail: { used, total, ...(cidr === undefined ? {} : { cidr }) },
    };
  },
});
