import { ActionIcon, Button, Tooltip } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { SnapshotsResponse } from "../../api/topology.ts";
import { problemFrom, sendJson } from "../api/client.ts";
import { parseInstant } from "../api/parse.ts";
import { snapshotsQuery } from "../api/queries.ts";
import { serverNow, useServerNow } from "../app/server-clock.ts";
import { useScope } from "../app/view.ts";
import { EmptyFace, ErrorFace, LoadingFace } from "../faces/faces.tsx";
import { momentText } from "../model/time-text.ts";
import { useTexts } from "../text/texts.tsx";
import { Icon } from "../theme/icon.tsx";
import { SnapshotDialog } from "./snapshot-dialog.tsx";
import classes from "./system.module.css";

const NOW_STEP_MS = 5_000;

type Snapshot = SnapshotsResponse["snapshots"][number];

export function Snapshots() {
  const { snapshots: texts } = useTexts();
  const { cluster } = useScope();
  const [isOpen, setOpen] = useState(false);
  const { data, error, refetch } = useQuery(snapshotsQuery(cluster));
  return (
    <section aria-label={texts.title}>
      <div className={classes.head}>
        <h2>{texts.title}</h2>
        <Button
          onClick={() => setOpen(true)}
          leftSection={<Icon name="camera" size={14} />}
          data-testid="take-snapshot"
        >
          {texts.take}
        </Button>
      </div>
      {error !== null && <ErrorFace small error={error} retry={() => void refetch()} />}
      {error === null && data === undefined && <LoadingFace small />}
      {data?.length === 0 && <EmptyFace small icon="camera" title={texts.none} hint={texts.noneHint} />}
      {data !== undefined && data.length > 0 && <SnapshotTable snapshots={data} cluster={cluster} />}
      <SnapshotDialog isOpen={isOpen} onClose={() => setOpen(false)} at={undefined} cluster={cluster} />
    </section>
  );
}

function SnapshotTable(props: { readonly snapshots: readonly Snapshot[]; readonly cluster: string | undefined }) {
  const { snapshots: texts } = useTexts();
  return (
    <table className="grid-table">
      <thead>
        <tr>
          {[texts.name, texts.at, texts.by, texts.note].map((title) => (
            <th key={title} scope="col">
              {title}
            </th>
          ))}
          <th scope="col">
            <span className="sr-only">{texts.actions}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {props.snapshots.map((snapshot) => (
          <SnapshotRow key={snapshot.name} snapshot={snapshot} cluster={props.cluster} />
        ))}
      </tbody>
    </table>
  );
}

function SnapshotRow(props: { readonly snapshot: Snapshot; readonly cluster: string | undefined }) {
  const { snapshots: texts } = useTexts();
  const now = useServerNow(NOW_STEP_MS);
  const navigate = useNavigate();
  const { name, at, created_by, note } = props.snapshot;
  const moment = parseInstant(at);
  return (
    <tr data-testid="snapshot-row">
      <td>
        <strong>{name}</strong>
      </td>
      <td>{momentText(moment, now)}</td>
      <td>{created_by}</td>
      <td>{note}</td>
      <td>
        <div className={classes.actions}>
          <Button onClick={() => void navigate({ to: "/", search: { at: moment } })}>{texts.open}</Button>
          <Button onClick={() => void navigate({ to: "/", search: { a: moment, b: serverNow() } })}>
            {texts.compare}
          </Button>
          <SnapshotRemoval name={name} cluster={props.cluster} />
        </div>
      </td>
    </tr>
  );
}

/** Asks once more before the name goes. */
export function SnapshotRemoval(props: { readonly name: string; readonly cluster: string | undefined }) {
  const { snapshots: texts } = useTexts();
  const queries = useQueryClient();
  const [isAsking, setAsking] = useState(false);
  const remove = useMutation({
    mutationFn: () => {
      const query = props.cluster === undefined ? "" : `?cluster=${encodeURIComponent(props.cluster)}`;
      return sendJson("DELETE", `/api/v1/topology/snapshots/${encodeURIComponent(props.name)}${query}`);
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ["snapshots"] }),
  });
  if (!isAsking) {
    return (
      <Tooltip label={texts.remove}>
        <ActionIcon aria-label={`${texts.remove}: ${props.name}`} onClick={() => setAsking(true)}>
          <Icon name="trash" />
        </ActionIcon>
      </Tooltip>
    );
  }
  return (
    <span className={classes.sure} role="alert">
      {remove.error === null ? texts.removeSure(props.name) : problemFrom(remove.error).detail}
      <Button onClick={() => remove.mutate()} loading={remove.isPending}>
        {texts.remove}
      </Button>
      <Button onClick={() => setAsking(false)}>{texts.cancel}</Button>
    </span>
  );
}
