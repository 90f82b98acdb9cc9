import { LABEL_NAME } from "../../collector/pull/scrape/target.ts";
import { switchAddress } from "../../collector/pull/snmp/snmp-target.ts";
import type { ControlPlaneSection } from "./control-plane-schema.ts";
import type { ConfigProblem } from "./problem.ts";
import type { ScrapeSection, SnmpSection } from "./pull-schema.ts";
import type { Config } from "./schema.ts";

type Pulled = Pick<Config, "scrape" | "snmp" | "control_plane">;

/** What is well-formed in `scrape`, `snmp` and `control_plane` and still cannot work. */
export function checkPull({ scrape, snmp, control_plane }: Pulled): readonly ConfigProblem[] {
  return [
    ...control_plane.flatMap((section, place) => checkControlPlane(section, `control_plane.${place}`)),
    ...scrape.flatMap((section, place) => checkScrape(section, `scrape.${place}`)),
    ...snmp.flatMap((section, place) => checkSnmp(section, `snmp.${place}`)),
    ...checkTwice(control_plane),
    ...checkJobs([...scrape, ...snmp].map(({ job }) => job)),
  ];
}

/** Series of two jobs of one name could not be told apart. */
function checkJobs(jobs: readonly string[]): readonly ConfigProblem[] {
  const twice = new Set(jobs.filter((job, place) => jobs.indexOf(job) !== place));
  return [...twice].map((job) => ({ path: "scrape", message: `there are two jobs called ${job}, with those of snmp` }));
}

function checkScrape(section: ScrapeSection, path: string): readonly ConfigProblem[] {
  return [...checkAsking(section, path), ...checkPath(section.path, path)];
}

function checkControlPlane(section: ControlPlaneSection, path: string): readonly ConfigProblem[] {
  const problems = [...checkAsking(section, path), ...checkPath(section.path, path)];
  const { kind, basic_auth, bearer_token, bearer_token_file } = section;
  const isAsWho = (basic_auth ?? bearer_token ?? bearer_token_file) !== undefined;
  if (kind === "memcached" && isAsWho)
    problems.push({ path: `${path}.basic_auth`, message: "memcached is asked without a user" });
  const isBroker = kind === "rabbitmq" || kind === "rabbitmq-management";
  if (!isBroker && section.queues.names.length > 0)
    problems.push({ path: `${path}.queues`, message: "is of RabbitMQ" });
  if (kind === "rabbitmq-management" && basic_auth === undefined)
    problems.push({ path: `${path}.basic_auth`, message: "is required: a user of RabbitMQ with the tag monitoring" });
  return problems;
}

/** Series of one target asked twice could not be told apart. */
function checkTwice(sections: readonly ControlPlaneSection[]): readonly ConfigProblem[] {
  const seen = new Set<string>();
  return sections.flatMap(({ kind, cluster, targets }, place) =>
    targets.flatMap((target) => {
      const key = JSON.stringify([kind, cluster, target]);
      if (seen.has(key)) return [{ path: `control_plane.${place}.targets`, message: `${target} is there twice` }];
      seen.add(key);
      return [];
    }),
  );
}

function checkPath(pagePath: string | undefined, path: string): readonly ConfigProblem[] {
  if (pagePath?.startsWith("/") ?? true) return [];
  return [{ path: `${path}.path`, message: "must begin with /" }];
}

/** What pages of all kinds have in common. */
function checkAsking(section: ScrapeSection | ControlPlaneSection, path: string): readonly ConfigProblem[] {
  const { targets, files, basic_auth, bearer_token, bearer_token_file, tls } = section;
  const problems = [...checkLabels(section.labels, path), ...checkTimes(section, path)];
  const problem = (key: string, message: string) => problems.push({ path: `${path}.${key}`, message });
  if (targets.length + files.length === 0) problem("targets", "is empty, and there are no files either");
  targets.forEach((target, place) => {
    if (!isAddress(target))
      problem(`targets.${place}`, "is not of the form host:port; scheme and path are keys of the job");
  });
  if (basic_auth !== undefined && (basic_auth.password === undefined) === (basic_auth.password_file === undefined)) {
    problem("basic_auth", "needs password or password_file, and not both");
  }
  const tokens = [bearer_token, bearer_token_file].filter((token) => token !== undefined).length;
  if (tokens + (basic_auth === undefined ? 0 : 1) > 1) {
    problem("bearer_token", "give one of basic_auth, bearer_token and bearer_token_file");
  }
  if ((tls.cert_file === undefined) !== (tls.key_file === undefined))
    problem("tls", "cert_file and key_file go together");
  return problems;
}

function isAddress(target: string): boolean {
  const url = URL.parse(`http://${target}/`);
  return url !== null && url.hostname !== "" && !/[/?#@]/.test(target);
}

function checkSnmp(section: SnmpSection, path: string): readonly ConfigProblem[] {
  const problems = [...checkLabels(section.labels, path), ...checkTimes(section, path)];
  const problem = (key: string, message: string) => problems.push({ path: `${path}.${key}`, message });
  section.targets.forEach((target, place) => {
    if (switchAddress(target) === undefined) problem(`targets.${place}`, "is not of the form host or host:port");
  });
  const given = (name: "community" | "auth_password" | "privacy_password"): boolean => {
    const [text, file] = [section[name], section[`${name}_file`]];
    if (text !== undefined && file !== undefined) problem(name, `give either ${name} or ${name}_file, not both`);
    return text !== undefined || file !== undefined;
  };
  const [hasCommunity, hasAuth, hasPrivacy] = [given("community"), given("auth_password"), given("privacy_password")];
  if (section.version === "2c") {
    if (!hasCommunity) problem("community", "is required for version 2c, or community_file");
    if (section.user !== undefined || hasAuth || hasPrivacy) problem("version", "2c has no user: set version to 3");
    return problems;
  }
  if (hasCommunity) problem("community", "is of version 2c");
  if (section.user === undefined) problem("user", "is required for version 3");
  if (hasPrivacy && !hasAuth) problem("auth_password", "is required with privacy_password");
  return problems;
}

function checkLabels(labels: Readonly<Record<string, string>>, path: string): readonly ConfigProblem[] {
  return Object.keys(labels)
    .filter((name) => !LABEL_NAME.test(name) || name.startsWith("__"))
    .map((name) => ({ path: `${path}.labels.${name}`, message: "is no name of a label" }));
}

function checkTimes(
  { interval_seconds, timeout_seconds }: Pick<ScrapeSection, "interval_seconds" | "timeout_seconds">,
  path: string,
): readonly ConfigProblem[] {
  if (timeout_seconds <= interval_seconds) return [];
  return [{ path: `${path}.timeout_seconds`, message: `is longer than interval_seconds, ${interval_seconds}` }];
}
