import { existsSync } from "node:fs";
import { join } from "node:path";
import { connectJsonRpc, type JsonRpcConnection } from "./json-rpc-connection.ts";
import { type OvsPlaces, runFolderOf, type VswitchdProcess } from "./vswitchd-process.ts";

/** Code of the error of a call that the daemon refuses: a version that does not know the command. */
export const VSWITCHD_REFUSED = "agent.ovs_vswitchd_refused";

const SERVER = {
  name: "ovs-vswitchd",
  code: "agent.ovs_vswitchd",
  hint: "is ovs-vswitchd running, and may the agent read its control socket (it belongs to root)?",
};

/** Connects to the control socket, over which ovs-appctl(8) speaks; `onClose` is called once, with the reason. Throws an OperatorError. */
export function connectVswitchd(
  places: OvsPlaces,
  daemon: VswitchdProcess,
  onClose: (reason: string) => void = () => {},
): Promise<JsonRpcConnection> {
  return connectJsonRpc(controlSocket(places, daemon), SERVER, { onNotification: () => {}, onClose });
}

/** Its name has the process id in it, unless whoever started the daemon named it. */
function controlSocket(places: OvsPlaces, { pid }: VswitchdProcess): string {
  const usual = join(runFolderOf(places), `ovs-vswitchd.${pid}.ctl`);
  const named = join(runFolderOf(places), "ovs-vswitchd.ctl");
  return !existsSync(usual) && existsSync(named) ? named : usual;
}
