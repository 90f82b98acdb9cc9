import { hostId } from "../../core/element-id.ts";
import { OperatorError } from "../../core/errors.ts";
import type { Contribution, Probe, ProbeContext, ProbeSession } from "../probe.ts";
import type { ProcReader } from "../proc-reader.ts";
import { attributesOf } from "../topology/attributes.ts";
import type { JsonRpcConnection } from "./json-rpc-connection.ts";
import { connectVswitchd, VSWITCHD_REFUSED } from "./vswitchd-connection.ts";
import { vswitchdPoints } from "./vswitchd-points.ts";
import { type OvsPlaces, type VswitchdProcess, vswitchdProcess } from "./vswitchd-process.ts";

export interface VswitchdProbeDeps {
  readonly proc: ProcReader;
  readonly hasHardwareOffload: () => boolean | undefined;
}

/**
 * Asks ovs-vswitchd itself over its control socket, as ovs-appctl does: counters of datapaths, PMD threads and bonds. A
 * process that is not the one known before is an event. All its counters begin again at zero then: rates see a reset.
 */
export function vswitchdProbe(host: string, places: OvsPlaces, deps: VswitchdProbeDeps): Probe {
  let known: string | undefined;
  return {
    name: "ovs-vswitchd",
    async detect(context) {
      const daemon = vswitchdProcess(deps.proc, places);
      if (daemon === undefined) return undefined;
      const closed = Promise.withResolvers<string>();
      const connection = await connectVswitchd(places, daemon, closed.resolve);
      if (context.signal.aborted) connection.close();
      context.signal.addEventListener("abort", () => connection.close(), { once: true });
      if (known !== undefined && known !== daemon.key) reportRestart(host, daemon, context);
      known = daemon.key;
      const version = /\) (\S+)/.exec(await ask(connection, "version"))?.[1];
      return vswitchdSession({ host, daemon, version, connection, ended: closed.promise }, deps.hasHardwareOffload);
    },
  };
}

function reportRestart(host: string, { pid, startedAt }: VswitchdProcess, context: ProbeContext): void {
  context.report({
    at: startedAt,
    kind: "ovs-restarted",
    element: hostId(host),
    severity: "warning",
    text: `ovs-vswitchd was started again, as process ${pid}`,
    attributes: {},
  });
}

interface VswitchdParts {
  readonly host: string;
  readonly daemon: VswitchdProcess;
  /** Of the running daemon: in the database only a start script writes it down. */
  readonly version: string | undefined;
  readonly connection: JsonRpcConnection;
  readonly ended: Promise<string>;
}

function vswitchdSession(
  { host, daemon, version, connection, ended }: VswitchdParts,
  hasHardwareOffload: () => boolean | undefined,
): ProbeSession {
  const { startedAt } = daemon;
  const contribution: Contribution = {
    elements: [],
    attributes: new Map([[hostId(host), attributesOf({ ovs_started_at: startedAt, ovs_version: version })]]),
  };
  return {
    ended,
    contribute: () => contribution,
    async sample(at, sink) {
      const [datapaths, upcalls, pmds, memory, bonds, lacp] = await Promise.all([
        // All counters of a datapath in one answer: a ratio of two of them is of one moment.
        ask(connection, "dpctl/show"),
        ask(connection, "upcall/show"),
        ask(connection, "dpif-netdev/pmd-stats-show"),
        ask(connection, "memory/show"),
        ask(connection, "bond/show"),
        ask(connection, "lacp/show"),
      ]);
      const facts = { startedAt, hasHardwareOffload: hasHardwareOffload() };
      vswitchdPoints({ datapaths, upcalls, pmds, memory, bonds, lacp }, facts, at).forEach(sink);
    },
  };
}

/** An answer, empty when it is refused: a version does not know the command, or there is no datapath in user space. */
async function ask(connection: JsonRpcConnection, command: string): Promise<string> {
  try {
    const answer = await connection.call(command, []);
    return typeof answer === "string" ? answer : "";
  } catch (thrown) {
    if (thrown instanceof OperatorError && thrown.code === VSWITCHD_REFUSED) return "";
    throw thrown;
  }
}
