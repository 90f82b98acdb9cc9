import { expect, test } from "vitest";
import { parseJson } from "../../core/json.ts";

test.each(["", "{", "undefined", "{'a': 1}", "1 2", "[[["])("%j is not JSON", (text) => {
  expect(parseJson(text)).toBeUndefined();
});

test("what is JSON is what it says, null as well", () => {
  expect(['{"a":[1]}', "null", '""'].map(parseJson)).toEqual([{ a: [1] }, null, ""]);
});
