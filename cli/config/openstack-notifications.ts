import type { OpenStackNotifications } from "./openstack-notifications-schema.ts";
import type { ConfigProblem } from "./problem.ts";

/** What is well-formed in `notifications` of a cloud and still cannot work. */
export function checkNotifications(section: OpenStackNotifications, path: string): readonly ConfigProblem[] {
  const { brokers, password, password_file, ca_file, queue, topics } = section;
  const problems: ConfigProblem[] = brokers.flatMap((broker, place) => {
    const message = brokerProblem(broker);
    return message === undefined ? [] : [{ path: `${path}.brokers.${place}`, message }];
  });
  const problem = (key: string, message: string) => problems.push({ path: `${path}.${key}`, message });
  const schemes = new Set(brokers.map((broker) => broker.split(":")[0]));
  if (problems.length === 0 && schemes.size > 1) {
    problem("brokers", "are some amqp and some amqps: whoever fails one would be asked without TLS by another");
  }
  if (ca_file !== undefined && !schemes.has("amqps")) problem("ca_file", "is of no use without TLS: write amqps://");
  if (password === undefined && password_file === undefined) problem("password_file", "is required with user");
  if (password !== undefined && password_file !== undefined) {
    problem("password", "give either password or password_file, not both");
  }
  for (const [place, topic] of topics.entries()) {
    if (/\.(?:audit|debug|info|warn|error|critical|sample|\*|#)$/.test(topic)) {
      problem(`topics.${place}`, "has a priority at its end: give the topic alone, as notifications");
    }
    if (topic === queue || `${topic}.info` === queue) {
      problem("queue", "is the services' own: who takes a message there takes it from another; give one that is ours");
    }
  }
  return problems;
}

function brokerProblem(broker: string): string | undefined {
  const url = URL.parse(broker);
  if (url === null || !/^amqps?:$/.test(url.protocol) || url.hostname === "") {
    return "is no broker: write it as amqps://broker.example:5671, or amqp://broker.example:5672";
  }
  if (url.username !== "" || url.password !== "") return "has a user in it: give user and password_file instead";
  if (url.pathname !== "" && url.pathname !== "/") return "has a path: give the virtual host as vhost instead";
  if (url.search !== "" || url.hash !== "") return "has options in it, which are not read: leave them out";
  return undefined;
}

/** Two collectors of one queue, or two clouds, would each hear half. */
export function checkQueues(
  clouds: readonly { readonly notifications?: OpenStackNotifications | undefined }[],
): readonly ConfigProblem[] {
  const seen = new Map<string, number>();
  return clouds.flatMap(({ notifications }, place) => {
    if (notifications?.queue === undefined) return [];
    const { brokers, vhost, queue } = notifications;
    const keys = brokers.map((broker) => JSON.stringify([broker, vhost, queue]));
    const first = keys.map((key) => seen.get(key)).find((other) => other !== undefined);
    for (const key of keys) if (!seen.has(key)) seen.set(key, place);
    if (first === undefined) return [];
    const message = `is that of openstack.${first}: each would hear half; leave it out, or give each its own`;
    return [{ path: `openstack.${place}.notifications.queue`, message }];
  });
}
