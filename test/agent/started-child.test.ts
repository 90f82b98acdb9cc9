import { expect, test } from "vitest";
import { runIp } from "../../agent/topology/ip-command.ts";
import { startIpMonitor } from "../../agent/topology/ip-monitor.ts";
import { createLineRunner } from "../../agent/topology/line-command.ts";
import { OperatorError } from "../../core/errors.ts";
import { Lifetime } from "../../core/lifetime.ts";
import { recordedLog } from "./recorded-log.ts";

const { signal } = new AbortController();
/** The kernel refuses to start a program with an argument of more than 128 KB, as it does where there is no memory for it. */
const tooLong = "x".repeat(200_000);

test("a command that the kernel refuses to start has not answered, and is no reason for the agent to end", async () => {
  await expect(createLineRunner(signal)({ file: "true", args: [tooLong] }, () => {})).resolves.toBe(false);
  await expect(runIp([tooLong], undefined, signal)).rejects.toBeInstanceOf(OperatorError);
});

test("a monitor that the kernel refuses to start is started again later", async () => {
  const { log, entries } = recordedLog();
  const lifetime = new Lifetime();
  startIpMonitor({ namespacePath: undefined, leash: ["true", tooLong], onEvent: () => {} }, log, lifetime);
  await lifetime.end();
  expect(entries.map(({ event }) => event)).toEqual(["ip monitor ended"]);
});
