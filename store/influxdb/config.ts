import { authorization, bareUrl, invalid } from "../http/endpoint.ts";

/** Where InfluxDB is and how to speak to it. `version` "1": `/write?db=`; "2": `/api/v2/write` (1.8, 2.x, 3). */
export interface InfluxConfig {
  readonly url: string;
  readonly version: "1" | "2";
  /** Version 1: where samples are kept. Version 2: what InfluxQL calls the bucket; the bucket's name when left out. */
  readonly database?: string | undefined;
  /** Where samples are read, and with version 1 written; the database's default when left out. */
  readonly retention_policy?: string | undefined;
  /** Version 1: retention policies and continuous queries that are to be made; none when left out. */
  readonly retention?:
    | { readonly raw_days: number; readonly minute_days?: number | undefined; readonly hour_days?: number | undefined }
    | undefined;
  /** Version 2. */
  readonly org?: string | undefined;
  readonly bucket?: string | undefined;
  readonly token?: string | undefined;
  /** Version 1. */
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

/** An InfluxConfig that can be used: where to write, with which headers, and how to name it without secrets. */
export interface InfluxTarget {
  /** Scheme, host, port and path prefix: no user, no password. */
  readonly url: string;
  readonly writePath: string;
  /** What InfluxQL reads. */
  readonly database: string;
  readonly retentionPolicy: string | undefined;
  readonly headers: { readonly [name: string]: string };
  /** For people: `database "x" of http://host:8086`. */
  readonly name: string;
  /** How to make the database or bucket when it is missing. */
  readonly creationHint: string;
  /** What to do when InfluxQL does not find what was written. */
  readonly readingHint: string;
}

/** Errors: `config.invalid`. */
export function influxTarget(config: InfluxConfig): InfluxTarget {
  const url = bareUrl(config.url, "influxdb.url");
  const common = { url, headers: authorization(config, "Token"), retentionPolicy: config.retention_policy };
  switch (config.version) {
    case "1": {
      const database = required(config.database, "database", "1");
      const policy = config.retention_policy === undefined ? "" : `&rp=${encodeURIComponent(config.retention_policy)}`;
      const creationHint = `create it: curl -XPOST '${url}/query' --data-urlencode 'q=CREATE DATABASE "${database}"'`;
      return {
        ...common,
        database,
        writePath: `/write?db=${encodeURIComponent(database)}${policy}&precision=ms`,
        name: `database "${database}" of ${url}`,
        creationHint,
        readingHint: creationHint,
      };
    }
    case "2": {
      const bucket = required(config.bucket, "bucket", "2");
      const org = config.org ?? "";
      const mapped = { ...common, ...mappingOf(bucket), ...given(config) };
      const policy = mapped.retentionPolicy ?? "autogen";
      return {
        ...mapped,
        writePath: `/api/v2/write?org=${encodeURIComponent(org)}&bucket=${encodeURIComponent(bucket)}&precision=ms`,
        name: `bucket "${bucket}" of ${url}`,
        creationHint: `create it: influx bucket create --org '${org}' --name '${bucket}'; for InfluxDB 1.x set influxdb.version to "1"`,
        readingHint:
          `InfluxQL needs to know the bucket as a database: influx v1 dbrp create --org '${org}' --db '${mapped.database}' ` +
          `--rp '${policy}' --default --bucket-id (from influx bucket list); or set influxdb.database to the one it is mapped to`,
      };
    }
  }
}

/** How InfluxDB 2 maps a bucket that nobody has mapped. */
function mappingOf(bucket: string): { readonly database: string; readonly retentionPolicy: string | undefined } {
  const slash = bucket.indexOf("/");
  if (slash <= 0) return { database: bucket, retentionPolicy: undefined };
  return { database: bucket.slice(0, slash), retentionPolicy: bucket.slice(slash + 1) };
}

function given({ database, retention_policy: retentionPolicy }: InfluxConfig): Partial<ReturnType<typeof mappingOf>> {
  if (database === undefined) return retentionPolicy === undefined ? {} : { retentionPolicy };
  return { database, retentionPolicy };
}

function required(value: string | undefined, key: string, version: string): string {
  if (value !== undefined && value !== "") return value;
  throw invalid(`influxdb.${key} is missing`, `InfluxDB version "${version}" needs it`);
}
