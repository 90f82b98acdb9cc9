import { type Static, Type } from "typebox";
import { CLUSTER_NAME, closed, number, optionalText, text } from "./schema-words.ts";

export const cluster = Type.Optional(
  Type.String({
    description: "label `cluster` of the series; the collector's own when left out",
    pattern: CLUSTER_NAME,
  }),
);
export const labels = Type.Record(Type.String({ minLength: 1 }), Type.String(), {
  description: "further labels of the targets",
  default: {},
});
export const atMostADay = { minimum: 1, maximum: 86_400 };
const secretFile = (what: string) => optionalText(`file that holds ${what}, read each time it is needed`);

export const globs = (description: string) =>
  Type.Array(text("metric name, or a pattern with * and ?"), { description, default: [] });

/** Who asks for pages. */
export const access = {
  basic_auth: Type.Optional(
    Type.Object(
      {
        username: text("user"),
        password: optionalText("password of the user"),
        password_file: secretFile("it"),
      },
      closed,
    ),
  ),
  bearer_token: optionalText("token sent with each scrape"),
  bearer_token_file: secretFile("it"),
  tls: Type.Object(
    {
      ca_file: optionalText("PEM file with the authority of the exporters' certificates, when it is a private one"),
      cert_file: optionalText("PEM file with the certificate shown to the exporters"),
      key_file: optionalText("PEM file with its private key"),
      server_name: optionalText("name the exporters' certificates have, when it is not their address"),
      unverified: Type.Boolean({
        description: "take any certificate: whoever is between can read all",
        default: false,
      }),
    },
    { ...closed, default: {} },
  ),
};

const ScrapeSection = Type.Object(
  {
    job: text("label `job` of the series"),
    targets: Type.Array(text("host:port"), { description: "exporters", default: [] }),
    files: Type.Array(text("path; its last part may have *"), {
      description:
        "files with further exporters, as Prometheus' file_sd_configs have them; changes are seen within seconds",
      default: [],
    }),
    labels,
    cluster,
    scheme: Type.Union([Type.Literal("http"), Type.Literal("https")], {
      description: "http or https",
      default: "http",
    }),
    path: text("path of the page", "/metrics"),
    params: Type.Record(Type.String({ minLength: 1 }), Type.String(), {
      description: "query of the page",
      default: {},
    }),
    interval_seconds: number("time between scrapes", { default: 15, ...atMostADay }),
    timeout_seconds: number("longest a scrape may take", { default: 10, minimum: 0.1, maximum: 3_600 }),
    include: globs("when there are any, only these metrics are kept"),
    exclude: globs("these metrics are left out"),
    honor_labels: Type.Boolean({
      description: "a page's own label wins over the target's, instead of becoming exported_…",
      default: false,
    }),
    honor_timestamps: Type.Boolean({ description: "times on the page are taken", default: true }),
    ...access,
    max_page_megabytes: number("largest page, unpacked", { default: 32, minimum: 0.001, maximum: 1_024 }),
    max_samples: number("most samples of a page that are kept", { default: 200_000, minimum: 1, maximum: 10_000_000 }),
    max_labels: number("most labels of a series, the target's included", { default: 60, minimum: 1, maximum: 64 }),
    max_label_value_characters: number("longest value of a label", { default: 2_048, minimum: 1, maximum: 4_096 }),
    max_targets: number("most targets of the job", { default: 10_000, minimum: 1, maximum: 100_000 }),
  },
  closed,
);

const SnmpSection = Type.Object(
  {
    job: text("label `job` of `up` and what else tells of the asking", "snmp"),
    targets: Type.Array(text("host, or host:port where it is not 161"), { description: "switches", minItems: 1 }),
    labels,
    cluster,
    version: Type.Union([Type.Literal("2c"), Type.Literal("3")], { description: "of SNMP", default: "2c" }),
    community: optionalText("version 2c: community"),
    community_file: secretFile("it"),
    user: optionalText("version 3: user"),
    auth_protocol: Type.Union(
      [
        Type.Literal("md5"),
        Type.Literal("sha"),
        Type.Literal("sha224"),
        Type.Literal("sha256"),
        Type.Literal("sha384"),
        Type.Literal("sha512"),
      ],
      { description: "version 3: how the user proves who it is", default: "sha" },
    ),
    auth_password: optionalText("version 3: password he does it with"),
    auth_password_file: secretFile("it"),
    privacy_protocol: Type.Union(
      [Type.Literal("des"), Type.Literal("aes"), Type.Literal("aes256b"), Type.Literal("aes256r")],
      { description: "version 3: how all is encrypted", default: "aes" },
    ),
    privacy_password: optionalText("version 3: password it is encrypted with"),
    privacy_password_file: secretFile("it"),
    interval_seconds: number("time between rounds", { default: 60, ...atMostADay }),
    timeout_seconds: number("longest a round may take", { default: 30, minimum: 0.1, maximum: 3_600 }),
    request_timeout_seconds: number("wait for one answer", { default: 2, minimum: 0.1, maximum: 60 }),
    retries: number("how often a question is sent again", { default: 2, minimum: 0, maximum: 10 }),
    max_repetitions: number("rows asked for at once", { default: 10, minimum: 1, maximum: 100 }),
  },
  closed,
);

export const ScrapeSections = Type.Array(ScrapeSection, {
  description: "exporters whose pages are read, in Prometheus' text format",
  default: [],
  maxItems: 1_000,
});
export const SnmpSections = Type.Array(SnmpSection, {
  description: "switches whose interfaces are read by SNMP",
  default: [],
  maxItems: 1_000,
});
export type ScrapeSection = Static<typeof ScrapeSection>;
export type SnmpSection = Static<typeof SnmpSection>;
