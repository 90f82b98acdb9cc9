import { Type } from "typebox";
import { FabricSection } from "./fabric-schema.ts";
import { closed, number, optionalText, secretFile, section, text } from "./schema-words.ts";

/** What the agent of this host does, in `nephoscope up` and in `nephoscope agent`. */
export const AgentSection = section({
  enabled: Type.Boolean({ description: "observe this host in `nephoscope up`", default: true }),
  collector_url: text("where `nephoscope agent` reports to", "http://127.0.0.1:8642"),
  token: optionalText("bearer token of this agent"),
  token_file: secretFile,
  ca_file: optionalText("PEM file with the authority of the collector's certificate, when it is a private one"),
  cluster: optionalText("cluster this host belongs to; the collector's own when left out"),
  location: Type.Optional(
    Type.Object(
      {
        region: text("region this machine stands in"),
        zone: text("availability zone"),
        rack: text("rack"),
      },
      closed,
    ),
  ),
  metadata: Type.Record(Type.String({ minLength: 1 }), Type.Unknown(), {
    description: "what people want to know of this host: attributes `metadata.…` of its node",
    default: {},
  }),
  interval_seconds: number("time between samples", { default: 10, minimum: 1, maximum: 300 }),
  top_processes: number("processes reported by CPU use", { default: 10, minimum: 0, maximum: 200 }),
  process_cpu_threshold: number("share of one core above which a process is always reported", {
    default: 0.05,
    minimum: 0,
    maximum: 1,
  }),
  ovs_database_socket: text("socket of ovsdb-server", "/var/run/openvswitch/db.sock"),
  fabric: FabricSection,
  buffer_megabytes: number("metrics kept in memory while the collector is away", {
    default: 16,
    minimum: 1,
    maximum: 1_024,
  }),
});
