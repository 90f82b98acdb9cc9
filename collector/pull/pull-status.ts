import type { PartStatus } from "../metrics-status.ts";
import type { FileProblem } from "./scrape/target-files.ts";
import type { TargetStatus } from "./target-status.ts";

/** How all targets of one kind are, in a line. */
export function pullStatus(
  name: TargetStatus["kind"],
  targets: readonly TargetStatus[],
  problems: readonly FileProblem[],
): PartStatus {
  const [problem] = problems;
  if (targets.length === 0 && problem === undefined) return { name, state: "off", detail: "not configured" };
  const up = targets.filter(({ health }) => health === "up");
  const down = targets.filter(({ health }) => health === "down");
  const samples = up.reduce((sum, { last }) => sum + (last?.samples ?? 0), 0);
  const detail = `${up.length} of ${targets.length} targets answer, ${samples} samples a round`;
  const troubled = [...down, ...up].find(({ last }) => last?.problem !== undefined);
  if (troubled?.last?.problem !== undefined) {
    const { reason, hint } = troubled.last.problem;
    const state = down.length > 0 && up.length === 0 ? "down" : "degraded";
    return { name, state, detail: `${detail}; ${troubled.job} ${troubled.instance}: ${reason}`, hint };
  }
  if (problem !== undefined) {
    const hint = "correct the targets of the job; until then it keeps those it had";
    return { name, state: "degraded", detail: `${detail}; ${problem.path}: ${problem.reason}`, hint };
  }
  return { name, state: "ok", detail };
}
