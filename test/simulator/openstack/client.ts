import type { Credentials } from "../../../simulator/openstack/server/credentials.ts";
import type { FakeOpenStack } from "../../fakes/openstack/start.ts";

/** A client as simple as can be: it signs in once and asks what it is told to. */
export interface TestClient {
  readonly token: string;
  readonly url: (type: string) => string;
  get(url: string, headers?: Record<string, string>): Promise<Reply>;
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever JSON came.
  readonly body: any;
}

export async function ask(url: string, init: RequestInit = {}): Promise<Reply> {
  const reply = await fetch(url, init);
  const text = await reply.text();
  let body: unknown = text;
  try {
    body = JSON.parse(text);
  } catch {
    // It is no JSON: the text is what came.
  }
  return { status: reply.status, headers: reply.headers, body };
}

export function passwordBody({ username, password, project }: Credentials, scope?: object): object {
  return {
    auth: {
      identity: {
        methods: ["password"],
        password: { user: { name: username, domain: { id: "default" }, password } },
      },
      scope: scope ?? { project: { name: project, domain: { id: "default" } } },
    },
  };
}

export function signIn(authUrl: string, body: object): Promise<Reply> {
  const headers = { "content-type": "application/json" };
  return ask(`${authUrl}/auth/tokens`, { method: "POST", headers, body: JSON.stringify(body) });
}

export async function clientOf(
  fake: FakeOpenStack,
  { cluster = 0, user = "reader" }: { readonly cluster?: number; readonly user?: "reader" | "member" } = {},
): Promise<TestClient> {
  const reply = await signIn(fake.authUrl(cluster), passwordBody(fake.credentials(cluster, user)));
  const token = reply.headers.get("x-subject-token") ?? "";
  return {
    token,
    url: (type) => {
      const service = reply.body.token.catalog.find((each: { type: string }) => each.type === type);
      return service.endpoints[0].url.replace(/\/$/, "");
    },
    get: (url, headers = {}) => ask(url, { headers: { "x-auth-token": token, ...headers } }),
  };
}
