import { type Static, Type } from "typebox";
import { AgentSection } from "./agent-schema.ts";
import { ControlPlaneSections } from "./control-plane-schema.ts";
import { ScrapeSections, SnmpSections } from "./pull-schema.ts";
import { CLUSTER_NAME, closed, number, optionalText, secretFile, section, text } from "./schema-words.ts";

const tokenHash = Type.String({
  description: "SHA-256 of the token in hexadecimal, as `nephoscope token` prints it",
  pattern: "^[0-9a-f]{64}$",
});
const language = Type.Union([Type.Literal("en"), Type.Literal("zh")], {
  description: "language of messages to people",
  default: "zh",
});

const DAYS = { minimum: 0.1, maximum: 36_500 };

const Person = Type.Object(
  {
    name: text("who it is, as the operations log will say"),
    role: Type.Union([Type.Literal("viewer"), Type.Literal("operator"), Type.Literal("admin")]),
    token_sha256: tokenHash,
  },
  closed,
);

const AgentAccess = Type.Object(
  {
    name: text("what the token is called in the log"),
    hosts: Type.Array(text("host name, or a pattern with *"), { minItems: 1 }),
    token_sha256: tokenHash,
  },
  closed,
);

const Postgres = Type.Object(
  {
    url: optionalText("postgresql://user@host:port/database, instead of the four keys below"),
    host: optionalText("name or address of the server, or the folder of its Unix socket"),
    port: Type.Optional(number("TCP port; 5432 when left out", { minimum: 1, maximum: 65_535 })),
    database: optionalText("database, of this collector alone; nephoscope when left out"),
    user: optionalText("who owns the database; nephoscope when left out"),
    password: optionalText("password of the user"),
    password_file: secretFile,
    tls: Type.Optional(
      Type.Union([Type.Literal("off"), Type.Literal("verify")], {
        description: "verify the server's certificate; when left out: off on this machine, verify beyond it",
      }),
    ),
    ca_file: optionalText("PEM file with the authority of the server's certificate, when it is a private one"),
  },
  closed,
);

/** The whole configuration file. Every key ending in `_file` names a file that holds the value of the key before it. */
export const ConfigSchema = Type.Object(
  {
    cluster: Type.String({
      description: "name of the cluster this collector records",
      default: "local",
      pattern: CLUSTER_NAME,
    }),
    clusters: Type.Array(Type.String({ pattern: CLUSTER_NAME }), {
      description: "further clusters whose agents report here, naming them",
      default: [],
      maxItems: 200,
      uniqueItems: true,
    }),
    host: optionalText("name of this host; the machine's host name when left out"),
    data: text("folder that everything is kept in", "./data"),
    listen: section({
      address: text("address to listen on", "127.0.0.1"),
      port: number("TCP port", { default: 8642, minimum: 0, maximum: 65_535 }),
      public_url: optionalText("address people open the page at, for links in messages"),
      tls_cert_file: optionalText("PEM file with the certificate chain"),
      tls_key_file: optionalText("PEM file with the private key"),
      plain_http: Type.Boolean({ description: "listen beyond this machine without TLS", default: false }),
    }),
    access: section({
      people: Type.Array(Person, { description: "tokens of people", default: [] }),
      agents: Type.Array(AgentAccess, { description: "tokens of agents", default: [] }),
    }),
    agent: AgentSection,
    mesh: section({
      enabled: Type.Boolean({ description: "have agents probe one another", default: true }),
      interval_seconds: number("between two packets of a host to one peer", { default: 1, minimum: 0.2, maximum: 60 }),
      peers: number("peers of one host at most", { default: 10, minimum: 2, maximum: 20 }),
    }),
    metrics: section({
      retention_hours: number("how long the embedded store keeps samples", {
        default: 168,
        minimum: 1,
        maximum: 87_600,
      }),
      rollup_1m_days: number(
        "how long it keeps one sample a minute; 0: not at all. With a long store no more are made",
        {
          default: 30,
          minimum: 0,
          maximum: 3_650,
        },
      ),
      rollup_1h_days: number(
        "how long it keeps one sample an hour; 0: not at all. With a long store no more are made",
        {
          default: 400,
          minimum: 0,
          maximum: 36_500,
        },
      ),
      spool_megabytes: number("most that waits on disk for a store that is down", {
        default: 1_024,
        minimum: 16,
        maximum: 1_048_576,
      }),
      max_series: number("most series the embedded store takes", {
        default: 1_000_000,
        minimum: 1_000,
        maximum: 50_000_000,
      }),
      max_series_per_host: number("most series the embedded store takes of one host of a cluster", {
        default: 20_000,
        minimum: 100,
        maximum: 50_000_000,
      }),
      max_series_per_measurement: Type.Optional(
        number("most series the embedded store takes of one measurement of a cluster; no limit when left out", {
          minimum: 100,
          maximum: 50_000_000,
        }),
      ),
      max_series_per_cluster: Type.Optional(
        number("most series the embedded store takes of one cluster; no limit when left out", {
          minimum: 100,
          maximum: 50_000_000,
        }),
      ),
      memory_megabytes: number("memory of the embedded metric store", { default: 256, minimum: 64, maximum: 65_536 }),
      recent_megabytes: number(
        "most memory for the samples of the present hour, which are in it besides being on the disk; when it is nearly used up, the older ones are read from there",
        { default: 320, minimum: 64, maximum: 1_900 },
      ),
    }),
    control_plane: ControlPlaneSections,
    scrape: ScrapeSections,
    snmp: SnmpSections,
    topology: section({
      silent_after_seconds: number("an agent away for longer is silent, and what it told is unknown", {
        default: 30,
        minimum: 1,
        maximum: 3_600,
      }),
      memory_megabytes: number("memory of the topology store", { default: 256, minimum: 64, maximum: 65_536 }),
      store: Type.Union([Type.Literal("embedded"), Type.Literal("postgres")], {
        description: "where the topology and its history are kept: in the data folder, or in PostgreSQL",
        default: "embedded",
      }),
      postgres: Type.Optional(Postgres),
      retention_days: Type.Optional(
        number("days of history kept besides snapshots; everything is kept when left out", {
          minimum: 0.01,
          maximum: 36_500,
        }),
      ),
      snapshots: section({
        cron: Type.String({
          description: "when a named snapshot is taken, as cron says it in this machine's time zone, or off",
          default: "0 3 * * *",
          pattern: "^(off|\\S+( +\\S+){4,5})$",
        }),
        keep: number("nightly snapshots kept; those people made are always kept", {
          default: 14,
          minimum: 1,
          maximum: 5_000,
        }),
        prefix: Type.String({
          description: "nightly snapshots are called <prefix>-2026-01-31-0300, the newest of them last-night as well",
          default: "nightly",
          pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,60}$",
        }),
      }),
    }),
    influxdb: Type.Optional(
      Type.Object(
        {
          url: text("http://host:8086"),
          version: Type.Union([Type.Literal("1"), Type.Literal("2")], { description: "1 (1.x) or 2 (2.x and 3)" }),
          database: optionalText(
            "version 1: database; version 2: what InfluxQL calls the bucket, its own name when left out",
          ),
          retention_policy: optionalText(
            "retention policy samples are read from, and with version 1 written to; the default one when left out",
          ),
          retention: Type.Optional(
            Type.Object(
              {
                raw_days: number("days samples are kept", DAYS),
                minute_days: Type.Optional(number("days the mean and last value of each minute are kept", DAYS)),
                hour_days: Type.Optional(number("days the mean and last value of each hour are kept", DAYS)),
              },
              {
                ...closed,
                description: "version 1: policies and continuous queries to be made under retention_policy",
              },
            ),
          ),
          org: optionalText("version 2: organisation"),
          bucket: optionalText("version 2: bucket"),
          token: optionalText("version 2: API token"),
          token_file: secretFile,
          username: optionalText("version 1: user"),
          password: optionalText("version 1: password"),
          password_file: secretFile,
        },
        closed,
      ),
    ),
    victoria_metrics: Type.Optional(
      Type.Object(
        {
          url: text("http://host:8428 of a single node; of a cluster, its vminsert: http://host:8480"),
          select_url: optionalText("the cluster's vmselect: http://host:8481; url when left out"),
          tenant: optionalText("the cluster's tenant, as 0 or 3:7; a single node has none"),
          token: optionalText("bearer token, as vmauth asks for"),
          token_file: secretFile,
          username: optionalText("user"),
          password: optionalText("password"),
          password_file: secretFile,
        },
        closed,
      ),
    ),
    alerts: section({
      rules: optionalText("rule file; the rules that come along when left out"),
      interval_seconds: number("time between evaluations of a group that names none", {
        default: 10,
        minimum: 1,
        maximum: 3_600,
      }),
    }),
    feishu: Type.Optional(
      Type.Object(
        {
          webhook: optionalText("address of the group's custom bot"),
          webhook_file: secretFile,
          secret: optionalText("signing secret of the bot"),
          secret_file: secretFile,
          language,
        },
        closed,
      ),
    ),
    log: section({
      level: Type.Union([Type.Literal("debug"), Type.Literal("info"), Type.Literal("warn"), Type.Literal("error")], {
        default: "info",
      }),
      stream_megabytes: number(
        "size at which a file of a stream (tracing, analysis, behaviour, operations) is set aside",
        {
          default: 16,
          minimum: 1,
          maximum: 4_096,
        },
      ),
      stream_files: number("files kept of one stream", { default: 8, minimum: 2, maximum: 1_000 }),
      trace_share: number(
        "share of ordinary requests whose spans are kept, from 0 to 1; others when they say something",
        {
          default: 0,
          minimum: 0,
          maximum: 1,
        },
      ),
    }),
  },
  closed,
);

export type Config = Static<typeof ConfigSchema>;
