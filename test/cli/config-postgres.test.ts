import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { loadConfig } from "../../cli/config/load.ts";
import { postgresOf } from "../../cli/config/postgres.ts";
import { OperatorError } from "../../core/errors.ts";
import { temporaryFolder } from "../collector/fixtures/temporary-folder.ts";

const SECRET = "hush-hush";
let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
  writeFileSync(join(folder, "password"), `${SECRET}\n`);
});

function load(topology: string, env: NodeJS.ProcessEnv = {}) {
  const file = join(folder, "nephoscope.yaml");
  writeFileSync(file, `topology: ${topology.replace("FOLDER", folder)}`);
  return loadConfig({ file, env, flags: [] });
}

function problemsOf(topology: string): string {
  try {
    load(topology);
  } catch (error) {
    if (error instanceof OperatorError) return `${error.message}\n${error.hint}`;
    throw error;
  }
  throw new Error("was accepted");
}

const postgres = (section: string) => `{ store: postgres, postgres: ${section} }`;
const local = { host: "127.0.0.1", port: 5432, database: "nephoscope", user: "nephoscope" };

describe("where the topology is kept", () => {
  test("in the data folder, unless PostgreSQL is asked for", () => {
    expect(postgresOf(load("{}"))).toBeUndefined();
  });

  test.each<[what: string, section: string, expected: object]>([
    ["keys, with what they leave out", "{ host: 127.0.0.1 }", { ...local, tls: { kind: "off" } }],
    ["a Unix socket", "{ host: /run/postgresql }", { ...local, host: "/run/postgresql", tls: { kind: "off" } }],
    [
      "a password in a file",
      "{ host: 127.0.0.1, port: 6000, database: d, user: u, password_file: FOLDER/password }",
      { host: "127.0.0.1", port: 6000, database: "d", user: "u", password: SECRET, tls: { kind: "off" } },
    ],
    [
      "an address with everything",
      '{ url: "postgresql://an%40u:p%2Fw@[fd00::5]:6000/d" }',
      { host: "fd00::5", port: 6000, database: "d", user: "an@u", password: "p/w", tls: { kind: "verify" } },
    ],
    ["a short address", '{ url: "postgres://localhost" }', { ...local, host: "localhost", tls: { kind: "off" } }],
    [
      "another machine: encrypted and verified",
      "{ host: db.example, ca_file: /ca.pem }",
      { ...local, host: "db.example", tls: { kind: "verify", caFile: "/ca.pem" } },
    ],
    [
      "another machine, as it is said",
      "{ host: db.example, tls: off }",
      { ...local, host: "db.example", tls: { kind: "off" } },
    ],
    ["this machine, verified", "{ host: 127.0.0.1, tls: verify }", { ...local, tls: { kind: "verify" } }],
  ])("%s", (_, section, expected) => {
    expect(postgresOf(load(postgres(section)))).toEqual(expected);
  });

  test("every key may come from the environment", () => {
    const env = { NEPHOSCOPE_TOPOLOGY_STORE: "postgres", NEPHOSCOPE_TOPOLOGY_POSTGRES_HOST: "127.0.0.1" };
    expect(postgresOf(load("{}", env))).toMatchObject(local);
  });
});

describe("every problem is named by its path", () => {
  test.each([
    ["{ store: postgres }", ["topology.postgres: is required"]],
    ["{ postgres: { host: h } }", ["topology.postgres: is not used"]],
    ["{ store: oracle }", ['topology.store (nephoscope.yaml:1:20): must be "embedded" or "postgres"']],
    [postgres("{}"), ["topology.postgres.host: is required"]],
    [postgres("{ host: h, port: 0, colour: red }"), ["topology.postgres.port", "topology.postgres.colour"]],
    [
      postgres('{ url: "postgres://h", host: h, user: u }'),
      ["topology.postgres.host: give it either", "topology.postgres.user: give it either"],
    ],
    [postgres('{ url: "http://h" }'), ["topology.postgres.url: is not an address"]],
    [postgres('{ url: "postgres:///d" }'), ["topology.postgres.url: is not an address"]],
    [postgres('{ url: "postgres://h/a/b" }'), ["topology.postgres.url: names more"]],
    [postgres('{ url: "postgres://h/%zz" }'), ["topology.postgres.url: has a %"]],
    [
      postgres('{ url: "postgres://h?sslmode=require" }'),
      ["topology.postgres.url: has the parameter sslmode: set topology.postgres.tls"],
    ],
    [postgres("{ host: h, tls: off, ca_file: f }"), ["topology.postgres.ca_file: is of no use"]],
    [postgres("{ host: h, password_file: /nonexistent }"), ["topology.postgres.password_file", "cannot read it"]],
    [
      postgres('{ url: "postgres://u:p@h", password_file: FOLDER/password }'),
      ["topology.postgres.url: has a password, and there is another"],
    ],
  ])("%s", (topology, expected) => {
    const problems = problemsOf(topology).replaceAll(`${folder}/`, "");
    for (const problem of expected) expect(problems).toContain(problem);
  });

  test.each([
    postgres(`{ url: "http://u:${SECRET}@h" }`),
    postgres(`{ url: "postgres://u:${SECRET}@h/a/b?x=1" }`),
    postgres(`{ url: "postgres://u:${SECRET}%zz@h" }`),
    postgres(`{ url: "postgres://u:${SECRET}@h", password: ${SECRET} }`),
    postgres(`{ password: ${SECRET}, port: -1 }`),
    postgres(`{ host: h, password: { is: ${SECRET} } }`),
  ])("and none tells the password: %s", (topology) => {
    expect(problemsOf(topology)).not.toContain(SECRET);
  });
});
