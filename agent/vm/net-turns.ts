import type { EpochMs } from "../../core/clock.ts";
import type { FieldValue, Point } from "../../core/line-protocol.ts";
import { createTurns } from "../metrics/turns.ts";
import type { PointSink, Probe, ProbeSession } from "../probe.ts";

/** Cards of machines that are told each time; where a host has more, the others take turns. About 35 bytes each, compressed. */
const BUSIEST = 20;
const TURN_MS = 30_000;

/** The same probe, whose `vm_net` is of the busiest cards each time, and of the others in turns. */
export function withNetTurns(probe: Probe): Probe {
  const choose = createTurns({ busiest: BUSIEST, everyMs: TURN_MS });
  return {
    name: probe.name,
    async detect(context) {
      const session = await probe.detect(context);
      const sample = session?.sample?.bind(session);
      if (session === undefined || sample === undefined) return session;
      const turned = async (at: EpochMs, sink: PointSink) => {
        const cards: Point[] = [];
        await sample(at, (point) => (point.measurement === "vm_net" ? cards.push(point) : sink(point)));
        const chosen = choose(
          cards.map((point) => ({ key: keyOf(point), counted: packetsOf(point), state: "", always: false })),
          at,
        );
        for (const point of cards) if (chosen.has(keyOf(point))) sink(point);
      };
      return {
        contribute: session.contribute?.bind(session),
        ended: session.ended,
        sample: turned,
      } satisfies ProbeSession;
    },
  };
}

const keyOf = ({ tags }: Point): string => `${tags.vm_id} ${tags.interface}`;
const packetsOf = ({ fields }: Point): number => countOf(fields.rx_packets) + countOf(fields.tx_packets);
const countOf = (value: FieldValue): number => (typeof value === "object" ? Number(value.int) : 0);
