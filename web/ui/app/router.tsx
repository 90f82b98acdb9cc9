import { createRootRoute, createRoute, createRouter } from "@tanstack/react-router";
import { AlertsPage } from "../alerts/alerts-page.tsx";
import { CapacityPage } from "../capacity/capacity-page.tsx";
import { NotFound } from "../faces/not-found.tsx";
import { SystemPage } from "../system/system-page.tsx";
import { Frame } from "./frame.tsx";
import { TopologyPage } from "./topology-page.tsx";
import { parseViewSearch } from "./view-search.ts";

const rootRoute = createRootRoute({ component: Frame, notFoundComponent: NotFound, validateSearch: parseViewSearch });

const topologyRoute = createRoute({ getParentRoute: () => rootRoute, path: "/", component: TopologyPage });
const alertsRoute = createRoute({ getParentRoute: () => rootRoute, path: "/alerts", component: AlertsPage });
const capacityRoute = createRoute({ getParentRoute: () => rootRoute, path: "/capacity", component: CapacityPage });
const systemRoute = createRoute({ getParentRoute: () => rootRoute, path: "/system", component: SystemPage });

export const router = createRouter({
  routeTree: rootRoute.addChildren([topologyRoute, alertsRoute, capacityRoute, systemRoute]),
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
