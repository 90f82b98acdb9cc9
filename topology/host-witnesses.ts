import { isLink } from "../core/element.ts";
import { agentId, hostId } from "../core/element-id.ts";
import type { GraphView } from "./live-graph.ts";

/**
 * What the neighbours of a host whose agent is silent say of it. `host_down`: nothing comes back from its machine. `agent_down`: the machine
 * answers that nobody listens. `cut_off`: its agent answers them and does not reach us. `unknown`: fewer than two neighbours can tell.
 */
export const VERDICTS = ["host_down", "agent_down", "cut_off", "unknown"] as const;
export type Verdict = (typeof VERDICTS)[number];

export interface Testimony {
  readonly verdict: Verdict;
  /** Neighbours that can tell: they ask the host, and their own agents are connected. */
  readonly witnesses: number;
  readonly silent: number;
  readonly refused: number;
}

/** Fewer do not make a verdict. */
const LEAST_WITNESSES = 2;

/** `askers`: the hosts that the mesh has ask this one. */
export function testimonyOf(host: string, askers: Iterable<string>, graph: Pick<GraphView, "get">): Testimony {
  let [witnesses, silent, refused] = [0, 0, 0];
  for (const asker of askers) {
    const [agent, node] = [graph.get(agentId(asker)), graph.get(hostId(asker))];
    if (agent === undefined || node === undefined || isLink(agent) || isLink(node)) continue;
    if (agent.attributes.session !== "connected") continue;
    witnesses++;
    if (includes(node.attributes.mesh_silent, host)) silent++;
    else if (includes(node.attributes.mesh_refused, host)) refused++;
  }
  return { verdict: verdictOf(witnesses, silent, refused), witnesses, silent, refused };
}

/** One whom it answers knows better than any number that it does not: the way between may be broken. */
function verdictOf(witnesses: number, silent: number, refused: number): Verdict {
  if (witnesses < LEAST_WITNESSES) return "unknown";
  if (witnesses > silent + refused) return "cut_off";
  if (refused > 0) return "agent_down";
  return "host_down";
}

function includes(list: unknown, host: string): boolean {
  return Array.isArray(list) && list.includes(host);
}
