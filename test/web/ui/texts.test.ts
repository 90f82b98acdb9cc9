import { describe, expect, test } from "vitest";
import { LINK_KINDS, NODE_KINDS } from "../../../core/element.ts";
import { en } from "../../../web/ui/text/en.ts";
import { chooseLanguage } from "../../../web/ui/text/texts.tsx";
import { zh } from "../../../web/ui/text/zh.ts";

type Entry = readonly [path: string, text: unknown];

function entriesOf(texts: object, prefix = ""): readonly Entry[] {
  return Object.entries(texts).flatMap(([key, value]): readonly Entry[] =>
    typeof value === "object" && value !== null ? entriesOf(value, `${prefix}${key}.`) : [[prefix + key, value]],
  );
}

/** Names that are the same in both languages. */
const PROPER =
  /^(Nephoscope|A|B|→|[+~−\d ]*|CPU|MAC|MTU|VNI|VM|VLAN|Bond|bond|veth|tap|tun|VXLAN|Geneve|GRE|macvtap|macvlan|SR-IOV VF|patch|.*、.*)$/;

describe("the texts of the page", () => {
  const english = entriesOf(en);
  const chinese = new Map(entriesOf(zh));

  test("both languages have the same texts, taking the same values", () => {
    expect([...chinese.keys()].sort()).toEqual(english.map(([path]) => path).sort());
    for (const [path, text] of english) {
      const other = chinese.get(path);
      expect(typeof other, path).toBe(typeof text);
      if (typeof text === "function" && typeof other === "function") expect(other.length, path).toBe(text.length);
    }
  });

  test("no text is empty, and nothing English was left in the Chinese", () => {
    for (const [path, text] of english) {
      const other = chinese.get(path);
      if (typeof text !== "string" || typeof other !== "string") continue;
      expect(text.trim(), path).not.toBe("");
      expect(other.trim(), path).not.toBe("");
      if (!PROPER.test(text)) expect(other, path).not.toBe(text);
    }
  });

  test("every kind of element and link has a name", () => {
    for (const kind of [...NODE_KINDS, ...LINK_KINDS]) {
      expect(en.kinds[kind]).toBeTruthy();
      expect(zh.kinds[kind]).toBeTruthy();
    }
  });
});

test.each([
  [null, ["zh-CN", "en"], "zh"],
  [null, ["fr-FR", "zh-TW"], "zh"],
  [null, ["de"], "en"],
  ["en", ["zh-CN"], "en"],
  ["xx", ["zh"], "zh"],
] as const)("chosen %s, preferred %j: %s", (chosen, preferred, language) => {
  expect(chooseLanguage(chosen, preferred)).toBe(language);
});
