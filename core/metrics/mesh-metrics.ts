import { counter, gauge, type MeasurementSpec } from "./metric-spec.ts";

/** Small UDP packets between agents, answered by whoever gets them. Loss is rate(mesh_lost) / rate(mesh_sent). */
export const MESH_METRICS = {
  mesh: {
    source: "UDP packets between agents",
    tags: ["peer", "path", "class"],
    fields: {
      sent: counter("packets", "Packets sent to the peer whose answer has come or is overdue", "已发探测包数"),
      lost: counter("packets", "Packets without an answer within a second", "丢失的探测包数"),
      rtt_s: gauge("seconds", "Round-trip time, mean since the last sample", "平均往返时延"),
      rtt_max_s: gauge("seconds", "Round-trip time, longest since the last sample", "最大往返时延"),
      path_mtu_bytes: gauge("bytes", "Largest packet that gets to the peer and back, headers included", "路径 MTU"),
    },
  },
} as const satisfies { readonly [measurement: string]: MeasurementSpec };
