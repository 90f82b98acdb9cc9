import { expect, test } from "vitest";
import { unescapedLabelName } from "../../../web/server/utf8-names.ts";

test.each([
  ["host", "host"],
  ["a-b.c", "a-b.c"],
  ["U__dev_2e_kind", "dev.kind"],
  ["U__a__b_2E_c:1", "a_b.c:1"],
  ["U___1f600_", "😀"],
  ["U__", ""],
  // Not well-formed: names as they are.
  ["U__a_b", "U__a_b"],
  ["U__a_zz_", "U__a_zz_"],
  ["U__a-b", "U__a-b"],
  ["U___d800_", "U___d800_"],
  ["U___110000_", "U___110000_"],
])("%s is %s", (text, name) => {
  expect(unescapedLabelName(text)).toBe(name);
});
