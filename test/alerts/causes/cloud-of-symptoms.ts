import fc from "fast-check";
import type { Population } from "../../../alerts/causes/find-causes.ts";
import type { Sign, Symptom } from "../../../alerts/causes/symptom.ts";
import { type EpochMs, epochMsOf } from "../../../core/clock.ts";
import { type ElementId, elementIdOf, hostId, interfaceId } from "../../../core/element-id.ts";

/** A small cloud: two zones of two racks of three hosts, each host wired to both switches of its rack. */
export const HOSTS = Array.from({ length: 12 }, (_, n) => `h${n}`);

const rackNumber = (host: string) => Math.floor(HOSTS.indexOf(host) / 3);
export const zoneOf = (host: string): ElementId =>
  elementIdOf("region", "r", "zone", `z${Math.floor(rackNumber(host) / 2)}`);
export const rackOf = (host: string): ElementId => `${zoneOf(host)}/rack/k${rackNumber(host)}` as ElementId;
export const torOf = (host: string, leg: number): ElementId => elementIdOf("switch", `tor-${rackNumber(host)}-${leg}`);

const placesOf = (host: string) => [hostId(host), rackOf(host), zoneOf(host), elementIdOf("region", "r")];
export const BROKER: ElementId = hostId("ctl-1");

export const population: Population = (place, { name }) => {
  if (name === "zone") return 2;
  if (name === "rack" || name === "switch") return place.startsWith("switch/") || place.includes("/rack/") ? 3 : 0;
  return 0;
};

export interface Told {
  readonly sign: Sign;
  readonly host: string;
  /** The other end, of what has one. */
  readonly peer?: string;
  readonly atS: number;
  readonly endS?: number;
}

/** A symptom of the small cloud. */
export function symptomOf({ sign, host, peer, atS, endS }: Told, id?: string): Symptom {
  const leg = sign === "link_down" ? interfaceId(host, undefined, "eth0") : undefined;
  return {
    ...{ id: id ?? `${sign} ${host} ${peer ?? ""} ${atS}`, sign, topic: sign },
    startedAt: secondsOf(atS),
    endedAt: endS === undefined ? undefined : secondsOf(endS),
    within: [...(leg === undefined ? [] : [leg]), ...placesOf(host)],
    needs: [
      ...(leg === undefined
        ? [torOf(host, 0), torOf(host, 1)].slice(0, sign === "unreachable" ? 0 : 2)
        : [torOf(host, 0)]),
      ...(peer === undefined ? [] : placesOf(peer).slice(0, 3)),
      ...(sign === "unreachable" ? [BROKER] : []),
    ],
  };
}

const secondsOf = (seconds: number): EpochMs => epochMsOf(1_700_000_000_000 + seconds * 1_000);

const SIGNS: readonly Sign[] = [
  ...([
    "host_down",
    "host_down",
    "host_down",
    "agent_silent",
    "link_down",
    "link_down",
    "unreachable",
    "unreachable",
  ] as const),
  ...([
    "no_data",
    "machine_down",
    "process_down",
    "switch_down",
    "table_full",
    "memory_low",
    "node_busy",
    "own",
  ] as const),
];

/** Up to forty symptoms within half an hour, most of them close together. */
export const someSymptoms: fc.Arbitrary<readonly Symptom[]> = fc
  .array(
    fc.record({
      sign: fc.constantFrom(...SIGNS),
      host: fc.constantFrom(...HOSTS),
      peer: fc.option(fc.constantFrom(...HOSTS), { nil: undefined }),
      atS: fc.oneof(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: 1_800 })),
      lasts: fc.option(fc.integer({ min: 0, max: 900 }), { nil: undefined }),
    }),
    { maxLength: 40 },
  )
  .map((told) =>
    told.map(({ lasts, peer, ...it }, n) =>
      symptomOf(
        {
          ...it,
          ...(peer === undefined || peer === it.host ? {} : { peer }),
          ...(lasts === undefined ? {} : { endS: it.atS + lasts }),
        },
        `s${n}`,
      ),
    ),
  );
