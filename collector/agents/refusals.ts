import type { Refusal } from "../../core/agent-protocol.ts";
import type { ElementId } from "../../core/element-id.ts";
import { ELEMENT_LIMITS } from "../../topology/limits.ts";

// What an agent is told when trying again would be of no use.

const refused = (code: string, detail: string, hint: string): Refusal => ({ kind: "refused", code, detail, hint });

export function hostNotAllowed(host: string): Refusal {
  return refused(
    "agent.host_not_allowed",
    `this token may not speak for host ${host}`,
    "use the token made for this host, or add the host to the token's `hosts` in the collector's configuration",
  );
}

export function clusterUnknown(cluster: string, known: readonly string[]): Refusal {
  return refused(
    "agent.cluster_unknown",
    `this collector keeps no cluster ${JSON.stringify(cluster)}`,
    `it keeps ${known.join(", ")}; add the cluster to \`clusters\` in its configuration, or correct \`agent.cluster\``,
  );
}

export function otherHost(host: string, other: string): Refusal {
  return refused(
    "agent.host_changed",
    `this connection speaks for host ${host} of its cluster, not for ${other}`,
    "open one connection for each host",
  );
}

export function helloFirst(): Refusal {
  return refused("agent.hello_first", "the connection has not said hello", "send `hello` and wait for its answer");
}

export function replacedBy(host: string): Refusal {
  return refused(
    "agent.replaced",
    `a newer connection speaks for host ${host}`,
    "make sure that only one agent runs on the host, and that no two hosts have the same name",
  );
}

export function failedOnMessage(): Refusal {
  return refused(
    "agent.message_failed",
    "the collector failed on this message",
    "look for `agent message failed` in the collector's log and report it; other agents are not concerned",
  );
}

export function outOfOrder(part: number, expected: number): Refusal {
  return refused(
    "agent.out_of_order",
    `part ${part} of a full state came when part ${expected} was due`,
    "send the full state again, from part 0",
  );
}

export function tooLong(host: string): Refusal {
  return refused(
    "topology.too_many_elements",
    `the full state of host ${host} has more than ${ELEMENT_LIMITS.elementsPerHost} elements`,
    "leave out what nobody looks at",
  );
}

export function eventsRefused(host: string, element: ElementId | undefined): Refusal {
  return refused(
    "agent.events_refused",
    element === undefined
      ? "this collector keeps no events"
      : `${element} is no element of ${host}, whose agent this is`,
    "update the older of agent and collector",
  );
}
