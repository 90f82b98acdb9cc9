import type { EpochMs } from "../../core/clock.ts";
import { numberIn, type Point } from "../../core/line-protocol.ts";
import { type Counted, createTurns } from "../metrics/turns.ts";
import type { PointSink, Probe, ProbeSession } from "../probe.ts";

/** Told each time; where a host has more, the others take turns. A card is about 35 bytes compressed, a machine about 30. */
const BUSIEST = { cards: 20, machines: 10 } as const;
const TURN_MS = 30_000;

/** The same probe, which tells of the busiest machines and cards each time, and of the others in turns. */
export function withMachineTurns(probe: Probe): Probe {
  const chooseCards = createTurns({ busiest: BUSIEST.cards, everyMs: TURN_MS });
  const chooseMachines = createTurns({ busiest: BUSIEST.machines, everyMs: TURN_MS });
  return {
    name: probe.name,
    async detect(context) {
      const session = await probe.detect(context);
      const sample = session?.sample?.bind(session);
      if (session === undefined || sample === undefined) return session;
      const turned = async (at: EpochMs, sink: PointSink) => {
        const cards: Point[] = [];
        const machines: Point[] = [];
        await sample(at, (point) => {
          if (point.measurement === "vm_net") cards.push(point);
          else if (isRunningPoint(point)) machines.push(point);
          else sink(point);
        });
        const chosenMachines = chooseMachines(machines.map(countedOfMachine), at);
        const chosenCards = chooseCards(cards.map(countedOfCard), at);
        for (const point of machines) if (chosenMachines.has(machineKey(point))) sink(point);
        for (const point of cards) if (chosenCards.has(cardKey(point))) sink(point);
      };
      return {
        contribute: session.contribute?.bind(session),
        ended: session.ended,
        sample: turned,
      } satisfies ProbeSession;
    },
  };
}

/** What is read of a machine at every sample; its memory and disks are read in turns already. */
const isRunningPoint = ({ measurement, fields }: Point): boolean => measurement === "vm" && fields.state !== undefined;

const machineKey = ({ tags }: Point): string => `${tags.vm_id}`;
const cardKey = ({ tags }: Point): string => `${tags.vm_id} ${tags.interface}`;

/** A machine that waits for a processor is as busy as one that has it. */
function countedOfMachine(point: Point): Counted {
  const { state, running, vcpus, cpu_time_s, steal_s } = point.fields;
  const counted = numberIn(cpu_time_s) + numberIn(steal_s);
  return { key: machineKey(point), counted, state: JSON.stringify([state, running, vcpus]), always: false };
}

function countedOfCard(point: Point): Counted {
  const counted = numberIn(point.fields.rx_packets) + numberIn(point.fields.tx_packets);
  return { key: cardKey(point), counted, state: "", always: false };
}
