import fc from "fast-check";
import { expect, test } from "vitest";
import { addToDigest, digestText, EMPTY_DIGEST, removeFromDigest } from "../../core/digest.ts";
import type { Element } from "../../core/element.ts";
import { elementIdOf } from "../../core/element-id.ts";

const element = (name: string, mtu: number, ifindex = 1): Element => ({
  id: elementIdOf("host", "h", "if", name),
  kind: "nic",
  name,
  cluster: "c",
  attributes: { mtu, ifindex },
});

test("a digest depends on the set of elements, not on the order they came in", () => {
  const names = fc.uniqueArray(fc.stringMatching(/^[a-z0-9]{1,8}$/), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(names, fc.integer(), (list, mtu) => {
      const elements = list.map((name) => element(name, mtu));
      const forwards = elements.reduce(addToDigest, EMPTY_DIGEST);
      const backwards = elements.toReversed().reduce(addToDigest, EMPTY_DIGEST);
      expect(digestText(forwards)).toBe(digestText(backwards));
      expect(elements.reduce(removeFromDigest, forwards)).toEqual(EMPTY_DIGEST);
    }),
  );
});

test("a digest sees a changed attribute but not a volatile one", () => {
  const of = (e: Element) => digestText(addToDigest(EMPTY_DIGEST, e));
  expect(of(element("eth0", 1500))).not.toBe(of(element("eth0", 9000)));
  expect(of(element("eth0", 1500, 2))).toBe(of(element("eth0", 1500, 7)));
});
