import { useQuery } from "@tanstack/react-query";
import { Outlet } from "@tanstack/react-router";
import { OperatorError } from "../../../core/errors.ts";
import { statusQuery } from "../api/queries.ts";
import { ErrorFace, LoadingFace } from "../faces/faces.tsx";
import { LoginFace } from "../faces/login-face.tsx";
import { useLive, useLiveFeed } from "../live/live-store.ts";
import { useTexts } from "../text/texts.tsx";
import { usePlay } from "../time-bar/play-store.ts";
import classes from "./frame.module.css";
import { Header } from "./header.tsx";
import { StaleBanner } from "./stale-banner.tsx";
import { useViewSearch } from "./use-view-search.ts";
import { useScope } from "./view.ts";
import { clockOf } from "./view-search.ts";

/** What surrounds every page; also what keeps the live connection. */
export function Frame() {
  const texts = useTexts();
  const search = useViewSearch();
  const scrub = usePlay((state) => state.scrub);
  const clock = scrub === undefined ? clockOf(search).kind : "past";
  const isStale = useLive(({ connection, last }) => connection.kind === "lost" && last !== undefined);
  const status = useQuery(statusQuery);
  const access = accessOf(status.data?.access, status.error);
  const scope = useScope();
  useLiveFeed(scope, access === "granted");
  return (
    <div className={classes.frame} data-clock={clock} data-stale={isStale} data-testid="frame">
      <a className={classes.skip} href="#content">
        {texts.nav.skip}
      </a>
      <Header />
      <StaleBanner />
      <main id="content" className={classes.content} tabIndex={-1}>
        {access === "granted" && <Outlet />}
        {access === "asked" && <LoginFace />}
        {access === "unknown" && status.isPending && <LoadingFace />}
        {access === "unknown" && status.error !== null && (
          <ErrorFace error={status.error} retry={() => void status.refetch()} />
        )}
      </main>
    </div>
  );
}

function accessOf(
  access: { readonly mode: "loopback" | "tokens"; readonly role?: string | undefined } | undefined,
  error: Error | null,
): "granted" | "asked" | "unknown" {
  if (error instanceof OperatorError && error.status === 401) return "asked";
  if (access === undefined) return "unknown";
  return access.mode === "tokens" && access.role === undefined ? "asked" : "granted";
}
