import type { EpochMs } from "../../core/clock.ts";
import type { Point } from "../../core/line-protocol.ts";
import { intOf } from "./number-text.ts";

/** TCP and UDP of the host's own network namespace, from /proc/net/snmp and /proc/net/netstat. */
export function netstatPoint(snmp: string, netstat: string, at: EpochMs): Point {
  const values = new Map([...protocolRows(snmp), ...protocolRows(netstat)]);
  return {
    measurement: "netstat",
    tags: {},
    fields: {
      tcp_established: intOf(values.get("Tcp.CurrEstab")),
      tcp_active_opens: intOf(values.get("Tcp.ActiveOpens")),
      tcp_passive_opens: intOf(values.get("Tcp.PassiveOpens")),
      tcp_retransmitted_segments: intOf(values.get("Tcp.RetransSegs")),
      tcp_listen_drops: intOf(values.get("TcpExt.ListenDrops")),
      udp_receive_errors: intOf(values.get("Udp.InErrors")),
      udp_receive_buffer_errors: intOf(values.get("Udp.RcvbufErrors")),
    },
    at,
  };
}

/** Pairs of lines `Tcp: names…`, `Tcp: values…`; which columns there are depends on the kernel. */
function* protocolRows(text: string): Generator<[string, string]> {
  const lines = text.split("\n");
  for (let i = 0; i + 1 < lines.length; i += 2) {
    const [protocol = "", ...names] = (lines[i] ?? "").split(" ");
    const [, ...values] = (lines[i + 1] ?? "").split(" ");
    for (const [index, name] of names.entries()) {
      const value = values[index];
      if (value !== undefined) yield [`${protocol.replace(":", "")}.${name}`, value];
    }
  }
}
