import { OperatorError } from "../../core/errors.ts";

/** Where InfluxDB is and how to speak to it. `version` "1": `/write?db=`; "2": `/api/v2/write` (1.8, 2.x, 3). */
export interface InfluxConfig {
  readonly url: string;
  readonly version: "1" | "2";
  /** Version 1. */
  readonly database?: string | undefined;
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
  readonly headers: { readonly [name: string]: string };
  /** For people: `database "x" of http://host:8086`. */
  readonly name: string;
  /** How to make the database or bucket when it is missing. */
  readonly creationHint: string;
}

/** Errors: `config.invalid`. */
export function influxTarget(config: InfluxConfig): InfluxTarget {
  const url = bareUrl(config);
  switch (config.version) {
    case "1": {
      const database = required(config.database, "database", "1");
      return {
        url,
        writePath: `/write?db=${encodeURIComponent(database)}&precision=ms`,
        headers: authorization(config),
        name: `database "${database}" of ${url}`,
        creationHint: `create it: curl -XPOST '${url}/query' --data-urlencode 'q=CREATE DATABASE "${database}"'`,
      };
    }
    case "2": {
      const bucket = required(config.bucket, "bucket", "2");
      const org = config.org ?? "";
      return {
        url,
        writePath: `/api/v2/write?org=${encodeURIComponent(org)}&bucket=${encodeURIComponent(bucket)}&precision=ms`,
        headers: authorization(config),
        name: `bucket "${bucket}" of ${url}`,
        creationHint: `create it: influx bucket create --org '${org}' --name '${bucket}'; for InfluxDB 1.x set influxdb.version to "1"`,
      };
    }
  }
}

function bareUrl({ url: text }: InfluxConfig): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw invalid("influxdb.url is not an http or https address", "write it as http://host:8086");
  }
  if (url.username !== "" || url.password !== "") {
    throw invalid("influxdb.url holds a user or a password", "use influxdb.username and influxdb.password instead");
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
}

function required(value: string | undefined, key: string, version: string): string {
  if (value !== undefined && value !== "") return value;
  throw invalid(`influxdb.${key} is missing`, `InfluxDB version "${version}" needs it`);
}

/** Never in the URL, where proxies and logs would keep it. */
function authorization({ token, username, password }: InfluxConfig): { readonly [name: string]: string } {
  if (token !== undefined) return { authorization: `Token ${token}` };
  if (username === undefined) return {};
  return { authorization: `Basic ${Buffer.from(`${username}:${password ?? ""}`).toString("base64")}` };
}

function invalid(message: string, hint: string): OperatorError {
  return new OperatorError({ code: "config.invalid", message, hint });
}
