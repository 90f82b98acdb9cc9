import fc from "fast-check";
import { expect, test } from "vitest";
import { epochMsOf } from "../../core/clock.ts";
import { addToDigest, digestText, EMPTY_DIGEST } from "../../core/digest.ts";
import type { Element } from "../../core/element.ts";
import { hostId, interfaceId } from "../../core/element-id.ts";
import { AgentMemory } from "../../simulator/agents/memory.ts";

/** What happens between an agent and its collector; `mtu` 0: the interface is gone. */
type Event =
  | { readonly kind: "change"; readonly nic: number; readonly mtu: number }
  | { readonly kind: "send"; readonly most: number; readonly isAcknowledged: boolean };

const event: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ kind: fc.constant("change" as const), nic: fc.nat(4), mtu: fc.nat(3) }),
  fc.record({ kind: fc.constant("send" as const), most: fc.integer({ min: 1, max: 3 }), isAcknowledged: fc.boolean() }),
);

function nic(number: number, mtu: number): Element {
  const name = `eth${number}`;
  return {
    id: interfaceId("h", undefined, name),
    kind: "nic",
    name,
    cluster: "",
    host: "h",
    parent: hostId("h"),
    attributes: { mtu },
  };
}

test("whatever changes and whatever is acknowledged, its digest is that of what the collector has", () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 30 }), (events) => {
      const memory = new AgentMemory();
      memory.acknowledgeAll([]);
      const [current, collector] = [new Map<string, Element>(), new Map<string, Element>()];
      const send = (most: number, isAcknowledged: boolean) => {
        const difference = memory.nextDifference(most);
        if (difference === undefined || !isAcknowledged) return;
        for (const element of difference.put) collector.set(element.id, element);
        for (const id of difference.remove) collector.delete(id);
        memory.acknowledge(difference);
      };
      for (const [moment, each] of events.entries()) {
        if (each.kind === "send") send(each.most, each.isAcknowledged);
        else {
          const after = each.mtu === 0 ? undefined : nic(each.nic, each.mtu);
          const { id } = nic(each.nic, 1);
          const before = current.get(id);
          if (after === undefined) current.delete(id);
          else current.set(id, after);
          memory.change([{ id, before, after }], epochMsOf(moment));
        }
        const expected = [...collector.values()].reduce(addToDigest, EMPTY_DIGEST);
        expect(memory.digest).toBe(digestText(expected));
      }
      while (!memory.isUpToDate) send(2, true);
      expect(new Map([...collector].toSorted())).toEqual(new Map([...current].toSorted()));
    }),
  );
});

test("an agent that forgot has no digest to show", () => {
  const memory = new AgentMemory();
  memory.acknowledgeAll([nic(0, 1)]);
  memory.forget();
  expect(memory.digest).toBeUndefined();
});
