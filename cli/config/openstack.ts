import { checkNotifications, checkQueues } from "./openstack-notifications.ts";
import type { OpenStackSection } from "./openstack-schema.ts";
import type { ConfigProblem } from "./problem.ts";
import type { Config } from "./schema.ts";

/** What is well-formed in `openstack` and still cannot work. */
export function checkOpenStack({ openstack }: Pick<Config, "openstack">): readonly ConfigProblem[] {
  return [
    ...openstack.flatMap((section, place) => checkCloud(section, `openstack.${place}`)),
    ...openstack.flatMap(({ cluster }, place) => {
      const first = openstack.findIndex((other) => other.cluster === cluster);
      const message = `is that of openstack.${first}: what one cloud has would be removed by the other`;
      return first === place ? [] : [{ path: `openstack.${place}.cluster`, message }];
    }),
    ...checkQueues(openstack),
  ];
}

function checkCloud(section: OpenStackSection, path: string): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const problem = (key: string, message: string) => problems.push({ path: `${path}.${key}`, message });
  if (section.clouds_file !== undefined) checkCloudsFile(section, problem);
  else {
    if (section.cloud !== undefined) problem("cloud", "is a name in clouds_file: give that as well");
    checkAuthUrl(section.auth_url, problem);
    checkCredentials(section, problem);
  }
  if (section.poll_interval_seconds > section.full_interval_seconds) {
    problem("poll_interval_seconds", `is longer than full_interval_seconds, ${section.full_interval_seconds}`);
  }
  if (section.request_timeout_seconds > section.round_timeout_seconds) {
    problem("request_timeout_seconds", `is longer than round_timeout_seconds, ${section.round_timeout_seconds}`);
  }
  if (section.notifications === undefined) return problems;
  return [...problems, ...checkNotifications(section.notifications, `${path}.notifications`)];
}

type Problem = (key: string, message: string) => void;

/** What is in the file is read later: it may be another one by then. */
function checkCloudsFile(section: OpenStackSection, problem: Problem): void {
  if (section.cloud === undefined) problem("cloud", "is required with clouds_file: the name below `clouds:`");
  for (const key of IN_CLOUDS_FILE)
    if (section[key] !== undefined) problem(key, "is in clouds_file: leave it out here");
}

const IN_CLOUDS_FILE = [
  ...(["auth_url", "user", "project", "password", "password_file", "application_credential_id"] as const),
  ...(["application_credential_secret", "application_credential_secret_file"] as const),
];

function checkAuthUrl(authUrl: string | undefined, problem: Problem): void {
  if (authUrl === undefined) {
    problem("auth_url", "is required, with credentials; or clouds_file and cloud");
    return;
  }
  const url = URL.parse(authUrl);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    problem("auth_url", "is no address: write it as https://keystone.example:5000/v3");
  } else if (url.username !== "" || url.password !== "") {
    problem("auth_url", "has a password in it: give user and password_file instead");
  }
  if (/\/v2\.0\/?$/.test(authUrl)) problem("auth_url", "is that of version 2 of Keystone; version 3 is asked");
}

function checkCredentials(section: OpenStackSection, problem: Problem): void {
  const { user, project, application_credential_id: credential } = section;
  const given = (name: "password" | "application_credential_secret"): boolean => {
    const [text, file] = [section[name], section[`${name}_file`]];
    if (text !== undefined && file !== undefined) problem(name, `give either ${name} or ${name}_file, not both`);
    return text !== undefined || file !== undefined;
  };
  const [hasPassword, hasSecret] = [given("password"), given("application_credential_secret")];
  if (credential !== undefined) {
    if (!hasSecret) {
      problem("application_credential_secret_file", "is required with application_credential_id");
    }
    if (user !== undefined || hasPassword)
      problem("user", "is not needed with application_credential_id: leave it out");
    return;
  }
  if (hasSecret) problem("application_credential_id", "is required with its secret");
  if (user === undefined) {
    problem("user", "is required, with project and password_file; or application_credential_id with its secret");
    return;
  }
  if (!hasPassword) problem("password_file", "is required with user");
  if (project === undefined) problem("project", "is required with user: a token without a project has no catalogue");
}
