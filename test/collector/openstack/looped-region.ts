import type { ServiceName } from "../../../collector/openstack/api/catalogue.ts";
import type { Query, Reply, ServiceApi } from "../../../collector/openstack/api/service-api.ts";
import { routeHints } from "../../../collector/openstack/hint-router.ts";
import type { ChangeHint } from "../../../collector/openstack/notifications/hint.ts";
import type { ServiceSync } from "../../../collector/openstack/round.ts";
import type { Beat } from "../../../collector/openstack/schedule.ts";
import { ServiceLoop } from "../../../collector/openstack/service-loop.ts";
import { noRoundTracing } from "../../../collector/pull/round-tracing.ts";
import { systemClock } from "../../../core/clock.ts";
import { silentLog } from "../../../core/log.ts";
import { openRegion } from "./region.ts";
import { type StubApi, serverError } from "./stub-api.ts";

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** The answer is made at some moment while the question is under way, and may be an error. */
export function slowly(
  api: StubApi,
  options: { delayMs(): number; fails?(path: string): boolean },
): Pick<ServiceApi, "get"> {
  return {
    get: async (path: string, query: Query): Promise<Reply> => {
      await wait(options.delayMs());
      api.nowMs = Date.now();
      if (options.fails?.(path) === true) throw serverError(path);
      const reply = await api.get(path, query);
      await wait(options.delayMs());
      return reply;
    },
  };
}

/** One region's Nova and Neutron, in their loops, with hints going to them. Its time is that of the (fake) timers. */
export async function runRegion(api: StubApi, asked: Pick<ServiceApi, "get">, beat: Beat) {
  const region = await openRegion(api);
  const { nova, neutron } = region.regionOf("r1", ["r1"], asked);
  const loopOf = (service: ServiceName, sync: ServiceSync) => {
    const own = { service, region: "r1", isThere: async () => true };
    const options = {
      cluster: "c",
      tracing: noRoundTracing(),
      beat,
      roundMs: 300_000,
      clock: systemClock,
      log: silentLog,
      random: () => 0.5,
    };
    return { api: own, loop: new ServiceLoop({ api: own, sync, ...options }) };
  };
  const services = [loopOf("compute", nova), loopOf("network", neutron)];
  const receiver = routeHints([{ source: { cluster: "c" }, regions: [{ services }] }]);
  const end = new AbortController();
  const running = services.map(({ loop }) => loop.run(end.signal));
  return {
    region,
    services,
    hint: (kind: ChangeHint["kind"], id: string | undefined) =>
      void receiver.changed({ cluster: "c", service: "nova", kind, id, deleted: false }),
    listening: () => receiver.listening("c"),
    stop: async () => {
      end.abort();
      await Promise.all(running);
      await region.end();
    },
  };
}
