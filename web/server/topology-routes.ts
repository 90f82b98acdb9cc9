import { registerDeclaredRoutes } from "./declared-routes.ts";
import type { HttpServer } from "./http.ts";
import { registerNodeGraphRoutes } from "./node-graph-routes.ts";
import { registerSearchRoute } from "./search-routes.ts";
import { registerChangeRoutes } from "./topology-change-routes.ts";
import { registerDiffRoute } from "./topology-diff-route.ts";
import { registerElementRoutes } from "./topology-element-routes.ts";
import { registerPathRoute } from "./topology-path-route.ts";
import { registerPlacesRoute } from "./topology-places-route.ts";
import { registerQueryRoute } from "./topology-query-route.ts";
import type { TopologyDeps } from "./topology-request.ts";
import { registerSnapshotRoutes } from "./topology-snapshot-routes.ts";
import { registerStateRoute } from "./topology-state-route.ts";

/** `/api/v1/topology` and below: the state at any time, comparison, change log, elements, snapshots, paths, queries; search; Grafana's node graph. */
export function registerTopologyRoutes(app: HttpServer, deps: TopologyDeps): void {
  registerStateRoute(app, deps);
  registerPlacesRoute(app, deps);
  registerDiffRoute(app, deps);
  registerChangeRoutes(app, deps);
  registerElementRoutes(app, deps);
  registerSnapshotRoutes(app, deps);
  registerDeclaredRoutes(app, deps);
  registerPathRoute(app, deps);
  registerQueryRoute(app, deps);
  registerSearchRoute(app, deps);
  registerNodeGraphRoutes(app, deps);
}
