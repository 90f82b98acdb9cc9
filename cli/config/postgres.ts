import type { PostgresSettings, PostgresTls } from "../../store/postgres/postgres-settings.ts";
import { isLoopback } from "./loopback.ts";
import type { ConfigProblem } from "./problem.ts";
import type { Config } from "./schema.ts";

type Section = NonNullable<Config["topology"]["postgres"]>;
/** What names the database, from the address or from keys of their own. */
type Target = Partial<Pick<PostgresSettings, "host" | "port" | "database" | "user" | "password">>;

const PATH = "topology.postgres";
const EXAMPLE = "postgresql://nephoscope@db.example:5432/nephoscope";
const PARTS = ["host", "port", "database", "user"] as const;

/** The settings of PostgreSQL, or all that is wrong with them. No message repeats the address: a password may be in it. */
export function readPostgres(section: Section): PostgresSettings | readonly ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const target = section.url === undefined ? section : readAddress(section.url, section, problems);
  const { host, port = 5432, database = "nephoscope", user = "nephoscope" } = target;
  if (host === undefined && section.url === undefined) {
    problems.push({ path: `${PATH}.host`, message: "is required, unless url is given" });
  }
  const tls = readTls(section, host, problems);
  if (host === undefined || problems.length > 0) return problems;
  return { host, port, database, user, password: target.password ?? section.password, tls };
}

/** Whether and which PostgreSQL is asked for; undefined for the embedded store. */
export function postgresOf({ topology }: Config): PostgresSettings | readonly ConfigProblem[] | undefined {
  if (topology.store === "embedded") {
    if (topology.postgres === undefined) return undefined;
    return [{ path: PATH, message: "is not used: set topology.store to postgres, or leave it out" }];
  }
  if (topology.postgres !== undefined) return readPostgres(topology.postgres);
  return [{ path: PATH, message: `is required when topology.store is postgres, for example { url: "${EXAMPLE}" }` }];
}

export function isProblems<T>(found: T | readonly ConfigProblem[]): found is readonly ConfigProblem[] {
  return Array.isArray(found);
}

function readAddress(text: string, section: Section, problems: ConfigProblem[]): Target {
  for (const part of PARTS) {
    if (section[part] !== undefined)
      problems.push({ path: `${PATH}.${part}`, message: "give it either here or in url" });
  }
  const wrong = (message: string) => problems.push({ path: `${PATH}.url`, message });
  const url = URL.parse(text);
  if (url === null || !["postgresql:", "postgres:"].includes(url.protocol) || url.hostname === "") {
    wrong(`is not an address of the form ${EXAMPLE}`);
    return {};
  }
  const [user, password, database] = [url.username, url.password, url.pathname.slice(1)].map(decoded);
  if (user === undefined || password === undefined || database === undefined) wrong("has a % that encodes nothing");
  if (database?.includes("/") === true) wrong("names more than a database after its host");
  if (password && section.password !== undefined) wrong("has a password, and there is another one beside it");
  for (const name of url.searchParams.keys()) wrong(`has the parameter ${name}: ${hintFor(name)}`);
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    ...(url.port === "" ? {} : { port: Number(url.port) }),
    ...(database ? { database } : {}),
    ...(user ? { user } : {}),
    ...(password ? { password } : {}),
  };
}

function hintFor(parameter: string): string {
  return parameter.startsWith("ssl")
    ? `set ${PATH}.tls and ${PATH}.ca_file instead`
    : "parameters are not taken from it";
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** What leaves this machine is encrypted unless the operator says otherwise. */
function readTls({ tls, ca_file }: Section, host = "", problems: ConfigProblem[]): PostgresTls {
  const isLocal = host.startsWith("/") || isLoopback(host);
  const kind = tls ?? (isLocal && ca_file === undefined ? "off" : "verify");
  if (kind === "verify") return { kind, caFile: ca_file };
  if (ca_file !== undefined) problems.push({ path: `${PATH}.ca_file`, message: "is of no use with tls: off" });
  return { kind };
}
