import { Button, Menu } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { parseInstant } from "../api/parse.ts";
import { snapshotsQuery } from "../api/queries.ts";
import { exactMoment } from "../app/exact-moment.ts";
import { useView } from "../app/view.ts";
import { momentText } from "../model/time-text.ts";
import { HOUR_MS, instant, MINUTE_MS } from "../model/view-clock.ts";
import { useTexts } from "../text/texts.tsx";
import { Icon } from "../theme/icon.tsx";
import type { TimeActions } from "./time-actions.ts";

const SNAPSHOTS_OFFERED = 8;

/** Ways to choose the two moments of a difference. The moment shown is the later one. */
export function CompareMenu(props: { readonly actions: TimeActions }) {
  const { timeBar } = useTexts();
  const view = useView();
  const { clock, search, now, scope } = view;
  const { data: snapshots } = useQuery(snapshotsQuery(scope.cluster));
  const { compare, leaveDifference } = props.actions;
  if (clock.kind === "diff") {
    return (
      <Button
        leftSection={<Icon name="close" size={14} />}
        onClick={() => void leaveDifference()}
        data-testid="leave-diff"
      >
        {timeBar.leaveDiff}
      </Button>
    );
  }
  const ago = (ms: number, text: string, id: string) => (
    <Menu.Item onClick={() => void compare(instant(exactMoment(view) - ms), exactMoment(view))} data-testid={id}>
      {text}
    </Menu.Item>
  );
  const { a } = search;
  return (
    <Menu position="top-end">
      <Menu.Target>
        <Button leftSection={<Icon name="compare" size={14} />} data-testid="compare">
          {timeBar.compare}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {ago(5 * MINUTE_MS, timeBar.compareMinutes(5), "compare-5m")}
        {ago(15 * MINUTE_MS, timeBar.compareMinutes(15), "compare-15m")}
        {ago(HOUR_MS, timeBar.compareHours(1), "compare-1h")}
        {ago(24 * HOUR_MS, timeBar.compareHours(24), "compare-24h")}
        <Menu.Item
          disabled={a === undefined}
          onClick={() => a !== undefined && void compare(a, exactMoment(view))}
          rightSection={a === undefined ? null : <small>A {momentText(a, now)}</small>}
        >
          {timeBar.comparePins}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label>{timeBar.compareSnapshot}</Menu.Label>
        {(snapshots ?? []).slice(0, SNAPSHOTS_OFFERED).map(({ name, at }) => (
          <Menu.Item
            key={name}
            onClick={() => void compare(parseInstant(at), exactMoment(view))}
            rightSection={<small>{momentText(parseInstant(at), now)}</small>}
          >
            {name}
          </Menu.Item>
        ))}
        {(snapshots ?? []).length === 0 && <Menu.Item disabled>{timeBar.noSnapshots}</Menu.Item>}
      </Menu.Dropdown>
    </Menu>
  );
}
