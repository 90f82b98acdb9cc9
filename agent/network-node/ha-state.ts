import type { EpochMs } from "../../core/clock.ts";
import { netnsId } from "../../core/element-id.ts";
import type { HostEvent } from "../../core/host-event.ts";

/** Router → what its keepalived was told to be: `primary`, `backup`, `fault`; and when that was written down. */
export type HaStates = ReadonlyMap<string, { readonly state: string; readonly at: EpochMs }>;

/** Releases before Wallaby wrote `master`; one word for one thing. */
export function parseHaState(text: string): string | undefined {
  const word = text.trim().toLowerCase();
  if (!/^[a-z]{1,20}$/.test(word)) return undefined;
  return word === "master" ? "primary" : word;
}

/** What changed since the states were read last; a router that is seen for the first time has not changed. */
export function haTransitions(host: string, before: HaStates, now: HaStates): readonly HostEvent[] {
  return [...now].flatMap(([router, { state, at }]): readonly HostEvent[] => {
    const was = before.get(router)?.state;
    if (was === undefined || was === state) return [];
    return [
      {
        at,
        kind: "ha-router-transition",
        element: netnsId(host, `qrouter-${router}`),
        severity: state === "fault" ? "warning" : "info",
        text: `router ${router} is ${state} here, it was ${was}`,
        attributes: { router_id: router, from: was, to: state },
      },
    ];
  });
}
