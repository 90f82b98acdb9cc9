import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { loadConfig } from "../../cli/config/load.ts";
import { INFINITY } from "../../grafana/node-graph.ts";

const ROOT = join(import.meta.dirname, "../..");
const FOLDER = join(ROOT, "deploy/compose");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

interface Service {
  readonly image?: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly environment: Readonly<Record<string, string>>;
  readonly volumes: readonly string[];
  readonly ports?: readonly string[];
  readonly depends_on?: readonly string[];
}

const compose: {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
} = parse(read("deploy/compose/compose.yaml"));
const services = Object.entries(compose.services);
const service = (name: string): Service => {
  const found = compose.services[name];
  if (found === undefined) throw new Error(`no service ${name}`);
  return found;
};

/** `NAME=value` lines, as compose reads them. */
const example = Object.fromEntries(
  [...read("deploy/compose/example.env").matchAll(/^([A-Z0-9_]+)=(.*)$/gm)].map(([, name, value]) => [name, value]),
);
const names = (text: string): readonly string[] =>
  [...text.matchAll(/\$\{([A-Z0-9_]+)/g)].map(([, name]) => name ?? "");

/** What a service finds in its environment when example.env is used as it is. */
function environmentOf(name: string): Record<string, string> {
  const filled = (text: string) => text.replace(/\$\{([A-Z0-9_]+)[^}]*\}/g, (_, key: string) => example[key] ?? "");
  return Object.fromEntries(Object.entries(service(name).environment).map(([key, value]) => [key, filled(value)]));
}

describe("the compose file", () => {
  test("asks for no variable that example.env does not name, and example.env has none that nobody asks for", () => {
    const asked = new Set(names(read("deploy/compose/compose.yaml")));
    expect([...asked].toSorted()).toEqual(Object.keys(example).toSorted());
  });

  test.each(services)(
    "%s: mounts files and folders that exist, and volumes that are declared",
    (_, { volumes, build }) => {
      for (const volume of volumes) {
        const [from = ""] = volume.split(":");
        if (from.startsWith(".")) expect(existsSync(join(FOLDER, from)), from).toBe(true);
        else expect(Object.keys(compose.volumes)).toContain(from);
      }
      if (build !== undefined) expect(existsSync(join(FOLDER, build.context, build.dockerfile))).toBe(true);
    },
  );

  test.each(services)(
    "%s: is reached from this machine only, names one version and waits for services there are",
    (_, it) => {
      for (const port of it.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/);
      if (it.image !== undefined) expect(it.image).toMatch(/:\d+\.\d+\.\d+$/);
      for (const name of it.depends_on ?? []) expect(Object.keys(compose.services)).toContain(name);
    },
  );

  test("Nephoscope starts with the configuration that is mounted, in the environment given", () => {
    const env = environmentOf("nephoscope");
    expect(env.NEPHOSCOPE_CONFIG).toBe("/etc/nephoscope/nephoscope.yaml");
    const config = loadConfig({ file: join(FOLDER, "nephoscope.yaml"), env, flags: [] });
    expect(config.listen).toMatchObject({ port: 8642, public_url: example.PUBLIC_URL });
    expect(service("nephoscope").volumes).toContain(`nephoscope:${config.data}`);
    const influx = environmentOf("influxdb");
    expect(config.influxdb).toMatchObject({
      url: environmentOf("grafana").INFLUXDB_URL,
      database: influx.INFLUXDB_DB,
      username: influx.INFLUXDB_USER,
      password: influx.INFLUXDB_USER_PASSWORD,
    });
  });

  test("Grafana has every variable its data sources take, the plugin they need, and InfluxDB's own words", () => {
    const env = environmentOf("grafana");
    const text = read("grafana/provisioning/datasources/nephoscope.yaml").replace(/^\s*#.*$/gm, "");
    expect(names(text).filter((name) => !(name in env))).toEqual([]);
    expect(env.GF_PLUGINS_PREINSTALL_SYNC).toBe(INFINITY);
    const influx = environmentOf("influxdb");
    expect([env.INFLUXDB_DATABASE, env.INFLUXDB_USER, env.INFLUXDB_PASSWORD]).toEqual([
      ...[influx.INFLUXDB_DB, influx.INFLUXDB_USER, influx.INFLUXDB_USER_PASSWORD],
    ]);
    const [, port] = /:(\d+)$/.exec(env.NEPHOSCOPE_URL ?? "") ?? [];
    expect(service("nephoscope").ports).toContain(`127.0.0.1:${port}:${port}`);
  });

  test("Grafana finds the dashboards where its provider looks", () => {
    const { providers } = parse(read("grafana/provisioning/dashboards/nephoscope.yaml"));
    const mounted = service("grafana").volumes.map((volume) => volume.split(":"));
    expect(mounted).toContainEqual(["../../grafana/generated", providers[0].options.path, "ro"]);
  });
});
