import { expect, test } from "vitest";
import { elementIdOf, interfaceId } from "../../../core/element-id.ts";
import { parseElementPath } from "../../../web/server/element-path.ts";

const odd = interfaceId("c-1", "qrouter/1", "tap:0");
const cases: readonly (readonly [string, unknown])[] = [
  ["host%2Fc-1", { id: "host/c-1", view: "element" }],
  ["host/c-1", { id: "host/c-1", view: "element" }],
  ["host/c-1/", { id: "host/c-1", view: "element" }],
  ["host/c-1/history", { id: "host/c-1", view: "history" }],
  ["host%2Fc-1/neighbours", { id: "host/c-1", view: "neighbours" }],
  [encodeURIComponent(odd), { id: odd, view: "element" }],
  [`${odd}/history`, { id: odd, view: "history" }],
  ["host/c-1/netns/qrouter%2F1/if/tap%3A0", { id: odd, view: "element" }],
  [encodeURIComponent(elementIdOf("host", "c-1", "history")), { id: "host/c-1/history", view: "element" }],
  ["", undefined],
  ["host//eth0", undefined],
  ["%zz", undefined],
  ["host%00", undefined],
];
test.each(cases)("%s", (rest, expected) => {
  expect(parseElementPath(rest)).toEqual(expected);
});
