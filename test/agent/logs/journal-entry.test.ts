import { expect, test } from "vitest";
import { parseJournalEntry } from "../../../agent/logs/journal-entry.ts";

const entry = (fields: object) =>
  parseJournalEntry(
    JSON.stringify({ __CURSOR: "s=1;i=6ea", __REALTIME_TIMESTAMP: "1796081283973295", MESSAGE: "hello", ...fields }),
  );

test.each([
  [{ _SYSTEMD_UNIT: "nova-compute.service" }, "nova-compute", "oslo"],
  [{ _SYSTEMD_UNIT: "devstack@n-cpu.service" }, "devstack@n-cpu", "oslo"],
  [{ _SYSTEMD_UNIT: "session-1.scope", SYSLOG_IDENTIFIER: "neutron-server" }, "neutron-server", "oslo"],
  [{ _SYSTEMD_UNIT: "ovs-vswitchd.service", SYSLOG_IDENTIFIER: "ovs-ctl" }, "ovs-vswitchd", "ovs"],
])("an entry of %j", (fields, source, family) => {
  expect(entry(fields)).toEqual({ cursor: "s=1;i=6ea", at: 1796081283973, source, family, message: "hello" });
});

test("a message that is no text, and one in colours", () => {
  const unit = { _SYSTEMD_UNIT: "nova-api.service" };
  expect(entry({ ...unit, MESSAGE: [...Buffer.from("磁盘")] })?.message).toBe("磁盘");
  expect(entry({ ...unit, MESSAGE: "\u001b[01;31mERROR nova [\u001b[00;36mreq\u001b[01;31m]" })?.message).toBe(
    "ERROR nova [req]",
  );
});

test.each([
  [{ _SYSTEMD_UNIT: "ssh.service" }],
  [{ _SYSTEMD_UNIT: "nova-compute.service", _TRANSPORT: "kernel" }],
  [{ _SYSTEMD_UNIT: "nova-compute.service", MESSAGE: null }],
  [{ _SYSTEMD_UNIT: ["nova-compute.service", "x"] }],
])("%j is left out", (fields) => {
  expect(entry(fields)).toBeUndefined();
});
