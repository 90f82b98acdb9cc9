import { type Static, Type } from "typebox";
import { access, atMostADay, cluster, globs, labels } from "./pull-schema.ts";
import { closed, number, optionalText, section, text } from "./schema-words.ts";

const ControlPlaneSection = Type.Object(
  {
    kind: Type.Union(
      [
        Type.Literal("rabbitmq"),
        Type.Literal("rabbitmq-management"),
        Type.Literal("mysql"),
        Type.Literal("memcached"),
        Type.Literal("haproxy"),
      ],
      {
        description:
          "what the targets are: rabbitmq by its plugin rabbitmq_prometheus, rabbitmq-management by the management API of versions before 3.8, mysql by mysqld_exporter, memcached by its own protocol, haproxy by its own page for Prometheus",
      },
    ),
    targets: Type.Array(text("host or host:port"), { description: "services, or their exporters", default: [] }),
    files: Type.Array(text("path; its last part may have *"), {
      description: "files with further targets, as in scrape; each target has its port",
      default: [],
    }),
    labels,
    cluster,
    scheme: Type.Union([Type.Literal("http"), Type.Literal("https")], {
      description: "http or https; of no meaning for memcached",
      default: "http",
    }),
    path: optionalText("path of the page, or of the API, where it is not the usual one"),
    interval_seconds: number("time between rounds", { default: 15, ...atMostADay }),
    timeout_seconds: number("longest a round may take", { default: 10, minimum: 0.1, maximum: 3_600 }),
    include: globs("metrics that are kept besides those chosen for the kind"),
    exclude: globs("metrics that are left out"),
    queues: section({
      names: Type.Array(text("queue, or a pattern with * and ?"), {
        description: "queues of RabbitMQ that are told one by one whatever is in them",
        default: [],
      }),
      backlog: number("others are told while so many messages wait in them, or while nobody consumes what waits", {
        default: 10,
        minimum: 1,
        maximum: 1_000_000_000,
      }),
      most: number("most queues told of a target, the fullest", { default: 500, minimum: 0, maximum: 100_000 }),
    }),
    ...access,
  },
  closed,
);

export const ControlPlaneSections = Type.Array(ControlPlaneSection, {
  description: "services that OpenStack itself stands on: message brokers, databases, caches, load balancers",
  default: [],
  maxItems: 1_000,
});
export type ControlPlaneSection = Static<typeof ControlPlaneSection>;
export type ControlPlaneKind = ControlPlaneSection["kind"];
