import { expect, test, vi } from "vitest";
import { watchNamedNamespaces } from "../../agent/topology/namespace-watch.ts";
import { Lifetime } from "../../core/lifetime.ts";
import { recordedLog } from "./recorded-log.ts";

vi.mock("node:fs", async (original) => ({
  ...(await original<typeof import("node:fs")>()),
  watch: () => {
    throw Object.assign(new Error("EMFILE: too many open files, watch"), { code: "EMFILE", syscall: "watch" });
  },
}));

test("an agent on a host whose inotify instances are all in use starts all the same", () => {
  const { log, entries } = recordedLog();
  watchNamedNamespaces(() => {}, log, new Lifetime());
  expect(entries.map(({ event }) => event)).toEqual(["named namespaces are looked for once a minute only"]);
});
