import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { shortTraceId } from "../../../core/trace.ts";
import type { OperationJson } from "../../api/operations.ts";
import { parseInstant } from "../api/parse.ts";
import { operationsQuery } from "../api/queries.ts";
import { useServerNow } from "../app/server-clock.ts";
import { EmptyFace, ErrorFace, LoadingFace } from "../faces/faces.tsx";
import { momentText } from "../model/time-text.ts";
import { useTexts } from "../text/texts.tsx";
import classes from "./system.module.css";

const NOW_STEP_MS = 5_000;

/** Who changed what; for those who may change something themselves. */
export function Operations({ mayRead }: { readonly mayRead: boolean }) {
  const { operations: texts } = useTexts();
  return (
    <section aria-label={texts.title} data-testid="operations">
      <h2>{texts.title}</h2>
      {mayRead ? <OperationList /> : <p className={classes.muted}>{texts.mayNotRead}</p>}
    </section>
  );
}

function OperationList() {
  const { operations: texts } = useTexts();
  const { data, error, refetch, fetchNextPage, hasNextPage, isFetchingNextPage } = useInfiniteQuery(operationsQuery);
  const operations = data?.pages.flatMap((page) => page.operations);
  return (
    <>
      {error !== null && <ErrorFace small error={error} retry={() => void refetch()} />}
      {error === null && operations === undefined && <LoadingFace small />}
      {operations?.length === 0 && <EmptyFace small icon="table" title={texts.none} hint={texts.noneHint} />}
      {operations !== undefined && operations.length > 0 && <OperationTable operations={operations} />}
      {hasNextPage && (
        <Button onClick={() => void fetchNextPage()} loading={isFetchingNextPage} data-testid="earlier-operations">
          {texts.earlier}
        </Button>
      )}
    </>
  );
}

function OperationTable({ operations }: { readonly operations: readonly OperationJson[] }) {
  const { operations: texts } = useTexts();
  const { column } = texts;
  return (
    <table className="grid-table">
      <thead>
        <tr>
          {[column.at, column.who, column.what, column.element, column.change, column.outcome, column.trace].map(
            (title) => (
              <th key={title} scope="col">
                {title}
              </th>
            ),
          )}
        </tr>
      </thead>
      <tbody>
        {operations.map((operation) => (
          <OperationRow key={operation.id} operation={operation} />
        ))}
      </tbody>
    </table>
  );
}

const STATES: { readonly [outcome in OperationJson["outcome"]]: string } = {
  begun: "degraded",
  done: "ok",
  refused: "off",
  failed: "down",
};

function OperationRow({ operation }: { readonly operation: OperationJson }) {
  const { operations: texts } = useTexts();
  const now = useServerNow(NOW_STEP_MS);
  const { at, who, from, what, cluster, element, before, after, outcome, code, trace_id } = operation;
  const name = Object.entries(texts.names).find(([known]) => known === what)?.[1] ?? what;
  return (
    <tr data-testid="operation">
      <td>{momentText(parseInstant(at), now)}</td>
      <td title={from}>{who}</td>
      <td>{name}</td>
      <td className={classes.element} title={cluster}>
        {element}
      </td>
      <td className={classes.change}>
        {before !== undefined && <del>{before}</del>}
        {after !== undefined && <ins>{after}</ins>}
      </td>
      <td>
        <span className={classes.state} data-state={STATES[outcome]}>
          {texts.outcome[outcome]}
        </span>
        {code !== undefined && <small className={classes.code}>{code}</small>}
      </td>
      <td>
        <code title={trace_id}>{shortTraceId(trace_id)}</code>
      </td>
    </tr>
  );
}
