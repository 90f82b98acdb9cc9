import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Incident, Severity } from "../../api/alerts.ts";
import { incidentsQuery } from "../api/queries.ts";
import { useTexts } from "../text/texts.tsx";
import { Mark } from "../theme/icon.tsx";
import { AccountMenu } from "./account-menu.tsx";
import { ClockPill } from "./clock-pill.tsx";
import classes from "./frame.module.css";
import { HostMenu } from "./host-menu.tsx";
import { LanguageMenu, ThemeMenu } from "./preference-menus.tsx";

export function Header() {
  const texts = useTexts();
  return (
    <header className={classes.header}>
      <Link to="/" search={(previous) => previous} className={classes.product} data-testid="product">
        <Mark />
        <span>{texts.product}</span>
      </Link>
      <nav className={classes.nav} aria-label={texts.nav.label}>
        <Tab to="/" text={texts.nav.topology} />
        <Tab to="/alerts" text={texts.nav.alerts} isAlerts />
        <Tab to="/capacity" text={texts.nav.capacity} />
        <Tab to="/system" text={texts.nav.system} />
      </nav>
      <div className={classes.space} />
      <HostMenu />
      <ClockPill />
      <AccountMenu />
      <LanguageMenu />
      <ThemeMenu />
    </header>
  );
}

function Tab(props: {
  readonly to: "/" | "/alerts" | "/capacity" | "/system";
  readonly text: string;
  readonly isAlerts?: boolean;
}) {
  return (
    <Link
      to={props.to}
      search={(previous) => previous}
      className={classes.tab}
      activeOptions={{ exact: true, includeSearch: false }}
      data-testid={`nav-${props.to === "/" ? "topology" : props.to.slice(1)}`}
    >
      {props.text}
      {props.isAlerts === true && <AlertCount />}
    </Link>
  );
}

function AlertCount() {
  const texts = useTexts();
  const { data: incidents } = useQuery(incidentsQuery);
  const firing = (incidents ?? []).filter(({ state }) => state === "firing");
  if (firing.length === 0) return null;
  return (
    <>
      <span className={classes.count} data-severity={worstOf(firing)} data-testid="alert-count" aria-hidden="true">
        {firing.length}
      </span>
      <span className="sr-only">{texts.header.alertsFiring(firing.length)}</span>
    </>
  );
}

function worstOf(incidents: readonly Incident[]): Severity {
  const has = (severity: Severity): boolean => incidents.some((incident) => incident.severity === severity);
  if (has("critical")) return "critical";
  return has("warning") ? "warning" : "info";
}
