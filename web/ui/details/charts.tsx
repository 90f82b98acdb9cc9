import { useInViewport } from "@mantine/hooks";
import { useQueries, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import type { Element } from "../../../core/element.ts";
import { type Lines, linesQuery, measuredQuery } from "../api/metrics.ts";
import { useView } from "../app/view.ts";
import { EmptyFace, ErrorFace, LoadingFace } from "../faces/faces.tsx";
import { clockText } from "../model/time-text.ts";
import { instant, type TimeWindow } from "../model/view-clock.ts";
import { useTexts } from "../text/texts.tsx";
import { type ChartPlan, chartsFor, type Unit } from "./chart-plan.ts";
import classes from "./panel.module.css";
import { Plot } from "./plot.tsx";
import { quantityText } from "./quantity.ts";

const LIVE_STEP_MS = 10_000;
const ROWS_IN_TABLE = 12;

/** What was measured of an element around the moment shown. What never was is named, and has no empty chart. */
export function Charts(props: { readonly element: Element }) {
  const texts = useTexts();
  const { scope } = useView();
  const plans = useMemo(() => chartsFor(props.element, scope.cluster, texts), [props.element, scope.cluster, texts]);
  const window = useChartWindow();
  const measured = useMeasured(plans);
  if (plans.length === 0) return <EmptyFace small icon="chart" title={texts.details.noCharts} hint="" />;
  if (measured === undefined) return <LoadingFace small />;
  const isLeftOut = (plan: ChartPlan) => plan.instead === undefined && measured.get(keyOf(plan)) === false;
  const leftOut = plans.filter(isLeftOut);
  return (
    <>
      {plans.map((plan) =>
        isLeftOut(plan) ? null : <Chart key={`${props.element.id} ${plan.key}`} plan={plan} window={window} />,
      )}
      {leftOut.length > 0 && (
        <p className={classes.notMeasured} data-testid="charts-not-measured">
          {texts.charts.notMeasured(leftOut.map(({ title }) => title).join(texts.charts.listComma))}
        </p>
      )}
    </>
  );
}

const keyOf = ({ measuredBy }: ChartPlan): string => measuredBy.join();

/**
 * Whether what each plan shows was ever measured; undefined until that is known. Where nobody can say, it is left open, so that
 * the chart itself says what is the matter.
 */
function useMeasured(plans: readonly ChartPlan[]): ReadonlyMap<string, boolean | undefined> | undefined {
  const selectors = new Map(plans.map((plan) => [keyOf(plan), plan.measuredBy]));
  const answers = useQueries({ queries: [...selectors.values()].map((each) => measuredQuery(each)) });
  if (answers.some(({ isPending }) => isPending)) return undefined;
  return new Map([...selectors.keys()].map((key, index) => [key, answers[index]?.data]));
}

/** Live: up to now, in steps. Past: the time bar's window, so that a moment means the same in both. */
function useChartWindow(): TimeWindow {
  const { window, clock, spanMs } = useView();
  const to = clock.kind === "live" ? Math.floor(window.to / LIVE_STEP_MS) * LIVE_STEP_MS : window.to;
  return useMemo(() => ({ from: instant(to - spanMs), to: instant(to) }), [to, spanMs]);
}

function Chart(props: { readonly plan: ChartPlan; readonly window: TimeWindow }) {
  const { plan, window } = props;
  return (
    <section className={classes.chart} aria-label={plan.title} data-testid={`chart-${plan.key}`}>
      {plan.instead === undefined ? (
        <MeasuredChart plan={plan} window={window} />
      ) : (
        <>
          <div className={classes.chartHead}>
            <h3>{plan.title}</h3>
          </div>
          <p className={classes.noSamples}>{plan.instead}</p>
        </>
      )}
    </section>
  );
}

/** Asks for its samples once somebody has scrolled to it. */
function MeasuredChart(props: { readonly plan: ChartPlan; readonly window: TimeWindow }) {
  const texts = useTexts();
  const { clock } = useView();
  const { plan, window } = props;
  const [isTable, setTable] = useState(false);
  const { ref, inViewport } = useInViewport<HTMLDivElement>();
  const { data, error, refetch } = useQuery({ ...linesQuery(plan.lines, window), enabled: inViewport });
  const isEmpty = data?.lines.every(({ values }) => values.every((value) => value === null)) ?? true;
  return (
    <>
      <div className={classes.chartHead} ref={ref}>
        <h3>{plan.title}</h3>
        <button type="button" className="link-button" onClick={() => setTable(!isTable)}>
          {isTable ? texts.charts.asChart : texts.charts.asTable}
        </button>
      </div>
      {plan.note !== undefined && <p className={classes.note}>{plan.note}</p>}
      <Keys plan={plan} lines={data} />
      {error !== null && <ErrorFace small error={error} retry={() => void refetch()} />}
      {error === null && data === undefined && <LoadingFace small />}
      {data !== undefined && isEmpty && <p className={classes.noSamples}>{texts.charts.none}</p>}
      {data !== undefined && !isEmpty && isTable && <ValuesTable lines={data} unit={plan.unit} title={plan.title} />}
      {data !== undefined && !isEmpty && !isTable && (
        <Plot lines={data} unit={plan.unit} label={texts.charts.description(plan.title)} marks={marksOf(clock)} />
      )}
    </>
  );
}

/** What each line is: known beforehand, but for lines that are named by what was measured. */
function Keys(props: { readonly plan: ChartPlan; readonly lines: Lines | undefined }) {
  const { charts } = useTexts();
  const { plan, lines } = props;
  const names = (lines?.lines ?? plan.lines).map(({ name }) => name);
  return (
    <div className={classes.keys}>
      {names.map((name, index) =>
        name === "" ? null : (
          <span key={name} className={classes.key}>
            <span className={classes.swatch} data-line={index} /> {name}
          </span>
        ),
      )}
      {lines !== undefined && lines.leftOut > 0 && <span className={classes.key}>{charts.more(lines.leftOut)}</span>}
    </div>
  );
}

function marksOf(clock: ReturnType<typeof useView>["clock"]): readonly number[] {
  switch (clock.kind) {
    case "live":
      return [];
    case "past":
      return [clock.at / 1_000];
    case "diff":
      return [clock.a / 1_000, clock.b / 1_000];
  }
}

/** The same values for those who do not see the chart: the latest ones, and what the whole span amounts to. */
function ValuesTable(props: { readonly lines: Lines; readonly unit: Unit; readonly title: string }) {
  const { charts } = useTexts();
  const { times, lines } = props.lines;
  const rows = times
    .map((time, index) => ({ time, index }))
    .slice(-ROWS_IN_TABLE)
    .reverse();
  const cell = (value: number | null | undefined): string =>
    value === null || value === undefined ? "–" : quantityText(value, props.unit);
  const summary = (pick: (values: readonly number[]) => number) =>
    lines.map(({ name, values }) => {
      const present = values.filter((value) => value !== null);
      return <td key={name}>{present.length === 0 ? "–" : cell(pick(present))}</td>;
    });
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
    <section className={classes.wide} aria-label={props.title} tabIndex={0}>
      <table className={classes.delta}>
        <caption className="sr-only">{props.title}</caption>
        <thead>
          <tr>
            <th scope="col">{charts.time}</th>
            {lines.map(({ name }) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">{charts.mean}</th>
            {summary((values) => values.reduce((sum, value) => sum + value, 0) / values.length)}
          </tr>
          <tr>
            <th scope="row">{charts.most}</th>
            {summary((values) => Math.max(...values))}
          </tr>
          {rows.map(({ time, index }) => (
            <tr key={time}>
              <th scope="row">{clockText(instant(time * 1_000))}</th>
              {lines.map(({ name, values }) => (
                <td key={name}>{cell(values[index])}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
